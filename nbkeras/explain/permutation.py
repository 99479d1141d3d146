"""Permutation importance: what a model loses on data when one feature is shuffled."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from nbkeras import random
from nbkeras.models import Model

__all__ = ["Importance", "permutation_importance"]


@dataclass(frozen=True)
class Importance:
    """The importance of each feature.

    Attributes:
        measure: what was measured, `"loss"` or the name of a metric.
        score: its value on the data as it is.
        mean: for each feature, how much worse it becomes on average.
        std: the standard deviation of that over the repeats.
        repeats: how often each feature was shuffled.
        rows: of the data.
    """

    measure: str
    score: float
    mean: np.ndarray
    std: np.ndarray
    repeats: int
    rows: int


def permutation_importance(
    model: Model, x: Any, y: Any, measure: str = "loss", repeats: int = 5, seed: int = 0, batch_size: int = 256
) -> Importance:
    """How much worse a compiled model becomes when the values of one feature are shuffled over the rows.

    Breiman (2001), *Random forests*, section 10; Fisher, Rudin & Dominici (2019), *All models are wrong, but many are
    useful*, arXiv:1801.01489. Features that say the same stand in for each other, and each then looks unimportant.

    Args:
        model: compiled, with one input.
        x: (rows, …, features): what was trained on, or better what was not.
        y: the targets.
        measure: `"loss"`, or a metric given to `compile`.
        repeats: how often each feature is shuffled.
        seed: of the shuffling.

    Returns:
        An `Importance`: above 0 where the model needs the feature, about 0 where it does not.

    Raises:
        ValueError: if `x` is no array of at least two rows and features, or the model measures no such thing.

    Example:
        >>> permutation_importance(net, X_test, y_test).mean.shape
        (4,)
    """
    x = np.asarray(x)
    if x.ndim < 2 or len(x) < 2 or x.dtype.kind not in "fiub":
        raise ValueError(f"permutation_importance expects x of shape (rows, …, features), got {x.dtype} {x.shape}")
    rng = np.random.default_rng(seed)
    with _unchanged(model):
        score = _measured(model, x, y, measure, batch_size)
        values = [
            [_measured(model, _shuffled(x, feature, rng), y, measure, batch_size) for _ in range(int(repeats))]
            for feature in range(x.shape[-1])
        ]
    worse = (score - np.array(values)) * (1 if _is_better_when_high(model, measure) else -1)
    return Importance(measure, score, worse.mean(1), worse.std(1), int(repeats), len(x))


def _measured(model, x, y, measure, batch_size):
    results = model.evaluate(x, y, batch_size=batch_size, verbose=0, return_dict=True)
    if measure not in results:
        raise ValueError(f"{model.title} does not measure '{measure}'; it measures {', '.join(results)}")
    return float(results[measure])


def _is_better_when_high(model, measure):
    known = {metric.name: getattr(metric, "_direction", None) for metric in model.metrics}
    return known.get(measure) == "up"


def _shuffled(x, feature, rng):
    """A copy of `x` in which the values of a feature went to other rows."""
    shuffled = x.copy()
    shuffled[..., feature] = x[rng.permutation(len(x)), ..., feature]
    return shuffled


@contextmanager
def _unchanged(model: Model) -> Iterator[None]:
    """Puts back, after the block, whatever an evaluation assigns: metrics and random states."""
    state = [*model.non_trainable_variables, *model.metrics_variables, random.global_generator().state]
    values = [variable.numpy() for variable in state]
    try:
        yield
    finally:
        model.reset_metrics()  # also those that the first evaluation made
        for variable, value in zip(state, values):
            variable.assign(value)
