"""Every constraint against real Keras: constrained weights, configurations, names."""

import inspect

from nbkeras import constraints
from tests.closeness import assert_close, assert_same_config
from tests.references.measure import measure_function
from tests.references.rows import expected, library, ours, rows  # noqa: F401  (fixtures)


@rows("constraints")
def test_equals_keras(table, case, library):  # noqa: F811
    facts = expected(table, case)
    result = measure_function(library, case)
    assert_close(result["outputs"], facts["outputs"], "outputs")
    assert_close(result.get("gradients"), facts.get("gradients"), "gradients")


@rows("constraints")
def test_config(table, case, ours):  # noqa: F811
    constraint = case.build(ours.k)
    parameters = inspect.signature(type(constraint).__init__).parameters
    assert_same_config(constraint.get_config(), expected(table, case)["config"], parameters)
    twin = constraints.deserialize(constraints.serialize(constraint))
    assert twin.get_config() == constraint.get_config()
