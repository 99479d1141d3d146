"""NumPy, the default backend: a table of kernels, chained by the tape when a gradient is wanted."""

import numpy as np

from nbkeras import tree
from nbkeras.autodiff import Tape, Tensor, detach
from nbkeras.backends.numpy import (
    attention,
    convolution,
    elementwise,
    factorizations,
    fourier,
    indexing,
    linear,
    native,
    nn,
    pooling,
    random,
    recurrent,
    reductions,
    shaping,
)
from nbkeras.backends.numpy.forward import jvp
from nbkeras.backends.numpy.jit import compile_step
from nbkeras.backends.numpy.recordable import is_recording
from nbkeras.backends.numpy.registry import KERNELS
from nbkeras.backends.numpy.threads import bound_blas, thread_count
from nbkeras.backends.numpy.traced import Traced, Untraceable
from nbkeras.backends.numpy.update import pack, update
from nbkeras.operators import OPS

__all__ = [
    "KERNELS", "LACKS", "TAPED", "array", "compile_step", "cond", "custom_gradient", "description", "fori_loop",
    "is_array", "jvp", "name", "outside", "pack", "run", "scan", "switch", "to_numpy", "update", "value_and_grad",
    "vectorized_map", "while_loop",
]  # fmt: skip

name = "numpy"
TAPED = True  # differentiates by a record of what ran
LACKS = ("bfloat16",)  # names of dtypes in which it cannot compute

bound_blas()


def run(name, *args, **attributes):
    """Runs the kernel `name`; records it if an argument is watched by a tape."""
    kernel = KERNELS[name]
    for a in args:
        if type(a) is Tensor and a.tape.recording:
            return a.tape.run(kernel, args, attributes)
    y = kernel(*[a.value if type(a) is Tensor else a for a in args], **attributes)[0]
    return np.asarray(y) if type(y) is np.float64 else y  # a np.float64 is a Python float, whose type weighs nothing


def array(value, dtype=None):
    """`value` as an ndarray of `dtype`, without a copy where it is one."""
    value = detach(value)
    if type(value) is Traced:
        return value if dtype is None else value.astype(dtype, copy=False)
    return np.asarray(value, dtype)


def description():
    """What computes, as a dictionary of words."""
    from threadpoolctl import threadpool_info

    blas = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    return {
        "NumPy": np.__version__,
        "BLAS": "; ".join(_blas(pool) for pool in blas) or "unknown",
        "native kernels": f"{native.variant()}, {_threads(thread_count())}" if native.variant() else "none",
    }


def _blas(pool):
    parts = pool["internal_api"], pool["version"], pool.get("architecture")
    return f"{' '.join(part for part in parts if part)}, {_threads(pool['num_threads'])}"


def _threads(count):
    return "1 thread" if count == 1 else f"{count} threads"


def to_numpy(value):
    """`value` as an ndarray."""
    return np.asarray(detach(value))


def outside(value):
    """The value of a variable that a step reads without having been given it: a record cannot follow its changes."""
    if is_recording():
        raise Untraceable("it reads a variable that is no part of the model")
    return value


def is_array(value):
    """Whether `value` is an array of this library, or stands for one under the tape."""
    return isinstance(value, (np.ndarray, np.generic, Tensor, Traced))


def value_and_grad(function):
    """From `function(arrays) -> (loss, aux)` a function that returns `((loss, aux), gradients)`."""

    def run(arrays, *args):
        tape = Tape()
        watched = [tape.watch(a) for a in arrays]
        loss, aux = function(watched, *args)
        tape.recording = False
        grads = [None] * len(arrays)
        if type(loss) is Tensor:
            grads = tape.gradient(loss, np.ones_like(loss.value), watched)
        grads = [np.zeros_like(a) if g is None else g for a, g in zip(arrays, grads)]
        return (detach(loss), tree.map_structure(detach, aux)), grads

    return run


def custom_gradient(function):
    """From `function(*arrays) -> (y, vjp)`, with `vjp(d) -> gradients`, an op that differentiates by `vjp`."""

    def kernel(*arrays):
        y, vjp = function(*arrays)
        return tree.map_structure(detach, y), lambda d: [detach(g) for g in _as_tuple(vjp(d))]

    def run(*args):
        for a in args:
            if type(a) is Tensor and a.tape.recording:
                return a.tape.run(kernel, args, {})
        return kernel(*args)[0]

    return run


def _as_tuple(value):
    return value if isinstance(value, (list, tuple)) else (value,)


def cond(pred, true_fn, false_fn):
    """`true_fn()` or `false_fn()`."""
    return true_fn() if detach(pred) else false_fn()


def switch(index, branches, *operands):
    """`branches[index](*operands)`, the index moved into range."""
    return branches[min(max(int(index), 0), len(branches) - 1)](*operands)


def fori_loop(lower, upper, body, value):
    """Runs `value = body(i, value)` for `i` from `lower` up to `upper`."""
    for i in range(int(lower), int(upper)):
        value = body(i, value)
    return value


def while_loop(cond, body, loop_vars, maximum_iterations=None):
    """Runs `loop_vars = body(*loop_vars)` while `cond(*loop_vars)`."""
    iterations = 0
    while (maximum_iterations is None or iterations < maximum_iterations) and cond(*loop_vars):
        loop_vars = body(*loop_vars)
        iterations += 1
    return loop_vars


def _held(x):
    """A float64 number as an array, lest it be taken for a Python number, which has no dtype."""
    return np.asarray(x) if type(x) is np.float64 else x


def scan(f, init, xs=None, length=None, reverse=False):
    """Runs `carry, y = f(carry, x)` over the leading axis of `xs`; the last carry and the stacked `y`s."""
    if length is None:
        length = len(tree.flatten(xs)[0])
    carry, ys = init, []
    for i in reversed(range(length)) if reverse else range(length):
        carry, y = f(carry, tree.map_structure(lambda x, i=i: None if x is None else _held(x[i]), xs))
        ys.append(tree.map_structure(_held, y))
    if reverse:
        ys.reverse()
    if not ys:
        return carry, None
    return carry, tree.map_structure(lambda *items: None if items[0] is None else OPS["stack"](items), *ys)


def vectorized_map(function, elements):
    """`function` of each slice of `elements` along the leading axis, stacked."""
    return scan(lambda carry, x: (carry, function(x)), (), elements)[1]
