"""Metrics of real-valued predictions."""

import math

from nbkeras import losses, ops
from nbkeras.losses.reduction import align_ranks, as_dtype
from nbkeras.metrics.metric import Metric
from nbkeras.metrics.reduction import Mean, MeanMetricWrapper

__all__ = [
    "CosineSimilarity",
    "LogCoshError",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "R2Score",
    "RootMeanSquaredError",
    "cosine_similarity",
]


def cosine_similarity(y_true, y_pred, axis=-1):
    """The cosine of the angle between the vectors along `axis`: 1 is the same direction (the loss has the sign)."""
    return -losses.cosine_similarity(y_true, y_pred, axis=axis)


class MeanSquaredError(MeanMetricWrapper):
    """The mean of squared errors."""

    def __init__(self, name="mean_squared_error", dtype=None):
        super().__init__(losses.mean_squared_error, name=name, dtype=dtype)


class MeanAbsoluteError(MeanMetricWrapper):
    """The mean of absolute errors."""

    def __init__(self, name="mean_absolute_error", dtype=None):
        super().__init__(losses.mean_absolute_error, name=name, dtype=dtype)


class MeanAbsolutePercentageError(MeanMetricWrapper):
    """The mean of absolute errors in percent of the targets."""

    def __init__(self, name="mean_absolute_percentage_error", dtype=None):
        super().__init__(losses.mean_absolute_percentage_error, name=name, dtype=dtype)


class MeanSquaredLogarithmicError(MeanMetricWrapper):
    """The mean of squared errors of `log(1 + y)`."""

    def __init__(self, name="mean_squared_logarithmic_error", dtype=None):
        super().__init__(losses.mean_squared_logarithmic_error, name=name, dtype=dtype)


class LogCoshError(MeanMetricWrapper):
    """The mean of `log(cosh(error))`."""

    def __init__(self, name="logcosh", dtype=None):
        super().__init__(losses.log_cosh, name=name, dtype=dtype)


class CosineSimilarity(MeanMetricWrapper):
    """The mean cosine of the angle between targets and predictions: 1 is the same direction.

    Args:
        axis: along which the vectors lie.
    """

    _direction = "up"

    def __init__(self, name="cosine_similarity", dtype=None, axis=-1):
        super().__init__(cosine_similarity, name=name, dtype=dtype, axis=axis)


class RootMeanSquaredError(Mean):
    """The square root of the mean of squared errors."""

    _direction = "down"

    def __init__(self, name="root_mean_squared_error", dtype=None):
        super().__init__(name=name, dtype=dtype)

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_true, y_pred = align_ranks(as_dtype(y_true, self.dtype), as_dtype(y_pred, self.dtype))
        super().update_state(ops.square(y_pred - y_true), sample_weight)

    def result(self):
        return ops.sqrt(super().result())


class R2Score(Metric):
    """The share of the targets' variance that predictions explain: 1 is perfect, 0 as good as the mean.

    Targets and predictions have the shape (batch, outputs).

    Args:
        class_aggregation: `"uniform_average"` over outputs, `"variance_weighted_average"`, or `None` for each output.
        num_regressors: the number of inputs, for the adjusted score (until there are more samples, the standard one);
            0 for the standard one.
    """

    _direction = "up"

    def __init__(self, class_aggregation="uniform_average", num_regressors=0, name="r2_score", dtype=None):
        super().__init__(name=name, dtype=dtype)
        choices = (None, "uniform_average", "variance_weighted_average")
        if class_aggregation not in choices:
            raise ValueError(f"R2Score expects class_aggregation among {choices}, got {class_aggregation!r}")
        if num_regressors < 0:
            raise ValueError(f"R2Score expects num_regressors of 0 or more, got {num_regressors}")
        self.class_aggregation = class_aggregation
        self.num_regressors = num_regressors
        self.num_samples = self.add_weight(name="num_samples")
        self.total = None

    def build(self, y_true_shape, y_pred_shape):
        if self.total is not None:
            return
        if len(y_pred_shape) != 2:
            raise ValueError(
                f"R2Score '{self.name}' expects targets and predictions of shape (batch, outputs), "
                f"got {tuple(y_true_shape)} and {tuple(y_pred_shape)}"
            )
        shape = (y_pred_shape[-1],)
        self.squared_sum = self.add_weight(shape, name="squared_sum")
        self.total = self.add_weight(shape, name="sum")
        self.total_mse = self.add_weight(shape, name="residual")
        self.count = self.add_weight(shape, name="count")

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_true, y_pred = align_ranks(as_dtype(y_true, self.dtype), as_dtype(y_pred, self.dtype))
        self.build(y_true.shape, y_pred.shape)
        weight = ops.convert_to_tensor(1.0 if sample_weight is None else sample_weight, dtype=self.dtype)
        if len(weight.shape) == 1:
            weight = ops.expand_dims(weight, 1)
        weight = ops.broadcast_to(weight, y_true.shape)
        self.total.assign_add(ops.sum(weight * y_true, axis=0))
        self.squared_sum.assign_add(ops.sum(weight * y_true * y_true, axis=0))
        self.total_mse.assign_add(ops.sum(weight * ops.square(y_true - y_pred), axis=0))
        self.count.assign_add(ops.sum(weight, axis=0))
        self.num_samples.assign_add(float(y_true.shape[0] * y_true.shape[1]))

    def result(self):
        if self.total is None:
            return ops.zeros((), dtype=self.dtype)
        total, residual = self.total.value, self.total_mse.value
        variation = self.squared_sum.value - ops.divide_no_nan(ops.square(total), self.count.value)
        without_variation = ops.where(ops.equal(residual, 0), math.nan, 0.0)
        scores = 1 - ops.divide_no_nan(residual, variation)
        scores = ops.where(ops.equal(variation, 0), without_variation, scores)
        if self.class_aggregation == "uniform_average":
            scores = ops.mean(scores)
        elif self.class_aggregation == "variance_weighted_average":
            scores = ops.sum(variation * scores) / ops.sum(variation)
        return self._adjusted(scores) if self.num_regressors else scores

    def _adjusted(self, scores):
        samples = self.num_samples.value
        freedom = samples - self.num_regressors - 1
        adjusted = 1 - (1 - scores) * ops.divide_no_nan(samples - 1, freedom)
        return ops.where(freedom > 0, adjusted, scores)
