"""Convolutions of any spatial rank, channels last.

Three linear maps carry them all: `_gather` (the convolution itself), `_spread` (its transpose) and `_kernel_gradient`.
A transposed convolution is `_spread`, and its gradient `_gather`. Depthwise convolutions have three of their own.

Arrays are (batch, *space, channels), kernels (*size, inputs per group, outputs). Padding is `((low, high), …)`,
negative where cells are cut off.
"""

from contextlib import contextmanager
from functools import cache
from math import prod
from typing import NamedTuple

import numpy as np

from nbkeras.backends.numpy import native_windows
from nbkeras.backends.numpy.blocks import by_block
from nbkeras.backends.numpy.elementwise import rectify
from nbkeras.backends.numpy.linear import ACTIVATIONS
from nbkeras.backends.numpy.recordable import empty, view_as, zeros
from nbkeras.backends.numpy.registry import kernel as register

# Work goes in blocks of images whose temporaries stay in the L2 cache: 4 to 8 images of a common network.
BLOCK_BYTES = 1 << 20


class Windows(NamedTuple):
    """Where the windows of a convolution lie; every field has one entry for each spatial axis."""

    size: tuple
    strides: tuple
    padding: tuple
    dilation: tuple

    @property
    def pointwise(self):
        """Whether each window is one cell and each cell a window."""
        ones = (1,) * len(self.size)
        return self.size == ones and self.strides == ones and not self.padded

    @property
    def padded(self):
        return any(low or high for low, high in self.padding)

    def counts(self, space):
        """The number of windows along each axis of an array whose spatial shape is `space`."""
        extents = [(k - 1) * step + 1 for k, step in zip(self.size, self.dilation)]
        return tuple((f - extent) // s + 1 for f, extent, s in zip(self.framed(space), extents, self.strides))

    def framed(self, space):
        """The spatial shape with its padding."""
        return tuple(length + low + high for length, (low, high) in zip(space, self.padding))

    def overlap(self, space):
        """The cells that an array and its padded frame have in common, as an index of each."""
        array = [slice(max(0, -low), n - max(0, -high)) for n, (low, high) in zip(space, self.padding)]
        frame = [slice(max(0, low), n - max(0, high)) for n, (low, high) in zip(self.framed(space), self.padding)]
        return (slice(None), *array), (slice(None), *frame)

    def frame(self, x):
        """`x` with zeros around it."""
        if not self.padded:
            return x
        inside, place = self.overlap(x.shape[1:-1])
        frame = zeros((len(x), *self.framed(x.shape[1:-1]), x.shape[-1]), x.dtype)
        frame[place] = x[inside]
        return frame

    def columns(self, x, cells):
        """The cells of each window of `x`, in the order of the kernel's, as an array (batch, windows, cells).

        One cell more than there are is 1, for the bias: in the product it costs nothing, apart from it as much as a
        sixth of all. In memory the windows come last where they make the longer runs: for three channels that takes
        half the time, and the gradient of the kernel 0.6 of its.
        """
        if self.pointwise:
            return x.reshape(len(x), -1, x.shape[-1])
        counts, channels = self.counts(x.shape[1:-1]), x.shape[-1]
        windows_last, own = counts[-1] > self.size[-1] * channels, prod(self.size) * channels
        frame = self.frame(x)
        if windows_last:
            frame = np.moveaxis(np.ascontiguousarray(np.moveaxis(frame, -1, 1)), 1, -1)
        batch, *steps, channel = frame.strides
        jumps = [step * s for step, s in zip(steps, self.strides)]
        holes = [step * s for step, s in zip(steps, self.dilation)]
        if windows_last:
            columns = np.empty((len(x), cells, prod(counts)), x.dtype).swapaxes(1, 2)
            view = view_as(frame, (len(x), *self.size, channels, *counts), (batch, *holes, channel, *jumps))
            columns[..., :own].swapaxes(1, 2).reshape(view.shape)[...] = view
        else:
            columns = np.empty((len(x), prod(counts), cells), x.dtype)
            view = view_as(frame, (len(x), *counts, *self.size, channels), (batch, *jumps, *holes, channel))
            columns[..., :own].reshape(view.shape)[...] = view
        columns[..., own:] = 1
        return columns

    def taps(self, counts):
        """For each cell of the kernel, in order, the index of the frame's cells that it meets."""
        for offsets in np.ndindex(self.size):
            starts = [offset * step for offset, step in zip(offsets, self.dilation)]
            ends = [start + s * (count - 1) + 1 for start, s, count in zip(starts, self.strides, counts)]
            yield (slice(None), *map(slice, starts, ends, self.strides))


def _blocks(count, floats, itemsize):
    """Slices of the batch such that `floats` numbers for each image fit the cache."""
    step = max(1, BLOCK_BYTES // max(1, floats * itemsize))
    return [slice(start, min(start + step, count)) for start in range(0, count, step)]


def _gather(x, kernel, windows, bias=None, rectified=False):
    """The convolution: windows copied into columns, times the kernel as a matrix, whose last row is the bias."""
    if native_windows.convolution_takes(x, kernel, windows):
        return native_windows.convolve(x, kernel, windows, bias, rectified)
    matrix = kernel.reshape(-1, kernel.shape[-1])
    if bias is not None:
        matrix = np.concatenate([matrix, bias[None]])
    y = empty((len(x), *windows.counts(x.shape[1:-1]), kernel.shape[-1]), np.result_type(x, kernel))
    gather_into(y, x, matrix, windows, rectified)
    return y


def _gather_floats(y, x, matrix, *_):
    return x[0].size + y[0].size * (1 + len(matrix) / y.shape[-1])


@by_block(2, _gather_floats)
def gather_into(y, x, matrix, windows, rectified):
    """To `y` the convolution, with ReLU while the block is in the cache."""
    rows, columns = y.reshape(-1, y.shape[-1]), windows.columns(x, len(matrix))
    if columns.flags.c_contiguous:
        np.dot(columns.reshape(len(rows), -1), matrix[: columns.shape[-1]], out=rows)
    else:
        np.matmul(columns, matrix, out=rows.reshape(len(columns), -1, y.shape[-1]))
    if columns.shape[-1] < len(matrix):
        rows += matrix[-1]
    if rectified:
        rectify(rows, rows)


def _kernel_gradients(x, d, windows, biased):
    """The gradients of the kernel, the sum over all windows of the outer product of a window of `x` and its `d`, and of
    the bias."""
    if native_windows.takes(x, d):
        return native_windows.kernel_gradients(x, d, windows)
    kernel, outputs = (*windows.size, x.shape[-1], d.shape[-1]), d.shape[-1]
    gradient = empty((prod(kernel[:-1]) + biased, outputs), np.result_type(x, d))
    _kernel_gradients_into(gradient, x, d, windows, len(gradient))
    return gradient[: prod(kernel[:-1])].reshape(kernel), gradient[-1]


def _kernel_gradients_floats(x, d, windows, cells):
    return x[0].size + d[0].size * (1 + cells / d.shape[-1])


@by_block(2, _kernel_gradients_floats, total=True)
def _kernel_gradients_into(x, d, windows, cells):
    columns, rows = windows.columns(x, cells), d.reshape(-1, d.shape[-1])
    if columns.flags.c_contiguous:
        gradient = np.dot(columns.reshape(len(rows), -1).T, rows)
    else:
        gradient = np.matmul(columns.swapaxes(1, 2), rows.reshape(len(columns), -1, d.shape[-1])).sum(0)
    if len(gradient) < cells:
        gradient = np.concatenate([gradient, _sum_of_rows(rows)[None]])
    return gradient


def _sum_of_rows(rows):
    return np.dot(np.ones(len(rows), rows.dtype), rows)


def _spread(d, kernel, windows, space):
    """The transpose of `_gather`: each `d`, times the kernel, added to the cells of its window."""
    if native_windows.takes(d, kernel):
        return native_windows.spread(d, kernel, windows, space)
    *_, channels, outputs = kernel.shape
    x = empty((len(d), *space, channels), np.result_type(d, kernel))
    if windows.strides[-1] == 1 and windows.framed(space)[-1] <= 1.3 * d.shape[-2]:
        _spread_rows_into(x, d, _row_matrix(kernel), windows)
    else:
        _spread_into(x, d, kernel.reshape(-1, channels, outputs), windows)
    return x


def _spread_floats(x, d, matrices, windows):
    return d[0].size * (1 + x.shape[-1] / d.shape[-1]) + 2 * x[0].size


@by_block(2, _spread_floats)
def _spread_into(x, d, matrices, windows):
    """One matrix product for each cell of the kernel, accumulated in a padded frame.

    It beats scattering the columns of one large product (1438 µs against 1802 for a 3×3 convolution of 32 to 64
    channels).
    """
    counts, channels, rows = d.shape[1:-1], x.shape[-1], d.reshape(-1, d.shape[-1])
    product = np.empty((len(rows), channels), x.dtype)
    with _framed(x, windows) as frame:
        for tap, matrix in zip(windows.taps(counts), matrices):
            np.dot(rows, matrix.T, out=product)
            frame[tap] += product.reshape(len(x), *counts, channels)


@contextmanager
def _framed(x, windows):
    """A frame of zeros to add to, whose inside becomes `x`."""
    x.fill(0)
    if not windows.padded:
        yield x
        return
    inside, place = windows.overlap(x.shape[1:-1])
    frame = np.zeros((len(x), *windows.framed(x.shape[1:-1]), x.shape[-1]), x.dtype)
    yield frame
    x[inside] = frame[place]


def _row_matrix(kernel):
    """For `_spread_rows_into`: the cells of a row, the last one first, and the outputs; times the rows and channels."""
    *size, channels, outputs = kernel.shape
    rows = np.flip(kernel, axis=len(size) - 1).reshape(-1, size[-1], channels, outputs)
    return rows.transpose(1, 3, 0, 2).reshape(size[-1] * outputs, -1)


def _spread_rows_floats(x, d, matrix, windows):
    return d[0].size * (windows.size[-1] + len(matrix[0]) / d.shape[-1]) + 2 * x[0].size


@by_block(2, _spread_rows_floats)
def _spread_rows_into(x, d, matrix, windows):
    """One product for all cells of the kernel: the last axis of `d` in columns, the others added up.

    For neighbouring windows, where little of the columns is padding: 0.65 of the time of `_spread_into`.
    """
    width, lead = windows.framed(x.shape[1:-1])[-1], Windows(*(field[:-1] for field in windows))
    product = np.dot(_rows_of_columns(d, windows, width).reshape(-1, len(matrix)), matrix)
    product = product.reshape(*d.shape[:-2], width, -1, x.shape[-1])
    with _framed(x, windows) as frame:
        for i, tap in enumerate(lead.taps(d.shape[1:-2])):
            frame[tap] += product[..., i, :]


def _rows_of_columns(d, windows, width):
    """For each cell of a row of the frame, `d` of the windows that begin at their distances before it."""
    k, step = windows.size[-1], windows.dilation[-1]
    if k == 1:
        return d
    reach = (k - 1) * step
    padded = np.zeros((*d.shape[:-2], d.shape[-2] + 2 * reach, d.shape[-1]), d.dtype)
    padded[..., reach:-reach, :] = d
    *outer, along, channel = padded.strides
    return view_as(padded, (*d.shape[:-2], width, k, d.shape[-1]), (*outer, along, step * along, channel))


@register
def conv(x, kernel, *, strides, padding, dilation, groups):
    windows = _windows(kernel, strides, padding, dilation)
    if groups == 1:
        y, back = _dense(x, kernel, windows)
        return y, lambda d: back(d)[:2]
    if groups == x.shape[-1]:
        return _depthwise(x, kernel, windows)
    return _grouped(x, kernel, windows, groups)


@register
def biased_conv(x, kernel, bias, *, activation, strides, padding, dilation, groups):
    """`activation(conv(x, kernel) + bias)`, the last two steps in place on the fresh result."""
    if groups == 1:
        rectified = activation == "relu"
        y, back = _dense(x, kernel, _windows(kernel, strides, padding, dilation), bias, rectified)
        y, through = ACTIVATIONS[None if rectified else activation](y)
        return y, lambda d: back(through(d))
    y, back = conv(x, kernel, strides=strides, padding=padding, dilation=dilation, groups=groups)
    if bias is not None:
        y += bias
    y, through = ACTIVATIONS[activation](y)

    def vjp(d):
        d = through(d)
        return *back(d), None if bias is None else lambda: _sum_of_rows(d.reshape(-1, d.shape[-1]))

    return y, vjp


def _rectified_gradient(d, y):
    g = empty(d.shape, d.dtype)
    rectified_gradient(g, d, y)
    return g


@by_block(3, lambda g, d, y: 3 * d[0].size)
def rectified_gradient(g, d, y):
    """To `g` the gradient before a ReLU whose result is `y`, from that after it."""
    np.multiply(d, (y > 0).astype(d.dtype), out=g)


def _windows(kernel, strides, padding, dilation):
    return Windows(kernel.shape[:-2], tuple(strides), tuple(padding), tuple(dilation))


@register
def conv_transpose(x, kernel, *, strides, padding, output_shape, dilation):
    """The transpose of the convolution that takes `output_shape` (spatial), so padded, to the shape of `x`."""
    windows = _windows(kernel, strides, padding, dilation)

    def vjp(d):
        return lambda: _gather(d, kernel, windows), lambda: _kernel_gradients(d, x, windows, False)[0]

    return _spread(x, kernel, windows, tuple(output_shape)), vjp


def _dense(x, kernel, windows, bias=None, rectified=False):
    """The convolution with bias and ReLU, and the gradients of `x`, the kernel and the bias."""
    if native_windows.convolution_takes(x, kernel, windows):
        return native_windows.dense(x, kernel, windows, bias, rectified)
    space, y = x.shape[1:-1], _gather(x, kernel, windows, bias, rectified)

    def vjp(d):
        if rectified:
            d = _rectified_gradient(d, y)
        both = cache(lambda: _kernel_gradients(x, d, windows, bias is not None))
        total = None if bias is None else lambda: both()[1]
        return lambda: _spread(d, kernel, windows, space), lambda: both()[0], total

    return y, vjp


def _grouped(x, kernel, windows, groups):
    """Each group of channels has a convolution of its own."""
    parts = [
        _dense(part.copy(), weights.copy(), windows)
        for part, weights in zip(np.split(x, groups, axis=-1), np.split(kernel, groups, axis=-1))
    ]

    def vjp(d):
        pieces = [back(piece) for (_, back), piece in zip(parts, np.split(d, groups, axis=-1))]
        return tuple(lambda i=i: np.concatenate([piece[i]() for piece in pieces], axis=-1) for i in (0, 1))

    return np.concatenate([y for y, _ in parts], axis=-1), vjp


def _depthwise(x, kernel, windows):
    """Each channel has its own kernels: a sum of shifted products, since columns would be too thin to multiply."""
    channels, outputs = x.shape[-1], kernel.shape[-1]
    multiplier = outputs // channels
    weights = kernel.reshape(-1, outputs)
    wide = x if multiplier == 1 else np.repeat(x, multiplier, axis=-1)

    def input_gradient(d):
        gradient = _depthwise_spread(d, weights, windows, x.shape[1:-1])
        return gradient if multiplier == 1 else gradient.reshape(*x.shape, multiplier).sum(-1)

    def vjp(d):
        return (
            lambda: input_gradient(d),
            lambda: _depthwise_kernel_gradient(wide, d, windows).reshape(kernel.shape),
        )

    return _depthwise_gather(wide, weights, windows), vjp


def _depthwise_gather(x, weights, windows):
    if native_windows.convolution_takes(x, weights, windows):
        return native_windows.depthwise(x, weights, windows)
    counts, channels = windows.counts(x.shape[1:-1]), x.shape[-1]
    y = zeros((len(x), *counts, channels), np.result_type(x, weights))
    rows = _as_rows(weights, counts)
    for block in _depthwise_blocks(x, windows, counts):
        frame, part = windows.frame(x[block]), y[block]
        product = np.empty_like(part)
        for tap, row in zip(windows.taps(counts), rows):
            part += np.multiply(frame[tap], row, out=product)
    return y


def _depthwise_spread(d, weights, windows, space):
    if native_windows.takes(d, weights):
        return native_windows.depthwise_spread(d, weights, windows, space)
    counts, channels = d.shape[1:-1], d.shape[-1]
    x = zeros((len(d), *space, channels), np.result_type(d, weights))
    inside, place = windows.overlap(space)
    rows = _as_rows(weights, counts)
    for block in _depthwise_blocks(x, windows, counts):
        part, piece = x[block], d[block]
        frame = zeros((len(part), *windows.framed(space), channels), x.dtype) if windows.padded else part
        product = empty(piece.shape, x.dtype)
        for tap, row in zip(windows.taps(counts), rows):
            frame[tap] += np.multiply(piece, row, out=product)
        if windows.padded:
            part[inside] = frame[place]
    return x


def _depthwise_kernel_gradient(x, d, windows):
    if native_windows.takes(x, d):
        return native_windows.depthwise_kernel_gradient(x, d, windows)
    counts, channels = d.shape[1:-1], d.shape[-1]
    gradient = zeros((prod(windows.size), channels), np.result_type(x, d))
    for block in _depthwise_blocks(x, windows, counts):
        frame, piece = windows.frame(x[block]), d[block]
        product = empty(piece.shape, gradient.dtype)
        ones = np.ones(product.size // channels, gradient.dtype)
        for row, tap in zip(gradient, windows.taps(counts)):
            np.multiply(frame[tap], piece, out=product)
            row += np.dot(ones, product.reshape(-1, channels))
    return gradient


def _as_rows(weights, counts):
    """The weights of each cell repeated along a row of windows, so that NumPy's inner loop is a row, not a cell."""
    return np.repeat(weights[:, None], counts[-1], axis=1)


def _depthwise_blocks(x, windows, counts):
    floats = (prod(windows.framed(x.shape[1:-1])) + 2 * prod(counts)) * x.shape[-1]
    return _blocks(len(x), floats, x.itemsize)
