"""What a kernel needs so that a step with it can be recorded.

NumPy calls on arrays are recorded as they are. But the memory that a kernel writes to has to come from `empty` or
`zeros`, and what looks at numbers to decide how to go on has to be one call of the record, `whole` or `in_place`.
"""

from contextlib import contextmanager

import numpy as np
from numpy.lib.stride_tricks import as_strided

from nbkeras.backends.numpy import traced_functions  # noqa: F401 - how they are recorded
from nbkeras.backends.numpy.traced import Traced, active, found, must_be_traced, plain

__all__ = ["asarray", "empty", "in_place", "is_recording", "view_as", "whole", "zeros"]


def is_recording():
    """Whether a step is being recorded on this thread."""
    return active.recorder is not None


def empty(shape, dtype):
    """`numpy.empty`, for an array that a kernel writes to."""
    recorder = active.recorder
    return np.empty(shape, dtype) if recorder is None else recorder.allocate(_tuple(shape), dtype)


def zeros(shape, dtype):
    """`numpy.zeros`, for an array that a kernel writes to."""
    recorder = active.recorder
    return np.zeros(shape, dtype) if recorder is None else recorder.filled(_tuple(shape), dtype, 0)


def _tuple(shape):
    return tuple(shape) if isinstance(shape, (tuple, list)) else (shape,)


def asarray(x):
    """`numpy.asarray`, which lets traced arrays pass."""
    return x if type(x) is Traced else np.asarray(x)


def view_as(x, shape, strides):
    """A read-only view of `x` with this shape and these strides."""
    if type(x) is Traced:
        return x.view_of(as_strided(x.array, shape, strides, writeable=False))
    return as_strided(x, shape, strides, writeable=False)


def whole(function):
    """Makes `function` one call of a record: for work that branches on numbers, to a result whose shape does not.

    A function that returns `None` is a check, which may raise.
    """

    def run(*args):
        traced = found(args)
        if not traced:
            return function(*args)
        args, recorder = plain(args), traced[0].recorder
        with unrecorded():
            result = function(*args)
        if result is None:
            return recorder.note(function, args, {}, None, traced)
        return recorder.keep(result, function, args, {}, traced, None)

    return run


def in_place(function):
    """The same for a function that changes its first argument."""

    def run(target, *args):
        traced = found((target, *args))
        if not traced:
            return function(target, *args)
        args = (must_be_traced(target).array, *plain(args))
        with unrecorded():
            function(*args)
        return target.recorder.note(function, args, {}, target, traced)

    return run


@contextmanager
def unrecorded():
    """Within it, kernels allocate plain arrays."""
    active.recorder, recorder = None, active.recorder
    try:
        yield
    finally:
        active.recorder = recorder
