"""`%fit --resume FILE`: a training goes on where it was when the kernel died."""

import re

import numpy as np
import pytest

from nbkeras import random
from nbkeras.callbacks import Callback

NET = """%%model net --seed 7
Input((4,))
Dense(8, activation="relu")
Dropout(0.3)
Dense(1, activation="sigmoid")
compile("adam", "binary_crossentropy", ["accuracy"])
"""


class Dies(Callback):
    """Raises where a kernel would have died."""

    def __init__(self, batches):
        super().__init__()
        self.left = batches

    def on_train_batch_begin(self, batch, logs=None):
        self.left -= 1
        if self.left < 0:
            raise ZeroDivisionError


@pytest.fixture
def ready(notebook, tmp_path, monkeypatch):
    """A notebook in a folder of its own, with a model and data."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(96, 4)).astype("float32")
    notebook.variables.update(X=X, y=(X.sum(1) > 0).astype("float32"), Dies=Dies)
    begin(notebook)
    return notebook


def begin(notebook):
    """What the notebook does before it trains; a new kernel does the same."""
    random.set_seed(3)
    notebook.run(NET)


def record_of(notebook):
    session = notebook.shell.magics_manager.magics["line"]["runs"].__self__.session
    return session.record(notebook.variables["net"])


@pytest.mark.parametrize("file", ["run.keras", "'kept/run.weights.h5'"])
def test_it_goes_on_bit_for_bit(ready, file):
    expected = ready.value("%fit net X y --epochs 4 --batch-size 16").history
    weights, curves = ready.variables["net"].get_weights(), record_of(ready).points
    begin(ready)
    ready.run(f"%fit net X y --epochs 4 --batch-size 16 --resume {file} --callbacks [Dies(15)]")
    begin(ready)
    shown = ready.shown(f"history = %fit net X y --epochs 4 --batch-size 16 --resume {file}")
    assert ready.variables["history"].history == expected
    for ours, theirs in zip(ready.variables["net"].get_weights(), weights):
        np.testing.assert_array_equal(ours, theirs)
    assert record_of(ready).points == curves
    name = file.strip("'")
    assert re.search(rf"goes on after \d (epoch|batch)[^,\n]*, kept in {name}\n", shown["text/plain"])
    again = ready.shown(f"%fit net X y --epochs 4 --batch-size 16 --resume {file}")
    assert "is finished: 4 epochs kept in" in again["text/plain"]
    longer = ready.value(f"%fit net X y --epochs 6 --batch-size 16 --resume {file}")
    assert longer.epoch == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("%fit net X y --resume run.keras --fresh", "UsageError: %fit takes --fresh or --resume; delete run.keras"),
        ("%fit net X y --resume bad.weights.h5", "FileError: 'bad.weights.h5': is no HDF5 file"),
    ],
)
def test_mistakes(ready, tmp_path, line, message):
    (tmp_path / "bad.weights.h5").write_bytes(b"bad")
    assert message in ready.error(line)


def test_the_manual_has_it(ready):
    assert "--resume FILE" in ready.printed("%fit --help")
