"""Arrays that note every NumPy call on them, so that the calls can run again without the Python around them.

A `Traced` array stands for a fixed piece of memory. NumPy's protocols hand each call on it to `Recorder`, which runs it
at once, keeps its result in memory of its own, and notes `(function, arguments, result)`. A view is made once and needs
no note. Whatever would take numbers out of the record, to branch on them or to write them elsewhere, raises
`Untraceable`; so a record that came to its end is complete.
"""

import itertools
import threading
from functools import partial

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.lib.stride_tricks import sliding_window_view

__all__ = ["Call", "Recorder", "Traced", "Untraceable", "active", "found", "must_be_traced", "plain"]

ALIGNMENT = 64  # bytes: a cache line, and the width of the widest vector registers
POOLED = 4096  # bytes: smaller results keep their memory to themselves, which lets more of them be written in place


class _Active(threading.local):
    recorder = None


active = _Active()


class Untraceable(Exception):
    """The step depends on its numbers in a way that no straight line of calls can repeat."""


class Memory:
    """One piece of memory; all views of it share this object, and the last of them gives it back."""

    __slots__ = ("block", "filled", "life", "pool", "writes")
    lives = itertools.count()

    def __init__(self, block, pool=None):
        self.block = block
        self.life = next(Memory.lives)  # a block that was given back begins another one
        self.pool = pool
        self.writes = 0
        self.filled = False  # whether the first write was one number everywhere

    def __del__(self):
        if self.pool is not None and not (self.filled and self.writes == 1):
            self.pool.setdefault(self.block.nbytes, []).append(self.block)


class Call:
    """One NumPy call, `function(*args, **kwargs)`."""

    __slots__ = ("args", "function", "kwargs", "out", "reads", "writes")

    def __init__(self, function, args, kwargs, out, writes, reads):
        self.function = function
        self.args = args
        self.kwargs = kwargs
        self.out = out  # the array that it writes; None for a check
        self.writes = writes  # (life, block) of the memory of `out`
        self.reads = reads  # the same for what it reads


class Recorder:
    """Runs calls and notes them."""

    def __init__(self):
        self.calls = []
        self._pool = {}

    def __enter__(self):
        self._outer, active.recorder = active.recorder, self
        return self

    def __exit__(self, *error):
        active.recorder = self._outer

    def wrap(self, array):
        """`array`, whose memory the caller owns, as a traced one."""
        return Traced(array, Memory(array if array.base is None else array.base), self)

    def allocate(self, shape, dtype, order=None, fresh=False):
        """Memory for an array; `order` lists the axes from the slowest to the fastest, by default as in C."""
        dtype = np.dtype(dtype)
        size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
        free = None if fresh else self._pool.get(size)
        block = free.pop() if free else _aligned(size)
        order = range(len(shape)) if order is None else order
        array = block.view(dtype).reshape([shape[axis] for axis in order]).transpose(np.argsort(order))
        return Traced(array, Memory(block, self._pool if size >= POOLED else None), self)

    def filled(self, shape, dtype, value):
        """Memory that holds one number everywhere; fresh, so that it is filled once if nothing else writes to it."""
        result = self.allocate(shape, dtype, fresh=True)
        result.memory.filled = True
        self.note(np.ndarray.fill, (result.array, np.dtype(dtype).type(value)), {}, result)
        result.array.fill(value)
        return result

    def note(self, function, args, kwargs, out, traced=()):
        """Notes a call that has run."""
        array = writes = None
        if out is not None:
            out.memory.writes += 1
            array, writes = out.array, (out.memory.life, out.memory.block)
        reads = [(t.memory.life, t.memory.block) for t in traced]
        self.calls.append(Call(function, args, kwargs, array, writes, reads))

    def keep(self, result, function, args, kwargs, traced, direct):
        """`result`, which `function(*args)` has computed, in memory of its own.

        Args:
            direct: a function from the array that is to be written to the arguments and the keywords that make
                `function` write there, or `None` if it cannot, and its result is to be copied.
        """
        result = np.asarray(result)
        order = sorted(range(result.ndim), key=lambda axis: -abs(result.strides[axis]))
        out = self.allocate(result.shape, result.dtype, order)
        out.array[...] = result
        if direct is not None:
            args, more = direct(out.array)
            self.note(function, args, {**kwargs, **more}, out, traced)
        else:
            self.note(_into, (out.array, partial(function, **kwargs) if kwargs else function, *args), {}, out, traced)
        return out

    def copy(self, target, source, traced):
        """Notes and does `target[...] = source`."""
        np.copyto(target.array, source, casting="unsafe")
        self.note(np.copyto, (target.array, source), {"casting": "unsafe"}, target, traced)


