"""Scaled dot-product attention of all heads, forward and backward.

The scores are kept with the axes (…, heads, keys, queries): the softmax then runs along the last axis but one, and its
maxima and sums are reductions of whole rows.
"""

import numpy as np

from nbkeras.backends.numpy.recordable import empty
from nbkeras.backends.numpy.registry import kernel


@kernel
def attention(query, key, value, mask=None, dropout=None, *, scale, zero_masked_rows=False):
    q, k, v = (x.swapaxes(-2, -3) for x in (query * query.dtype.type(scale), key, value))
    mask = None if mask is None else _t(mask)
    seen = None if mask is None else mask.any(axis=-2, keepdims=True).astype(query.dtype)
    p = _softmax(np.matmul(k, _t(q)), mask)
    if zero_masked_rows and seen is not None:
        p *= seen
    used = p if dropout is None else p * _t(dropout)
    y = empty((*query.shape[:-1], value.shape[-1]), query.dtype)
    np.matmul(_t(used), v, out=y.swapaxes(-2, -3))

    def vjp(d):
        dy, d_weights = d
        if dy is None:
            dp, inner, dv = _t(d_weights), 0, None
        else:
            dy = dy.swapaxes(-2, -3)
            dp, inner = np.matmul(v, _t(dy)), _inner(d[0], y)
            dp = dp if dropout is None else dp * _t(dropout)
            dv = _moved(np.matmul(used, dy))
        if d_weights is not None:
            inner = inner + _t((d_weights * _t(p)).sum(-1, keepdims=True))
            dp = dp if dy is None else dp + _t(d_weights)
        ds = (dp - inner) * p
        if seen is not None:
            ds *= seen  # what no key is seen by depends on no score
        return _moved(np.matmul(_t(ds), k)) * query.dtype.type(scale), _moved(np.matmul(ds, q)), dv, None, None

    return (y, _t(p)), vjp


def _softmax(scores, mask):
    """Along the last axis but one, in place; where nothing is kept, all weights are equal."""
    if mask is not None:
        scores += np.where(mask, 0, -0.7 * np.finfo(scores.dtype).max).astype(scores.dtype)
    scores -= _folded(np.maximum, scores)
    np.exp(scores, out=scores)
    scores /= _folded(np.add, scores)
    return scores


def _folded(ufunc, x):
    """The reduction along the last axis but one, half with half: long inner loops (half the time of `max`)."""
    while x.shape[-2] > 1:
        half = x.shape[-2] // 2
        folded = ufunc(x[..., :half, :], x[..., half : 2 * half, :])
        if x.shape[-2] % 2:
            ufunc(folded[..., :1, :], x[..., -1:, :], out=folded[..., :1, :])
        x = folded
    return x


def _inner(d, y):
    """The inner products of the rows of two arrays (…, queries, heads, size), as (…, heads, 1, queries)."""
    products = np.dot((d * y).reshape(-1, y.shape[-1]), np.ones(y.shape[-1], y.dtype))
    return products.reshape(*y.shape[:-1]).swapaxes(-1, -2)[..., None, :]


def _t(x):
    return np.swapaxes(x, -1, -2)


def _moved(x):
    """From (…, heads, length, size) to (…, length, heads, size)."""
    return x.swapaxes(-2, -3)
