"""`KerasFileEditor`, and weights in shards."""

import json

import numpy as np
import pytest

import nbkeras
from nbkeras import Model, Sequential, layers
from nbkeras.saving import FileError, KerasFileEditor

X = np.ones((2, 5, 3), "float32")


def network():
    x = nbkeras.Input((5, 3))
    y = layers.Bidirectional(layers.LSTM(2, return_sequences=True), name="both")(x)
    inner = Sequential([nbkeras.Input((5, 4)), layers.Dense(3, name="inside")], name="inner")
    model = Model(x, layers.BatchNormalization(name="norm")(inner(y)), name="net")
    model.compile("adam", "mse")
    model.fit(X, np.zeros((2, 5, 3), "float32"), verbose=0)
    return model


def assert_same(model, other):
    for got, expected in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(got, expected)


@pytest.fixture
def model():
    return network()


@pytest.fixture
def file(model, tmp_path):
    path = tmp_path / "net.weights.h5"
    model.save_weights(path)
    return path


def test_what_it_shows(model, file, capsys):
    editor = KerasFileEditor(str(file))
    capsys.readouterr()
    editor.summary()
    shown = capsys.readouterr().out
    assert "    ├─ bidirectional ('both')\n" in shown.replace("│   ", "    ")
    assert "backward_layer" in shown
    assert "└─ dense ('inside')" in shown
    assert "0: shape=(4, 3), dtype=float32" in shown
    assert list(editor.weights_dict) == ["layers", "optimizer"]
    kernel = editor.weights_dict["layers"]["sequential"]["layers"]["dense"]["0"]
    np.testing.assert_array_equal(kernel, model.get_layer("inner").layers[0].kernel.numpy())


def test_it_opens_a_model(model, tmp_path, capsys):
    model.save(tmp_path / "net.keras")
    editor = KerasFileEditor(tmp_path / "net.keras")
    assert "Saved with Keras" in capsys.readouterr().out
    assert editor.config["config"]["name"] == "net"
    assert editor.compare(model)["status"] == "success"


def test_comparison(model, file, capsys):
    editor = KerasFileEditor(file)
    found = editor.compare(model)
    assert found == {"status": "success", "error_count": 0, "match_count": len(dict(leaves(editor.weights_dict)))}
    other = Sequential([nbkeras.Input((5, 3)), layers.Bidirectional(layers.LSTM(4)), layers.Dense(1)])
    capsys.readouterr()
    assert editor.compare(other)["status"] == "error"
    shown = capsys.readouterr().out
    assert "Weight shape mismatch for /layers/bidirectional/backward_layer/cell/0: (3, 16) in reference" in shown
    assert "Weight /layers/dense/0 present in reference model, missing from saved file" in shown
    assert "Weight /layers/batch_normalization/0 present in saved file, missing from reference model" in shown


def leaves(inner, path=""):
    for key, value in inner.items():
        yield from leaves(value, f"{path}/{key}") if isinstance(value, dict) else [(f"{path}/{key}", value)]


def test_changes(model, file, tmp_path):
    """A file of another architecture is made fit."""
    editor = KerasFileEditor(file)
    editor.delete_object("optimizer")
    editor.delete_object("layers/bidirectional")
    editor.rename_object("batch_normalization", "batch_normalization_1")
    kernel = np.full((3, 4), 2.0, "float32")
    editor.add_object("layers/dense", {"0": kernel})
    editor.add_weights("layers/dense", {"1": np.zeros(4), "2": np.zeros(1)})
    editor.delete_weight("layers/dense", "2")
    editor.rename_object("batch_normalization_1", "batch_normalization")
    editor.resave_weights(tmp_path / "edited.weights.h5")
    inner = Sequential([nbkeras.Input((5, 4)), layers.Dense(3)])
    other = Sequential([nbkeras.Input((5, 3)), layers.Dense(4), inner, layers.BatchNormalization()])
    other.load_weights(tmp_path / "edited.weights.h5")
    np.testing.assert_array_equal(other.layers[0].kernel.numpy(), kernel)
    assert_same(other.layers[2], model.get_layer("norm"))


