"""Images read at computed positions: between pixels, and beyond the border."""

from itertools import product

import numpy as np

from nbkeras.backends.abstract import shown
from nbkeras.ops.dispatch import op
from nbkeras.ops.dtypes import as_dtype, as_float, as_tensor, is_float, name_of
from nbkeras.ops.elementwise import absolute, clip, floor, logical_and, minimum, sign, trunc, where
from nbkeras.ops.image.layout import channels_last_batch
from nbkeras.ops.indexing import take
from nbkeras.ops.linalg import solve
from nbkeras.ops.shaping import concatenate, expand_dims, reshape, squeeze, stack

__all__ = ["affine_transform", "homography", "map_coordinates", "perspective_transform", "sample_images"]

ORDERS = {"nearest": 0, "bilinear": 1}


def _folded(i, period, last):
    """Positions on an axis that goes forth and back again: `last` is where position 0 comes to lie on the way back."""
    within = _modulo(i, period)
    return minimum(within, last - within)


def _modulo(i, n):
    """`i % n`, by a division: NumPy's remainder of integers takes 30 times as long (2.4, x86-64)."""
    return i - i // n * n


# Where a position outside the `n` cells of an axis reads; `"constant"` reads nothing.
FILL_MODES = {
    "constant": lambda i, n: clip(i, 0, n - 1),
    "nearest": lambda i, n: clip(i, 0, n - 1),
    "wrap": _modulo,
    "mirror": lambda i, n: _folded(i, max(2 * n - 2, 1), 2 * n - 2),
    "reflect": lambda i, n: _folded(i, 2 * n, 2 * n - 1),
}


@op
def map_coordinates(inputs, coordinates, order, fill_mode="constant", fill_value=0):
    """The values of `inputs` at `coordinates`, as `scipy.ndimage.map_coordinates`.

    Args:
        inputs: an array of rank n.
        coordinates: (n, …), the position along each axis in cells, or a list of n arrays.
        order: 0 for the nearest cell, 1 for linear interpolation.
        fill_mode: beyond the border, `"constant"` gives `fill_value`, `"nearest"` the last cell, `"wrap"` begins again,
            `"mirror"` reflects at the centre of the last cell and `"reflect"` at its outer edge.

    Returns:
        An array of the shape of `coordinates` without its first axis, in the dtype of `inputs`.

    Example:
        >>> map_coordinates(np.array([0.0, 10.0, 20.0], "float32"), [[0.5, 1.25]], order=1)
        array([ 5. , 12.5], dtype=float32)
    """
    inputs, coordinates = as_tensor(inputs), as_tensor(coordinates)
    shape = inputs.shape
    if len(coordinates.shape) < 2 or coordinates.shape[0] != len(shape):
        raise ValueError(
            f"map_coordinates expects coordinates of shape ({len(shape)}, …) for inputs of shape {shown(shape)}, got "
            f"{shown(coordinates.shape)}"
        )
    if order not in (0, 1):
        raise ValueError(f"map_coordinates expects order 0 or 1, got {order!r}")
    _check_fill_mode("map_coordinates", fill_mode)
    places = [coordinates[axis] for axis in range(len(shape))]
    return _read(reshape(inputs, (-1, 1)), shape, places, 0, order, fill_mode, fill_value)[..., 0]


def _read(table, sizes, places, image, order, fill_mode, fill_value):
    """Rows of `table` at `places` along axes of `sizes`, whose cells are its rows in order, one `image` after another.

    Linear interpolation reads the 2ⁿ corners of the cell around a place, each with the product of its weights.
    """
    dtype = name_of(table.dtype)
    total = 0.0
    for corner in product(*[_cells(place, n, order, fill_mode) for place, n in zip(places, sizes)]):
        row, weight, inside = image, None, None
        for (cell, share, within), n in zip(corner, sizes):
            row = row * n + cell
            weight = share if weight is None else weight * share
            inside = within if inside is None else logical_and(inside, within)
        y = take(table, row, axis=0)
        if inside is not None:
            y = where(expand_dims(inside, -1), y, as_dtype(np.asarray(fill_value), dtype))
        if order == 0:
            return y
        y = as_float(y)
        total = total + expand_dims(as_dtype(weight, name_of(y.dtype)), -1) * y
    return total if is_float(dtype) else as_dtype(_rounded(total), dtype)


def _cells(place, n, order, fill_mode):
    """The cells of an axis of `n` around `place`: where to read, with which weight, and whether that is inside.

    The nearest one, or the two of linear interpolation; of other fill modes than `"constant"` nothing is outside.
    """
    if order == 0:
        around = [(as_dtype(_rounded(place), "int32"), 1.0)]
    else:
        lower = floor(as_float(place))
        share = place - lower
        cell = as_dtype(lower, "int32")
        around = [(cell, 1.0 - share), (cell + 1, share)]
    constant = fill_mode == "constant"
    read = FILL_MODES[fill_mode]
    return [(read(i, n), share, logical_and(i >= 0, i < n) if constant else None) for i, share in around]


def _rounded(x):
    """The nearest integers, halves away from zero."""
    if not is_float(name_of(x.dtype)):
        return x
    whole = trunc(x)
    return where(absolute(x - whole) >= 0.5, whole + sign(x), whole)


