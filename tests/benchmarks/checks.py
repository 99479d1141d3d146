"""Do the libraries do the same work? Their losses say so."""

import math
from collections.abc import Iterator, Mapping

from tests.benchmarks.libraries import KERAS, OURS

# The first step and one-row outputs are the same formulas on the same weights.
SAME = 1e-3
# One epoch in the same order: PyTorch's Adam has another epsilon and its LSTM a second bias, scikit-learn's Adam starts
# anew after the first step. Keras does what nbkeras does and differs by rounding only, but that on TensorFlow its Adam
# adds the squares of the gradients of a token that occurs twice, instead of squaring their sum.
EPOCH_OF_KERAS, EPOCH = 2e-3, 2e-2
SPARSE, HAS_SPARSE_ADAM = ("W3", "W3b", "W4"), ("keras-tensorflow",)
# Each library draws dropout and the order of rows on its own, so that losses agree as those of two seeds do.
SEED = 0.15
FINAL, FINAL_ABSOLUTE = 0.25, 0.05
WITH_DROPOUT, LACKS_DROPOUT = ("W5",), ("scikit-learn",)


def tolerance(workload: str, check: str, library: str) -> tuple[float, float]:
    """The (relative, absolute) difference from nbkeras that is allowed."""
    if workload in WITH_DROPOUT and library in LACKS_DROPOUT:
        return math.inf, 0.0
    if check == "final":
        return FINAL, FINAL_ABSOLUTE
    if workload in WITH_DROPOUT:
        return SEED, 0.0
    if check == "epoch":
        is_exact = library in KERAS and not (workload in SPARSE and library in HAS_SPARSE_ADAM)
        return (EPOCH_OF_KERAS if is_exact else EPOCH), 0.0
    return SAME, 0.0


def differences(workload: str, results: Mapping[str, list[dict]]) -> Iterator[str]:
    """A sentence for every number that is not what nbkeras has, and for every measurement that failed."""
    expected = next((run["checks"] for run in results.get(OURS, ()) if "checks" in run), {})
    for library, runs in results.items():
        for run in runs:
            if "error" in run:
                yield f"{workload}: {library} failed: {run['error']}"
            for check, value in run.get("checks", {}).items():
                if check in expected and not _close(value, expected[check], *tolerance(workload, check, library)):
                    yield f"{workload}: {library} has {check} {value:.5g}, {OURS} has {expected[check]:.5g}"


def _close(actual: float, expected: float, relative: float, absolute: float) -> bool:
    return abs(actual - expected) <= relative * abs(expected) + absolute
