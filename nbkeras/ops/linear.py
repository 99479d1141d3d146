"""Products of arrays."""

import numpy as np

from nbkeras.operators import OPS
from nbkeras.ops.dispatch import fused, op, run
from nbkeras.ops.dtypes import as_dtype, as_float, as_tensor, promoted, result_type
from nbkeras.ops.reductions import axes_of, mean, sum
from nbkeras.ops.shaping import expand_dims, moveaxis, ravel, reshape, swapaxes

__all__ = [
    "cdist", "corrcoef", "correlate", "cross", "dense", "dot", "einsum", "inner", "kron", "matmul", "outer",
    "tensordot", "vdot",
]  # fmt: skip


@op
def matmul(x1, x2):
    """The product of matrices (the last two axes), vectors, or stacks of matrices that broadcast."""
    return run("matmul", *promoted(as_tensor(x1), as_tensor(x2)))


@op
def dot(x1, x2):
    """The sum of products over the last axis of `x1` and the last but one of `x2`."""
    x1, x2 = promoted(as_tensor(x1), as_tensor(x2))
    if not len(x1.shape) or not len(x2.shape):
        return run("multiply", x1, x2)
    if len(x2.shape) <= 2:
        return run("matmul", x1, x2)
    return tensordot(x1, x2, ((-1,), (-2,)))


@op
def vdot(x1, x2):
    """The sum of products of all elements, those of `x1` conjugated."""
    return run("matmul", run("conj", ravel(x1)), ravel(x2))


@op
def inner(x1, x2):
    """The sum of products over the last axes."""
    x1, x2 = promoted(as_tensor(x1), as_tensor(x2))
    if not len(x1.shape) or not len(x2.shape):
        return run("multiply", x1, x2)
    return tensordot(x1, x2, ((-1,), (-1,)))


@op
def outer(x1, x2):
    """The products of every element of `x1` with every element of `x2`."""
    return run("multiply", *promoted(reshape(x1, (-1, 1)), reshape(x2, (1, -1))))


@op
def tensordot(x1, x2, axes=2):
    """The sum of products over `axes`: a number (last of `x1`, first of `x2`) or a pair of axes or of lists of them."""
    x1, x2 = promoted(as_tensor(x1), as_tensor(x2))
    n1, n2 = len(x1.shape), len(x2.shape)
    if isinstance(axes, int):
        axes = (tuple(range(n1 - axes, n1)), tuple(range(axes)))
    first, second = (axes_of(a if isinstance(a, (list, tuple)) else (a,), n) for a, n in zip(axes, (n1, n2)))
    rest1 = [a for a in range(n1) if a not in first]
    rest2 = [a for a in range(n2) if a not in second]
    shape = [x1.shape[a] for a in rest1] + [x2.shape[a] for a in rest2]
    inside = 1
    for a in first:
        inside *= x1.shape[a]
    a = reshape(run("transpose", x1, axes=(*rest1, *first)), (-1, inside))
    b = reshape(run("transpose", x2, axes=(*second, *rest2)), (inside, -1))
    return reshape(run("matmul", a, b), shape)


@op
def einsum(subscripts, *operands, **kwargs):
    """Sums of products by Einstein's convention, e.g. `einsum("bij,bjk->bik", a, b)`."""
    operands = [as_tensor(x) for x in operands]
    dtype = result_type(*(x.dtype for x in operands))
    operands = [as_dtype(x, dtype) for x in operands]
    return run("einsum", *operands, subscripts=_explicit(subscripts, [len(x.shape) for x in operands]))


def _explicit(subscripts, ranks):
    """`subscripts` with the result spelt out and letters for `...`."""
    subscripts = subscripts.replace(" ", "")
    terms, arrow, result = subscripts.partition("->")
    terms = terms.split(",")
    if not arrow:
        letters = "".join(terms).replace(".", "")
        result = "..." * ("..." in subscripts) + "".join(sorted(c for c in set(letters) if letters.count(c) == 1))
    spare = [c for c in "ZYXWVUTSRQPONMLKJIHGFEDCBA" if c not in subscripts]
    hidden = [rank - len(t.replace("...", "")) if "..." in t else 0 for t, rank in zip(terms, ranks)]
    widest = max(hidden)
    dots = "".join(spare[:widest])
    if len({h for h, t in zip(hidden, terms) if "..." in t}) > 1:
        raise NotImplementedError(f"einsum expects '...' to stand for as many axes everywhere, in {subscripts!r}")
    return ",".join(t.replace("...", dots) for t in terms) + "->" + result.replace("...", dots)


@fused
def dense(x, kernel, bias, *, activation=None):
    """`activation(x @ kernel + bias)` over the last axis; `bias` may be None, `activation` is the name of an op."""
    y = run("matmul", x, kernel)
    y = y if bias is None else run("add", y, bias)
    return y if activation in (None, "linear") else OPS[activation](y)


@op
def cross(x1, x2, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """The cross product of vectors of three (or two) components."""
    if axis is not None:
        axisa = axisb = axisc = axis
    x1, x2 = promoted(moveaxis(x1, axisa, -1), moveaxis(x2, axisb, -1))
    a, b = ([v[..., i] if i < v.shape[-1] else 0 for i in range(3)] for v in (x1, x2))
    z = a[0] * b[1] - a[1] * b[0]
    if x1.shape[-1] == x2.shape[-1] == 2:
        return z
    parts = [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], z]
    return moveaxis(OPS["stack"](parts, -1), -1, axisc)


@op
def kron(x1, x2):
    """The Kronecker product: every element of `x1` times all of `x2`, as blocks."""
    x1, x2 = promoted(as_tensor(x1), as_tensor(x2))
    n = max(len(x1.shape), len(x2.shape))
    a = [1] * (n - len(x1.shape)) + list(x1.shape)
    b = [1] * (n - len(x2.shape)) + list(x2.shape)
    y = reshape(x1, [m for size in a for m in (size, 1)]) * reshape(x2, [m for size in b for m in (1, size)])
    return reshape(y, [p * q for p, q in zip(a, b)])


@op
def correlate(x1, x2, mode="valid"):
    """The cross-correlation of two vectors; `mode` is `"valid"`, `"same"` or `"full"`."""
    x1, x2 = promoted(as_float(x1), as_float(x2))
    n, m = x1.shape[0], x2.shape[0]
    if mode == "valid" and m > n:
        return run("flip", correlate(x2, x1), axis=(0,))
    padded = run("pad", x1, widths=((m - 1, m - 1),), mode="constant", value=0)
    windows = run("take", padded, np.arange(n + m - 1)[:, None] + np.arange(m), axis=0)
    y = run("matmul", windows, x2)
    if mode == "full":
        return y
    length = max(n, m) if mode == "same" else n - m + 1
    start = (min(n, m) - 1) // 2 if mode == "same" else m - 1
    if mode == "same" and m > n:
        start = n - 1 - (n - 1) // 2 if n % 2 == 0 else start
    return y[start : start + length]


@op
def corrcoef(x):
    """The correlation coefficients of the rows of `x`."""
    x = as_float(x)
    x = x - mean(x, -1, keepdims=True)
    covariance = run("matmul", x, swapaxes(x, 0, 1))
    spread = run("sqrt", OPS["diagonal"](covariance))
    return covariance / spread / expand_dims(spread, -1)


@op
def cdist(x, y):
    """The Euclidean distances between the rows of `x` and of `y`."""
    difference = expand_dims(as_float(x), -2) - expand_dims(as_float(y), -3)
    return run("sqrt", sum(run("square", difference), -1))
