"""A running `%fit` under a reader's hands: pause, resume, learning rate and stop, a page that is reloaded, a notebook
that is opened elsewhere.

Needs what `test_jupyterlab.py` needs. The kernel is that of the Python which NBKERAS_KERNEL_PYTHON names, by default of
this one: with ipykernel 6, which hears no messages while a cell runs, the same buttons have to be honest about it.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tests.browser import server

pytestmark = pytest.mark.browser

# A step takes 10 ms on any machine, and 40 of them an epoch, so that what is clicked on is there for as long.
DATA = """%load_ext nbkeras
import time
import numpy as np
import nbkeras
X = np.random.default_rng(0).normal(size=(320, 4)).astype("float32")
y = X.sum(1, keepdims=True)
slow = nbkeras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: time.sleep(0.01))"""
MODEL = "%%model net --seed 0\nInput((4,))\nDense(8, activation='relu')\nDense(1)\ncompile('sgd', 'mse', ['mae'])"
FIT = "history = %fit net X y --epochs {epochs} --batch-size 8 --validation-split 0.2 --callbacks slow"
RESULT = "print(len(history.history['loss']) > 0, net.predict(X, verbose=0).shape)"
LONG, SHORT = 400, 25  # epochs: 2 minutes, of which few are used, and 8 seconds
NOT_HEARD = (
    "Not heard while the cell runs: Pause and Learning rate. Stop, or use the notebook's ■ button: nothing is lost"
)


def kernel_hears():
    """Whether the kernel takes messages while a cell runs: those of ipykernel 7 do, on threads of their own."""
    python = os.environ.get("NBKERAS_KERNEL_PYTHON", sys.executable)
    ask = [python, "-c", "import ipykernel; print(ipykernel.version_info[0])"]
    return int(subprocess.run(ask, capture_output=True, text=True, check=True).stdout) >= 7


def write_notebook(path, epochs, result=RESULT):
    cells = [nbformat.v4.new_code_cell(source) for source in (DATA, MODEL, FIT.format(epochs=epochs), result)]
    kernel = {"name": server.KERNEL, "display_name": "Kernel under test", "language": "python"}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)


def read(path):
    return nbformat.read(path, as_version=4)


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return Path(os.environ.get("NBKERAS_ARTIFACTS") or tmp_path_factory.mktemp("pictures")).resolve()


@pytest.fixture(scope="module")
def places(tmp_path_factory):
    """Of the servers' own files, and of the notebooks."""
    home, root = tmp_path_factory.mktemp("lab"), tmp_path_factory.mktemp("root")
    write_notebook(root / "control.ipynb", LONG)
    write_notebook(root / "reload.ipynb", SHORT, result="history")
    return home, root


@pytest.fixture(scope="module")
def address(places):
    with server.lab(*places) as address:
        yield address


@pytest.fixture(scope="module")
def controlled(address, pictures):
    """What was seen of a training that was paused, changed and stopped; `-6` in the pictures is of ipykernel 6."""
    prefix = pictures / f"controls{'' if kernel_hears() else '-6'}"
    scenario = "control" if kernel_hears() else "interrupt"
    return server.drive("drive_controls.cjs", scenario, f"{address}/doc/tree/control.ipynb", prefix, seconds=120)


def test_the_curve_grows(controlled):
    first, second = controlled["first"], controlled["second"]
    assert second["done"] > first["done"]
    assert second["curve"] != first["curve"]
    for word in ("left", "samples/s", "learning rate 0.01", "memory"):
        assert word in second["text"]
    assert controlled["errors"] == []


def test_controls_are_labelled(controlled):
    controls = controlled["ready"]["controls"]
    assert controls["labels"] == ["Controls of the training", "Pause", "Stop", "Set the learning rate"]
    assert controls["labelled"] == 1
    assert controls["shown"]


def test_no_button_is_dead(controlled):
    """All work where the kernel hears them; elsewhere Stop does, by an interrupt, and a sentence says so."""
    controls = controlled["ready"]["controls"]
    assert controls["enabled"] == ([True] * 3 if kernel_hears() else [False, True, False])
    assert controls["status"] == ("" if kernel_hears() else NOT_HEARD)


