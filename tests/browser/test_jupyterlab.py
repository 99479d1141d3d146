"""The tutorials as a reader sees them: every cell run in a real JupyterLab, in headless Chromium.

Needs `chromium`, Node.js and playwright-core (its folder in NODE_PATH), as `.ci/run` installs them. Screenshots go to
the folder that NBKERAS_ARTIFACTS names, else to the test's own.
"""

import os
from pathlib import Path

import nbformat
import pytest

from tests.browser import server

pytestmark = pytest.mark.browser

HERE = Path(__file__).parent
NOTEBOOKS = sorted((HERE.parents[1] / "notebooks").glob("*.ipynb"))
LONG = {"images", "sequences"}  # a training in these takes so many seconds that it is caught half way

# The magic that opens a cell, or stands alone in it -> what its output must hold at least.
SHOWS = {
    "%%model": {"tables": 1, "pictures": 1},
    "%summary": {"tables": 1},
    "%fit": {"tables": 1, "pictures": 1},
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A running JupyterLab over an empty folder: `(address, folder)`."""
    home = tmp_path_factory.mktemp("lab")
    root = home / "root"
    root.mkdir()
    with server.lab(home, root) as address:
        yield address, root


def run_in_browser(notebook, lab, pictures):
    """Run a copy of the notebook, emptied of its outputs: what the page shows of each code cell, and the saved copy."""
    address, root = lab
    content = nbformat.read(notebook, as_version=4)
    for cell in content.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(content, root / notebook.name)
    url = f"{address}/doc/tree/{notebook.name}"
    seen = server.drive("run_notebook.cjs", url, pictures / notebook.stem)
    return seen, nbformat.read(root / notebook.name, as_version=4)


def expected(source):
    """What the output of a cell must hold, by the magics in it."""
    magics = {line.split()[0] for line in source.splitlines() if line.startswith("%")}
    return {kind: number for magic in magics for kind, number in SHOWS.get(magic, {}).items()}


def test_there_are_tutorials():
    assert NOTEBOOKS


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_reader_sees_it(notebook, lab, tmp_path):
    pictures = Path(os.environ.get("NBKERAS_ARTIFACTS", tmp_path)).resolve()
    seen, saved = run_in_browser(notebook, lab, pictures)
    assert seen["errors"] == []
    for cell in seen["cells"]:
        assert cell["errors"] == [], f"{cell['source']}\n{cell['text']}"
        assert cell["count"] is not None, f"not run: {cell['source']}"
        assert cell["broken"] == 0, f"an empty picture: {cell['source']}"
        for kind, number in expected(cell["source"]).items():
            assert cell[kind] >= number, f"{cell['source']}\nshows {cell[kind]} {kind}, {number} expected"
    assert server.widgets_in(saved) == []
    for kind in ["light", "dark", *(["training"] if notebook.stem in LONG else [])]:
        assert (pictures / f"{notebook.stem}-{kind}.png").stat().st_size > 10_000
