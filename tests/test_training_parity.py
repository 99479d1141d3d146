"""Whole models, trained: the history of fit, the weights it ends with and predictions equal those of real Keras.

Errors of float32 grow with the steps: each step adds its own and hands on those before it. Three to four epochs of a
few batches make about a tenth of a thousand roundings in a row; ten times the tolerance of a single call covers them.
"""

import numpy as np
import pytest

from tests.cases.training import text
from tests.closeness import assert_close
from tests.references.measure import measure_training, set_ruled_weights
from tests.references.rows import expected, library, rows  # noqa: F401  (fixture)

TIMES = 10.0


@pytest.mark.filterwarnings("ignore:fit has batch_size=50 for 13 rows:UserWarning")
@rows("training")
def test_equals_keras(table, case, library):  # noqa: F811
    facts = expected(table, case)
    result = measure_training(library, case)
    assert list(result["history"]) == list(facts["history"])
    for name in ("history", "weights", "prediction", "evaluation"):
        assert_close(result[name], facts[name], name, times=TIMES)


def test_masked_training_metrics(library):  # noqa: F811
    """In training as in evaluation, padded steps count neither in loss nor in metrics (see MASKED_METRICS)."""
    generator = np.random.default_rng(0)
    x, y = generator.integers(0, 4, (7, 5)), generator.integers(0, 2, (7, 5))
    weight = generator.uniform(size=(7, 5)).astype("float32")
    model = text(library.k)
    set_ruled_weights(model)
    standing = library.k.optimizers.SGD(0.0)  # all batches then see the predictions that `predict` gives
    model.compile(standing, "sparse_categorical_crossentropy", metrics=["accuracy"], weighted_metrics=["accuracy"])
    fit = model.fit(x, y, sample_weight=weight, batch_size=4, shuffle=False, verbose=0).history
    right = (np.argmax(model.predict(x, verbose=0), axis=-1) == y).astype("float64")
    assert_close(fit["accuracy"], [np.average(right, weights=x != 0)])
    assert_close(fit["weighted_accuracy"], [np.average(right, weights=weight * (x != 0))])
    evaluated = model.evaluate(x, y, sample_weight=weight, batch_size=4, verbose=0, return_dict=True)
    assert_close({name: values[0] for name, values in fit.items()}, evaluated)
