"""Predicted values against true ones."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nbkeras.inspection.examples import Example, furthest
from nbkeras.inspection.statistics import Statistics, statistics

__all__ = ["RegressionReport", "regression_report"]

Array = np.ndarray[Any, Any]
POINTS = 400  # that are kept for a picture; evenly spaced rows


@dataclass(frozen=True)
class RegressionReport:
    """Values and their errors, `predicted - true`.

    Attributes:
        output: the name of the model's output; `None` where there is one only.
        rows: of the data.
        r2, mae, rmse: by column (the last axis of the targets): the coefficient of determination (NaN for a constant
            target), the mean absolute and the root mean square error.
        points: some pairs (predicted, error) of all columns, of shape (points, 2).
        errors: the statistics of all errors.
        worst: the rows with the largest absolute error, that of their worst value.
    """

    output: str | None
    rows: int
    r2: Array
    mae: Array
    rmse: Array
    points: Array
    errors: Statistics
    worst: Sequence[Example]


def regression_report(output: str | None, y_true: Array, y_pred: Array, number: int) -> RegressionReport:
    """The report of predicted values; `y_true` and `y_pred` have as many numbers.

    Args:
        output: its name.
        y_true, y_pred: of shape (rows,) or (rows, …, columns).
        number: of worst rows.
    """
    predicted = np.asarray(y_pred, np.float64)
    truth = np.asarray(y_true, np.float64).reshape(predicted.shape)
    columns = predicted.shape[-1] if predicted.ndim > 1 else 1
    t, p = truth.reshape(-1, columns), predicted.reshape(-1, columns)
    errors = p - t
    spread = np.square(t - t.mean(axis=0)).sum(axis=0)
    unexplained = np.divide(np.square(errors).sum(axis=0), spread, out=np.full(columns, np.nan), where=spread > 0)
    absolute = np.abs(predicted - truth).reshape(len(predicted), -1).max(axis=1)
    chosen = np.unique(np.linspace(0, errors.size - 1, min(errors.size, POINTS)).astype(int))
    return RegressionReport(
        output=output,
        rows=len(predicted),
        r2=1 - unexplained,
        mae=np.abs(errors).mean(axis=0),
        rmse=np.sqrt(np.square(errors).mean(axis=0)),
        points=np.stack([p.ravel()[chosen], errors.ravel()[chosen]], axis=1),
        errors=statistics([errors]),
        worst=[
            Example(row, error, _values(truth[row]), _values(predicted[row]))
            for row, error in furthest(absolute, number)
        ],
    )


def _values(array):
    values = tuple(np.ravel(array).tolist())
    return values[0] if len(values) == 1 else values
