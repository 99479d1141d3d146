"""Losses of segmentation: how far two sets overlap."""

from nbkeras import config, ops
from nbkeras.losses.loss import LossFunctionWrapper

__all__ = ["Dice", "Tversky", "dice", "tversky"]


def dice(y_true, y_pred, axis=None):
    """`1 - 2 |A ∩ B| / (|A| + |B|)`, sums over `axis` (default: all axes, the batch too)."""
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.cast(y_true, y_pred.dtype)
    common = ops.sum(y_true * y_pred, axis=axis)
    total = ops.sum(y_true, axis=axis) + ops.sum(y_pred, axis=axis)
    return 1 - 2.0 * common / (total + config.epsilon())


def tversky(y_true, y_pred, alpha=0.5, beta=0.5, axis=None):
    """`1 - |A ∩ B| / (|A ∩ B| + alpha |A \\ B| + beta |B \\ A|)` for targets A, predictions B; sums over `axis`.

    Salehi et al. (2017), https://arxiv.org/abs/1706.05721. `alpha` and `beta` are 0.5 for Dice.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.cast(y_true, y_pred.dtype)
    common = ops.sum(y_true * y_pred, axis=axis)
    missed = ops.sum(y_true * (1 - y_pred), axis=axis)
    extra = ops.sum((1 - y_true) * y_pred, axis=axis)
    return 1 - common / (common + alpha * missed + beta * extra + config.epsilon())


class Dice(LossFunctionWrapper):
    """One minus the Dice coefficient, for targets and predictions in [0, 1].

    Args:
        axis: axes to sum over; default all, which gives one number for the batch.
    """

    def __init__(self, reduction="sum_over_batch_size", name="dice", axis=None, dtype=None):
        super().__init__(dice, reduction=reduction, name=name, dtype=dtype, axis=axis)


class Tversky(LossFunctionWrapper):
    """One minus the Tversky index, a Dice coefficient that weighs both kinds of error.

    Args:
        alpha: the weight of what is in the targets alone.
        beta: the weight of what is in the predictions alone.
        axis: axes to sum over; default all, which gives one number for the batch.
    """

    def __init__(self, alpha=0.5, beta=0.5, reduction="sum_over_batch_size", name="tversky", axis=None, dtype=None):
        super().__init__(tversky, reduction=reduction, name=name, dtype=dtype, alpha=alpha, beta=beta, axis=axis)
