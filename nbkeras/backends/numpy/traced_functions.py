"""How calls of NumPy's functions on traced arrays, and of the methods of these, are recorded."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from nbkeras.backends.numpy.traced import Traced, Untraceable, found, must_be_traced, plain
from nbkeras.backends.numpy.traced_ufuncs import reduce

__all__: list[str] = []


def _record(self, function, types, args, kwargs):
    special = SPECIAL.get(function)
    if special is not None:
        return special(self.recorder, *args, **kwargs)
    if function not in PLAIN:
        raise Untraceable(f"numpy.{function.__name__}")
    return self.recorder.run(function, args, kwargs)


Traced.__array_function__ = _record  # type: ignore[attr-defined]


def _reduction(ufunc):
    def record(recorder, x, axis=None, dtype=None, out=None, keepdims=False, **kwargs):
        return reduce(recorder, ufunc, x, axis=axis, dtype=dtype, out=out, keepdims=keepdims, **kwargs)

    return record


def _mean(recorder, x, axis=None, dtype=None, out=None, keepdims=False, **kwargs):
    """As NumPy does it: the sum, divided by the count."""
    if dtype is not None or out is not None or kwargs or x.dtype.kind != "f" or x.dtype.itemsize < 4:
        raise Untraceable("numpy.mean with dtype or out")
    total = reduce(recorder, np.add, x, axis, keepdims=keepdims)
    return np.true_divide(total, x.dtype.type(x.size // max(total.size, 1)), out=total)


def _dot(recorder, a, b, out=None):
    x, y = plain(a), plain(b)
    traced = found((a, b))
    dot = np.ndarray.dot  # 0.2 µs faster than `numpy.dot`, which looks for somebody else's arrays
    if type(x) is not np.ndarray:
        raise Untraceable("numpy.dot of a number")
    if out is not None:
        dot(x, y, must_be_traced(out).array)
        recorder.note(dot, (x, y, out.array), {}, out, traced)
        return out
    return recorder.keep(dot(x, y), dot, (), {}, traced, lambda target: ((x, y, target), {}))


def _concatenate(recorder, arrays, axis=0):
    """As copies into the parts of the result, each of which may turn out to be unnecessary."""
    shape = np.concatenate(plain(arrays), axis)
    out, start = recorder.allocate(shape.shape, shape.dtype), 0
    axis %= out.ndim
    for a in arrays:
        part = out.view_of(out.array[(slice(None),) * axis + (slice(start, start + a.shape[axis]),)])
        recorder.copy(part, plain(a), found((a,)))
        start += a.shape[axis]
    return out


def _clip(recorder, x, low, high):
    """As the bound from below and then that from above, which take a third of the time of `numpy.clip`."""
    x = x if low is None else np.maximum(x, low)
    return x if high is None else np.minimum(x, high)


def _copyto(recorder, target, source, casting="same_kind", where=True):
    if where is not True:
        raise Untraceable("numpy.copyto with where")
    recorder.copy(must_be_traced(target), plain(source), found((source,)))


def _filled_like(value):
    def make(recorder, like, dtype=None, shape=None):
        shape = like.shape if shape is None else shape
        return recorder.filled(shape, like.dtype if dtype is None else dtype, value)

    return make


def _empty_like(recorder, like, dtype=None, shape=None):
    return recorder.allocate(like.shape if shape is None else shape, like.dtype if dtype is None else dtype)


def _full_like(recorder, like, value, dtype=None):
    out = recorder.allocate(like.shape, like.dtype if dtype is None else dtype)
    out[...] = value
    return out


def _put_along_axis(recorder, target, indices, values, axis):
    must_be_traced(target)
    args = (target.array, plain(indices), plain(values), axis)
    np.put_along_axis(*args)
    recorder.note(np.put_along_axis, args, {}, target, [*found((indices, values)), target])


def _broadcast_to(recorder, x, shape):
    return x.view_of(np.broadcast_to(x.array, shape))


def _reshape(recorder, x, shape):
    return x.reshape(shape)


def _shape_of(name):
    return lambda recorder, x: getattr(x.array, name)


REDUCTIONS = {
    np.sum: np.add, np.prod: np.multiply, np.max: np.maximum, np.min: np.minimum, np.amax: np.maximum,
    np.amin: np.minimum, np.any: np.logical_or, np.all: np.logical_and,
}  # fmt: skip
SPECIAL = {
    **{function: _reduction(ufunc) for function, ufunc in REDUCTIONS.items()},
    np.mean: _mean,
    np.dot: _dot,
    np.concatenate: _concatenate,
    np.clip: _clip,
    np.copyto: _copyto,
    np.zeros_like: _filled_like(0),
    np.ones_like: _filled_like(1),
    np.empty_like: _empty_like,
    np.full_like: _full_like,
    np.put_along_axis: _put_along_axis,
    np.broadcast_to: _broadcast_to,
    np.reshape: _reshape,
    np.ravel: lambda recorder, x: x.reshape(-1),
    np.copy: lambda recorder, x: x.copy(),
    np.shape: _shape_of("shape"),
    np.ndim: _shape_of("ndim"),
    np.result_type: lambda recorder, *args: np.result_type(*plain(args)),
}
# The shape of what these return depends on the shapes of what they are given, never on the numbers.
PLAIN = {
    np.argmax, np.argmin, np.argsort, np.array_split, np.cross, np.cumprod, np.cumsum, np.diagonal, np.diff,
    np.einsum, np.expand_dims, np.flip, np.fliplr, np.flipud, np.inner, np.isclose, np.linalg.cholesky, np.linalg.det,
    np.linalg.eigh, np.linalg.inv, np.linalg.norm, np.linalg.solve, np.matvec if hasattr(np, "matvec") else np.vdot,
    np.moveaxis, np.nan_to_num, np.outer, np.pad, np.ptp, np.repeat, np.roll, np.rot90, np.searchsorted, np.sort,
    np.split, np.squeeze, np.stack, np.std, np.swapaxes, np.take, np.take_along_axis, np.tensordot, np.tile, np.trace,
    np.transpose, np.tril, np.triu, np.var, np.where, np.real, np.imag, np.round, sliding_window_view,
    np.hstack, np.vstack, np.dstack, np.column_stack, np.atleast_1d, np.atleast_2d, np.atleast_3d, np.meshgrid,
    np.linalg.slogdet, np.linalg.qr, np.linalg.svd, np.average, np.median, np.fft.fft, np.fft.ifft,
}  # fmt: skip


def _method(name):
    def call(self, *args, **kwargs):
        return self.recorder.run(getattr(np.ndarray, name), (self, *args), kwargs)

    return call


METHODS = "argmax argmin cumprod cumsum diagonal repeat round squeeze std swapaxes take trace transpose var"
for _name in METHODS.split():
    setattr(Traced, _name, _method(_name))
for _function, _ufunc in REDUCTIONS.items():
    setattr(Traced, _function.__name__, lambda self, *a, u=_ufunc, **k: _reduction(u)(self.recorder, self, *a, **k))
setattr(Traced, "clip", lambda self, low, high: _clip(self.recorder, self, low, high))  # noqa: B010
setattr(Traced, "mean", lambda self, *a, **k: _mean(self.recorder, self, *a, **k))  # noqa: B010 - as its neighbours
