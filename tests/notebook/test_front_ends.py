"""One notebook with a training, in every way that a notebook or a script is run, and what each leaves to be read."""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

DATA = """import numpy as np
rng = np.random.default_rng(0)
X = rng.normal(size=(96, 4)).astype("float32")
y = (X.sum(1) > 0).astype("float32")"""
MODEL = """%%model net --seed 0
Input((4,))
Dense(8, activation="relu")
Dense(1, activation="sigmoid")
compile("adam", "binary_crossentropy", ["accuracy"])"""
FIT = "%fit net X y --epochs epochs --validation-split 0.25"
CELLS = [
    "epochs = 2",
    f"%load_ext nbkeras\n{DATA}",
    MODEL,
    FIT,
    "%evaluate net X y",
    "%expect net.loss < 2, net.count_params() == 49, net.output_shape == (None, 1)",
]
EXPECTED = """as expected: net.loss < 2
as expected: net.count_params() == 49
as expected: net.output_shape == (None, 1)
"""
METRICS = ["loss", "val_loss", "accuracy", "val_accuracy"]
BYTES = 40_000  # that the output of a training may take in a saved notebook

# A reader's environment, not a test's.
ENVIRONMENT = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "NBKERAS_DISPLAY"))}


def run(*command, **options):
    """The output of a command that must succeed; its errors are shown where it does not."""
    run = subprocess.run(
        [sys.executable, *map(str, command)], env=ENVIRONMENT, capture_output=True, text=True, check=False, **options
    )
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def write(path, cells=CELLS):
    notebook = new_notebook(cells=[new_code_cell(source) for source in cells])
    notebook.cells[0].metadata["tags"] = ["parameters"]
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, path)
    return path


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """The notebook after `jupyter execute`."""
    path = write(tmp_path_factory.mktemp("executed") / "training.ipynb")
    run("-m", "jupyter", "execute", "--inplace", path)
    return path


def check(path, epochs=2):
    """What a run leaves in the file: every output is there, finished, small, and without a widget."""
    notebook = nbformat.read(path, as_version=4)
    outputs = {cell.source: cell.outputs for cell in notebook.cells}
    kinds = {kind for outputs in outputs.values() for output in outputs for kind in output.get("data", {})}
    assert kinds == {"text/plain", "text/html"}
    assert "widgets" not in notebook.metadata
    (fit,) = [output for output in outputs[FIT] if output.data]  # that of the buttons is emptied at the end
    text, html = fit.data["text/plain"], fit.data["text/html"]
    assert text.splitlines()[0] == f"net: {epochs} epochs, 3 batches each"
    for name in METRICS:
        assert re.search(rf"^{name} +\d", text, re.MULTILINE)
        assert f">{name}<" in html
    assert f'<img alt="Curves over {epochs} epochs: loss from ' in html
    assert "<progress" not in html
    assert len(html) + len(text) < BYTES
    assert [output.text for output in outputs[CELLS[-1]]] == [EXPECTED]


def test_jupyter_execute(executed):
    check(executed)


def test_papermill(tmp_path):
    path = write(tmp_path / "in.ipynb")
    run(
        "-m",
        "papermill",
        "--log-level",
        "ERROR",
        "--no-progress-bar",
        path,
        tmp_path / "out.ipynb",
        "-p",
        "epochs",
        "3",
    )
    check(tmp_path / "out.ipynb", epochs=3)


def export(notebook, form):
    run("-m", "nbconvert", "--to", form, "--output", "exported", notebook, cwd=notebook.parent)
    return notebook.with_name("exported").with_suffix({"html": ".html", "markdown": ".md"}[form])


@pytest.mark.parametrize("form", ["html", "markdown"])
def test_nbconvert(executed, form):
    text = export(executed, form).read_text(encoding="utf-8")
    assert text.count('alt="Curves over 2 epochs: loss from ') == 1
    assert text.count('alt="Diagram of net: Input, Dense, Dense') == 1
    for name in METRICS:
        assert re.search(rf"<td[^>]*>{name}</td>", text)
    assert "as expected: net.loss &lt; 2" in text or "as expected: net.loss < 2" in text


ENDED = ["", ""]  # empty lines end a cell that a magic opens


def terminal(*lines):
    """What IPython prints in a terminal for lines that are typed in."""
    options = [
        "--simple-prompt",
        "--no-banner",
        "--no-term-title",
        "--colors=NoColor",
        "--HistoryManager.enabled=False",
    ]
    return run("-m", "IPython", *options, input="\n".join([*lines, "exit", ""]))


def test_a_terminal():
    printed = terminal(
        "epochs = 2", "%load_ext nbkeras", *DATA.splitlines(), MODEL, *ENDED, FIT, "%evaluate net X y", CELLS[-1]
    )
    assert re.search(r"</|<!--|\x1b|Traceback", printed) is None
    assert "net: Sequential, 49 parameters" in printed
    assert "net: 2 epochs, 3 batches each" in printed
    assert all(re.search(rf"^{name} +\d", printed, re.MULTILINE) for name in METRICS)
    assert all(line in printed for line in EXPECTED.splitlines())


SCRIPT = f"""import nbkeras
from nbkeras import layers
{DATA}
nbkeras.set_seed(0)
net = nbkeras.Sequential([layers.Dense(8, activation="relu"), layers.Dense(1, activation="sigmoid")], name="net")
net.compile("adam", "binary_crossentropy", metrics=["accuracy"])
"""


def test_a_script_with_the_live_view(tmp_path):
    fit = "import nbkeras.notebook\nview = nbkeras.notebook.LiveView()\n"
    fit += "net.fit(X, y, epochs=2, validation_split=0.25, verbose=0, callbacks=[view])\n"
    printed = run("-c", SCRIPT + fit, cwd=tmp_path)
    assert "net: 2 epochs, 3 batches each" in printed
    assert all(re.search(rf"^{name} +\d", printed, re.MULTILINE) for name in METRICS)
    assert re.search(r"</|<!--|\x1b", printed) is None


def test_a_script(tmp_path):
    """Without the notebook: the lines of Keras, one for each epoch where the output is a file."""
    fit = "import sys\nnet.fit(X, y, epochs=2, validation_split=0.25, verbose=1)\nprint('IPython' in sys.modules)\n"
    printed = run("-c", SCRIPT + fit, cwd=tmp_path)
    assert [line for line in printed.splitlines() if line.startswith("Epoch")] == ["Epoch 1/2", "Epoch 2/2"]
    assert printed.count("val_accuracy: ") >= 2
    assert printed.splitlines()[-1] == "False"


@pytest.mark.browser
def test_pdf(executed):
    """Printed by a browser, the text of a training and the words for its picture are in the PDF."""
    page = export(executed, "html")
    pdf = Path(os.environ.get("NBKERAS_ARTIFACTS", executed.parent)).resolve() / "training.pdf"
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--print-to-pdf={pdf}"]
    subprocess.run(
        [os.environ.get("CHROMIUM", "chromium"), *options, page.as_uri()], check=True, capture_output=True, timeout=120
    )
    assert pdf.read_bytes().startswith(b"%PDF")
    assert b"Curves over 2 epochs" in pdf.read_bytes()
