"""The circle loss of metric learning: embeddings of one class near each other, those of others far."""

from nbkeras import masks, ops
from nbkeras.losses.loss import LossFunctionWrapper

__all__ = ["Circle", "circle"]


def circle(y_true, y_pred, ref_labels=None, ref_embeddings=None, remove_diagonal=True, gamma=80, margin=0.4):
    """The circle loss of each embedding against all others in the batch, or against references.

    Sun et al. (2020), https://arxiv.org/abs/2002.10857.

    Args:
        y_true: integer labels, shape (batch,) or (batch, 1).
        y_pred: embeddings of length 1, shape (batch, dim).
        ref_labels, ref_embeddings: what to compare with; default the batch itself.
        remove_diagonal: do not compare an embedding with itself.
        gamma: scale.
        margin: how much a similarity may fall short.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    labels = ops.reshape(ops.cast(y_true, "int32"), (-1, 1))
    references = y_pred if ref_embeddings is None else ops.convert_to_tensor(ref_embeddings)
    ref_labels = labels if ref_labels is None else ops.reshape(ops.cast(ref_labels, "int32"), (-1, 1))

    distance = ops.maximum(1 - ops.matmul(y_pred, ops.transpose(references)), 0.0)
    same = ops.equal(labels, ops.transpose(ref_labels))
    other = ops.logical_not(same)
    if remove_diagonal:
        same = ops.logical_and(same, ops.logical_not(ops.eye(*same.shape, dtype="bool")))

    near = gamma * (margin + distance) * (distance - margin)
    far = gamma * ops.maximum(1 + margin - distance, 0.0) * (1 - margin - distance)
    losses = ops.softplus(_logsumexp(near, same) + _logsumexp(far, other))
    masks.set(losses, ops.greater(losses, 0))
    return losses


def _logsumexp(x, where):
    """Over the places of a row that `where` names; for none of them a number that `softplus` makes 0."""
    return ops.logsumexp(ops.where(where, x, -1e30), axis=1)


class Circle(LossFunctionWrapper):
    """The circle loss, for integer labels and embeddings of length 1.

    Samples without a partner of their class, or without one of another, do not count.

    Args:
        gamma: scale.
        margin: how much a similarity may fall short.
        remove_diagonal: do not compare an embedding with itself.
    """

    def __init__(
        self,
        gamma=80.0,
        margin=0.4,
        remove_diagonal=True,
        reduction="sum_over_batch_size",
        name="circle",
        dtype=None,
    ):
        super().__init__(
            circle,
            reduction=reduction,
            name=name,
            dtype=dtype,
            gamma=gamma,
            margin=margin,
            remove_diagonal=remove_diagonal,
        )
