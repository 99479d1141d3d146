"""Every file of the table is refused, says why, and has done nothing; good files with oddities are not refused."""

import json
import subprocess
import sys
import tracemalloc
import zipfile

import numpy as np
import pytest

from nbkeras.saving import FileError, load_model
from nbkeras.saving.training_files import load_training
from tests.saving import hostile

LARGEST = 64 * 2**20
X = np.ones((2, 4), "float32")


def test_the_table_is_large_and_has_no_name_twice():
    names = [row.name for row in hostile.ROWS]
    assert len(names) == len(set(names)) > 120


@pytest.mark.parametrize("row", hostile.ROWS, ids=lambda row: row.name)
def test_a_hostile_file_is_refused(row, tmp_path):
    path = tmp_path / "net.keras"
    path.write_bytes(row.make())
    tracemalloc.start()
    try:
        with pytest.raises(FileError) as caught:
            load_model(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    message = str(caught.value)
    assert message.startswith("'net.keras")
    assert row.words in message
    assert message.isprintable()
    assert len(message) <= 300
    assert peak < LARGEST
    assert [entry.name for entry in tmp_path.iterdir()] == ["net.keras"]


@pytest.mark.parametrize("name", hostile.WORDS)
def test_a_failed_load_weights_changes_nothing(name, tmp_path):
    path = tmp_path / "net.weights.h5"
    path.write_bytes(hostile.weight_files()[name])
    model = hostile.good_model()
    variables = [*model.variables, *model.optimizer.variables]
    before = [variable.numpy() for variable in variables]
    if name == "a missing slot of the optimizer":  # which a file for another optimizer has not either
        with pytest.warns(UserWarning, match="begins anew"):
            model.load_weights(path)
    else:
        with pytest.raises(FileError):
            model.load_weights(path)
    assert all((a == b.numpy()).all() for a, b in zip(before, variables))


@pytest.mark.parametrize("name", hostile.TRAININGS)
def test_a_hostile_training_is_refused(name, tmp_path):
    change, words = hostile.TRAININGS[name]
    path = tmp_path / "net.weights.h5"
    path.write_bytes(hostile.hdf5(change, hostile.training()))
    model = hostile.good_model()
    before = [variable.numpy() for variable in model.variables]
    tracemalloc.start()
    try:
        with pytest.raises(FileError) as caught:
            load_training(model, path)[1]()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert words in str(caught.value)
    assert len(str(caught.value)) <= 300
    assert peak < LARGEST
    assert all((a == b.numpy()).all() for a, b in zip(before, model.variables))


def test_a_good_training_is_read(tmp_path):
    path = tmp_path / "net.weights.h5"
    path.write_bytes(hostile.training())
    state, assign = load_training(hostile.good_model(), path)
    assert state["order"].tolist() == [0, 1, 2, 3]
    assign()


def test_nothing_is_imported_opened_or_run(tmp_path):
    """Another process looks on by Python's own audit hooks while it loads every file of the table."""
    paths = hostile.write_all(tmp_path / "files")
    run = subprocess.run(
        [sys.executable, "-m", "tests.saving.watched", tmp_path / "files"], capture_output=True, text=True, check=True
    )
    seen = json.loads(run.stdout)
    assert seen.keys() == {path.name for path in paths.values()}
    assert {name: events for name, events in seen.items() if events} == {}


# --- no false refusals ----------------------------------------------------------------------------------------------


def _zeros():
    model = hostile.good_model()
    model.set_weights([0 * weight for weight in model.get_weights()])
    return model


def _large_zeros():
    model = hostile.keras.Sequential([hostile.layers.Input((4,)), hostile.layers.Dense(100_000)])
    model.set_weights([0 * weight for weight in model.get_weights()])
    return model


def _infinite_state():
    class Smallest(hostile.layers.Layer):
        def build(self, shape):
            self.least = self.add_weight((), lambda shape, dtype: np.full(shape, np.inf), trainable=False)

        def call(self, x):
            return x

    model = hostile.keras.Sequential([hostile.layers.Input((4,)), Smallest(), hostile.layers.Dense(1)])
    return model, Smallest


GOOD = {
    "as it is": lambda parts: hostile.zipped(parts.items()),
    "compressed": lambda parts: hostile.zipped(parts.items(), zipfile.ZIP_DEFLATED),
    "in another order": lambda parts: hostile.zipped(reversed(parts.items())),
    "with more members": lambda parts: hostile.zipped(
        [*parts.items(), ("assets/", b""), ("assets/vocabulary.txt", b"a\nb"), ("README.md", b"# net")]
    ),
    "without metadata": lambda parts: hostile.zipped(
        (name, content) for name, content in parts.items() if name != hostile.METADATA
    ),
    "with a comment": lambda parts: hostile.zipped(parts.items()) + b"",
}


@pytest.mark.parametrize("make", [hostile.good_model, hostile.graph_model, _zeros, _large_zeros])
@pytest.mark.parametrize("packed", GOOD.values(), ids=GOOD)
def test_a_good_file_with_oddities_is_read(make, packed, tmp_path):
    path = tmp_path / "net.keras"
    path.write_bytes(packed(hostile.members(make)))
    assert load_model(path)(X).shape == make()(X).shape


def test_an_infinite_number_that_does_not_learn_is_read(tmp_path):
    model, layer = _infinite_state()
    model.save(tmp_path / "net.keras")
    again = load_model(tmp_path / "net.keras", custom_objects={"Smallest": layer})
    assert np.isinf(again.layers[0].get_weights()[0])