def _aligned(size):
    memory = np.empty(size + ALIGNMENT, np.uint8)
    start = -memory.ctypes.data % ALIGNMENT
    return memory[start : start + size]


def _into(out, function, *args):
    out[...] = function(*args)


class Traced(NDArrayOperatorsMixin):
    """An array of a step that is being recorded; kernels take it for an `ndarray`."""

    __slots__ = ("__weakref__", "array", "memory", "recorder")

    def __init__(self, array, memory, recorder):
        self.array = array
        self.memory = memory
        self.recorder = recorder

    shape = property(lambda self: self.array.shape)
    dtype = property(lambda self: self.array.dtype)
    ndim = property(lambda self: self.array.ndim)
    size = property(lambda self: self.array.size)
    itemsize = property(lambda self: self.array.itemsize)
    nbytes = property(lambda self: self.array.nbytes)
    strides = property(lambda self: self.array.strides)
    flags = property(lambda self: self.array.flags)
    T = property(lambda self: self.view_of(self.array.T))

    def __len__(self):
        return len(self.array)

    def __iter__(self):
        return (self[i] for i in range(len(self.array)))

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **kwargs):
        if out is not None:
            out = out[0]
        if method == "__call__" and ufunc.nout == 1:
            return _call_ufunc(self.recorder, ufunc, inputs, out, kwargs)
        if method == "reduce":
            return _reduce(self.recorder, ufunc, *inputs, out=out, **kwargs)
        if method == "at":
            return _at(self.recorder, ufunc, *inputs)
        if out is None:
            return _general(self.recorder, getattr(ufunc, method), inputs, kwargs)
        raise Untraceable(f"numpy.{ufunc.__name__}.{method} with out=")

    def __array_function__(self, function, types, args, kwargs):
        special = SPECIAL.get(function)
        if special is not None:
            return special(self.recorder, *args, **kwargs)
        if function not in PLAIN:
            raise Untraceable(f"numpy.{function.__name__}")
        return _general(self.recorder, function, args, kwargs)

    def __getitem__(self, key):
        return _general(self.recorder, _getitem, (self, _checked_key(key)), {})

    def __setitem__(self, key, value):
        key = plain(_checked_key(key))
        if _is_basic(key):
            part = self.array[key] if key != () else self.array
            self.recorder.copy(self.view_of(part), plain(value), found(value))
        else:
            self.array[key] = plain(value)
            self.recorder.note(_setitem, (self.array, key, plain(value)), {}, self, found((self, key, value)))

    def __pow__(self, exponent):
        """With the exponents for which the arrays of NumPy have a faster function."""
        faster = POWERS.get(exponent) if type(exponent) in (int, float) and self.dtype.kind == "f" else None
        return np.power(self, exponent) if faster is None else faster(self)

    def view_of(self, array):
        """`array`, which lies in the same memory, as a traced one."""
        return Traced(array, self.memory, self.recorder)

    def astype(self, dtype, copy=True):
        if self.dtype == dtype and not copy:
            return self
        order = sorted(range(self.ndim), key=lambda axis: -abs(self.strides[axis]))
        out = self.recorder.allocate(self.shape, dtype, order)
        self.recorder.copy(out, self.array, [self])
        return out

    def copy(self):
        out = self.recorder.allocate(self.shape, self.dtype)
        self.recorder.copy(out, self.array, [self])
        return out

    flatten = property(lambda self: lambda: self.copy().reshape(-1))

    def reshape(self, *shape, order="C"):
        if order != "C":
            raise Untraceable(f"reshape in order {order}")
        shape = shape[0] if len(shape) == 1 else shape
        result = self.array.reshape(shape)
        if np.may_share_memory(result, self.array):
            return self.view_of(result)
        return self.copy().reshape(shape)

    def ravel(self):
        return self.reshape(-1)

    def view(self, dtype):
        return self.view_of(self.array.view(dtype))

    def fill(self, value):
        self[...] = value

    def dot(self, other):
        return np.dot(self, other)

    def _leaves_the_record(self, *args, **kwargs):
        raise Untraceable("its numbers are looked at")

    __bool__ = __float__ = __int__ = __index__ = __complex__ = __array__ = _leaves_the_record
    item = tolist = nonzero = tobytes = __format__ = _leaves_the_record
    __hash__ = object.__hash__


