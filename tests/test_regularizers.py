"""Every regularizer against real Keras: penalties, gradients, configurations, names."""

import inspect

from nbkeras import regularizers
from tests.closeness import assert_close, assert_same_config
from tests.references.measure import measure_function
from tests.references.rows import expected, library, ours, rows  # noqa: F401  (fixtures)


@rows("regularizers")
def test_equals_keras(table, case, library):  # noqa: F811
    facts = expected(table, case)
    result = measure_function(library, case)
    assert_close(result["outputs"], facts["outputs"], "outputs")
    assert_close(result.get("gradients"), facts.get("gradients"), "gradients")


@rows("regularizers")
def test_config(table, case, ours):  # noqa: F811
    regularizer = case.build(ours.k)
    parameters = inspect.signature(type(regularizer).__init__).parameters
    assert_same_config(regularizer.get_config(), expected(table, case)["config"], parameters)
    twin = regularizers.deserialize(regularizers.serialize(regularizer))
    assert twin.get_config() == regularizer.get_config()
