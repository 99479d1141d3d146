"""The tutorials as a reader sees them: every cell run in a real JupyterLab, in headless Chromium.

Needs `chromium`, Node.js and playwright-core (its folder in NODE_PATH), as `.ci/run` installs them. Screenshots go to
the folder that NBKERAS_ARTIFACTS names, else to the test's own.
"""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import nbformat
import pytest

pytestmark = pytest.mark.browser

HERE = Path(__file__).parent
NOTEBOOKS = sorted((HERE.parents[1] / "notebooks").glob("*.ipynb"))
SECONDS = 300
LONG = {"images", "sequences"}  # a training in these takes so many seconds that it is caught half way

# The magic that opens a cell, or stands alone in it -> what its output must hold at least.
SHOWS = {
    "%%model": {"tables": 1, "pictures": 1},
    "%summary": {"tables": 1},
    "%fit": {"tables": 1, "pictures": 1},
}

# Settings of a first visit: nothing asks or informs, and all cells are in the page, not only those in view.
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True},
}


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """A running JupyterLab over an empty folder: `(address, folder)`."""
    home = tmp_path_factory.mktemp("lab")
    for name, values in SETTINGS.items():
        path = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values))
    root = home / "root"
    root.mkdir()
    port = free_port()
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--expose-app-in-browser"),
        *(f"--ServerApp.root_dir={root}", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"),
        *("--ServerApp.port_retries=0", "--IdentityProvider.token=", "--ServerApp.password="),
    ]
    folders = {"JUPYTERLAB_SETTINGS_DIR": home / "settings", "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces"}
    folders |= {"JUPYTER_CONFIG_DIR": home / "config", "JUPYTER_RUNTIME_DIR": home / "runtime"}
    environment = {**os.environ, **{name: str(path) for name, path in folders.items()}}
    environment.pop("PYTEST_CURRENT_TEST", None)  # the kernel is a reader's, not a test's
    with (home / "log").open("w+") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            address = f"http://127.0.0.1:{port}"
            wait_until_up(address, server, home / "log")
            yield address, root
        finally:
            server.terminate()
            server.wait(30)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until_up(address, server, log, seconds=60):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with urlopen(f"{address}/api", timeout=5):
                return
        except (URLError, TimeoutError):
            time.sleep(0.2)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text()}")


def run_in_browser(notebook, lab, pictures):
    """Run a copy of the notebook, emptied of its outputs: what the page shows of each code cell, and the saved copy."""
    address, root = lab
    content = nbformat.read(notebook, as_version=4)
    for cell in content.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    nbformat.write(content, root / notebook.name)
    url = f"{address}/doc/tree/{notebook.name}"
    driver = ["node", str(HERE / "run_notebook.cjs"), url, str(pictures / notebook.stem), str(SECONDS)]
    run = subprocess.run(driver, capture_output=True, text=True, timeout=2 * SECONDS, check=False)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout), nbformat.read(root / notebook.name, as_version=4)


def expected(source):
    """What the output of a cell must hold, by the magics in it."""
    magics = {line.split()[0] for line in source.splitlines() if line.startswith("%")}
    return {kind: number for magic in magics for kind, number in SHOWS.get(magic, {}).items()}


def widgets_in(notebook):
    """The sources of cells whose saved output needs a widget of a kernel that is gone."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    kinds = {cell.source: [kind for output in cell.outputs for kind in output.get("data", ())] for cell in cells}
    return [source for source, found in kinds.items() if "application/vnd.jupyter.widget-view+json" in found]


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
    assert widgets_in(saved) == []
    for kind in ["light", "dark", *(["training"] if notebook.stem in LONG else [])]:
        assert (pictures / f"{notebook.stem}-{kind}.png").stat().st_size > 10_000
