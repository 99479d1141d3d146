"""Legacy `.h5` files: of Keras 2, as stored in `keras2/`, and as Keras 3 writes them."""

import json
import re
from pathlib import Path

import h5py
import numpy as np
import pytest

import nbkeras
from nbkeras import Model, Sequential, layers
from nbkeras.saving import FileError, load_model
from nbkeras.saving.legacy_config import compile_arguments, modern
from tests.closeness import assert_close
from tests.references.libraries import flatten

KERAS2 = Path(__file__).parent / "keras2"
LEGACY = pytest.mark.filterwarnings("ignore:.*is of a legacy format", "ignore:the optimizer .* begins anew")


def stored(name):
    with np.load(KERAS2 / f"{name}.npz") as arrays:
        return [[arrays[key] for key in sorted(arrays) if key[0] == kind] for kind in "xy"]


@LEGACY
@pytest.mark.parametrize("name", ["chain", "sequences", "graph"])
def test_a_model_of_keras_2(name):
    """Layers, nested and shared ones, weights, and how it was compiled."""
    model = load_model(KERAS2 / f"{name}.h5")
    inputs, expected = stored(name)
    assert_close([np.asarray(y) for y in flatten(model(inputs if len(inputs) > 1 else inputs[0]))], expected)
    assert model.compiled == (name != "graph")


def test_it_is_marked_as_legacy():
    with pytest.warns(UserWarning, match=re.escape("'graph.h5' is of a legacy format; save the model anew")):
        load_model(KERAS2 / "graph.h5")


@LEGACY
def test_it_trains_on_and_becomes_a_file_of_today(tmp_path):
    model = load_model(KERAS2 / "chain.h5")
    assert model.optimizer.learning_rate == pytest.approx(0.01)
    (x,), (y,) = stored("chain")
    model.save(tmp_path / "net.keras")
    again = load_model(tmp_path / "net.keras")
    assert_close(np.asarray(again(x)), y)
    assert np.isfinite(again.fit(x, y, verbose=0).history["loss"]).all()


def graph():
    words, x = nbkeras.Input((5,), dtype="int32", name="words"), nbkeras.Input((5,), name="x")
    dense = layers.Dense(3, name="shared")
    read = layers.LSTM(3, name="read")(layers.Embedding(9, 3, mask_zero=True, name="embedding")(words))
    merged = layers.Concatenate()([dense(x), read, layers.BatchNormalization(name="norm")(dense(x))])
    return Model([words, x], layers.Dense(2, name="out")(merged))


def in_layers(path, model, root="", **attributes):
    """Writes a legacy file of weights as Keras does."""
    with h5py.File(path, "w") as file:
        group = file.create_group(root) if root else file
        group.attrs["layer_names"] = [layer.name.encode() for layer in model.layers]
        for layer in model.layers:
            inner = group.create_group(layer.name)
            weights = [*layer.trainable_weights, *layer.non_trainable_weights]
            names = [f"{layer.name}/{weight.name}:0".encode() for weight in weights]
            inner.attrs["weight_names"] = np.asarray(names, "S") if names else []
            for name, weight in zip(names, weights):
                inner[name.decode()] = weight.numpy()
        for key, value in attributes.items():
            file.attrs[key] = value


@pytest.mark.parametrize("root", ["", "model_weights"])
def test_weights(root, tmp_path):
    """In the file's root, or of a whole model."""
    model, other = graph(), graph()
    in_layers(tmp_path / "net.h5", model, root)
    other.load_weights(tmp_path / "net.h5")
    for got, expected in zip(other.get_weights(), model.get_weights()):
        np.testing.assert_array_equal(got, expected)


def test_weights_by_name(tmp_path):
    """Layers that the file does not name keep theirs."""
    model = graph()
    in_layers(tmp_path / "net.h5", model)
    other = Sequential([nbkeras.Input((5,)), layers.Dense(3, name="shared"), layers.Dense(2, name="another")])
    before = other.layers[1].get_weights()
    other.load_weights(tmp_path / "net.h5", by_name=True)
    np.testing.assert_array_equal(other.layers[0].kernel.numpy(), model.get_layer("shared").kernel.numpy())
    np.testing.assert_array_equal(other.layers[1].kernel.numpy(), before[0])


def test_weights_that_do_not_fit(tmp_path):
    in_layers(tmp_path / "net.h5", graph())
    other = Sequential([nbkeras.Input((4,)), layers.Dense(3, name="shared"), layers.Dense(2, name="out")])
    before = other.get_weights()
    with pytest.raises(FileError, match=r"has 2 layers with weights: got 5"):
        other.load_weights(tmp_path / "net.h5")
    with pytest.raises(FileError, match=r"Dense 'shared' expects 'kernel' of shape \(4, 3\), got \(5, 3\)"):
        other.load_weights(tmp_path / "net.h5", by_name=True)
    with pytest.warns(UserWarning, match="keeps its weights where the file has others: Dense 'shared'"):
        other.load_weights(tmp_path / "net.h5", by_name=True, skip_mismatch=True)
    for weight, expected in zip(other.get_weights(), before):
        np.testing.assert_array_equal(weight, expected)
    with pytest.raises(ValueError, match="by_name is for legacy"):
        other.load_weights(tmp_path / "net.weights.h5", by_name=True)