def test_a_pause_holds_until_it_is_ended(controlled):
    if not kernel_hears():
        assert "paused" not in controlled
        return
    assert controlled["paused"]["done"] == controlled["stillPaused"]["done"]
    assert controlled["resumed"]["done"] > controlled["paused"]["done"]


def test_the_learning_rate_is_set_by_keyboard(controlled):
    if not kernel_hears():
        assert "rated" not in controlled
        return
    assert controlled["presses"] <= 3
    assert "learning rate 0.01 → 0.003 in epoch" in controlled["rated"]["text"]
    assert "learning rate 0.003 ·" in controlled["rated"]["text"]
    assert controlled["refused"]["controls"]["status"] == 'The learning rate has to be a number above 0, got "-1"'


def test_stop_keeps_everything(controlled):
    ended = controlled["ended"]
    assert controlled["last"].strip() == "True (320, 1)"
    assert f"of {LONG} epochs" in ended["text"]
    assert "weights and history are kept" in ended["text"]
    assert ended["controls"] is None
    assert ended["done"] is None
    assert ended["alts"][0].startswith("Curves over ")


def test_what_is_saved_has_no_widget(controlled, places):
    saved = read(places[1] / "control.ipynb")
    assert server.widgets_in(saved) == []
    assert "widgets" not in saved.metadata
    outputs = saved.cells[2].outputs
    assert [list(output.data) for output in outputs if output.data] == [["text/html", "text/plain"]]
    assert len(json.dumps(outputs)) < 40_000
    assert "<progress" not in json.dumps(outputs)
    nbformat.validate(saved)


def test_it_is_there_after_the_page_was_reloaded(address, pictures):
    prefix = pictures / f"controls{'' if kernel_hears() else '-6'}"
    seen = server.drive("drive_controls.cjs", "reload", f"{address}/doc/tree/reload.ipynb", prefix, seconds=120)
    assert seen["errors"] == []
    assert seen["alts"][0].startswith(f"Curves over {SHORT} epochs: loss from ")


def test_a_reader_who_does_not_trust_it_sees_it_too(controlled, places, pictures, tmp_path):
    """Another Jupyter, which has not signed the notebook."""
    prefix = pictures / f"controls{'' if kernel_hears() else '-6'}"
    with server.lab(tmp_path, places[1]) as address:
        seen = server.drive("drive_controls.cjs", "reopen", f"{address}/doc/tree/control.ipynb", prefix)
    assert seen["trusted"] is False
    assert seen["ended"]["alts"] == controlled["ended"]["alts"]
    assert seen["pixels"] == controlled["pixels"]
    assert "weights and history are kept" in seen["ended"]["text"]
    assert seen["errors"] == []


UPDATES, MOST_BYTES = 5000, 1000  # and what each may leave, in the page and in the kernel; a picture has 10,000
SHOW = f"""from nbkeras.notebook.training.memory import resident
from nbkeras.notebook.training.screen import Screen
screen, before = Screen(), resident()
for i in range({UPDATES}):
    screen({{"text/plain": str(i), "text/html": f"<p>{{i}}</p><p>{{'x' * 10_000}}</p>"}})
    time.sleep(0.002)
screen({{"text/plain": f"the kernel grew by {{resident() - before}} bytes"}})"""


def test_updates_leave_nothing_behind(address, places, pictures):
    """What a view draws anew is gone: after a million updates, of four a second, as after a thousand."""
    cells = [nbformat.v4.new_code_cell(source) for source in (DATA, SHOW, SHOW)]
    kernel = {"name": server.KERNEL, "display_name": "Kernel under test", "language": "python"}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})
    nbformat.write(notebook, places[1] / "updates.ipynb")
    url = f"{address}/doc/tree/updates.ipynb"
    seen = server.drive("drive_controls.cjs", "updates", url, pictures / "updates", seconds=120)
    _, first, second = seen["bytes"]
    assert second - first < UPDATES * MOST_BYTES
    grown = re.search(r"the kernel grew by (-?\d+) bytes", seen["text"])
    assert int(grown[1]) < UPDATES * MOST_BYTES
