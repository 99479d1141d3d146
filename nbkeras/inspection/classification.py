"""Predicted classes against true ones: the confusion matrix, and what follows from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nbkeras.inspection.examples import Example, worst_rows
from nbkeras.losses.loss import Loss

__all__ = ["ClassificationReport", "MultiLabelReport", "binary_report", "class_report", "multi_label_report"]

Array = np.ndarray[Any, Any]
THRESHOLD = 0.5  # above which a probability says yes, as in the metric `accuracy`


@dataclass(frozen=True)
class ClassificationReport:
    """Classes that exclude each other.

    Attributes:
        output: the name of the model's output; `None` where there is one only.
        rows: of the data.
        unit: what is counted: `row`, or `position` where each row has many targets.
        confusion: counts of shape (classes, classes): true class by predicted class.
        worst: the rows with the highest loss.
    """

    output: str | None
    rows: int
    unit: str
    confusion: Array
    worst: Sequence[Example]

    @property
    def classes(self) -> int:
        return len(self.confusion)

    @property
    def support(self) -> Array:
        """How often each class is the true one."""
        return self.confusion.sum(axis=1)

    @property
    def precision(self) -> Array:
        """By class, the share of its predictions that are right; NaN where it was never predicted."""
        return _share(np.diag(self.confusion), self.confusion.sum(axis=0))

    @property
    def recall(self) -> Array:
        """By class, the share of it that was found; NaN where there is none."""
        return _share(np.diag(self.confusion), self.support)

    @property
    def f1(self) -> Array:
        """By class, the harmonic mean of precision and recall; NaN where it is neither true nor predicted."""
        return _share(2 * np.diag(self.confusion), self.confusion.sum(axis=0) + self.support)

    @property
    def accuracy(self) -> float:
        """The share of all that is right."""
        return float(_share(np.trace(self.confusion), self.confusion.sum()))

    def confused(self, number: int) -> list[tuple[int, int, int]]:
        """The most frequent mistakes, as (true class, predicted class, how often)."""
        mistakes = self.confusion - np.diag(np.diag(self.confusion))
        order = np.argsort(-mistakes, axis=None, kind="stable")[:number]
        pairs = [divmod(int(place), self.classes) for place in order]
        return [
            (true, predicted, int(mistakes[true, predicted])) for true, predicted in pairs if mistakes[true, predicted]
        ]


@dataclass(frozen=True)
class MultiLabelReport:
    """Labels that do not exclude each other, each of which a row has or has not.

    Attributes:
        output, rows, unit, worst: as in `ClassificationReport`.
        counts: of shape (labels, 2, 2): for each label, truth by prediction.
        exact: the share of the rows in which all labels are right.
    """

    output: str | None
    rows: int
    unit: str
    counts: Array
    exact: float
    worst: Sequence[Example]

    @property
    def support(self) -> Array:
        """How often each label is there."""
        return self.counts[:, 1].sum(axis=1)

    @property
    def precision(self) -> Array:
        """By label, the share of its predictions that are right; NaN where it was never predicted."""
        return _share(self.counts[:, 1, 1], self.counts[:, :, 1].sum(axis=1))

    @property
    def recall(self) -> Array:
        """By label, the share of it that was found; NaN where there is none."""
        return _share(self.counts[:, 1, 1], self.support)

    @property
    def f1(self) -> Array:
        """By label, the harmonic mean of precision and recall; NaN where it is neither there nor predicted."""
        return _share(2 * self.counts[:, 1, 1], self.counts[:, :, 1].sum(axis=1) + self.support)


def class_report(
    output: str | None, loss: Loss, y_true: Array, y_pred: Array, probabilities: Array, labels: Array, number: int
) -> ClassificationReport:
    """The report of a softmax.

    Args:
        output: its name.
        loss: the compiled loss, by which the worst rows are found.
        y_true, y_pred: targets and predictions as they are.
        probabilities: of shape (rows, …, classes).
        labels: the true classes, of shape (rows, …); negative ones do not count.
        number: of worst rows.
    """
    classes = probabilities.shape[-1]
    predicted = probabilities.argmax(axis=-1)
    counted = labels >= 0
    confusion = np.bincount(labels[counted] * classes + predicted[counted], minlength=classes * classes)
    worst = []
    for row, value in worst_rows(loss, y_true, y_pred, number):
        truth, guess, chances = labels[row], predicted[row], probabilities[row]
        if labels.ndim > 1:
            worst.append(Example(row, value, tuple(truth.ravel().tolist()), tuple(guess.ravel().tolist())))
        else:
            chance = float(chances[truth]) if truth >= 0 else None
            worst.append(Example(row, value, int(truth), int(guess), float(chances[guess]), chance))
    unit = "row" if labels.ndim == 1 else "position"
    return ClassificationReport(output, len(y_pred), unit, confusion.reshape(classes, classes), worst)


def binary_report(
    output: str | None, loss: Loss, y_true: Array, y_pred: Array, probabilities: Array, number: int
) -> ClassificationReport:
    """The report of one sigmoid, with the classes 0 and 1; `probabilities` of shape (rows, …) are those of 1."""
    labels = (np.asarray(y_true).reshape(probabilities.shape) > THRESHOLD).astype(int)
    both = np.stack([1 - probabilities, probabilities], axis=-1)  # of two equal ones argmax takes the first, "no"
    return class_report(output, loss, y_true, y_pred, both, labels, number)


def multi_label_report(
    output: str | None, loss: Loss, y_true: Array, y_pred: Array, probabilities: Array, number: int
) -> MultiLabelReport:
    """The report of several sigmoids; `probabilities` are of shape (rows, …, labels)."""
    truth = np.asarray(y_true) > THRESHOLD
    guess = probabilities > THRESHOLD
    t, g = truth.reshape(-1, truth.shape[-1]), guess.reshape(-1, guess.shape[-1])
    counts = np.stack([[(~t & ~g).sum(0), (~t & g).sum(0)], [(t & ~g).sum(0), (t & g).sum(0)]]).transpose(2, 0, 1)
    told = number if truth.ndim == 2 else 0
    worst = [
        Example(row, value, _set(truth[row]), _set(guess[row])) for row, value in worst_rows(loss, y_true, y_pred, told)
    ]
    unit = "row" if truth.ndim == 2 else "position"
    return MultiLabelReport(output, len(y_pred), unit, counts, float((t == g).all(axis=1).mean()), worst)


def _set(flags):
    return tuple(np.flatnonzero(flags).tolist())


def _share(part, whole):
    part, whole = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    return np.divide(part, whole, out=np.full(part.shape, np.nan), where=whole != 0)
