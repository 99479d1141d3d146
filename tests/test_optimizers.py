"""Every optimizer against real Keras: weights after several steps, averages, configurations, names."""

import inspect

import pytest

from nbkeras import optimizers
from tests.closeness import assert_close, assert_same_config
from tests.references.measure import measure_optimizer, plain_config
from tests.references.rows import expected, library, ours, rows  # noqa: F401  (fixtures)


@rows("optimizers")
def test_equals_keras(table, case, library):  # noqa: F811
    facts = expected(table, case)
    result = measure_optimizer(library, case)
    for name in ("steps", "finalized"):
        assert_close(result[name], facts[name], name)
    assert result["iterations"] == facts["iterations"]
    assert result["learning_rate"] == pytest.approx(facts["learning_rate"], rel=1e-6)
    assert result["slots"] == facts["slots"]


@rows("optimizers")
def test_config(table, case, ours):  # noqa: F811
    optimizer = case.build(ours.k)
    assert_same_config(
        plain_config(optimizer.get_config()),
        expected(table, case)["config"],
        inspect.signature(type(optimizer).__init__).parameters,
    )


@rows("optimizers")
def test_config_round_trip(table, case, ours):  # noqa: F811
    optimizer = case.build(ours.k)
    twin = optimizers.deserialize(optimizers.serialize(optimizer))
    assert twin.get_config() == optimizer.get_config()
