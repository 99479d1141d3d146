"""Arrays as native kernels take and give them."""

from math import prod

import numpy as np

from nbkeras.backends.numpy import native
from nbkeras.backends.numpy.recordable import empty, in_place

__all__ = ["readable", "run"]


def readable(a):
    """`a` as C reads it: floats in float32, and elements in the order of their indices."""
    if a is None:
        return None
    a = a.astype(np.float32, copy=False) if a.dtype.kind == "f" else a
    return a if a.flags.c_contiguous else a.copy()


def run(name, shapes, arrays, numbers):
    """The arrays of these shapes that the native kernel writes, one after the other, to one piece of memory."""
    sizes = [prod(shape) for shape in shapes]
    memory = empty((sum(sizes),), np.float32)
    in_place(native.kernel(name))(memory, *map(readable, arrays), *map(int, numbers))
    starts = [sum(sizes[:i]) for i in range(len(sizes))]
    return [memory[start : start + n].reshape(shape) for start, n, shape in zip(starts, sizes, shapes)]
