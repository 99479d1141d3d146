"""Windows of images as columns, and columns added up to images again."""

import numpy as np

from nbkeras.ops.dispatch import op, run
from nbkeras.ops.dtypes import as_tensor, name_of
from nbkeras.ops.shaping import moveaxis, pad, reshape
from nbkeras.symbolic import shown

__all__ = ["fold", "unfold"]


@op
def unfold(x, kernel_size, dilation=1, padding=0, stride=1):
    """The windows of images (batch, channels, height, width) as columns (batch, channels · cells, windows).

    Args:
        kernel_size, dilation, padding, stride: integers, or one for the height and one for the width; `padding` zeros
            are added on each side.

    Raises:
        ValueError: for an input that has not four axes.
    """
    x = as_tensor(x)
    if len(x.shape) != 4:
        raise ValueError(f"unfold expects images (batch, channels, height, width), got shape {shown(x.shape)}")
    vertical, horizontal = _pair("padding", padding, least=0)
    if vertical or horizontal:
        x = pad(x, ((0, 0), (0, 0), (vertical, vertical), (horizontal, horizontal)))
    batch, channels, height, width = x.shape
    cells = _cells(
        height, width, _pair("kernel_size", kernel_size), _pair("dilation", dilation), _pair("stride", stride)
    )
    columns = run("take", reshape(x, (batch, channels, height * width)), cells, axis=2)
    return reshape(columns, (batch, channels * cells.shape[0], cells.shape[1]))


@op
def fold(x, output_size, kernel_size, dilation=1, padding=0, stride=1):
    """Adds columns up to images, as the transpose of `unfold`, whose arguments it takes.

    Args:
        output_size: height and width of the images, or one integer for both.

    Raises:
        ValueError: if the columns are not those of images of that size.
    """
    x = as_tensor(x)
    (height, width), kernel = _pair("output_size", output_size), _pair("kernel_size", kernel_size)
    vertical, horizontal = _pair("padding", padding, least=0)
    tall, wide = height + 2 * vertical, width + 2 * horizontal
    cells = _cells(tall, wide, kernel, _pair("dilation", dilation), _pair("stride", stride))
    if len(x.shape) != 3 or x.shape[1] % cells.shape[0] or x.shape[2] != cells.shape[1]:
        raise ValueError(
            f"fold expects columns of shape (batch, channels · {cells.shape[0]}, {cells.shape[1]}) for images of "
            f"{height} × {width} and windows of {kernel[0]} × {kernel[1]}, got {shown(x.shape)}"
        )
    batch, channels = x.shape[0], x.shape[1] // cells.shape[0]
    rows = moveaxis(reshape(x, (batch * channels, cells.size)), 1, 0)
    empty = run("full", 0, shape=(tall * wide, batch * channels), dtype=name_of(x.dtype))
    image = run("scatter", empty, cells.reshape(-1, 1), rows, reduction="add")
    image = reshape(moveaxis(image, 0, 1), (batch, channels, tall, wide))
    return image[:, :, vertical : tall - vertical, horizontal : wide - horizontal]


def _pair(name, value, least=1):
    pair = (value, value) if isinstance(value, int) else tuple(value)
    if len(pair) != 2 or any(v < least for v in pair):
        raise ValueError(f"{name} expects an integer of at least {least}, or two of them, got {value!r}")
    return tuple(int(v) for v in pair)


def _cells(height, width, kernel, dilation, stride):
    """The position, in the flattened image, of each cell (rows) of each window (columns)."""
    rows, columns = (
        np.arange(k)[:, None] * d + np.arange(0, max(n - (k - 1) * d, 0), s)
        for n, k, d, s in zip((int(height), int(width)), kernel, dilation, stride)
    )
    if not rows.size or not columns.size:
        raise ValueError(f"windows of {kernel} with dilation {dilation} do not fit into {int(height)} × {int(width)}")
    cells = rows[:, None, :, None] * int(width) + columns[None, :, None, :]
    return cells.reshape(kernel[0] * kernel[1], -1).astype(np.int32)
