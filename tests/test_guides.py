"""Programs in the manner of guides and textbooks, unedited on nbkeras, against what they find on real Keras."""

import pytest

from tests.closeness import assert_close
from tests.references.measure import measure, measure_training
from tests.references.rows import expected, library, ours, rows  # noqa: F401  (fixtures)

TIMES = 10.0  # as in test_training_parity
ON_EACH_BACKEND = ("siamese", "own parts", "counting")  # XLA takes seconds to compile each


def check_training(table, case, library):  # noqa: F811
    facts, result = expected(table, case), measure_training(library, case)
    assert list(result["history"]) == list(facts["history"])
    for name in ("history", "weights", "prediction", "evaluation"):
        assert_close(result[name], facts[name], name, times=TIMES)


@rows("guides/networks", "guides/classes")
def test_training_equals_keras(table, case, ours):  # noqa: F811
    check_training(table, case, ours)


@rows("guides/networks", "guides/classes", where=lambda case: case.name in ON_EACH_BACKEND)
def test_training_equals_keras_on_each_backend(table, case, library):  # noqa: F811
    check_training(table, case, library)


@pytest.mark.filterwarnings("ignore:the loss has no gradient:UserWarning")
@rows("guides/programs")
def test_programs_find_what_they_find_on_keras(table, case, ours):  # noqa: F811
    facts, found = expected(table, case), measure(ours, case)
    assert found["facts"] == facts["facts"]
    assert_close(found["outputs"], facts["outputs"], times=TIMES)