def _method(name):
    def call(self, *args, **kwargs):
        return _general(self.recorder, getattr(np.ndarray, name), (self, *args), kwargs)

    return call


METHODS = "argmax argmin cumprod cumsum diagonal repeat round squeeze std swapaxes take trace transpose var"
for _name in METHODS.split():
    setattr(Traced, _name, _method(_name))


def _reduction(ufunc):
    def reduce(recorder, x, axis=None, dtype=None, out=None, keepdims=False, **kwargs):
        return _reduce(recorder, ufunc, x, axis=axis, dtype=dtype, out=out, keepdims=keepdims, **kwargs)

    return reduce


def _reduce(recorder, ufunc, x, axis=0, dtype=None, out=None, keepdims=False, **kwargs):
    keepdims = keepdims is True
    kwargs = {k: v for k, v in kwargs.items() if v is not np._NoValue}
    if kwargs or type(x) is not Traced:
        raise Untraceable(f"numpy.{ufunc.__name__}.reduce with {', '.join(kwargs) or 'no traced array'}")
    result = ufunc.reduce(x.array, axis, dtype, None, keepdims)
    if out is None and ufunc in KEEP_ONE and np.size(result) == x.size and np.asarray(result).dtype == x.dtype:
        return _same_numbers(recorder, x, np.shape(result))
    if out is not None:
        must_be_traced(out).array[...] = result
        recorder.note(ufunc.reduce, (x.array, axis, dtype, out.array, keepdims), {}, out, [x])
        return out
    return recorder.keep(
        result, ufunc.reduce, (), {}, [x], lambda target: ((x.array, axis, dtype, target, keepdims), {})
    )


def _same_numbers(recorder, x, shape):
    """A copy, which the program may find unnecessary."""
    out = recorder.allocate(shape, x.dtype)
    recorder.copy(out.view_of(out.array.reshape(x.shape)), x.array, [x])
    return out


KEEP_ONE = (np.add, np.multiply, np.maximum, np.minimum)  # the reduction of one number is that number


