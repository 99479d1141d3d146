"""The rows that a model is furthest off on."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from nbkeras.losses.loss import Loss

__all__ = ["Example", "furthest", "worst_rows"]


@dataclass(frozen=True)
class Example:
    """A row of the data with what a model makes of it.

    Attributes:
        row: its place, from 0.
        loss: of the row; the absolute error in regression.
        truth, predicted: numbers of classes, or values; of several columns or labels, tuples.
        probability: of the predicted class, where there are classes.
        of_truth: the probability of the true class.
    """

    row: int
    loss: float
    truth: Any
    predicted: Any
    probability: float | None = None
    of_truth: float | None = None


def worst_rows(loss: Loss, y_true: Any, y_pred: Any, number: int) -> list[tuple[int, float]]:
    """The rows with the highest losses, with these, not weighted; none for a function that gives one loss for all."""
    values = np.asarray(loss.call(np.asarray(y_true, loss.dtype), np.asarray(y_pred, loss.dtype)), np.float64)
    if values.ndim == 0 or len(values) != len(y_pred):
        return []
    return furthest(values.reshape(len(values), -1).mean(axis=1), number)


def furthest(losses: np.ndarray[Any, Any], number: int) -> list[tuple[int, float]]:
    """The `number` largest of `losses` with their places; NaN is larger than anything, and equals stay in order."""
    order = np.argsort(-np.where(np.isnan(losses), np.inf, losses), kind="stable")[:number]
    return [(int(row), float(losses[row])) for row in order]
