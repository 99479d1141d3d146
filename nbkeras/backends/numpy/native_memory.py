"""Arrays as native kernels take and give them."""

from math import prod

import numpy as np

from nbkeras.backends.numpy import native
from nbkeras.backends.numpy.recordable import empty, in_place

__all__ = ["call", "memory_of", "readable", "run"]


def readable(a):
    """`a` as C reads it: floats in float32, and elements in the order of their indices."""
    if a is None:
        return None
    a = a.astype(np.float32, copy=False) if a.dtype.kind == "f" else a
    return a if a.flags.c_contiguous else a.copy()


def memory_of(*shapes):
    """Memory for float32 arrays of these shapes, one after the other, and the arrays."""
    memory, parts, start = empty(sum(map(prod, shapes)), np.float32), [], 0
    for shape in shapes:
        parts.append(memory[start : start + prod(shape)].reshape(shape))
        start += prod(shape)
    return memory, parts


def call(name, target, *args):
    """Has the native kernel `name` write to `target` what it makes of `args`, arrays (or None) and then numbers."""
    args = [int(a) if isinstance(a, (int, np.integer)) else readable(a) for a in args]
    in_place(native.kernel(name))(target, *args)
    return target


def run(name, shapes, arrays, numbers):
    """The arrays of these shapes that the native kernel `name` writes."""
    memory, parts = memory_of(*shapes)
    call(name, memory, *arrays, *numbers)
    return parts