def _mean(recorder, x, axis=None, dtype=None, out=None, keepdims=False, **kwargs):
    """As NumPy does it: the sum, divided by the count."""
    if dtype is not None or out is not None or kwargs or x.dtype.kind != "f" or x.dtype.itemsize < 4:
        raise Untraceable("numpy.mean with dtype or out")
    total = _reduce(recorder, np.add, x, axis, keepdims=keepdims)
    return np.true_divide(total, x.dtype.type(x.size // max(total.size, 1)), out=total)


REDUCTIONS = {
    np.sum: np.add, np.prod: np.multiply, np.max: np.maximum, np.min: np.minimum, np.amax: np.maximum,
    np.amin: np.minimum, np.any: np.logical_or, np.all: np.logical_and,
}  # fmt: skip
for _function, _ufunc in REDUCTIONS.items():
    setattr(Traced, _function.__name__, lambda self, *a, u=_ufunc, **k: _reduction(u)(self.recorder, self, *a, **k))
setattr(Traced, "clip", lambda self, low, high: _clip(self.recorder, self, low, high))  # noqa: B010
setattr(Traced, "mean", lambda self, *a, **k: _mean(self.recorder, self, *a, **k))  # noqa: B010 - as its neighbours


def _call_ufunc(recorder, ufunc, inputs, out, kwargs):
    traced = found((inputs, kwargs))
    arrays = _constants(ufunc, [plain(i) for i in inputs], kwargs)
    kwargs = plain(kwargs)
    if out is None and _is_by_one(ufunc, inputs, arrays):
        return _same_numbers(recorder, inputs[0], inputs[0].shape)
    if out is None:
        result = ufunc(*arrays, **kwargs)
        return recorder.keep(result, ufunc, (), kwargs, traced, lambda target: _writing(ufunc, arrays, target))
    must_be_traced(out)
    ufunc(*arrays, out=out.array, **kwargs)
    args, more = _writing(ufunc, arrays, out.array)
    recorder.note(ufunc, args, {**kwargs, **more}, out, traced)
    return out


def _is_by_one(ufunc, inputs, arrays):
    """Whether this multiplies or divides a traced array by the number 1 of its own type."""
    if ufunc not in (np.multiply, np.true_divide) or type(inputs[0]) is not Traced or type(inputs[1]) is Traced:
        return False
    one = np.asarray(arrays[1])
    return one.ndim == 0 and one.dtype == inputs[0].dtype and one == 1


def _writing(ufunc, arrays, out):
    """The arguments and keywords with which `ufunc` writes to `out`: by position, which is faster, where it can be."""
    return (tuple(arrays), {"out": out}) if ufunc in (np.maximum, np.minimum) else ((*arrays, out), {})


def _constants(ufunc, arrays, kwargs):
    """Numbers among the arguments as arrays of the type that they are used in: NumPy takes those twice as fast."""
    if ufunc.signature is not None or kwargs or all(type(a) is np.ndarray for a in arrays):
        return arrays
    kinds = [type(a) if type(a) in (int, float, complex) else np.asarray(a).dtype for a in arrays]
    dtypes = ufunc.resolve_dtypes((*kinds, None))
    return [a if type(a) is np.ndarray else np.array(a, dtype) for a, dtype in zip(arrays, dtypes)]


def _at(recorder, ufunc, target, index, *values):
    traced = found((target, index, values))
    must_be_traced(target)
    args = (target.array, plain(index), *(plain(v) for v in values))
    ufunc.at(*args)
    recorder.note(ufunc.at, args, {}, target, [*traced, target])


def _general(recorder, function, args, kwargs):
    """Any function whose result has a shape that the shapes of its arguments determine."""
    traced = found((args, kwargs))
    args, kwargs = plain(args), plain(kwargs)
    result = function(*args, **kwargs)
    if isinstance(result, (list, tuple)):
        return type(result)(_part(recorder, i, part, function, args, kwargs, traced) for i, part in enumerate(result))
    return _one(recorder, result, function, args, kwargs, traced)


def _one(recorder, result, function, args, kwargs, traced):
    if isinstance(result, np.ndarray):
        for t in traced:
            if np.may_share_memory(result, t.array):
                return t.view_of(result)
    return recorder.keep(result, function, args, kwargs, traced, None)


def _part(recorder, place, result, function, args, kwargs, traced):
    return _one(recorder, result, lambda *a: function(*a, **kwargs)[place], args, {}, traced)


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


POWERS = {2: np.square, 0.5: np.sqrt, -1: np.reciprocal}
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


def _getitem(x, key):
    return x[key]


def _setitem(x, key, value):
    x[key] = value


def _checked_key(key):
    """A key, if the shape that it selects does not depend on numbers."""
    for part in key if isinstance(key, tuple) else (key,):
        if isinstance(part, Traced) and part.dtype == bool:
            raise Untraceable("a boolean index")
    return key


def _is_basic(key):
    basic = (int, slice, type(None), type(Ellipsis), np.integer)
    return all(isinstance(part, basic) for part in (key if isinstance(key, tuple) else (key,)))


def must_be_traced(out):
    if type(out) is not Traced:
        raise Untraceable("a result is written into an array that was made outside the record")
    return out


def plain(value):
    """`value` with the arrays behind its traced ones, in tuples, lists and dictionaries too."""
    if type(value) is Traced:
        return value.array
    if type(value) in (tuple, list):
        return type(value)(plain(item) for item in value)
    if type(value) is dict:
        return {key: plain(item) for key, item in value.items()}
    return value


def found(values):
    """The traced arrays within."""
    if type(values) is Traced:
        return [values]
    if type(values) in (tuple, list):
        return [t for value in values for t in found(value)]
    if type(values) is dict:
        return [t for value in values.values() for t in found(value)]
    return []
