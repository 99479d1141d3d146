"""Reductions, cumulations, sorting."""

import math

import numpy as np

from nbkeras.backends.numpy.products import dot
from nbkeras.backends.numpy.registry import KERNELS, kernel


def expanded(d, x, axis, keepdims):
    """`d`, the gradient of a reduction of `x`, with the reduced axes back as axes of length one."""
    if keepdims or axis is None and d.ndim == x.ndim:
        return d
    if axis is None:
        return d.reshape((1,) * x.ndim)
    return np.expand_dims(d, axis)


def count(x, axis):
    """How many elements of `x` go into one of the reduction's."""
    if axis is None:
        return x.size
    return math.prod(x.shape[a] for a in axis) if isinstance(axis, tuple) else x.shape[axis]


SHORT = 512  # floats that a dot product adds up as precisely as NumPy's pairwise sum, in 0.18 µs instead of 0.61


def _total(x, axis, keepdims):
    """The sum of `x` over `axis`, of the type of `x`."""
    if axis is None and not keepdims and x.ndim == 1 and 0 < x.size <= SHORT and x.dtype.kind == "f":
        return dot(x, np.ones(x.size, x.dtype))
    return x.sum(axis=axis, keepdims=keepdims, dtype=x.dtype)


@kernel
def sum(x, *, axis=None, keepdims=False):
    y = _total(x, axis, keepdims)
    return y, lambda d: (np.broadcast_to(expanded(d, x, axis, keepdims), x.shape),)


@kernel
def mean(x, *, axis=None, keepdims=False):
    scale = 1 / max(count(x, axis), 1)
    y = _total(x, axis, keepdims) * x.dtype.type(scale)
    return y, lambda d: (np.broadcast_to(expanded(d * x.dtype.type(scale), x, axis, keepdims), x.shape),)


@kernel
def var(x, *, axis=None, keepdims=False):
    centred = x - x.mean(axis=axis, keepdims=True)
    scale = 1 / max(count(x, axis), 1)
    y = np.square(centred).sum(axis=axis, keepdims=keepdims) * x.dtype.type(scale)
    return y, lambda d: (expanded(d * x.dtype.type(2 * scale), x, axis, keepdims) * centred,)


@kernel
def prod(x, *, axis=None, keepdims=False):
    y = x.prod(axis=axis, keepdims=keepdims, dtype=x.dtype)

    def vjp(d):
        if x.all():
            return (expanded(d * y, x, axis, keepdims) / x,)
        return (expanded(d, x, axis, keepdims) * _product_of_others(x, axis),)

    return y, vjp


def _product_of_others(x, axis):
    """For each element of `x` the product of the others along `axis`: safe where some are zero."""
    axes = tuple(range(x.ndim)) if axis is None else tuple(np.atleast_1d(axis) % x.ndim)
    last = tuple(range(-len(axes), 0))
    moved = np.moveaxis(x, axes, last)
    rows = moved.reshape(*moved.shape[: x.ndim - len(axes)], -1)
    ones = np.ones_like(rows[..., :1])
    before = np.cumprod(np.concatenate([ones, rows[..., :-1]], -1), -1)
    after = np.cumprod(np.concatenate([ones, rows[..., :0:-1]], -1), -1)[..., ::-1]
    return np.moveaxis((before * after).reshape(moved.shape), last, axes)


def _extremum(name, method):
    def forward(x, *, axis=None, keepdims=False):
        y = method(x, axis=axis, keepdims=keepdims)

        def vjp(d):
            ties = (x == expanded(y, x, axis, keepdims)).astype(x.dtype)
            return (ties * expanded(d / ties.sum(axis=axis, keepdims=keepdims), x, axis, keepdims),)

        return y, vjp

    KERNELS[name] = forward


_extremum("max", np.max)
_extremum("min", np.min)


def _plain(name, function, dtype=None):
    def forward(x, **attributes):
        y = function(x, **attributes)
        return (y if dtype is None else y.astype(dtype)), None

    KERNELS[name] = forward


_plain("any", np.any)
_plain("all", np.all)
_plain("argmax", np.argmax, np.int32)
_plain("argmin", np.argmin, np.int32)


@kernel
def logsumexp(x, *, axis=None, keepdims=False):
    top = x.max(axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0).astype(x.dtype)
    p = np.exp(x - top)
    total = p.sum(axis=axis, keepdims=True)
    y = np.log(total) + top
    y = y if keepdims else y.squeeze() if axis is None else y.squeeze(axis)
    return y, lambda d: (p * (expanded(d, x, axis, keepdims) / total),)


@kernel
def cumsum(x, *, axis):
    y = np.cumsum(x, axis, dtype=x.dtype)
    return y, lambda d: (np.flip(np.cumsum(np.flip(d, axis), axis), axis),)


@kernel
def cumprod(x, *, axis):
    y = np.cumprod(x, axis, dtype=x.dtype)

    def vjp(d):
        if x.all():
            return (np.flip(np.cumsum(np.flip(d * y, axis), axis), axis) / x,)
        return (_cumprod_gradient(np.moveaxis(d, axis, -1), np.moveaxis(x, axis, -1), axis),)

    return y, vjp


def _cumprod_gradient(d, x, axis):
    """`Σ_k≥i d_k Π_{j≤k, j≠i} x_j`, in quadratic time: zeros among `x` forbid the division."""
    g = np.empty_like(x)
    for i in range(x.shape[-1]):
        before = x[..., :i].prod(-1, keepdims=True)
        after = np.cumprod(np.concatenate([np.ones_like(before), x[..., i + 1 :]], -1), -1)
        g[..., i] = (d[..., i:] * before * after).sum(-1)
    return np.moveaxis(g, -1, axis)


def _unsort(d, order, axis):
    g = np.empty_like(d)
    np.put_along_axis(g, order, d, axis)
    return g


@kernel
def sort(x, *, axis=-1):
    order = np.argsort(x, axis, kind="stable")
    return np.take_along_axis(x, order, axis), lambda d: (_unsort(d, order, axis),)


@kernel
def argsort(x, *, axis=-1):
    return np.argsort(x, axis, kind="stable").astype(np.int32), None


@kernel
def top_k(x, *, k):
    order = np.argsort(-x if x.dtype.kind != "u" else x.max() - x, -1, kind="stable")[..., :k]

    def vjp(d):
        g = np.zeros_like(x)
        if d[0] is not None:
            np.put_along_axis(g, order, d[0], -1)
        return (g,)

    return (np.take_along_axis(x, order, -1), order.astype(np.int32)), vjp


@kernel
def searchsorted(a, values, *, side="left"):
    return np.searchsorted(a, values, side).astype(np.int32), None
