"""Resizing along one axis: every new cell is a weighted sum of old ones, so an axis is resized by one matrix."""

from math import prod

import numpy as np

from nbkeras import ops
from nbkeras.backends.abstract import AbstractArray

__all__ = ["INTERPOLATIONS", "resize_axis", "resize_matrix"]


def _triangle(x):
    return np.maximum(0, 1 - np.abs(x))


def _cubic(x):
    """Keys' cubic with a = -1/2."""
    x = np.abs(x)
    near = (1.5 * x - 2.5) * x * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x < 1, near, np.where(x < 2, far, 0))


def _lanczos(radius):
    return lambda x: np.where(np.abs(x) < radius, np.sinc(x) * np.sinc(x / radius), 0)


INTERPOLATIONS = {"bilinear": _triangle, "bicubic": _cubic, "lanczos3": _lanczos(3), "lanczos5": _lanczos(5)}


def resize_matrix(old, new, interpolation):
    """The (new, old) matrix of weights; the cells' centres are half a cell from the border, and each row sums to 1."""
    centres = (np.arange(new) + 0.5) * old / new - 0.5
    weights = INTERPOLATIONS[interpolation](centres[:, None] - np.arange(old))
    return weights / weights.sum(1, keepdims=True)


def resize_axis(x, axis, size, interpolation):
    """`x` with `size` cells along `axis`."""
    shape = x.shape
    if isinstance(x, AbstractArray):
        matrix = np.broadcast_to(np.zeros((), x.dtype), (size, shape[axis]))  # for shapes its numbers are no matter
    else:
        matrix = resize_matrix(shape[axis], size, interpolation).astype(str(x.dtype))
    rows = ops.reshape(x, (prod(shape[:axis]), shape[axis], prod(shape[axis + 1 :])))
    return ops.reshape(ops.matmul(matrix, rows), (*shape[:axis], size, *shape[axis + 1 :]))
