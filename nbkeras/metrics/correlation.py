"""Correlations of targets and predictions."""

from nbkeras import config, ops
from nbkeras.losses.reduction import align_ranks, as_dtype
from nbkeras.metrics.reduction import MeanMetricWrapper

__all__ = ["ConcordanceCorrelation", "PearsonCorrelation", "concordance_correlation", "pearson_correlation"]


def pearson_correlation(y_true, y_pred, axis=-1):
    """Pearson's correlation along `axis`: 1 for a rising line, -1 for a falling one."""
    true, pred, _ = _centred(y_true, y_pred, axis)
    return ops.mean(true * pred, axis=axis) / (ops.std(true, axis=axis) * ops.std(pred, axis=axis))


def concordance_correlation(y_true, y_pred, axis=-1):
    """Lin's concordance along `axis`: 1 only where `y_pred == y_true`. Lin (1989), Biometrics 45."""
    true, pred, shift = _centred(y_true, y_pred, axis)
    norm = ops.var(true, axis=axis) + ops.var(pred, axis=axis) + ops.square(ops.squeeze(shift, axis))
    return 2 * ops.mean(true * pred, axis=axis) / (norm + config.epsilon())


def _centred(y_true, y_pred, axis):
    """Both without their means along `axis`, and the difference of the means."""
    y_pred = ops.convert_to_tensor(y_pred)
    y_true, y_pred = align_ranks(as_dtype(y_true, y_pred.dtype), y_pred)
    true_mean = ops.mean(y_true, axis=axis, keepdims=True)
    pred_mean = ops.mean(y_pred, axis=axis, keepdims=True)
    return y_true - true_mean, y_pred - pred_mean, true_mean - pred_mean


class PearsonCorrelation(MeanMetricWrapper):
    """The mean over samples of Pearson's correlation along `axis`.

    Args:
        axis: along which targets and predictions are correlated; 0 for the batch.
    """

    _direction = "up"

    def __init__(self, name="pearson_correlation", dtype=None, axis=-1):
        super().__init__(pearson_correlation, name=name, dtype=dtype, axis=axis)


class ConcordanceCorrelation(MeanMetricWrapper):
    """The mean over samples of Lin's concordance along `axis`: agreement, not only a linear relation.

    Args:
        axis: along which targets and predictions are compared; 0 for the batch.
    """

    _direction = "up"

    def __init__(self, name="concordance_correlation", dtype=None, axis=-1):
        super().__init__(concordance_correlation, name=name, dtype=dtype, axis=axis)
