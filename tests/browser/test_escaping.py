"""Hostile names in a real browser: in a bare page, and in JupyterLab, where a reader's own outputs may run scripts."""

import json
import os
from pathlib import Path

import nbformat
import pytest

from tests.browser import server
from tests.notebook import hostile_names

pytestmark = pytest.mark.browser

CONTROL = "<img src=x: onerror='window.control=1'>"  # what is not escaped acts, or the test would show nothing
SHOW = """import json
from IPython.display import display
for bundle in json.load(open("bundles.json")):
    display(bundle, raw=True)"""


@pytest.fixture
def pictures(tmp_path):
    return Path(os.environ.get("NBKERAS_ARTIFACTS", tmp_path)).resolve()


def bundles_of(names):
    return [bundle for name in names for _, bundle in hostile_names.views(name)]


def assert_nothing_acted(seen, bundles):
    assert seen["control"] == 1
    assert seen["hacked"] is None
    assert seen["errors"] == []
    assert seen["images"] >= len(bundles)
    assert seen["words"] > 1000 * len(bundles) // 10


def test_a_bare_page(tmp_path, pictures):
    bundles = bundles_of([*hostile_names.NAMES, *hostile_names.HIDDEN])
    html = "".join(f"<div>{bundle['text/html']}</div>" for bundle in bundles)
    page = tmp_path / "page.html"
    page.write_text(f"<!doctype html><meta charset=utf-8><body>{CONTROL}{html}", "utf-8")
    seen = server.drive("drive_escaping.cjs", "page", page.as_uri(), pictures / "escaping-page.png")
    assert_nothing_acted(seen, bundles)


def test_a_notebook(tmp_path, pictures):
    root = tmp_path / "root"
    root.mkdir()
    bundles = bundles_of(hostile_names.NAMES[::8])
    (root / "bundles.json").write_text(json.dumps([*bundles, {"text/plain": "", "text/html": CONTROL}]))
    kernel = {"name": server.KERNEL, "display_name": "Kernel under test", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(SHOW)], metadata={"kernelspec": kernel})
    nbformat.write(notebook, root / "names.ipynb")
    with server.lab(tmp_path, root) as address:
        url = f"{address}/doc/tree/names.ipynb"
        seen = server.drive("drive_escaping.cjs", "notebook", url, pictures / "escaping-notebook.png")
    assert_nothing_acted(seen, bundles)