def _check_fill_mode(op, fill_mode):
    if fill_mode not in FILL_MODES:
        raise ValueError(f"{op} expects fill_mode to be one of {', '.join(map(repr, FILL_MODES))}, got {fill_mode!r}")


def sample_images(images, x, y, interpolation, fill_mode="constant", fill_value=0):
    """A batch (batch, height, width, channels) read at columns `x` and rows `y`, both (batch or 1, rows, columns)."""
    batch, height, width, channels = images.shape
    image = np.arange(batch, dtype=np.int32).reshape(-1, 1, 1)
    table = reshape(images, (batch * height * width, channels))
    return _read(table, (height, width), (y, x), image, ORDERS[interpolation], fill_mode, fill_value)


@op
def affine_transform(images, transform, interpolation="bilinear", fill_mode="constant", fill_value=0, data_format=None):
    """Images rotated, scaled, sheared, moved, or seen in perspective.

    Args:
        transform: eight numbers `[a0, a1, a2, b0, b1, b2, c0, c1]`, or a row of them for each image. The pixel in
            column `x` and row `y` of the result is read at `((a0 x + a1 y + a2) / k, (b0 x + b1 y + b2) / k)` with
            `k = c0 x + c1 y + 1`.
        interpolation: `"nearest"` or `"bilinear"`.
        fill_mode, fill_value: as of `map_coordinates`.

    Returns:
        Images of the same shape and dtype.

    Example:
        >>> image = np.array([[[1.0], [2.0], [3.0]]], "float32")
        >>> affine_transform(image, [1.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0])[0, :, 0]  # one column to the left
        array([2., 3., 0.], dtype=float32)
    """
    _check_interpolation("affine_transform", interpolation)
    _check_fill_mode("affine_transform", fill_mode)
    batch, restored = channels_last_batch("affine_transform", images, data_format)
    transform = as_float(transform)
    if len(transform.shape) not in (1, 2) or transform.shape[-1] != 8:
        raise ValueError(
            f"affine_transform expects transform of shape (8,) or (batch, 8), got {shown(transform.shape)}"
        )
    x, y = _transformed_grid(reshape(transform, (-1, 8)), batch.shape[1], batch.shape[2])
    return restored(sample_images(batch, x, y, interpolation, fill_mode, fill_value))


def _transformed_grid(transform, height, width):
    """Where each pixel of the result is read: columns and rows, (batch, height, width)."""
    a0, a1, a2, b0, b1, b2, c0, c1 = (transform[:, i, None, None] for i in range(8))
    dtype = name_of(transform.dtype)
    x = as_dtype(np.arange(width).reshape(1, 1, -1), dtype)
    y = as_dtype(np.arange(height).reshape(1, -1, 1), dtype)
    depth = c0 * x + c1 * y + 1.0
    return (a0 * x + a1 * y + a2) / depth, (b0 * x + b1 * y + b2) / depth


@op
def perspective_transform(images, start_points, end_points, interpolation="bilinear", fill_value=0, data_format=None):
    """Images seen from another point: what lay at `start_points` comes to lie at `end_points`.

    Args:
        start_points, end_points: four points (x, y), of shape (4, 2), or (batch, 4, 2) for each image its own.
        interpolation: `"nearest"` or `"bilinear"`.
        fill_value: what is seen beyond the border.

    Example:
        >>> corners = np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 3.0], [3.0, 3.0]], "float32")
        >>> image = np.arange(16.0, dtype="float32").reshape(4, 4, 1)
        >>> bool(np.allclose(perspective_transform(image, corners, corners), image, atol=1e-4))
        True
    """
    _check_interpolation("perspective_transform", interpolation)
    start, end = as_float(start_points), as_float(end_points)
    if start.shape[-2:] != (4, 2) or len(start.shape) not in (2, 3) or start.shape != end.shape:
        raise ValueError(
            "perspective_transform expects start_points and end_points of one shape, (4, 2) or (batch, 4, 2), got "
            f"{shown(start.shape)} and {shown(end.shape)}"
        )
    batch, restored = channels_last_batch("perspective_transform", images, data_format)
    transform = homography(reshape(start, (-1, 4, 2)), reshape(end, (-1, 4, 2)))
    x, y = _transformed_grid(transform, batch.shape[1], batch.shape[2])
    return restored(sample_images(batch, x, y, interpolation, "constant", fill_value))


def homography(start, end):
    """The transforms (batch, 8) that read at `start` what they write at `end`, both (batch, 4, 2).

    Each point gives two linear equations: `start_x (c0 x + c1 y + 1) = a0 x + a1 y + a2` at `(x, y) = end`, and the
    same for `start_y`.
    """
    x, y = end[..., 0], end[..., 1]
    one, zero = x * 0 + 1.0, x * 0
    target_x, target_y = start[..., 0], start[..., 1]
    rows_x = stack([x, y, one, zero, zero, zero, -target_x * x, -target_x * y], -1)
    rows_y = stack([zero, zero, zero, x, y, one, -target_y * x, -target_y * y], -1)
    targets = expand_dims(concatenate([target_x, target_y], -1), -1)
    return squeeze(solve(concatenate([rows_x, rows_y], 1), targets), -1)


def _check_interpolation(op, interpolation):
    if interpolation not in ORDERS:
        raise ValueError(f"{op} expects interpolation 'nearest' or 'bilinear', got {interpolation!r}")
