"""A training in Jupyter Notebook 7, in headless Chromium."""

import os
from pathlib import Path

import pytest

from tests.browser import server
from tests.notebook.test_front_ends import CELLS, FIT, METRICS, check, write

pytestmark = pytest.mark.browser

# What Notebook 7.6.5 reports of its own settings, whatever it opens.
NOTEBOOKS_OWN = "TypeError: Cannot read properties of undefined (reading 'schema')"


def test_a_reader_sees_it(tmp_path):
    pictures = Path(os.environ.get("NBKERAS_ARTIFACTS", tmp_path)).resolve()
    root = tmp_path / "root"
    root.mkdir()
    path = write(root / "training.ipynb")
    with server.lab(tmp_path, root, application="notebook") as address:
        seen = server.drive("run_notebook.cjs", f"{address}/notebooks/training.ipynb", pictures / "notebook7")
    assert [error for error in seen["errors"] if error != NOTEBOOKS_OWN] == []
    cells = {cell["source"]: cell for cell in seen["cells"]}
    assert [cell["errors"] for cell in cells.values()] == [[]] * len(CELLS)
    assert (cells[FIT]["tables"], cells[FIT]["broken"]) == (1, 0)
    assert cells[FIT]["pictures"] >= 1  # Notebook 7 draws one of its own
    assert all(name in cells[FIT]["text"] for name in METRICS)
    check(path)
    assert all((pictures / f"notebook7-{theme}.png").stat().st_size > 10_000 for theme in ("light", "dark"))