def whole(path, config, model=None, **attributes):
    in_layers(path, model or graph(), "model_weights", model_config=json.dumps(config), **attributes)


DENSE = {"class_name": "Dense", "config": {"name": "dense", "units": 2, "batch_input_shape": [None, 4]}}
LAMBDA = {"class_name": "Lambda", "config": {"name": "l", "function": ["4wEAAAA=", None, None]}}


def sequence(*configs):
    return {"class_name": "Sequential", "config": list(configs)}


HOSTILE = {
    "code": (sequence(DENSE, LAMBDA), "holds a lambda"),
    "a function of Python": (
        sequence({"class_name": "system", "config": {"command": "true"}, "module": "os"}),
        "unknown class 'system'",
    ),
    "a large layer": (
        sequence({**DENSE, "config": {**DENSE["config"], "units": 10**10}}),
        "which the file of weights has no room for",
    ),
    "no layers": ({"class_name": "Dense", "config": {"units": 1}}, "describes a Dense, not a model"),
    "a list": ([DENSE], "is no configuration of a model"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_what_is_refused(kind, tmp_path):
    config, told = HOSTILE[kind]
    whole(tmp_path / "net.h5", config)
    with pytest.raises(FileError, match=told):
        load_model(tmp_path / "net.h5")


def refusal(path):
    """Why a file cannot be loaded; empty for one that can be."""
    try:
        load_model(path)
    except FileError as error:
        return str(error)
    return ""


@LEGACY
def test_damaged_files(tmp_path):
    """Cut off or changed anywhere: a FileError, or, where it makes no difference, the model."""
    content = (KERAS2 / "chain.h5").read_bytes()
    path = tmp_path / "net.h5"
    generator = np.random.default_rng(0)
    refused = 0
    for number in range(60):
        damaged = bytearray(content)
        if number % 3 == 0:
            damaged = damaged[: generator.integers(len(damaged))]
        else:
            for place in generator.integers(0, len(damaged), 40):
                damaged[place] = generator.integers(256)
        path.write_bytes(damaged)
        message = refusal(path)
        refused += bool(message)
        assert len(message) <= 300
    assert refused > 30


def test_texts_have_a_largest_number(tmp_path):
    """One heap object, named by many attributes, is not read over and over."""
    path = tmp_path / "net.h5"
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = "{" + " " * 2**23
        text = h5py.string_dtype()
        for number in range(5):
            file.attrs.create(f"layer_names{number}", ["x" * 2**20] * 4, dtype=text)
    with pytest.raises(FileError, match="attributes of more than"):
        load_model(path)


def test_old_names_of_arguments():
    old = {"class_name": "LeakyReLU", "config": {"name": "l", "alpha": 0.1, "dtype": {"class_name": "Policy",
           "config": {"name": "float32"}}}}  # fmt: skip
    assert modern(old)["config"] == {"name": "l", "negative_slope": 0.1, "dtype": "float32"}
    training = {"optimizer_config": {"class_name": "Custom>Adam", "config": {"lr": 0.5, "decay": 0.0}}, "loss": "mse",
                "metrics": [[{"class_name": "MeanMetricWrapper", "config": {"name": "mae", "fn": "mae"}}]]}  # fmt: skip
    found = compile_arguments(training)
    assert found["metrics"] == [["mae"]]
    assert found["optimizer"]["config"] == {"learning_rate": 0.5}


@LEGACY
@pytest.mark.keras
@pytest.mark.jax
@pytest.mark.filterwarnings("ignore")  # Keras' own
def test_a_model_of_keras_3(tmp_path):
    """Training goes on as it does there, and the weights go back by Keras' own reader of what is written here."""
    from tests.references.libraries import RealKeras

    real = RealKeras()
    k = real.k
    model = k.Sequential([k.layers.Input((4,)), k.layers.Dense(3, activation="tanh"), k.layers.BatchNormalization()])
    model.compile("adam", "mse", metrics=["mae"], run_eagerly=True)
    x = np.random.default_rng(0).normal(size=(12, 4)).astype("float32")
    y = x[:, :3]
    model.fit(x, y, verbose=0, shuffle=False, batch_size=4)
    model.save(tmp_path / "net.h5")
    again = load_model(tmp_path / "net.h5")
    fit = {"verbose": 0, "shuffle": False, "batch_size": 4, "epochs": 2}
    assert_close(again.fit(x, y, **fit).history, model.fit(x, y, **fit).history, times=10)
