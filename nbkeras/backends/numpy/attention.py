"""Scaled dot-product attention of all heads, forward and backward.

The scores are kept with the axes (…, heads, keys, queries): the softmax then runs along the last axis but one, and its
maxima and sums are reductions of whole rows.
"""

import numpy as np

from nbkeras.backends.numpy import native_attention
from nbkeras.backends.numpy.recordable import empty
from nbkeras.backends.numpy.registry import kernel


@kernel
def attention(query, key, value, mask=None, dropout=None, *, scale, zero_masked_rows=False):
    arrays = query, key, value, mask, dropout
    if not native_attention.applies(*arrays):
        return _attention(*arrays, scale, zero_masked_rows)
    y, p, gradients = native_attention.attention(*arrays, scale, zero_masked_rows)

    def vjp(d):
        if d[1] is None:
            return *gradients(d[0]), None, None
        scaled = query * query.dtype.type(scale)
        return _gradients(*d, scaled, key, value, mask, dropout, scale, y, p, _thinned(p, dropout))

    return (y, _t(p)), vjp


def _attention(query, key, value, mask, dropout, scale, zero_masked_rows):
    scaled = query * query.dtype.type(scale)
    q, k, v = (_by_head(x) for x in (scaled, key, value))
    p = _softmax(np.matmul(k, _t(q)), None if mask is None else _t(mask))
    if zero_masked_rows and mask is not None:
        p *= _seen(mask, p)
    used = _thinned(p, dropout)
    y = _product(_t(used), v)
    return (y, _t(p)), lambda d: _gradients(*d, scaled, key, value, mask, dropout, scale, y, p, used)


def _gradients(dy, d_weights, scaled, key, value, mask, dropout, scale, y, p, used):
    q, k, v = (_by_head(x) for x in (scaled, key * key.dtype.type(scale), value))
    dp, inner, dv = 0, 0, None
    if dy is not None:
        d = _by_head(dy)
        dp, inner, dv = np.matmul(v, _t(d)), _inner(dy, y), _product(used, d)
        dp = _thinned(dp, dropout)
    if d_weights is not None:
        dp, inner = dp + _t(d_weights), inner + _t((d_weights * _t(p)).sum(-1, keepdims=True))
    ds = np.subtract(dp, inner, out=dp if d_weights is None else None)
    ds *= p
    if mask is not None:
        ds *= _seen(mask, p)  # what no key is seen by depends on no score
    return _product(_t(ds), k), _product(ds, q), dv, None, None


def _product(a, b):
    """`matmul(a, b)` of each head, written where it belongs in an array (…, length, heads, size)."""
    y = empty((*a.shape[:-3], a.shape[-2], a.shape[-3], b.shape[-1]), a.dtype)
    np.matmul(a, b, out=_by_head(y))
    return y


def _thinned(p, dropout):
    return p if dropout is None else p * _t(dropout)


def _seen(mask, like):
    """1 for a query that sees a key, and 0 for one that sees none."""
    return _t(mask).any(axis=-2, keepdims=True).astype(like.dtype)


def _softmax(scores, mask):
    """Along the last axis but one, in place; where nothing is kept, all weights are equal."""
    if mask is not None:
        scores += np.where(mask, 0, -0.7 * np.finfo(scores.dtype).max).astype(scores.dtype)
    scores -= _maxima(scores)
    np.exp(scores, out=scores)
    sums = np.matmul(np.ones((1, scores.shape[-2]), scores.dtype), scores)  # half the time of `sum`
    scores *= np.reciprocal(sums)
    return scores


def _maxima(x):
    """Those along the last axis but one, half with half: long inner loops (half the time of `max`)."""
    while x.shape[-2] > 1:
        half = x.shape[-2] // 2
        folded = np.maximum(x[..., :half, :], x[..., half : 2 * half, :])
        if x.shape[-2] % 2:
            np.maximum(folded[..., :1, :], x[..., -1:, :], out=folded[..., :1, :])
        x = folded
    return x


def _inner(d, y):
    """The inner products of the rows of two arrays (…, queries, heads, size), as (…, heads, 1, queries)."""
    products = np.dot((d * y).reshape(-1, y.shape[-1]), np.ones(y.shape[-1], y.dtype))
    return products.reshape(*y.shape[:-1]).swapaxes(-1, -2).copy()[..., None, :]  # else it takes long to broadcast


def _t(x):
    return np.swapaxes(x, -1, -2)


def _by_head(x):
    """Of (…, length, heads, size) a view as (…, heads, length, size), or the other way."""
    return x.swapaxes(-2, -3)
