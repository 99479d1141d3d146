"""Every loss against real Keras: values, gradients, configurations, names."""

import inspect

import numpy as np
import pytest

from nbkeras import config, losses
from tests.cases.numbers import direction, stream
from tests.closeness import assert_close, assert_same_config
from tests.references.libraries import is_float
from tests.references.measure import measure_loss, plain_config
from tests.references.rows import expected, library, ours, rows  # noqa: F401  (fixtures)


@rows("losses")
def test_equals_keras(table, case, library):  # noqa: F811
    facts = expected(table, case)
    result = measure_loss(library, case)
    assert_close(result["value"], facts["value"], "value")
    assert_close(result["gradient"], facts["gradient"], "gradient")
    assert result["value"].dtype == result["gradient"].dtype == "float32"


@rows("losses", where=lambda case: case.config)
def test_config(table, case, ours):  # noqa: F811
    loss = case.build(ours.k)
    assert_same_config(
        plain_config(loss.get_config()),
        expected(table, case)["config"],
        inspect.signature(type(loss).__init__).parameters,
    )


@rows("losses", where=lambda case: case.config)
def test_config_round_trip(table, case, ours):  # noqa: F811
    loss = case.build(ours.k)
    twin = type(loss).from_config(loss.get_config())
    assert twin.get_config() == loss.get_config()
    y_true, y_pred, weight = case.arrays("round trip")
    np.testing.assert_array_equal(twin(y_true, y_pred, weight), loss(y_true, y_pred, weight))
    serialized = losses.deserialize(losses.serialize(loss))
    np.testing.assert_array_equal(serialized(y_true, y_pred, weight), loss(y_true, y_pred, weight))


@pytest.fixture
def float64():
    config.set_floatx("float64")
    yield
    config.set_floatx("float32")


@rows("losses", where=lambda case: case.smooth)
def test_gradient_by_finite_differences(table, case, ours, float64):  # noqa: F811
    """In float64, along a random direction."""
    loss = case.build(ours.k)
    y_true, y_pred, weight = (ours.array(array) for array in case.arrays())
    weighting = {} if weight is None else {"sample_weight": weight}

    def value(prediction):
        output = np.asarray(loss(y_true, prediction, **weighting), "float64")
        return np.sum(output * direction(0, output.shape))

    gradient = ours.differentiate(lambda arrays: loss(y_true, arrays[0], **weighting), [y_pred]).input_gradients[0]
    assert is_float(gradient)
    assert gradient.dtype == "float64"
    step = 1e-6 * max(1.0, np.abs(y_pred).max())
    way = stream("finite differences", case.name).standard_normal(y_pred.shape)
    slope = (value(y_pred + step * way) - value(y_pred - step * way)) / (2 * step)
    term = np.sum(gradient * way)
    assert abs(slope - term) <= 1e-6 * (1.0 + abs(term))
