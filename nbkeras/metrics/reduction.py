"""Metrics that add up a value for each sample."""

from nbkeras import config, losses, masks, ops
from nbkeras.losses.reduction import align_ranks, apply_mask, as_dtype
from nbkeras.metrics.metric import Metric
from nbkeras.serialization import serialize_keras_object

__all__ = ["Mean", "MeanMetricWrapper", "Sum"]


def samplewise(values, sample_weight, reduce, dtype):
    """`values` as one weighted number for each sample, and the weight of each sample (`None` if there is none).

    Args:
        values: any shape whose first axis is the batch, or a scalar.
        sample_weight: weights of the first axes of `values`; finer values are reduced to them first.
        reduce: `ops.mean` or `ops.sum`.
    """
    mask = masks.get(values)
    values = ops.cast(values, dtype)
    if sample_weight is not None:
        weight = apply_mask(as_dtype(sample_weight, dtype), mask, dtype, reduction="sum")
        values, weight = align_ranks(values, weight)
        values = _reduce_from(len(weight.shape), values, reduce)
        weight = ops.broadcast_to(weight, values.shape)
        values = values * weight
        sample_weight = _reduce_from(1, weight, reduce)
    return _reduce_from(1, values, reduce), sample_weight


def _reduce_from(axis, values, reduce):
    rank = len(values.shape)
    return reduce(values, axis=tuple(range(axis, rank))) if rank > axis else values


class Sum(Metric):
    """The weighted sum of the values it is given.

    Example:
        >>> total = Sum()
        >>> total.update_state([1.0, 2.0])
        >>> total.update_state([3.0], sample_weight=[2.0])
        >>> float(total.result())
        9.0
    """

    def __init__(self, name="sum", dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_weight(dtype=self.dtype, name="total")

    def update_state(self, values, sample_weight=None):
        values, _ = samplewise(values, sample_weight, ops.sum, self.dtype)
        self.total.assign_add(ops.sum(values))

    def result(self):
        return self.total.value


class Mean(Metric):
    """The weighted mean of the values it is given; 0 before it has any.

    Example:
        >>> mean = Mean()
        >>> mean.update_state([1.0, 3.0])
        >>> mean.update_state([8.0])
        >>> float(mean.result())
        4.0
    """

    def __init__(self, name="mean", dtype=None):
        super().__init__(name=name, dtype=dtype)
        self.total = self.add_weight(dtype=self.dtype, name="total")
        self.count = self.add_weight(dtype=self.dtype, name="count")

    def update_state(self, values, sample_weight=None):
        values, weight = samplewise(values, sample_weight, ops.mean, self.dtype)
        self.total.assign_add(ops.sum(values))
        if weight is not None:
            self.count.assign_add(ops.sum(weight))
        else:
            self.count.assign_add(float(values.shape[0]) if len(values.shape) else 1.0)

    def result(self):
        return ops.divide_no_nan(self.total.value, self.count.value)


class MeanMetricWrapper(Mean):
    """The mean over samples of a function `fn(y_true, y_pred, **options)`.

    Args:
        fn: returns one value per sample, or a scalar.
        **kwargs: options of `fn`; they can be read as attributes.

    Example:
        >>> metric = MeanMetricWrapper(losses.mean_squared_error, name="mse")
        >>> float(metric([[0.0]], [[2.0]]))
        4.0
    """

    def __init__(self, fn, name=None, dtype=None, **kwargs):
        super().__init__(name=name, dtype=dtype)
        self._fn = fn
        self._options = kwargs
        vars(self).update(kwargs)
        if self._direction is None and (fn in losses.LOSSES.values() or isinstance(fn, losses.Loss)):
            self._direction = "down"

    def update_state(self, y_true, y_pred, sample_weight=None):
        with masks.scope():
            values = self._fn(y_true, y_pred, **self._options)
            weight = apply_mask(sample_weight, masks.get(y_pred), self.dtype, reduction="sum")
            super().update_state(values, weight)

    def get_config(self):
        written = {**super().get_config(), **serialize_keras_object(self._options)}
        if type(self) is MeanMetricWrapper:
            written["fn"] = serialize_keras_object(self._fn)
        return written


def as_float(matches):
    """Booleans as 0 and 1 of the default type."""
    return ops.cast(matches, config.floatx())
