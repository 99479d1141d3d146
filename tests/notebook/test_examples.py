"""The seven examples of the notation's definition, as they stand: as cells, as functions, and there and back."""

import json
import textwrap

import numpy as np
import pytest

import nbkeras
from nbkeras.naming import fresh_names
from nbkeras.notation import Suite, build
from tests.notebook.cells import declare, declare_cell
from tests.notebook.examples import EXAMPLES, NAMESPACE

# name -> the kind of model, its output shape and its number of parameters, counted by hand
MODELS = {
    "cnn": ("Sequential", (None, 10), 32 * 28 + 64 * 289 + 16 * 2305 + 10 * 17),
    "resnet": ("Functional", (None, 10), None),
    "two_inputs": ("Functional", (None, 1), 32000 + 4 * 16 * (32 + 16 + 1) + 8 * 5 + 25),
    "translator": ("Functional", (None, 25, 40), 64 * 90 + 2 * 4 * 128 * (64 + 128 + 1) + 40 * 257),
    "encoder": ("Functional", (None, 2), None),
    "vae": ("Functional", (None, 784), 256 * 785 + 256 * 257 + 2 * 2 * 257 + 256 * 3 + 784 * 257),
    "siamese": ("Functional", (None, 1), 32 * 21 + 32 * 33 + 33),
}


@pytest.fixture(params=EXAMPLES)
def name(request):
    return request.param


@pytest.fixture
def model(name):
    head, _, body = EXAMPLES[name].partition("\n")
    made, remarks = build(Suite.of_cell(head + "\n", body, "<cell>"), name, NAMESPACE, seed=0)
    assert remarks == []
    return made


def test_model(name, model):
    kind, shape, parameters = MODELS[name]
    assert (type(model).__name__, model.name, model.output_shape) == (kind, name, shape)
    assert parameters is None or model.count_params() == parameters


def test_it_runs(model):
    rng = np.random.default_rng(0)
    inputs = [(20 * rng.random((3, *tensor.shape[1:]))).astype(tensor.dtype) for tensor in model.inputs]
    outputs = model.predict(inputs if len(inputs) > 1 else inputs[0], verbose=0)
    assert outputs.shape == (3, *model.output_shape[1:])
    assert np.isfinite(outputs).all()


def test_the_decorated_function_is_its_twin(name, model, tmp_path):
    _, _, body = EXAMPLES[name].partition("\n")
    file = tmp_path / "twin.py"
    file.write_text(f"import nbkeras\n\n\n@nbkeras.model(seed=0)\ndef {name}():\n{textwrap.indent(body, '    ')}")
    namespace = {**NAMESPACE, "__name__": "twin"}
    exec(compile(file.read_text(), str(file), "exec"), namespace)
    twin = namespace[name]
    assert twin.get_config() == model.get_config()
    for one, other in zip(twin.get_weights(), model.get_weights()):
        np.testing.assert_array_equal(one, other)


def test_cell_and_back(model):
    again = declare_cell(model.to_cell())
    assert again.get_config() == model.get_config()
    assert again.get_compile_config() == model.get_compile_config()


def test_python_and_back(name, model):
    namespace = {}
    with fresh_names():
        exec(model.to_python("nbkeras"), namespace)
    again = namespace[name]
    assert [w.shape for w in again.get_weights()] == [w.shape for w in model.get_weights()]
    if name != "vae":  # plain Keras can give no name to an op, as the label z does, and needs a class of its own for kl
        assert json.dumps(again.get_config()) == json.dumps(model.get_config())


def test_the_added_loss_is_trained_and_logged():
    head, _, body = EXAMPLES["vae"].partition("\n")
    nbkeras.utils.set_random_seed(0)
    vae, _ = build(Suite.of_cell(head + "\n", body, "<cell>"), "vae", NAMESPACE, seed=0)
    x = np.random.default_rng(0).random((64, 784)).astype("float32")
    history = vae.fit(x, x, epochs=3, verbose=0).history
    assert history["kl"][-1] < history["kl"][0]
    assert all(total > kl > 0 for total, kl in zip(history["loss"], history["kl"]))


def test_the_added_loss_counts():
    model = declare("Input((2,))\nDense(1)\nadd_loss(3.0 * ops.mean(ops.square(_)))\ncompile('sgd', 'mse')")
    model.set_weights([np.ones((2, 1)), np.zeros(1)])
    x = np.array([[1.0, 1.0], [2.0, 2.0]], "float32")
    outputs = x.sum(1, keepdims=True)
    assert model.evaluate(x, outputs, verbose=0, return_dict=True)["loss"] == pytest.approx(3 * np.mean(outputs**2))
