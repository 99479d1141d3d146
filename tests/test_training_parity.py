"""Whole models, trained: the history of fit, the weights it ends with and predictions equal those of real Keras.

Errors of float32 grow with the steps: each step adds its own and hands on those before it. Three to four epochs of a
few batches make about a tenth of a thousand roundings in a row; ten times the tolerance of a single call covers them.
"""

from tests.closeness import assert_close
from tests.references.measure import measure_training
from tests.references.rows import expected, library, rows  # noqa: F401  (fixture)

TIMES = 10.0


@rows("training")
def test_equals_keras(table, case, library):  # noqa: F811
    facts = expected(table, case)
    result = measure_training(library, case)
    assert list(result["history"]) == list(facts["history"])
    for name in ("history", "weights", "prediction", "evaluation"):
        assert_close(result[name], facts[name], name, times=TIMES)
