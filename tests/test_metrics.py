"""Every metric against real Keras over uneven batches: results, state, configurations, names."""

import inspect

import pytest

from nbkeras import metrics
from tests.closeness import assert_close, assert_same_config
from tests.references.libraries import flatten
from tests.references.measure import measure_metric, plain_config
from tests.references.rows import expected, library, ours, rows  # noqa: F401  (fixtures)


@rows("metrics")
def test_equals_keras(table, case, library):  # noqa: F811
    facts = expected(table, case)
    result = measure_metric(library, case)
    assert_close(result["results"], facts["results"], "results")
    if not case.function:
        assert_close(result["after_reset"], facts["after_reset"], "after reset")
        assert result["state"] == facts["state"]


@rows("metrics", where=lambda case: case.config and not case.function)
def test_config(table, case, ours):  # noqa: F811
    metric = case.build(ours.k)
    assert_same_config(
        plain_config(metric.get_config()),
        expected(table, case)["config"],
        inspect.signature(type(metric).__init__).parameters,
    )


@rows("metrics", where=lambda case: case.config and not case.function)
def test_config_round_trip(table, case, ours):  # noqa: F811
    metric = case.build(ours.k)
    twin = metrics.deserialize(metrics.serialize(metric))
    assert twin.get_config() == metric.get_config()
    for batch in case.arrays("round trip"):
        metric.update_state(*batch)
        twin.update_state(*batch)
    assert_close(flatten(twin.result()), flatten(metric.result()))


def test_unknown_name_is_an_error():
    with pytest.raises(ValueError, match="no_such_metric"):
        metrics.get("no_such_metric")
