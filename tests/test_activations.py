"""Every activation against real Keras: values, gradients, names."""

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
