"""Every initializer: exact values and moments of real Keras, the laws behind them, seeds and dtypes."""

import inspect

import numpy as np
import pytest

from nbkeras import Variable, initializers
from tests.closeness import assert_close, assert_same_config
from tests.references.measure import measure_initializer, plain_config
from tests.references.rows import expected, library, ours, rows  # noqa: F401  (fixtures)

# Moments of at least 20 000 draws: the mean is known to 0.7 % of the standard deviation, that to 0.5 % of itself; both
# libraries draw, and a test of 54 rows meets three-sigma events: 3 %. Bounds of normal laws have no such limit.
SPREAD = 0.03


@rows("initializers", where=lambda case: case.exact)
def test_values_equal_keras(table, case, library):  # noqa: F811
    assert_close(measure_initializer(library, case)["values"], expected(table, case)["values"])


@rows("initializers", where=lambda case: not case.exact)
def test_moments_equal_keras(table, case, library):  # noqa: F811
    mean, deviation, low, high, size = measure_initializer(library, case)["moments"].tolist()
    mean_, deviation_, low_, high_, size_ = expected(table, case)["moments"].tolist()
    assert mean == pytest.approx(mean_, abs=SPREAD * deviation_)
    assert deviation == pytest.approx(deviation_, rel=SPREAD)
    assert size == pytest.approx(size_, rel=SPREAD)
    if high_ - low_ < 4.7 * deviation_:  # a law with bounds: uniform, or normal cut at two deviations
        assert low == pytest.approx(low_, abs=SPREAD * deviation_)
        assert high == pytest.approx(high_, abs=SPREAD * deviation_)


@rows("initializers")
def test_config(table, case, ours):  # noqa: F811
    initializer = case.build(ours.k)
    parameters = inspect.signature(type(initializer).__init__).parameters
    assert_same_config(plain_config(initializer.get_config()), expected(table, case)["config"], parameters)
    twin = initializers.deserialize(initializers.serialize(initializer))
    assert twin.get_config() == initializer.get_config()


SEEDED = [
    initializers.RandomNormal(seed=1),
    initializers.RandomUniform(seed=1),
    initializers.TruncatedNormal(seed=1),
    initializers.GlorotUniform(seed=1),
    initializers.HeNormal(seed=1),
    initializers.Orthogonal(seed=1),
    initializers.VarianceScaling(seed=1),
]


@pytest.mark.parametrize("initializer", SEEDED, ids=lambda item: type(item).__name__)
def test_seed_repeats(initializer, library):  # noqa: F811
    """An initializer with a seed gives the same values at every call, and so does its twin."""
    first = np.asarray(initializer((4, 5)))
    np.testing.assert_array_equal(first, initializer((4, 5)))
    np.testing.assert_array_equal(first, type(initializer).from_config(initializer.get_config())((4, 5)))
    other = type(initializer).from_config({**initializer.get_config(), "seed": 2})
    assert (first != np.asarray(other((4, 5)))).any()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("initializer", SEEDED, ids=lambda item: type(item).__name__)
def test_shape_and_dtype(initializer, dtype):
    values = np.asarray(initializer((4, 5), dtype=dtype))
    assert values.shape == (4, 5)
    assert values.dtype == dtype


@pytest.mark.parametrize("shape", [(6, 6), (8, 5), (5, 8), (3, 2, 4)])
def test_orthogonal(shape):
    matrix = np.asarray(initializers.Orthogonal(gain=2.0, seed=1)(shape)).reshape(-1, shape[-1]).astype("float64")
    gram = matrix @ matrix.T if matrix.shape[0] <= matrix.shape[1] else matrix.T @ matrix
    np.testing.assert_allclose(gram, 4.0 * np.eye(len(gram)), atol=1e-5)


@pytest.mark.parametrize(
    ("name", "variance"),
    [
        ("GlorotUniform", lambda fan_in, fan_out: 2 / (fan_in + fan_out)),
        ("GlorotNormal", lambda fan_in, fan_out: 2 / (fan_in + fan_out)),
        ("HeUniform", lambda fan_in, fan_out: 2 / fan_in),
        ("HeNormal", lambda fan_in, fan_out: 2 / fan_in),
        ("LecunUniform", lambda fan_in, fan_out: 1 / fan_in),
        ("LecunNormal", lambda fan_in, fan_out: 1 / fan_in),
    ],
)
def test_variance_formula(name, variance):
    """The variance that the papers give, for a matrix and for the kernel of a convolution."""
    for shape, fan_in, fan_out in [((100, 400), 100, 400), ((3, 3, 30, 60), 270, 540)]:
        values = np.asarray(getattr(initializers, name)(seed=3)(shape))
        assert values.var() == pytest.approx(variance(fan_in, fan_out), rel=2 * SPREAD)


def test_a_variable_names_its_initializer():
    np.testing.assert_array_equal(Variable("ones", shape=(2, 3)).numpy(), np.ones((2, 3)))
    with pytest.raises(ValueError, match="Variable 'v' needs a shape"):
        Variable("ones", name="v")


def test_unknown_name_is_an_error():
    with pytest.raises(ValueError, match="no_such_initializer"):
        initializers.get("no_such_initializer")
