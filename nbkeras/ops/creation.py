"""Ops that make arrays."""

import math

import numpy as np

from nbkeras import config
from nbkeras.ops.dispatch import op, run, sized
from nbkeras.ops.dtypes import as_dtype, as_float, as_tensor
from nbkeras.variables import computed_dtype

__all__ = [
    "arange", "array", "bartlett", "blackman", "empty", "empty_like", "eye", "full", "full_like", "geomspace",
    "hamming", "hanning", "identity", "kaiser", "linspace", "logspace", "ones", "ones_like", "tri", "vander",
    "zeros", "zeros_like",
]  # fmt: skip


def _shape(shape):
    return (int(shape),) if np.ndim(shape) == 0 else tuple(int(n) for n in shape)


@sized
def zeros(shape, dtype=None):
    """Zeros of `shape`; default dtype `floatx()`."""
    return run("full", 0, shape=_shape(shape), dtype=computed_dtype(dtype))


@sized
def ones(shape, dtype=None):
    """Ones of `shape`; default dtype `floatx()`."""
    return run("full", 1, shape=_shape(shape), dtype=computed_dtype(dtype))


@sized
def full(shape, fill_value, dtype=None):
    """`fill_value` in every cell of `shape`; default dtype `floatx()`."""
    return run("full", fill_value, shape=_shape(shape), dtype=computed_dtype(dtype))


@sized
def empty(shape, dtype=None):
    """An array of `shape` whose values mean nothing (here: zeros)."""
    return zeros(shape, dtype)


@op
def zeros_like(x, dtype=None):
    """Zeros of the shape, and by default the dtype, of `x`."""
    return full_like(x, 0, dtype)


@op
def ones_like(x, dtype=None):
    """Ones of the shape, and by default the dtype, of `x`."""
    return full_like(x, 1, dtype)


@op
def full_like(x, fill_value, dtype=None):
    """`fill_value` in the shape, and by default the dtype, of `x`."""
    x = as_tensor(x)
    return run("full", fill_value, shape=tuple(x.shape), dtype=computed_dtype(dtype or x.dtype))


@op
def empty_like(x, dtype=None):
    """An array of the shape of `x` whose values mean nothing (here: zeros)."""
    return zeros_like(x, dtype)


@op
def array(x, dtype=None):
    """`x` as an array of `dtype`."""
    x = as_tensor(x)
    return x if dtype is None else as_dtype(x, computed_dtype(dtype))


@op
def arange(start, stop=None, step=None, dtype=None):
    """Numbers from `start` (0 if only one number is given) up to, without, `stop`."""
    start, stop = (0, start) if stop is None else (start, stop)
    step = 1 if step is None else step
    if dtype is None:
        whole = all(isinstance(v, (int, np.integer)) for v in (start, stop, step))
        dtype = "int32" if whole else config.floatx()
    return run("arange", start=start, stop=stop, step=step, dtype=computed_dtype(dtype))


@op
def linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0):
    """`num` evenly spaced numbers from `start` to `stop`, with or without the end."""
    start, stop = as_float(start), as_float(stop)
    steps = num - 1 if endpoint else num
    step = (stop - start) / steps if steps else (stop - start) * math.nan
    share = np.arange(num).reshape(-1, *[1] * max(len(start.shape), len(stop.shape)))
    share = as_dtype(share / max(steps, 1), start.dtype)
    y = start * (1 - share) + stop * share
    if axis != 0:
        y = run("transpose", y, axes=_to(axis, len(y.shape)))
    y = y if dtype is None else as_dtype(y, computed_dtype(dtype))
    return (y, step) if retstep else y


def _to(axis, n):
    rest = list(range(1, n))
    rest.insert(axis % n, 0)
    return tuple(rest)


@op
def logspace(start, stop, num=50, endpoint=True, base=10, dtype=None, axis=0):
    """`base` to the power of evenly spaced numbers."""
    y = run("exp", linspace(start, stop, num, endpoint, axis=axis) * math.log(base))
    return y if dtype is None else as_dtype(y, computed_dtype(dtype))


@op
def geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    """`num` numbers from `start` to `stop`, each a fixed multiple of the one before (both positive)."""
    y = run("exp", linspace(run("log", as_float(start)), run("log", as_float(stop)), num, endpoint, axis=axis))
    return y if dtype is None else as_dtype(y, computed_dtype(dtype))


@op
def eye(N, M=None, k=0, dtype=None):
    """Ones on diagonal `k` of an `N` × `M` matrix (square by default), zeros elsewhere."""
    return as_dtype(np.eye(N, M, k, dtype=bool), computed_dtype(dtype))


@op
def identity(n, dtype=None):
    """The `n` × `n` identity matrix."""
    return eye(n, dtype=dtype)


@op
def tri(N, M=None, k=0, dtype=None):
    """Ones on and below diagonal `k` of an `N` × `M` matrix, zeros above."""
    return as_dtype(np.tri(N, M, k, dtype=bool), computed_dtype(dtype))


@op
def vander(x, N=None, increasing=False):
    """The powers of the vector `x` as columns, `N` of them, by default from the highest down to 0."""
    x = as_tensor(x)
    n = x.shape[0] if N is None else N
    powers = np.arange(n, dtype=np.int32) if increasing else np.arange(n, dtype=np.int32)[::-1]
    return run("power", run("reshape", x, shape=(x.shape[0], 1)), as_dtype(powers, x.dtype))


@op
def bartlett(x):
    """The triangular window of `x` points."""
    return as_dtype(np.bartlett(int(x)), config.floatx())


@op
def blackman(x):
    """The Blackman window of `x` points."""
    return as_dtype(np.blackman(int(x)), config.floatx())


@op
def hamming(x):
    """The Hamming window of `x` points."""
    return as_dtype(np.hamming(int(x)), config.floatx())


@op
def hanning(x):
    """The Hann window of `x` points."""
    return as_dtype(np.hanning(int(x)), config.floatx())


@op
def kaiser(x, beta):
    """The Kaiser window of `x` points and shape `beta`."""
    return as_dtype(np.kaiser(int(x), float(beta)), config.floatx())
