"""Every activation against real Keras: values, gradients, names."""

import numpy as np
import pytest

from nbkeras import activations
from tests.closeness import assert_close
from tests.references.measure import measure_function
from tests.references.rows import expected, library, rows  # noqa: F401  (fixture)


@rows("activations")
def test_equals_keras(table, case, library):  # noqa: F811
    facts = expected(table, case)
    result = measure_function(library, case)
    assert_close(result["outputs"], facts["outputs"], "outputs")
    assert_close(result["gradients"], facts["gradients"], "gradients")
    assert result["outputs"][0].dtype == result["gradients"][0].dtype == "float32"


@pytest.mark.parametrize("axis", [-1, 0])
def test_sparsemax_projects_on_the_simplex(axis, library):  # noqa: F811
    """The nearest point of the simplex: `max(x - tau, 0)` with one `tau` per row that makes it sum to 1.

    Keras 3.15 sums the cumulative sums where the paper (Martins and Astudillo, 2016) takes the last one, and its rows
    do not sum to 1; this one function is held to the paper instead.
    """
    x = np.random.RandomState(0).standard_normal((5, 6)).astype("float32")
    y = np.moveaxis(np.asarray(activations.sparsemax(x, axis=axis)), axis, -1)
    np.testing.assert_allclose(y.sum(-1), 1.0, rtol=1e-6)
    shifts = np.where(y > 0, np.moveaxis(x, axis, -1) - y, np.nan)
    np.testing.assert_allclose(np.nanmax(shifts, -1), np.nanmin(shifts, -1), atol=1e-6)
    assert (np.where(y == 0, np.moveaxis(x, axis, -1), -np.inf).max(-1) <= np.nanmin(shifts, -1) + 1e-6).all()


def test_get_keeps_functions():
    def own(x):
        return x

    assert activations.get(own) is own
    assert activations.get("relu") is activations.relu


def test_unknown_name_is_an_error():
    with pytest.raises(ValueError, match="no_such_activation"):
        activations.get("no_such_activation")


def test_serialize_gives_the_name():
    assert activations.serialize(activations.relu) == "relu"
    assert activations.deserialize("relu") is activations.relu
