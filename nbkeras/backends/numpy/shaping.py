"""Primitives that move elements and compute nothing."""

import numpy as np

from nbkeras.backends.numpy.elementwise import unbroadcast
from nbkeras.backends.numpy.recordable import asarray, empty, whole
from nbkeras.backends.numpy.registry import kernel


@kernel
def full(value, *, shape, dtype):
    if type(value) in (int, float, bool):
        return np.full(shape, value, dtype) if value else np.zeros(shape, dtype), None
    value = asarray(value)
    y = empty(shape, dtype)
    y[...] = value
    return y, lambda d: (unbroadcast(d, value).astype(value.dtype),)


@kernel
def arange(*, start, stop, step, dtype):
    return np.arange(start, stop, step, dtype), None


@kernel
def reshape(x, *, shape):
    x = asarray(x)
    return x.reshape(shape), lambda d: (d.reshape(x.shape),)


@kernel
def transpose(x, *, axes=None):
    y = np.transpose(x, axes)
    return y, lambda d: (d.transpose(None if axes is None else np.argsort(axes)),)


@kernel
def broadcast_to(x, *, shape):
    x = asarray(x)
    return np.broadcast_to(x, shape), lambda d: (unbroadcast(d, x),)


@kernel
def concatenate(*arrays, axis=0):
    y = np.concatenate(arrays, axis)

    def vjp(d):
        ends = np.cumsum([a.shape[axis] for a in arrays])
        return np.split(d, ends[:-1], axis)

    return y, vjp


@kernel
def stack(*arrays, axis=0):
    y = np.stack(arrays, axis)
    return y, lambda d: tuple(np.moveaxis(d, axis, 0))


@kernel
def pad(x, *, widths, mode="constant", value=0):
    y = np.pad(x, widths, constant_values=value) if mode == "constant" else np.pad(x, widths, mode)

    def vjp(d):
        if mode == "constant":
            return (d[tuple(slice(low, low + n) for (low, _), n in zip(widths, x.shape))],)
        source = np.pad(np.arange(x.size).reshape(x.shape), widths, mode)
        return (np.bincount(source.ravel(), d.ravel(), x.size).reshape(x.shape).astype(d.dtype),)

    return y, vjp


@kernel
def flip(x, *, axis=None):
    return np.flip(x, axis), lambda d: (np.flip(d, axis),)


@kernel
def roll(x, *, shift, axis=None):
    back = tuple(-s for s in shift) if isinstance(shift, tuple) else -shift
    return np.roll(x, shift, axis), lambda d: (np.roll(d, back, axis),)


@kernel
def repeat(x, *, repeats, axis):
    y = np.repeat(x, repeats, axis)

    def vjp(d):
        if isinstance(repeats, int):
            shape = (*x.shape[:axis], x.shape[axis], repeats, *x.shape[axis + 1 :])
            return (d.reshape(shape).sum(axis + 1),)
        g = np.zeros_like(np.moveaxis(x, axis, 0))
        np.add.at(g, np.repeat(np.arange(x.shape[axis]), repeats), np.moveaxis(d, axis, 0))
        return (np.moveaxis(g, 0, axis),)

    return y, vjp


@kernel
def bitcast(x, *, dtype):
    return _bits(x, dtype), None


@whole
def _bits(x, dtype):
    return np.asarray(x, order="C").view(dtype)


@kernel
def copy(x):
    return (x if hasattr(x, "copy") else np.asarray(x)).copy(), lambda d: (d,)
