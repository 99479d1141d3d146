"""Which value of a metric is the best, and in which epoch it was reached."""

import math
from collections.abc import Iterable

__all__ = ["best_of", "less_is_better"]

LESS_IS_BETTER = frozenset(
    "loss error crossentropy divergence hinge poisson cosh perplexity mae mape mse msle rmse kl kld".split()
)


def less_is_better(name: str) -> bool:
    """Whether small values of a metric are the good ones, by the words in its name."""
    return not LESS_IS_BETTER.isdisjoint(name.split("_"))


def best_of(name: str, points: Iterable[tuple[float, float]]) -> tuple[float, float] | None:
    """The best (epoch, value) of a metric, the first among equals; `None` where there is none.

    >>> best_of("val_loss", [(1, 3.0), (2, 1.0), (3, float("nan"))])
    (2, 1.0)
    """
    finite = [point for point in points if math.isfinite(point[1])]
    if "learning_rate" in name or not finite:
        return None
    return (min if less_is_better(name) else max)(finite, key=lambda point: point[1])
