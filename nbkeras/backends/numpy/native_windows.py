"""Convolution and pooling in C: float32, one or two spatial axes. What they are is said in `convolution` and `pooling`,
whose NumPy kernels are the reference.
"""

from functools import cache
from math import prod

import numpy as np

from nbkeras.backends.numpy import native
from nbkeras.backends.numpy.native_memory import call
from nbkeras.backends.numpy.recordable import empty
from nbkeras.backends.numpy.threads import thread_count

__all__ = [
    "convolution_takes", "convolve", "dense", "depthwise", "depthwise_kernel_gradient", "depthwise_spread",
    "kernel_gradients", "pool", "spread", "takes",
]  # fmt: skip

ALONE = (1, 1)  # windows of one cell: no pooling


def convolution_takes(x, kernel, windows):
    """Whether there is a native convolution of `x` by `kernel`."""
    return takes(x, kernel) and min(windows.counts(x.shape[1:-1])) > 0


def takes(*arrays):
    """Whether there are native kernels for these arrays; the rank of the first one counts."""
    rank = arrays[0].ndim - 2
    return (
        native.kernel("convolve") is not None
        and rank in (1, 2)
        and all(a.dtype == np.float32 and 0 not in a.shape for a in arrays)
    )


def geometry(x, y, windows):
    """The numbers that a convolution of shape `x` to shape `y` is to C; one spatial axis has another of length 1."""

    def two(values, fill):
        return (fill,) * (2 - len(windows.size)) + tuple(values)

    low = [pair[0] for pair in windows.padding]
    before, after = (x[0], *two(x[1:-1], 1), x[-1]), (*two(y[1:-1], 1), y[-1])
    lengths = two(windows.size, 1), two(windows.strides, 1), two(windows.dilation, 1), two(low, 0)
    return [int(n) for part in (before, after, *lengths) for n in part]


def convolve(x, kernel, windows, bias=None, rectified=False):
    """The convolution, with bias and ReLU."""
    y = empty((len(x), *windows.counts(x.shape[1:-1]), kernel.shape[-1]), np.float32)
    numbers = geometry(x.shape, y.shape, windows)
    return call("convolve", y, x, kernel, bias, None, *numbers, int(rectified), *ALONE)


def spread(d, kernel, windows, space, y=None):
    """The transpose of `convolve`: the gradient of its argument from that of its result.

    With `y`, the result after ReLU, what belongs to zeros of it does not pass.
    """
    x = empty((len(d), *space, kernel.shape[-2]), np.float32)
    numbers = geometry(x.shape, d.shape, windows)
    return call("convolve_transpose", x, d, kernel, y, None, *numbers, *ALONE)


def kernel_gradients(x, d, windows, y=None):
    """The gradients of the kernel and of the bias."""
    kernel, outputs = (*windows.size, x.shape[-1], d.shape[-1]), d.shape[-1]
    parts = gradient_parts(len(x), outputs)
    size = prod(kernel)
    sums = empty((parts, size + outputs), np.float32)
    call("convolve_gradient", sums, x, d, y, None, *geometry(x.shape, d.shape, windows), *ALONE, parts)
    return sums[0, :size].reshape(kernel), sums[0, size:]


def gradient_parts(images, outputs):
    """In how many parts the images are summed up: such that there are four for each thread, one for each 32 outputs."""
    threads = thread_count()
    return max(1, min(images, 4 * threads, -(-128 * threads // outputs)))


def dense(x, kernel, windows, bias=None, rectified=False):
    """The convolution and its vector-Jacobian product."""
    y = convolve(x, kernel, windows, bias, rectified)

    def vjp(d):
        mask = y if rectified else None
        both = cache(lambda: kernel_gradients(x, d, windows, mask))
        total = None if bias is None else lambda: both()[1]
        return lambda: spread(d, kernel, windows, x.shape[1:-1], mask), lambda: both()[0], total

    return y, vjp


def depthwise(x, weights, windows):
    """The convolution of each channel with its own column of `weights`, one row for each cell of a window."""
    y = empty((len(x), *windows.counts(x.shape[1:-1]), x.shape[-1]), np.float32)
    return call("depthwise", y, x, weights, *geometry(x.shape, y.shape, windows))


def depthwise_spread(d, weights, windows, space):
    """The transpose of `depthwise`."""
    x = empty((len(d), *space, d.shape[-1]), np.float32)
    return call("depthwise_transpose", x, d, weights, *geometry(x.shape, d.shape, windows))


def depthwise_kernel_gradient(x, d, windows):
    """The gradient of the weights of `depthwise`."""
    parts = min(len(x), 4 * thread_count())
    sums = empty((parts, prod(windows.size), x.shape[-1]), np.float32)
    call("depthwise_gradient", sums, x, d, *geometry(x.shape, d.shape, windows), parts)
    return sums[0]


def _pool_numbers(x, y, size, strides, padding):
    one = (1,) * (4 - len(x))
    low = (0,) * (4 - len(x)) + tuple(pair[0] for pair in padding)
    numbers = x[0], *one, *x[1:], *one, *y[1:-1], *one, *size, *one, *strides, *low
    return [int(n) for n in numbers]


def pool(name, x, size, strides, padding):
    """Pooling by the kernel `name`, `max_pool` or `average_pool`, and its vector-Jacobian product."""
    space = [n + low + high for n, (low, high) in zip(x.shape[1:-1], padding)]
    counts = [(n - k) // s + 1 for n, k, s in zip(space, size, strides)]
    y = empty((len(x), *counts, x.shape[-1]), np.float32)
    numbers = _pool_numbers(x.shape, y.shape, size, strides, padding)
    cells = (x,) if name == "max_pool" else ()

    def vjp(d):
        return (lambda: call(f"{name}_gradient", empty(x.shape, np.float32), *cells, d, *numbers),)

    return call(name, y, x, *numbers), vjp
