"""Cutting images and volumes into windows."""

import numpy as np

from nbkeras import config
from nbkeras.backends.abstract import shown
from nbkeras.ops.dispatch import op
from nbkeras.ops.dtypes import as_tensor
from nbkeras.ops.indexing import take
from nbkeras.ops.shaping import moveaxis, pad, reshape, transpose

__all__ = ["extract_patches", "extract_patches_3d"]


@op
def extract_patches(images, size, strides=None, dilation_rate=1, padding="valid", data_format=None):
    """The windows of images, the pixels of each in one row.

    Args:
        images: (batch, height, width, channels) or one image; with three sizes, volumes as `extract_patches_3d`.
        size: height and width of a window, or one integer for both.
        strides: the steps between windows; default `size`, so that they do not overlap.
        dilation_rate: the steps between the pixels of a window.
        padding: `"valid"` or `"same"`, with zeros.

    Returns:
        (batch, rows, columns, height · width · channels), in that order of pixels.

    Example:
        >>> extract_patches(np.zeros((2, 8, 8, 3)), 4).shape
        (2, 2, 2, 48)
    """
    rank = len(size) if isinstance(size, (tuple, list)) else 2
    return _patches("extract_patches", images, size, strides, dilation_rate, padding, data_format, rank)


@op
def extract_patches_3d(volumes, size, strides=None, dilation_rate=1, padding="valid", data_format=None):
    """The windows of volumes (batch, depth, height, width, channels) or of one; arguments as `extract_patches`.

    Example:
        >>> extract_patches_3d(np.zeros((4, 4, 4, 1)), 2).shape
        (2, 2, 2, 8)
    """
    return _patches("extract_patches_3d", volumes, size, strides, dilation_rate, padding, data_format, 3)


def _patches(op, x, size, strides, dilation_rate, padding, data_format, rank):
    size = _per_axis(op, "size", size, rank)
    strides = size if not strides else _per_axis(op, "strides", strides, rank)
    dilation = _per_axis(op, "dilation_rate", dilation_rate, rank)
    if padding not in ("valid", "same"):
        raise ValueError(f"{op} expects padding 'valid' or 'same', got {padding!r}")
    x = as_tensor(x)
    if len(x.shape) not in (rank + 1, rank + 2):
        raise ValueError(f"{op} expects rank {rank + 1}, or {rank + 2} with a batch, got shape {shown(x.shape)}")
    alone = len(x.shape) == rank + 1
    x = reshape(x, (1, *x.shape)) if alone else x
    first = config.standardize_data_format(data_format) == "channels_first"
    y = _windows(moveaxis(x, 1, -1) if first else x, size, strides, dilation, padding)
    y = moveaxis(y, -1, 1) if first else y
    return reshape(y, y.shape[1:]) if alone else y


def _windows(x, size, strides, dilation, padding):
    """(batch, sizes…, channels) to (batch, counts…, pixels): one gather along each axis, then one transposition."""
    rank = len(size)
    for place, (k, step, gap) in enumerate(zip(size, strides, dilation)):
        axis = 1 + 2 * place  # each gather turns one axis into two: windows, and pixels within
        reach = (k - 1) * gap + 1
        if padding == "same":
            lacking = max((-(-x.shape[axis] // step) - 1) * step + reach - x.shape[axis], 0)
            widths = [(0, 0)] * len(x.shape)
            widths[axis] = (lacking // 2, lacking - lacking // 2)
            x = pad(x, widths)
        starts = np.arange(0, x.shape[axis] - reach + 1, step, dtype=np.int32)
        x = take(x, starts[:, None] + gap * np.arange(k, dtype=np.int32), axis)
    counts, pixels = range(1, 2 * rank, 2), range(2, 2 * rank + 1, 2)
    x = transpose(x, (0, *counts, *pixels, 2 * rank + 1))
    return reshape(x, (*x.shape[: rank + 1], int(np.prod(size)) * x.shape[-1]))


def _per_axis(op, name, value, rank):
    values = (value,) * rank if isinstance(value, (int, np.integer)) else value
    if not isinstance(values, (tuple, list)):
        raise TypeError(f"{op} expects {name} as an integer or {rank} of them, got {value!r}")
    if len(values) != rank or rank not in (2, 3):
        raise ValueError(f"{op} expects {name} as an integer or one for each of 2 or 3 axes, got {value!r}")
    return tuple(int(v) for v in values)
