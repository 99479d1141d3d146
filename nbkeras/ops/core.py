"""Conversion, dtypes, shapes, control flow."""

import builtins

import numpy as np

from nbkeras import tree
from nbkeras.autodiff import Tensor
from nbkeras.backends import abstract, backend
from nbkeras.backends.abstract import AbstractArray
from nbkeras.ops.dispatch import Shape, as_array, op, run
from nbkeras.ops.dtypes import as_dtype, as_tensor, name_of
from nbkeras.ops.shaping import concatenate, moveaxis
from nbkeras.symbolic import KerasTensor
from nbkeras.variables import Variable, computed_dtype

__all__ = [
    "associative_scan", "cast", "cond", "convert_to_numpy", "convert_to_tensor", "dtype", "fori_loop", "is_tensor",
    "ndim", "saturate_cast", "scan", "shape", "size", "stop_gradient", "switch", "while_loop",
]  # fmt: skip


def convert_to_tensor(x, dtype=None, sparse=None, ragged=None):
    """`x` as a tensor of the current backend; Python floats and lists of them get `floatx()`."""
    if isinstance(x, KerasTensor):
        return x if dtype is None else cast(x, dtype)
    x = as_tensor(x)
    if dtype is not None:
        x = as_dtype(x, computed_dtype(dtype))
    return x if type(x) in (Tensor, AbstractArray) else backend().array(x)


def convert_to_numpy(x):
    """`x` as a NumPy array."""
    return backend().to_numpy(as_tensor(x))


def is_tensor(x):
    """Whether `x` is a tensor of the current backend, or a symbolic one."""
    return isinstance(x, (KerasTensor, AbstractArray)) or backend().is_array(x)


@op
def cast(x, dtype):
    """`x` converted to `dtype`."""
    return as_dtype(as_tensor(x), computed_dtype(dtype))


@op
def saturate_cast(x, dtype):
    """`x` converted to `dtype`, values beyond its range replaced by the nearest one in it."""
    dtype = computed_dtype(dtype)
    x = as_tensor(x)
    if dtype == "bool":
        return as_dtype(x, dtype)
    info = np.finfo(dtype) if dtype.startswith("float") else np.iinfo(dtype)
    own = name_of(x.dtype)
    if own == "bool":
        return as_dtype(x, dtype)
    bounds = np.finfo(own) if own.startswith("float") else np.iinfo(own)
    low, high = builtins.max(info.min, bounds.min), builtins.min(info.max, bounds.max)
    kind = float if own.startswith("float") else int
    return as_dtype(run("clip", x, kind(low), kind(high)), dtype)


def dtype(x):
    """The name of the dtype of `x`."""
    return x.dtype if isinstance(x, (KerasTensor, Variable)) else name_of(as_tensor(x).dtype)


def shape(x):
    """The shape of `x` as a tuple; `None` stands for a size that a symbolic tensor leaves open."""
    if isinstance(x, KerasTensor):
        sizes = Shape(x.shape)
        sizes.tensor = x
        return sizes
    return tuple(x.shape) if hasattr(x, "shape") else tuple(as_tensor(x).shape)


def ndim(x):
    """The number of dimensions of `x`."""
    return len(shape(x))


def size(x):
    """The number of elements of `x`."""
    n = 1
    for d in shape(x):
        n = None if n is None or d is None else n * d
    return n


@op
def stop_gradient(variable):
    """The value, treated as a constant by differentiation."""
    return run("stop_gradient", variable)


def has_no_numbers(*structures):
    """Whether shapes are being inferred."""
    return builtins.any(type(leaf) is AbstractArray for leaf in tree.flatten(structures))


def values_in(structure):
    """`structure` with variables and numbers as arrays."""
    return tree.map_structure(lambda x: None if x is None else as_tensor(x), structure)


@op
def cond(pred, true_fn, false_fn):
    """`true_fn()` if `pred` holds, else `false_fn()`; both return the same structure of shapes and dtypes."""
    pred = as_array(pred)
    return true_fn() if type(pred) is AbstractArray else backend().cond(pred, true_fn, false_fn)


@op
def switch(index, branches, *operands):
    """`branches[index](*operands)`; an index out of range takes the nearest branch."""
    index = as_array(index)
    if type(index) is AbstractArray:
        return branches[0](*operands)
    return backend().switch(index, branches, *operands)


@op
def while_loop(cond, body, loop_vars, maximum_iterations=None):
    """Runs `loop_vars = body(*loop_vars)` while `cond(*loop_vars)`; shapes and dtypes stay."""
    many = isinstance(loop_vars, (list, tuple))
    state = values_in(loop_vars if many else (loop_vars,))

    def step(*state):
        new = body(*state)
        return values_in(tuple(new) if isinstance(new, (list, tuple)) else (new,))

    if has_no_numbers(state):
        result = step(*state)
    else:
        result = backend().while_loop(cond, step, tuple(state), maximum_iterations)
    return type(loop_vars)(result) if many else result[0]


@op
def fori_loop(lower, upper, body_fun, init_val):
    """Runs `value = body_fun(i, value)` for `i` from `lower` up to, without, `upper`."""
    if has_no_numbers(init_val):
        return body_fun(lower, init_val)
    return backend().fori_loop(as_array(lower), as_array(upper), body_fun, values_in(init_val))


@op
def scan(f, init, xs=None, length=None, reverse=False, unroll=1):
    """Runs `carry, y = f(carry, x)` over the leading axis of `xs`; returns the last carry and the stacked `y`s.

    `carry`, `xs` and `y` may be nested; `xs=None` with a `length` runs without inputs.
    """
    init, xs = values_in(init), values_in(xs)
    library = abstract if has_no_numbers(init, xs) else backend()
    return library.scan(f, init, xs, length, reverse)


@op
def associative_scan(f, elems, reverse=False, axis=0):
    """Running combinations of `elems` along `axis` by the associative function `f(a, b)`."""
    leaves = tree.map_structure(lambda x: moveaxis(x, axis, 0), values_in(elems))
    if reverse:
        leaves = tree.map_structure(lambda x: run("flip", x, axis=(0,)), leaves)
    n = tree.flatten(leaves)[0].shape[0]
    reach = 1
    while reach < n:  # Hillis and Steele: log2(n) rounds, each over whole arrays
        leaves = _combined(f, leaves, reach)
        reach *= 2
    if reverse:
        leaves = tree.map_structure(lambda x: run("flip", x, axis=(0,)), leaves)
    return tree.map_structure(lambda x: moveaxis(x, 0, axis), leaves)


def _combined(f, leaves, reach):
    """Each row combined with the one `reach` rows before it; the first ones as they are."""
    before = tree.map_structure(lambda x: x[:-reach], leaves)
    after = tree.map_structure(lambda x: x[reach:], leaves)
    return tree.map_structure(lambda x, y: concatenate([x[:reach], y]), leaves, f(before, after))
