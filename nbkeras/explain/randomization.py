"""Whether an explanation depends on what a model has learned: the test of random weights."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from nbkeras import tree
from nbkeras.layers import Layer
from nbkeras.models import Model
from nbkeras.variables import Scope, Variable

__all__ = ["ALIKE", "Stage", "is_alike", "randomization_test", "rank_correlation"]

ALIKE = 0.5  # a rank correlation above which a picture counts as unchanged
MOST_STAGES = 6


@dataclass(frozen=True)
class Stage:
    """An explanation compared with the one of the trained model.

    Attributes:
        layers: how many layers, from the top, had random weights.
        down_to: the name of the last of them.
        correlation: the rank correlation of the attributions, a mean over draws of weights; NaN where the attributions
            of the trained model are all alike, so that there are no ranks.
        of_sizes: that of their absolute values.
    """

    layers: int
    down_to: str
    correlation: float
    of_sizes: float


def randomization_test(
    model: Model, explanation: Callable[[], Any], draws: int = 5, seed: int = 0
) -> tuple[Stage, ...]:
    """Gives the layers of a model random weights, from the top down, and compares what explains it then.

    Adebayo, Gilmer, Muelly, Goodfellow, Hardt & Kim (2018), *Sanity checks for saliency maps*, arXiv:1810.03292. A
    weight is drawn from a normal distribution of the same root mean square. The model itself keeps its weights.

    Args:
        model: any model.
        explanation: a function that explains it as it is, and returns attributions, an array or nested ones.
        draws: of weights at each stage.
        seed: of the weights.

    Returns:
        At most six stages; in the last one all layers have random weights.

    Example:
        >>> stages = randomization_test(net, lambda: grad_cam(net, x, target=3).attributions)
        >>> is_alike(stages)
        False
    """
    original = _flat(explanation())
    layers = list(reversed(list(_learned(model))))
    stages = sorted({round(count) for count in np.linspace(1, len(layers), min(len(layers), MOST_STAGES))})
    rng = np.random.default_rng(seed)
    found: dict[int, list[tuple[float, float]]] = {count: [] for count in stages}
    for _ in range(draws):
        weights = [(variable, _drawn(variable, rng)) for _, variables in layers for variable in variables]
        for count in stages:
            known = sum(len(variables) for _, variables in layers[:count])
            with Scope(weights[:known]):
                found[count].append(_compared(original, _flat(explanation())))
    means = {count: np.mean(pairs, axis=0) for count, pairs in found.items()}
    return tuple(Stage(count, layers[count - 1][0].name, *map(float, means[count])) for count in stages)


def is_alike(stages: tuple[Stage, ...]) -> bool | None:
    """Whether an explanation stays about the same without what was learned; `None` where that cannot be told."""
    last = stages[-1] if stages else None
    if last is None or np.isnan(last.correlation):
        return None
    return max(last.correlation, last.of_sizes) >= ALIKE


def rank_correlation(a: Any, b: Any) -> float:
    """Spearman's correlation of the ranks of two arrays; equal values have the mean of their ranks.

    NaN if the values of `a` are all equal; 0 if only those of `b` are.
    """
    a, b = (_ranks(np.ravel(values)) for values in (a, b))
    a, b = a - a.mean(), b - b.mean()
    if not a.any():
        return float("nan")
    return float(a @ b / np.sqrt((a @ a) * (b @ b))) if b.any() else 0.0


def _ranks(values):
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[inverse]


def _compared(original, other):
    """The rank correlations of values and of sizes, without the places where nothing can be: 0 in both."""
    seen = (original != 0) | (other != 0)
    a, b = original[seen], other[seen]
    return (rank_correlation(a, b), rank_correlation(np.abs(a), np.abs(b))) if seen.any() else (np.nan, np.nan)


def _flat(attributions):
    return np.concatenate([np.ravel(one).astype("float64") for one in tree.flatten(attributions)])


def _learned(model: Model) -> Iterator[tuple[Layer, list[Variable]]]:
    """The layers of a model that have learned weights, and these; frozen ones count, moving statistics do not."""
    for layer in model.layers:
        if isinstance(layer, Model):
            yield from _learned(layer)
            continue
        weights = [
            v for one in layer._flatten_layers() for v in one._own_variables() if v.trainable or _is_frozen(one, v)
        ]
        if weights:
            yield layer, weights


def _is_frozen(layer, variable):
    return any(variable is frozen for frozen in layer._frozen)


def _drawn(variable, rng):
    value = variable.numpy()
    size = np.sqrt(np.mean(np.square(value, dtype="float64")))
    return (size * rng.standard_normal(value.shape)).astype(value.dtype)
