"""Resizing along one axis: every new cell is a weighted sum of old ones, so an axis is resized by one matrix."""

from math import prod

import numpy as np

from nbkeras.backends.abstract import AbstractArray
from nbkeras.ops.dtypes import as_dtype, name_of
from nbkeras.ops.elementwise import absolute, logical_and, maximum, sinc, true_divide, where
from nbkeras.ops.linear import matmul
from nbkeras.ops.reductions import sum
from nbkeras.ops.shaping import expand_dims, reshape

__all__ = ["INTERPOLATIONS", "interpolation_matrix", "resize_axis", "resize_matrix", "transform_axis"]

NEGLIGIBLE = 1000 * float(np.finfo("float32").eps)  # as in jax.image: a row whose weights cancel is left empty


def _triangle(x):
    return maximum(0.0, 1.0 - x)


def _cubic(x):
    """Keys' cubic with a = -1/2."""
    near = (1.5 * x - 2.5) * x * x + 1.0
    far = ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
    return where(x < 1.0, near, where(x < 2.0, far, 0.0))


def _lanczos(radius):
    return lambda x: where(x < radius, sinc(x) * sinc(x / radius), 0.0)


# The weight of an old cell by its distance to where a new one takes its value.
INTERPOLATIONS = {"bilinear": _triangle, "bicubic": _cubic, "lanczos3": _lanczos(3.0), "lanczos5": _lanczos(5.0)}


def interpolation_matrix(old, new, scale, translation, interpolation, antialias=False):
    """The (new, old) matrix of weights: cell `x` of the old axis goes to `x * scale + translation`.

    The cells' centres are half a cell from the border. Each row sums to 1, but for new cells that lie outside the old
    axis, which are 0. `scale` and `translation` may be traced; `antialias` widens the weights when shrinking.
    """
    centres = ((np.arange(new) + 0.5) - translation) / scale - 0.5
    width = maximum(true_divide(1.0, scale), 1.0) if antialias else 1.0
    distances = absolute(expand_dims(centres, 1) - np.arange(old)) / width
    weights = INTERPOLATIONS[interpolation](distances)
    totals = sum(weights, 1, keepdims=True)
    weights = where(absolute(totals) > NEGLIGIBLE, weights / where(totals == 0, 1.0, totals), 0.0)
    inside = logical_and(centres >= -0.5, centres <= old - 0.5)
    return where(expand_dims(inside, 1), weights, 0.0)


def resize_matrix(old, new, interpolation, antialias=False):
    """The (new, old) matrix that resizes an axis of `old` cells to `new` ones."""
    return interpolation_matrix(old, new, np.asarray(new / old), 0.0, interpolation, antialias)


def resize_axis(x, axis, size, interpolation, antialias=False):
    """`x` with `size` cells along `axis`."""
    old = x.shape[axis]
    if isinstance(x, AbstractArray):
        return transform_axis(x, axis, np.broadcast_to(np.zeros((), x.dtype), (size, old)))  # numbers do not matter
    return transform_axis(x, axis, resize_matrix(old, size, interpolation, antialias))


def transform_axis(x, axis, matrix):
    """The product of `matrix` with every line of `x` along `axis`."""
    axis %= len(x.shape)
    shape = x.shape
    lines = reshape(x, (prod(shape[:axis]), shape[axis], prod(shape[axis + 1 :])))
    y = matmul(as_dtype(matrix, name_of(x.dtype)), lines)
    return reshape(y, (*shape[:axis], matrix.shape[0], *shape[axis + 1 :]))
