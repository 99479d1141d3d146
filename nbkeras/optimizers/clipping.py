"""Limits on gradients."""

from nbkeras import ops


def clip(grads, norm=None, global_norm=None, value=None):
    """`grads` (some may be `None`) with the norm of each, that of all together, or each number limited."""
    if norm is not None and norm > 0:
        return [_shortened(g, norm) for g in grads]
    if global_norm is not None and global_norm > 0:
        squares = [ops.sum(g * g) for g in grads if g is not None]
        length = ops.sqrt(sum(squares[1:], squares[0]))
        # A length that is not finite makes every gradient NaN, so that it cannot pass unnoticed.
        scale = ops.where(ops.isfinite(length), global_norm / ops.maximum(length, global_norm), float("nan"))
        return [None if g is None else g * ops.cast(scale, g.dtype) for g in grads]
    if value is not None and value > 0:
        return [None if g is None else ops.clip(g, -value, value) for g in grads]
    return grads


def _shortened(grad, limit):
    if grad is None:
        return None
    length = ops.sqrt(ops.sum(grad * grad))
    return grad * limit / ops.maximum(length, limit)
