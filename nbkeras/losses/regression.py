"""Losses of real-valued targets."""

import math

from nbkeras import config, ops
from nbkeras.losses.loss import LossFunctionWrapper
from nbkeras.losses.reduction import align_ranks, as_dtype

__all__ = [
    "CosineSimilarity",
    "Huber",
    "LogCosh",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "cosine_similarity",
    "huber",
    "log_cosh",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
]


def paired(y_true, y_pred):
    """Both as tensors of the predictions' dtype and of one rank."""
    y_pred = ops.convert_to_tensor(y_pred)
    return align_ranks(as_dtype(y_true, y_pred.dtype), y_pred)


def mean_squared_error(y_true, y_pred):
    """The mean of `(y_true - y_pred)**2` over the last axis."""
    y_true, y_pred = paired(y_true, y_pred)
    return ops.mean(ops.square(y_true - y_pred), axis=-1)


def mean_absolute_error(y_true, y_pred):
    """The mean of `|y_true - y_pred|` over the last axis."""
    y_true, y_pred = paired(y_true, y_pred)
    return ops.mean(ops.absolute(y_true - y_pred), axis=-1)


def mean_absolute_percentage_error(y_true, y_pred):
    """The mean of `100 |y_true - y_pred| / |y_true|` over the last axis; `|y_true|` is at least `epsilon()`."""
    y_true, y_pred = paired(y_true, y_pred)
    relative = (y_true - y_pred) / ops.maximum(ops.absolute(y_true), config.epsilon())
    return 100.0 * ops.mean(ops.absolute(relative), axis=-1)


def mean_squared_logarithmic_error(y_true, y_pred):
    """The mean of `(log(1 + y_true) - log(1 + y_pred))**2` over the last axis; both are at least `epsilon()`."""
    y_true, y_pred = paired(y_true, y_pred)

    def log(y):
        return ops.log(ops.maximum(y, config.epsilon()) + 1.0)

    return ops.mean(ops.square(log(y_pred) - log(y_true)), axis=-1)


def cosine_similarity(y_true, y_pred, axis=-1):
    """Minus the cosine of the angle between the vectors along `axis`: -1 is the same direction."""
    y_true, y_pred = paired(y_true, y_pred)
    return -ops.sum(ops.normalize(y_true, axis=axis) * ops.normalize(y_pred, axis=axis), axis=axis)


def huber(y_true, y_pred, delta=1.0):
    """The mean over the last axis of `error**2 / 2` where `|error| <= delta`, else of `delta (|error| - delta / 2)`.

    Huber (1964), "Robust estimation of a location parameter".
    """
    y_true, y_pred = paired(y_true, y_pred)
    error = ops.absolute(y_pred - y_true)
    near = ops.minimum(error, delta)  # beyond delta the square goes on as its tangent
    return ops.mean(near * (error - 0.5 * near), axis=-1)


def log_cosh(y_true, y_pred):
    """The mean of `log(cosh(y_pred - y_true))` over the last axis."""
    y_true, y_pred = paired(y_true, y_pred)
    error = y_pred - y_true
    return ops.mean(error + ops.softplus(-2.0 * error) - math.log(2.0), axis=-1)


class MeanSquaredError(LossFunctionWrapper):
    """The mean of squared errors.

    Example:
        >>> float(MeanSquaredError()([[0.0], [1.0]], [[1.0], [3.0]]))
        2.5
    """

    def __init__(self, reduction="sum_over_batch_size", name="mean_squared_error", dtype=None):
        super().__init__(mean_squared_error, reduction=reduction, name=name, dtype=dtype)


class MeanAbsoluteError(LossFunctionWrapper):
    """The mean of absolute errors."""

    def __init__(self, reduction="sum_over_batch_size", name="mean_absolute_error", dtype=None):
        super().__init__(mean_absolute_error, reduction=reduction, name=name, dtype=dtype)


class MeanAbsolutePercentageError(LossFunctionWrapper):
    """The mean of absolute errors in percent of the targets."""

    def __init__(self, reduction="sum_over_batch_size", name="mean_absolute_percentage_error", dtype=None):
        super().__init__(mean_absolute_percentage_error, reduction=reduction, name=name, dtype=dtype)


class MeanSquaredLogarithmicError(LossFunctionWrapper):
    """The mean of squared errors of `log(1 + y)`."""

    def __init__(self, reduction="sum_over_batch_size", name="mean_squared_logarithmic_error", dtype=None):
        super().__init__(mean_squared_logarithmic_error, reduction=reduction, name=name, dtype=dtype)


class CosineSimilarity(LossFunctionWrapper):
    """Minus the cosine of the angle between targets and predictions.

    Args:
        axis: along which the vectors lie.
    """

    def __init__(self, axis=-1, reduction="sum_over_batch_size", name="cosine_similarity", dtype=None):
        super().__init__(cosine_similarity, reduction=reduction, name=name, dtype=dtype, axis=axis)


class Huber(LossFunctionWrapper):
    """Squared errors near 0, absolute ones beyond `delta`: outliers weigh less.

    Args:
        delta: where the square goes over into a straight line.
    """

    def __init__(self, delta=1.0, reduction="sum_over_batch_size", name="huber_loss", dtype=None):
        super().__init__(huber, reduction=reduction, name=name, dtype=dtype, delta=delta)


class LogCosh(LossFunctionWrapper):
    """The mean of `log(cosh(error))`: like half the square near 0, like the absolute error far away."""

    def __init__(self, reduction="sum_over_batch_size", name="log_cosh", dtype=None):
        super().__init__(log_cosh, reduction=reduction, name=name, dtype=dtype)
