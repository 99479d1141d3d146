"""Arrays that note every NumPy call on them, so that the calls can run again without the Python around them.

A `Traced` array stands for a fixed piece of memory. NumPy's protocols hand each call on it (traced_ufuncs.py,
traced_functions.py) to `Recorder`, which runs it at once, keeps its result in memory of its own, and notes
`(function, arguments, result)`. A view is made once and needs no note. Whatever would take numbers out of the record,
to branch on them or to write them elsewhere, raises `Untraceable`; so a record that came to its end is complete.
"""

import itertools
import threading
from functools import partial

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin

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

    def run(self, function, args, kwargs):
        """Runs and notes any function whose result has a shape that the shapes of its arguments determine."""
        traced = found((args, kwargs))
        args, kwargs = plain(args), plain(kwargs)
        result = function(*args, **kwargs)
        if isinstance(result, (list, tuple)):
            parts = (self._keep_part(i, part, function, args, kwargs, traced) for i, part in enumerate(result))
            return type(result)(parts)
        return self._keep_or_view(result, function, args, kwargs, traced)

    def _keep_part(self, place, result, function, args, kwargs, traced):
        return self._keep_or_view(result, lambda *a: function(*a, **kwargs)[place], args, {}, traced)

    def _keep_or_view(self, result, function, args, kwargs, traced):
        if isinstance(result, np.ndarray):
            for t in traced:
                if np.may_share_memory(result, t.array):
                    return t.view_of(result)
        return self.keep(result, function, args, kwargs, traced, None)

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

    def __getitem__(self, key):
        return self.recorder.run(_getitem, (self, _checked_key(key)), {})

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


POWERS = {2: np.square, 0.5: np.sqrt, -1: np.reciprocal}


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
