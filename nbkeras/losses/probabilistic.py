"""Losses between distributions that are not crossentropies."""

from nbkeras import config, ops
from nbkeras.losses.loss import LossFunctionWrapper
from nbkeras.losses.reduction import as_dtype

__all__ = ["KLDivergence", "Poisson", "kl_divergence", "poisson"]


def kl_divergence(y_true, y_pred):
    """`sum(y_true * log(y_true / y_pred))` over the last axis; both are clipped to [`epsilon()`, 1]."""
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.clip(as_dtype(y_true, y_pred.dtype), config.epsilon(), 1)
    y_pred = ops.clip(y_pred, config.epsilon(), 1)
    return ops.sum(y_true * ops.log(y_true / y_pred), axis=-1)


def poisson(y_true, y_pred):
    """The mean of `y_pred - y_true * log(y_pred + epsilon())` over the last axis: counts from predicted rates."""
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = as_dtype(y_true, y_pred.dtype)
    return ops.mean(y_pred - y_true * ops.log(y_pred + config.epsilon()), axis=-1)


class KLDivergence(LossFunctionWrapper):
    """The Kullback–Leibler divergence of the predicted from the true distribution, along the last axis."""

    def __init__(self, reduction="sum_over_batch_size", name="kl_divergence", dtype=None):
        super().__init__(kl_divergence, reduction=reduction, name=name, dtype=dtype)


class Poisson(LossFunctionWrapper):
    """Minus the log-likelihood of counts under predicted Poisson rates, without its constant."""

    def __init__(self, reduction="sum_over_batch_size", name="poisson", dtype=None):
        super().__init__(poisson, reduction=reduction, name=name, dtype=dtype)
