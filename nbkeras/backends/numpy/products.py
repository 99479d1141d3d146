"""Products of two matrices, by the native kernel where it is the faster one.

Recorded or not, a product takes the same way, so that a replayed step has the bits of a step that ran.
"""

import numpy as np

from nbkeras.backends.numpy import native
from nbkeras.backends.numpy.recordable import empty, in_place

__all__ = ["dot"]

# Products of numbers in one matrix product up to which the native kernel is no slower than OpenBLAS 0.3.31 on one
# thread: with AVX-512 0.9 to 1.2 times as fast at the sizes of layers, with AVX2 only where the call itself counts.
MOST = {"avx512": 1 << 26, "avx2": 1 << 20, "baseline": 1 << 20}


def dot(a, b):
    """`numpy.dot` of vectors and matrices."""
    kernel = native.kernel("dot_f4")
    if kernel is None or not _takes(a) or not _takes(b) or a.shape[-1] != b.shape[0]:
        return np.dot(a, b)
    (m, *rows), (n, *columns) = _rows(a), _columns(b)
    inner = len(b)
    if not 0 < m * n * inner <= MOST[native.variant()]:
        return np.dot(a, b)
    y = empty((*a.shape[:-1], *b.shape[1:]), np.float32)
    in_place(kernel)(y, a, b, m, n, inner, *rows, *columns)
    return y


def _takes(x):
    return x.dtype == np.float32 and x.ndim in (1, 2) and not any(step % 4 for step in x.strides)


def _rows(a):
    """The number of rows of `a`, and its strides in numbers."""
    return (len(a), a.strides[0] // 4, a.strides[1] // 4) if a.ndim == 2 else (1, 0, a.strides[0] // 4)


def _columns(b):
    """The number of columns of `b`, and its strides in numbers."""
    return (b.shape[1], b.strides[0] // 4, b.strides[1] // 4) if b.ndim == 2 else (1, b.strides[0] // 4, 1)