MISTAKES = {
    "has no such object": lambda editor: editor.delete_object("dense_7"),
    "has 2 of them; give the whole path": lambda editor: editor.delete_object("cell"),
    "expects a name, not a path": lambda editor: editor.rename_object("layers/sequential", "layers/other"),
    "the file has no 'no/where'": lambda editor: editor.add_object("no/where/dense", {}),
    "weights must be a dictionary": lambda editor: editor.add_object("layers/dense", [1]),
    "has no weight '9'": lambda editor: editor.delete_weight("batch_normalization", "9"),
    "must end in '.weights.h5'": lambda editor: editor.save("net.keras"),
}


@pytest.mark.parametrize("told", MISTAKES)
def test_mistakes(told, file):
    with pytest.raises(ValueError, match=told):
        MISTAKES[told](KerasFileEditor(file))


def test_other_files_are_refused(tmp_path):
    with pytest.raises(ValueError, match="KerasFileEditor opens"):
        KerasFileEditor(tmp_path / "net.onnx")
    (tmp_path / "net.weights.h5").write_bytes(b"no HDF5")
    with pytest.raises(FileError, match="is no HDF5 file"):
        KerasFileEditor(tmp_path / "net.weights.h5")


# --- shards ---------------------------------------------------------------------------------------------------------

SMALL = 200 / 2**30


def test_shards(model, tmp_path):
    model.save_weights(tmp_path / "net.weights.json", max_shard_size=SMALL)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names[0] == "net.weights.json"
    assert names[1:] == [f"net_{number:05}.weights.h5" for number in range(len(names) - 1)]
    assert len(names) > 4
    facts = json.loads((tmp_path / "net.weights.json").read_text())
    assert facts["weight_map"]["/layers/batch_normalization/vars"]
    other = network()
    other.load_weights(tmp_path / "net.weights.json")
    assert_same(other, model)
    for got, expected in zip(other.optimizer.variables, model.optimizer.variables, strict=True):
        np.testing.assert_array_equal(got.numpy(), expected.numpy())


def test_a_weight_larger_than_a_shard(model, tmp_path):
    with pytest.raises(ValueError, match="more than a shard of 20"):
        model.save_weights(tmp_path / "net.weights.json", max_shard_size=20 / 2**30)
    assert not list(tmp_path.iterdir())


CHANGED = {
    "no shard of its own": lambda facts: {"weight_map": {"/vars": "../other_00000.weights.h5"}},
    "which is no shard of its own": lambda facts: {"weight_map": {"/vars": "other_00000.weights.h5"}},
    "that is not there": lambda facts: {"weight_map": {"/vars": "net_00099.weights.h5"}},
    "has no weight_map": lambda facts: {"metadata": {}},
    "does not fit": lambda facts: {"weight_map": {"/vars": "net_00000.weights.h5"}},
}


@pytest.mark.parametrize("told", CHANGED)
def test_shards_that_are_refused(told, model, tmp_path):
    model.save_weights(tmp_path / "net.weights.json", max_shard_size=SMALL)
    path = tmp_path / "net.weights.json"
    path.write_text(json.dumps(CHANGED[told](json.loads(path.read_text()))))
    before = model.get_weights()
    with pytest.raises(FileError, match=told):
        model.load_weights(path)
    for got, expected in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(got, expected)


@pytest.mark.keras
@pytest.mark.jax
@pytest.mark.filterwarnings("ignore")  # Keras' own
def test_keras_reads_our_shards_and_we_its(tmp_path):
    from tests.references.libraries import RealKeras

    k = RealKeras().k

    def network(k):
        parts = [k.layers.Input((6,)), k.layers.Dense(5), k.layers.BatchNormalization(), k.layers.Dense(4)]
        return k.Sequential(parts)

    ours, theirs, again = network(nbkeras), network(k), network(nbkeras)
    ours.save_weights(tmp_path / "here.weights.json", max_shard_size=150 / 2**30)
    theirs.load_weights(tmp_path / "here.weights.json")
    assert_same(ours, theirs)
    theirs.save_weights(tmp_path / "there.weights.json", max_shard_size=150 / 2**30)
    again.load_weights(tmp_path / "there.weights.json")
    assert_same(again, theirs)
