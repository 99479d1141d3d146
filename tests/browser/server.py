"""A JupyterLab of one's own: nobody's settings, nobody's signatures, and the kernel that is to be tested."""

import json
import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

HERE = Path(__file__).parent
SECONDS = 300
KERNEL = "under-test"

# Settings of a first visit: nothing asks or informs, and all cells are in the page, not only those in view.
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True},
}


@contextmanager
def lab(home, root, application="jupyterlab"):
    """A running JupyterLab, or Jupyter Notebook 7 by `application="notebook"`, over the folder `root`.

    Its settings, and the notebooks that it trusts, are in `home`.

    The kernel named KERNEL is that of the Python which NBKERAS_KERNEL_PYTHON names, by default of this one.

    Yields:
        Its address.
    """
    for name, values in SETTINGS.items():
        write(home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings", values)
    python = os.environ.get("NBKERAS_KERNEL_PYTHON", sys.executable)
    command = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    write(home / "data" / "kernels" / KERNEL / "kernel.json", {"argv": command, "display_name": "Kernel under test"})
    port = free_port()
    command = [
        *(sys.executable, "-m", application, "--no-browser", "--allow-root", "--expose-app-in-browser"),
        *(f"--ServerApp.root_dir={root}", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"),
        *("--ServerApp.port_retries=0", "--IdentityProvider.token=", "--ServerApp.password="),
    ]
    folders = {"JUPYTERLAB_SETTINGS_DIR": home / "settings", "JUPYTERLAB_WORKSPACES_DIR": home / "workspaces"}
    folders |= {f"JUPYTER_{kind}_DIR": home / kind.lower() for kind in ("CONFIG", "DATA", "RUNTIME")}
    environment = {**os.environ, **{name: str(path) for name, path in folders.items()}}
    environment.pop("PYTEST_CURRENT_TEST", None)  # the kernel is a reader's, not a test's
    with (home / "log").open("w+") as log:
        server = subprocess.Popen(command, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            address = f"http://127.0.0.1:{port}"
            wait_until_up(address, server, home / "log")
            yield address
        finally:
            server.terminate()
            server.wait(30)


def write(path, values):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(values))


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


def drive(script, *arguments, seconds=SECONDS):
    """What a driver, a script of Node.js beside this file, prints of what it saw."""
    command = ["node", str(HERE / script), *map(str, arguments), str(seconds)]
    run = subprocess.run(command, capture_output=True, text=True, timeout=2 * seconds, check=False)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


def widgets_in(notebook):
    """The sources of cells whose saved output needs a widget of a kernel that is gone."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    kinds = {cell.source: [kind for output in cell.outputs for kind in output.get("data", ())] for cell in cells}
    return [source for source, found in kinds.items() if "application/vnd.jupyter.widget-view+json" in found]
