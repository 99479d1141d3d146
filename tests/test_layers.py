"""Every layer against real Keras, and what must hold of any layer: gradients, configuration, shapes, dtypes."""

import inspect

import numpy as np
import pytest

from nbkeras import config
from tests.cases.case import is_plain
from tests.cases.numbers import stream
from tests.closeness import assert_close, assert_same_config
from tests.references.libraries import flatten, is_float, projected
from tests.references.measure import (
    built_layer,
    invoke,
    layer_runs,
    output_mask,
    plain_config,
    symbolic_inputs,
    symbolic_shapes,
    weight_facts,
)
from tests.references.rows import expected, library, ours, rows  # noqa: F401  (fixtures)
from tests.references.tables import LAYERS

TABLES = [f"layers/{family}" for family in LAYERS]


@rows(*TABLES)
def test_equals_keras(table, case, library):  # noqa: F811
    """Outputs, gradients, moved state and losses, in inference and in training."""
    facts = expected(table, case)
    runs = layer_runs(library, case, built_layer(library, case))
    for mode, run in runs.items():
        reference = facts["inference"] if facts.get(mode) == "inference" else facts[mode]
        for side in (run, reference):
            side["losses"] = sorted(side["losses"])  # their order is nobody's promise
        assert_close(run, reference, mode)


@rows(*TABLES)
def test_weights(table, case, ours):  # noqa: F811
    assert weight_facts(built_layer(ours, case)) == expected(table, case)["weights"]


@rows(*TABLES, where=lambda case: case.masks)
def test_mask(table, case, ours):  # noqa: F811
    assert_close(output_mask(ours, case, built_layer(ours, case)), expected(table, case)["mask"], "mask")


@rows(*TABLES)
def test_symbolic_shape(table, case, ours):  # noqa: F811
    """The shapes of the symbolic call are Keras', and those of the call where they are known."""
    shapes = symbolic_shapes(ours, case)
    assert shapes == expected(table, case)["symbolic"]
    real = [np.shape(x) for x in flatten(invoke(ours, case, built_layer(ours, case), case.arrays()))]
    assert len(shapes) == len(real)
    for symbolic, shape in zip(shapes, real):
        assert len(symbolic) == len(shape)
        assert all(known in (None, size) for known, size in zip(symbolic, shape)), f"{symbolic} against {shape}"


@rows(*TABLES, where=lambda case: case.config)
def test_config(table, case, ours):  # noqa: F811
    ours.fresh()
    layer = case.build(ours.k)
    parameters = {
        name for base in type(layer).__mro__ for name in inspect.signature(base.__init__).parameters if name != "self"
    }
    assert_same_config(plain_config(layer.get_config()), expected(table, case)["config"], parameters)


@rows(*TABLES, where=lambda case: case.config)
def test_config_round_trip(table, case, ours):  # noqa: F811
    """A layer made from the configuration has the same configuration, weights and outputs."""
    layer = built_layer(ours, case)
    twin = type(layer).from_config(layer.get_config())
    assert twin.get_config() == layer.get_config()
    invoke(ours, case, twin, case.arrays())
    twin.set_weights(layer.get_weights())
    arrays = case.arrays(salt="round trip")
    for a, b in zip(flatten(invoke(ours, case, twin, arrays)), flatten(invoke(ours, case, layer, arrays))):
        np.testing.assert_array_equal(a, b)


def has_array_keywords(case):
    return not all(is_plain(value) for value in case.keywords.values())


@rows(*TABLES, where=lambda case: case.models and not has_array_keywords(case))
def test_functional_model(table, case, ours):  # noqa: F811
    """A model made of the layer, the size of the batch unknown, predicts what the layer computes."""
    layer = built_layer(ours, case)
    inputs = symbolic_inputs(ours, case)
    model = ours.k.Model(inputs, case.call(layer, inputs, **case.keywords))
    arrays = [array[:1] for array in case.arrays()]
    predicted = flatten(model.predict(arrays if len(arrays) > 1 else arrays[0], verbose=0))
    for a, b in zip(predicted, flatten(invoke(ours, case, layer, arrays))):
        assert_close(a, b, "prediction")


@pytest.fixture
def float64():
    config.set_floatx("float64")
    yield
    config.set_floatx("float32")


STEP = 1e-6  # of central differences in float64: their error is about STEP² + 1e-16 / STEP


@rows(*TABLES, where=lambda case: case.smooth and not case.random)
def test_gradients_by_finite_differences(table, case, ours, float64):  # noqa: F811
    """In float64, along random directions of all inputs and weights at once; nothing falls back to float32."""
    layer = built_layer(ours, case)
    arrays = [ours.array(array) for array in case.arrays()]
    weights = layer.get_weights()
    free = [i for i, weight in enumerate(layer.weights) if weight.trainable]

    def total(inputs, values):
        layer.set_weights(values)
        outputs = flatten(invoke(ours, case, layer, inputs, training=True))
        return float(projected(ours.k.ops, outputs, layer.losses))

    run = ours.differentiate(lambda inputs: invoke(ours, case, layer, inputs, training=True), arrays, layer)
    for array in [*run.outputs, *run.weight_gradients, *(g for g in run.input_gradients if g is not None)]:
        assert not is_float(array) or array.dtype == "float64"

    generator = stream("finite differences", case.name)
    along = [generator.standard_normal(x.shape) if is_float(x) else None for x in arrays]
    ways = {i: generator.standard_normal(weights[i].shape) for i in free}

    def moved(step):
        inputs = [x if way is None else x + step * way for x, way in zip(arrays, along)]
        return total(inputs, [w + step * ways[i] if i in ways else w for i, w in enumerate(weights)])

    slope = (moved(STEP) - moved(-STEP)) / (2 * STEP)
    terms = [np.sum(g * way) for g, way in zip(run.input_gradients, along) if way is not None]
    terms += [np.sum(g * ways[i]) for g, i in zip(run.weight_gradients, free)]
    scale = 1.0 + sum(abs(term) for term in terms)
    assert abs(slope - sum(terms)) <= 1e-7 * scale


@rows(*TABLES)
def test_float32_stays(table, case, library):  # noqa: F811
    """Outputs and gradients of float32 are float32."""
    run = library.differentiate(
        lambda arrays: invoke(library, case, layer, arrays), case.arrays(), layer := built_layer(library, case)
    )
    for array in [*run.outputs, *run.weight_gradients, *(g for g in run.input_gradients if g is not None)]:
        assert not is_float(array) or array.dtype == "float32"


@pytest.mark.parametrize("family", ["SimpleRNN", "LSTM", "GRU"])
def test_stateful_layer_carries_on(family, library):  # noqa: F811
    """Two calls of a stateful layer are one call on both stretches; `reset_state` begins again."""
    k = library.k
    x = np.random.RandomState(0).standard_normal((2, 6, 3)).astype("float32")
    whole = getattr(k.layers, family)(4, return_sequences=True)
    y = np.asarray(whole(x))
    layer = getattr(k.layers, family)(4, return_sequences=True, stateful=True)
    layer(x[:, :2])
    layer.reset_state()
    layer.set_weights(whole.get_weights())
    halves = [np.asarray(layer(x[:, :2])), np.asarray(layer(x[:, 2:]))]
    assert_close(np.concatenate(halves, axis=1), y)
    layer.reset_state()
    assert_close(np.asarray(layer(x)), y)
