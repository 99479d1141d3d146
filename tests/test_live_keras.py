"""A sample of the tables run live on real Keras, with other numbers than the stored ones, beside nbkeras.

It shows that the stored results are not the only ones that agree, and that they are those of the Keras installed.
"""

import pytest

from tests.closeness import assert_close
from tests.references import tables
from tests.references.measure import measure
from tests.references.rows import expected, ours  # noqa: F401  (fixture)

pytestmark = [pytest.mark.keras, pytest.mark.jax]

EVERY = {
    "layers/recurrent": 10,
    "losses": 12,
    "metrics": 8,
    "optimizers": 8,
    "training": 10,
    "ops_image": 20,
    "image_transforms": 24,
    "layers/image_preprocessing": 12,
}
COMPARED = (
    *("inference", "training", "mask", "value", "gradient", "results", "after_reset", "steps", "finalized"),
    *("outputs", "gradients", "values", "history", "prediction", "evaluation"),
)
TIMES = dict.fromkeys(("training", "guides/networks", "guides/classes", "guides/programs"), 10.0)  # errors grow by step
SAMPLE = [
    pytest.param(name, case, id=f"{name}: {case.name}")
    for name in tables.NAMES
    for case in tables.rows(name)[:: EVERY.get(name, 6)]
]


@pytest.fixture(scope="module")
def keras():
    from tests.references.libraries import RealKeras

    return RealKeras()


def compared(result):
    facts = {name: value for name, value in result.items() if name in COMPARED}
    if facts.get("training") == "inference":
        facts["training"] = facts["inference"]
    return facts


@pytest.mark.parametrize(("table", "case"), SAMPLE)
@pytest.mark.filterwarnings("ignore")  # Keras' own
def test_equals_live_keras(table, case, ours, keras):  # noqa: F811
    own, theirs = compared(measure(ours, case, "live")), compared(measure(keras, case, "live"))
    assert_close(own, theirs, times=TIMES.get(table, 1.0))


@pytest.mark.parametrize(("table", "case"), SAMPLE[::4])
@pytest.mark.filterwarnings("ignore")  # Keras' own
def test_stored_results_are_those_of_this_keras(table, case, keras):
    assert_close(compared(measure(keras, case)), compared(expected(table, case)), times=TIMES.get(table, 1.0))
