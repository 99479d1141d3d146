"""From an op's name to the array library that runs it.

`@op` makes a function an op: on symbolic arguments it records a node. `run` sends a primitive, with its array arguments
by position and everything static by keyword, to shape inference or to the current backend. `@fused` marks an op that is
a composition of others and for which a backend may have one kernel of the same name.
"""

import functools

import numpy as np

from nbkeras import config, symbolic
from nbkeras.autodiff import Tensor
from nbkeras.backends import abstract, backend
from nbkeras.backends.abstract import AbstractArray
from nbkeras.operators import OPS
from nbkeras.variables import Variable

FUSED: dict = {}  # what `@fused` marks, by name
SCALARS = (bool, int, float, complex)
# What `as_array` returns as it is. (A `np.float64` is a `float` too, and would promote float32 arrays: not that.)
_READY = {np.ndarray, Tensor, AbstractArray, type(None), np.float32, np.int32, np.bool_, *SCALARS}


def op(function):
    """Registers an op: calls on symbolic tensors become nodes of the graph, others run `function`."""

    @functools.wraps(function)
    def call(*args, **kwargs):
        if symbolic.any_symbolic(args) or (kwargs and symbolic.any_symbolic(kwargs.values())):
            return symbolic.call(call, args, kwargs)
        return function(*args, **kwargs)

    call.composition = function
    OPS[function.__name__] = call
    return call


def fused(function):
    """An op with a composition (the reference) and, where a backend has it, one kernel of the same name.

    Its arrays are positional and everything static is keyword. A leading underscore, for one that stands behind a
    public op, is no part of the kernel's name.
    """
    name = function.__name__.lstrip("_")

    @functools.wraps(function)
    def call(*args, **kwargs):
        if symbolic.any_symbolic(args):
            return symbolic.call(call, args, kwargs)
        args = [a if type(a) in _READY else as_array(a) for a in args]
        library = backend()
        if name in library.KERNELS and AbstractArray not in map(type, args):
            return library.run(name, *args, **kwargs)
        return function(*args, **kwargs)

    call.composition = function
    FUSED[name] = call
    OPS.setdefault(name, call)
    return call


class Shape(tuple):
    """What `ops.shape` of a symbolic tensor returns: its sizes, `None` where open, and the tensor itself."""

    tensor = None


def sized(function):
    """An op whose first argument is a shape; given that of a symbolic tensor, it becomes a node on that tensor."""

    def like(x, *args, **kwargs):
        return function(tuple(x.shape), *args, **kwargs)

    like.__name__ = f"{function.__name__}_like_shape_of"
    like, plain = op(like), op(function)

    @functools.wraps(function)
    def call(shape, *args, **kwargs):
        if isinstance(shape, Shape) and None in shape:
            return like(shape.tensor, *args, **kwargs)
        if isinstance(shape, (tuple, list)) and None in shape:
            raise ValueError(
                f"{function.__name__} expects known sizes, got {tuple(shape)}; pass ops.shape(x) of a symbolic tensor "
                "as a whole, or write a layer and use x.shape in its call"
            )
        return plain(shape, *args, **kwargs)

    OPS[function.__name__] = call
    return call


def run(name, *args, **attributes):
    """Runs the primitive `name` on arrays, variables, taped tensors, lists or numbers (`None`: an absent array)."""
    kinds = set(map(type, args))
    if not kinds <= _READY:
        args = [as_array(a) for a in args]
        kinds = set(map(type, args))
    if AbstractArray in kinds:
        return abstract.run(name, *args, **attributes)
    return backend().run(name, *args, **attributes)


def as_array(value):
    """`value` as something a backend computes with; Python numbers stay, so that they never promote an array."""
    if type(value) in _READY:
        return value
    if isinstance(value, Variable):
        return value.value
    if isinstance(value, float):
        return float(value)
    if isinstance(value, (list, tuple)):
        return _from_list(value)
    if hasattr(value, "dtype") and hasattr(value, "shape") and not hasattr(value, "iloc"):
        return value  # another library's array
    return np.asarray(value)


def _from_list(values):
    """A list of numbers as an array of the default type; one that holds tensors is stacked."""
    if _holds_tensors(values):
        return OPS["stack"]([as_array(v) for v in values])
    array = np.asarray(values)
    if array.dtype == np.float64 and not _holds_float64(values):
        return array.astype(config.floatx())
    return array.astype(np.int32) if array.dtype == np.int64 else array


def _holds_tensors(values):
    for v in values:
        if isinstance(v, (list, tuple)):
            if _holds_tensors(v):
                return True
        elif type(v) in (Tensor, AbstractArray) or isinstance(v, Variable) or _is_foreign(v):
            return True
    return False


def _is_foreign(value):
    return hasattr(value, "dtype") and hasattr(value, "shape") and not isinstance(value, (np.ndarray, np.generic))


def _holds_float64(values):
    return any(isinstance(v, np.ndarray) and v.dtype == np.float64 for v in values)
