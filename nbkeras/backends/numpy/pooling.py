"""Pooling of any spatial rank, channels last: one axis after the other, each as a few whole-array operations.

A window's maximum is the maximum along its rows of the maxima along its columns, and likewise its sum; so each stage
takes `size` strided slices of the array (54 µs where a reduction over reshaped windows takes 181).
"""

from math import prod

import numpy as np

from nbkeras.backends.numpy.recordable import zeros
from nbkeras.backends.numpy.registry import kernel


@kernel
def max_pool(x, *, size, strides, padding):
    """Of equal maxima in a window the first one, row by row, gets the gradient: hence the last axis goes first."""
    lowest = -np.inf if np.issubdtype(x.dtype, np.floating) else np.iinfo(x.dtype).min
    y, stages = _framed(x, padding, lowest), []
    for axis in range(x.ndim - 2, 0, -1):
        slices = _slices(y.shape, axis, size[axis - 1], strides[axis - 1])
        stages.append((y, slices))
        y = _largest(y, slices)

    def vjp(d):
        def gradient(d=d):
            for entered, slices in reversed(stages):
                d = _largest_gradient(entered, slices, d)
            return _unframed(d, x.shape, padding)

        return (gradient,)

    return y, vjp


@kernel
def average_pool(x, *, size, strides, padding):
    """The mean over those cells of a window that lie in `x`, not in its padding."""
    y, stages = _framed(x, padding, 0), []
    for axis in range(1, x.ndim - 1):
        slices = _slices(y.shape, axis, size[axis - 1], strides[axis - 1])
        stages.append((y.shape, slices))
        y = sum((y[i] for i in slices[1:]), start=y[slices[0]])
    cells = _cells(x, size, strides, padding, y.shape)
    y = y / cells

    def vjp(d):
        def gradient():
            spread = d / cells
            for shape, slices in reversed(stages):
                spread = _add_into(shape, slices, spread)
            return _unframed(spread, x.shape, padding)

        return (gradient,)

    return y, vjp


def _slices(shape, axis, size, stride):
    """For each place in a window, the index of the cells that are there, in all windows along `axis`."""
    reach = ((shape[axis] - size) // stride) * stride + 1
    before = (slice(None),) * axis
    return [(*before, slice(start, start + reach, stride)) for start in range(size)]


def _largest(x, slices):
    y = x[slices[0]]
    for i in slices[1:]:
        y = np.maximum(y, x[i])
    return y


def _largest_gradient(x, slices, d):
    """Gives each `d` to the first of the largest cells: from the last cell back, what it exceeds all former ones by."""
    former = [x[slices[0]]]
    for i in slices[1:-1]:
        former.append(np.maximum(former[-1], x[i]))
    add, gradient = _adder(x.shape, slices, d)
    for i, largest in zip(reversed(slices[1:]), reversed(former)):
        share = d * (x[i] > largest).astype(d.dtype)
        add(i, share)
        d = d - share
    add(slices[0], d)
    return gradient


def _adder(shape, slices, d):
    """A function that adds to a part of a new gradient, and that gradient.

    Where windows do not overlap it need not read what is there: 0.72 ms instead of 1.06 for 32 images of 30 × 30 × 32.
    """
    gradient = zeros(shape, d.dtype)

    def put(i, share):
        gradient[i] = share

    def add(i, share):
        gradient[i] += share

    strides = [part.step for part in slices[0] if part.step]
    return (put if max(strides, default=1) >= len(slices) else add), gradient


def _add_into(shape, slices, d):
    gradient = zeros(shape, d.dtype)
    for i in slices:
        gradient[i] += d
    return gradient


def _cells(x, size, strides, padding, shape):
    """How many cells of `x` each window holds: a number, or an array where windows reach into the padding."""
    if not any(low or high for low, high in padding):
        return x.dtype.type(prod(size))
    cells = np.ones((), x.dtype)
    for length, k, s, (low, _), count in zip(x.shape[1:-1], size, strides, padding, shape[1:-1]):
        starts = np.arange(count) * s - low
        inside = np.minimum(starts + k, length) - np.maximum(starts, 0)
        cells = np.multiply.outer(cells, inside.astype(x.dtype))
    return cells[..., None]


def _framed(x, padding, value):
    if not any(low or high for low, high in padding):
        return x
    return np.pad(x, ((0, 0), *padding, (0, 0)), constant_values=value)


def _unframed(d, shape, padding):
    if d.shape == shape:
        return d
    return d[(slice(None), *(slice(low, low + n) for n, (low, _) in zip(shape[1:-1], padding)))]
