"""Every learning rate schedule against real Keras: rates and configurations."""

import inspect

from nbkeras.optimizers import schedules
from tests.closeness import assert_close, assert_same_config
from tests.references.measure import measure_function
from tests.references.rows import expected, library, ours, rows  # noqa: F401  (fixtures)


@rows("schedules")
def test_equals_keras(table, case, library):  # noqa: F811
    facts = expected(table, case)
    result = measure_function(library, case)
    assert_close(result["outputs"], facts["outputs"], "outputs")
    assert_close(result.get("gradients"), facts.get("gradients"), "gradients")


@rows("schedules")
def test_config(table, case, ours):  # noqa: F811
    schedule = case.build(ours.k).schedule
    parameters = inspect.signature(type(schedule).__init__).parameters
    assert_same_config(schedule.get_config(), expected(table, case)["config"], parameters)
    twin = schedules.deserialize(schedules.serialize(schedule))
    assert twin.get_config() == schedule.get_config()
    assert float(twin(7)) == float(schedule(7))
