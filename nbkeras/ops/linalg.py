"""Linear algebra on the last two axes."""

import builtins
import math

import numpy as np

from nbkeras.ops.differentiation import jvp as jvp  # of this namespace in Keras
from nbkeras.ops.dispatch import op, run
from nbkeras.ops.dtypes import as_float, promoted
from nbkeras.ops.elementwise import absolute, where
from nbkeras.ops.reductions import axes_of, max, min, sum
from nbkeras.ops.shaping import expand_dims, moveaxis, swapaxes, tril, triu

__all__ = [
    "cholesky", "cholesky_inverse", "det", "eig", "eigh", "inv", "logdet", "lstsq", "lu_factor", "matrix_rank", "norm",
    "pinv", "qr", "slogdet", "solve", "solve_triangular", "svd",
]  # fmt: skip


@op
def cholesky(x, upper=False):
    """The triangular `l` with `l @ l.T == x`, for positive definite `x`; or its transpose."""
    y = run("cholesky", as_float(x))
    return swapaxes(y, -1, -2) if upper else y


@op
def cholesky_inverse(x, upper=False):
    """The inverse of the matrix whose Cholesky factor is `x`."""
    y = run("inv", as_float(x))
    t = swapaxes(y, -1, -2)
    return run("matmul", y, t) if upper else run("matmul", t, y)


@op
def det(x):
    """The determinant."""
    return run("det", as_float(x))


@op
def slogdet(x):
    """The sign of the determinant and the logarithm of its absolute value."""
    return run("slogdet", as_float(x))


@op
def logdet(x):
    """The logarithm of the determinant of a positive definite matrix."""
    return slogdet(x)[1]


@op
def eig(x):
    """Eigenvalues and eigenvectors (the columns), complex."""
    return run("eig", as_float(x))


@op
def eigh(x):
    """Eigenvalues in ascending order and eigenvectors (the columns) of a symmetric matrix."""
    return run("eigh", as_float(x))


@op
def inv(x):
    """The inverse of a square matrix."""
    return run("inv", as_float(x))


@op
def pinv(x, rcond=None):
    """The Moore–Penrose inverse; singular values below `rcond` times the largest count as zero."""
    u, s, vt = svd(x, full_matrices=False)
    if rcond is None:
        rcond = 10 * builtins.max(u.shape[-2], vt.shape[-1]) * float(np.finfo(np.dtype(str(s.dtype))).eps)
    small = s <= rcond * max(s, -1, keepdims=True)
    inverse = where(small, 0.0, 1 / where(small, 1.0, s))
    return run("matmul", swapaxes(vt, -1, -2) * inverse[..., None, :], swapaxes(u, -1, -2))


@op
def matrix_rank(x, tol=None):
    """How many singular values exceed `tol`."""
    x = as_float(x)
    s = svd(x, compute_uv=False)
    if tol is None:
        size = builtins.max(x.shape[-2], x.shape[-1])
        tol = max(s, -1, keepdims=True) * (size * float(np.finfo(np.dtype(str(s.dtype))).eps))
    return sum(s > tol, -1)


@op
def lstsq(a, b, rcond=None):
    """The `x` that makes `|a @ x - b|` smallest."""
    return run("lstsq", *promoted(as_float(a), as_float(b)), rcond=rcond)


@op
def lu_factor(x):
    """The triangular factors of a matrix whose rows are exchanged for the sake of large pivots.

    Returns:
        L below the diagonal (its own diagonal is 1) and U on and above it, in one matrix of the shape of `x`; and for
        each row in turn, int32, the row that it was exchanged with.
    """
    return run("lu", as_float(x))


@op
def qr(x, mode="reduced"):
    """An orthonormal `q` and an upper triangular `r` with `q @ r == x`."""
    if mode not in ("reduced", "complete"):
        raise ValueError(f"qr expects mode 'reduced' or 'complete', got {mode!r}")
    return run("qr", as_float(x), mode=mode)


@op
def solve(a, b):
    """The `x` with `a @ x == b`."""
    return run("solve", *promoted(as_float(a), as_float(b)))


@op
def solve_triangular(a, b, lower=False):
    """The `x` with `a @ x == b`, reading one triangle of `a` only."""
    a = tril(a) if lower else triu(a)
    return solve(a, b)


@op
def svd(x, full_matrices=True, compute_uv=True):
    """`u, s, vt` with `u @ diag(s) @ vt == x` and `s` descending; or `s` alone."""
    return run("svd", as_float(x), full_matrices=full_matrices, compute_uv=compute_uv)


@op
def norm(x, ord=None, axis=None, keepdims=False):
    """The norm of vectors (one axis) or matrices (two axes) by `ord`; by default the root of the sum of squares."""
    x = as_float(x)
    axis = axes_of(axis, len(x.shape))
    axes = tuple(range(len(x.shape))) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    if ord is None or (ord == 2 and len(axes) == 1) or (ord == "fro" and len(axes) == 2):
        return run("sqrt", sum(run("square", absolute(x)), axes, keepdims))
    if len(axes) == 1:
        return _vector_norm(x, ord, axes[0], keepdims)
    if len(axes) == 2:
        return _matrix_norm(x, ord, axes, keepdims)
    raise ValueError(f"norm of order {ord!r} expects one axis or two, got axis={axis}")


def _vector_norm(x, ord, axis, keepdims):
    x = absolute(x)
    if ord == math.inf:
        return max(x, axis, keepdims)
    if ord == -math.inf:
        return min(x, axis, keepdims)
    if ord == 0:
        return sum(run("cast", x != 0, dtype=str(x.dtype)), axis, keepdims)
    return sum(x**ord, axis, keepdims) ** (1 / ord)


def _matrix_norm(x, ord, axes, keepdims):
    if ord in (2, -2, "nuc"):
        s = svd(moveaxis(x, axes, (-2, -1)), compute_uv=False)
        y = sum(s, -1) if ord == "nuc" else max(s, -1) if ord == 2 else min(s, -1)
    elif ord in (1, -1, math.inf, -math.inf):
        x = moveaxis(absolute(x), axes, (-2, -1))
        sums = sum(x, -2 if ord in (1, -1) else -1)
        y = max(sums, -1) if ord > 0 else min(sums, -1)
    else:
        raise ValueError(f"norm of matrices expects ord None, 'fro', 'nuc', ±1, ±2 or ±inf, got {ord!r}")
    return expand_dims(y, axes) if keepdims else y
