"""Ops that move, join, split and repeat elements."""

import builtins
import math
import operator

import numpy as np

from nbkeras.ops.dispatch import as_array, op, run
from nbkeras.ops.dtypes import as_dtype, as_tensor, name_of, result_type
from nbkeras.symbolic import shown

__all__ = [
    "append", "array_split", "broadcast_to", "concatenate", "copy", "diag", "diagflat", "diagonal", "dsplit",
    "dstack", "expand_dims", "flip", "fliplr", "flipud", "hsplit", "hstack", "meshgrid", "moveaxis", "pad", "ravel",
    "repeat", "reshape", "roll", "rot90", "split", "squeeze", "stack", "swapaxes", "tile", "trace", "transpose",
    "tril", "triu", "unstack", "vsplit", "vstack",
]  # fmt: skip


def _axis(axis, ndim):
    if not -ndim <= axis < ndim:
        raise ValueError(f"axis {axis} is out of range for an array of {ndim} dimensions")
    return axis % ndim


def _axes(axis, ndim):
    return tuple(_axis(a, ndim) for a in (axis if isinstance(axis, (tuple, list, range)) else (axis,)))


@op
def reshape(x, newshape):
    """`x` in a new shape of as many elements; one size may be -1, for what remains."""
    x = as_tensor(x)
    shape = (newshape,) if isinstance(newshape, int) else tuple(newshape)
    shape = tuple(-1 if n is None else operator.index(n) for n in shape)
    return run("reshape", x, shape=_resolved(shape, x.shape))


def _resolved(new, old):
    size = math.prod(old)
    known = math.prod(n for n in new if n != -1)
    places = new.count(-1)
    fits = size == known if places == 0 else places == 1 and known and size % known == 0
    if not fits and not (None in shown(old) and places <= 1 and known):  # an unknown size may turn out to fit
        raise ValueError(f"an array of shape {shown(old)} cannot be reshaped to {new}")
    return tuple(size // known if n == -1 else n for n in new) if places else new


@op
def ravel(x):
    """`x` as a vector."""
    return reshape(x, (-1,))


@op
def transpose(x, axes=None):
    """`x` with its axes in the order `axes`; `None` reverses them."""
    x = as_tensor(x)
    return run("transpose", x, axes=None if axes is None else _axes(axes, len(x.shape)))


@op
def swapaxes(x, axis1, axis2):
    """`x` with two axes exchanged."""
    x = as_tensor(x)
    axes = list(range(len(x.shape)))
    axes[axis1], axes[axis2] = axes[axis2], axes[axis1]
    return run("transpose", x, axes=tuple(axes))


@op
def moveaxis(x, source, destination):
    """`x` with the axes `source` at the positions `destination`, the others in their order."""
    x = as_tensor(x)
    n = len(x.shape)
    source, destination = _axes(source, n), _axes(destination, n)
    order = [a for a in range(n) if a not in source]
    for to, origin in sorted(zip(destination, source)):
        order.insert(to, origin)
    return x if order == list(range(n)) else run("transpose", x, axes=tuple(order))


@op
def expand_dims(x, axis):
    """`x` with new axes of length one at the positions `axis`."""
    x = as_tensor(x)
    count = len(axis) if isinstance(axis, (tuple, list)) else 1
    places = _axes(axis, len(x.shape) + count)
    sizes = iter(x.shape)
    shape = tuple(1 if a in places else next(sizes) for a in range(len(x.shape) + count))
    return run("reshape", x, shape=shape)


@op
def squeeze(x, axis=None):
    """`x` without its axes of length one, or without those of `axis`, which must have length one."""
    x = as_tensor(x)
    if axis is None:
        return run("reshape", x, shape=tuple(n for n in x.shape if n != 1))
    places = _axes(axis, len(x.shape))
    for a in places:
        if x.shape[a] != 1:
            raise ValueError(f"squeeze expects length 1 along axis {a}, got shape {shown(x.shape)}")
    return run("reshape", x, shape=tuple(n for a, n in enumerate(x.shape) if a not in places))


@op
def broadcast_to(x, shape):
    """`x` repeated along axes of length one, or new ones, to `shape`."""
    return run("broadcast_to", as_tensor(x), shape=tuple(shape))


def _together(xs):
    """The arrays `xs` in one dtype."""
    xs = [as_tensor(x) for x in xs]
    names = {name_of(x.dtype) for x in xs}
    if len(names) == 1:
        return xs
    dtype = result_type(*names)
    return [as_dtype(x, dtype) for x in xs]


@op
def concatenate(xs, axis=0):
    """The arrays `xs` one after the other along `axis`."""
    xs = _together(xs)
    return run("concatenate", *xs, axis=_axis(axis, len(xs[0].shape)))


@op
def stack(x, axis=0):
    """The arrays `x`, of one shape, side by side along a new axis."""
    xs = _together(x)
    return run("stack", *xs, axis=_axis(axis, len(xs[0].shape) + 1))


@op
def unstack(x, num=None, axis=0):
    """The slices of `x` along `axis` as a list."""
    x = as_tensor(x)
    axis = _axis(axis, len(x.shape))
    lead = (slice(None),) * axis
    return [x[(*lead, i)] for i in range(x.shape[axis] if num is None else num)]


@op
def append(x1, x2, axis=None):
    """`x2` after `x1` along `axis`; `None` flattens both first."""
    return concatenate([ravel(x1), ravel(x2)]) if axis is None else concatenate([x1, x2], axis)


def _at_least_2d(x):
    x = as_tensor(x)
    return x if len(x.shape) > 1 else reshape(x, (1, -1))


@op
def vstack(xs):
    """Arrays stacked as rows."""
    return concatenate([_at_least_2d(x) for x in xs], 0)


@op
def hstack(xs):
    """Arrays side by side: along axis 1, vectors along axis 0."""
    xs = [x if len(x.shape) else reshape(x, (1,)) for x in map(as_tensor, xs)]
    return concatenate(xs, 0 if len(xs[0].shape) == 1 else 1)


@op
def dstack(xs):
    """Arrays stacked along the third axis."""
    xs = [_at_least_2d(x) for x in xs]
    return concatenate([x if len(x.shape) > 2 else expand_dims(x, -1) for x in xs], 2)


@op
def split(x, indices_or_sections, axis=0):
    """`x` cut along `axis` into equal sections, or before each of the given positions."""
    x = as_tensor(x)
    axis = _axis(axis, len(x.shape))
    if isinstance(indices_or_sections, int) and x.shape[axis] % indices_or_sections:
        raise ValueError(f"{x.shape[axis]} elements cannot be split into {indices_or_sections} equal sections")
    return array_split(x, indices_or_sections, axis)


@op
def array_split(x, indices_or_sections, axis=0):
    """`x` cut along `axis` into sections that differ by at most one in length, or before the given positions."""
    x = as_tensor(x)
    axis = _axis(axis, len(x.shape))
    n = int(x.shape[axis])
    if isinstance(indices_or_sections, int):
        size, longer = divmod(n, indices_or_sections)
        ends = np.cumsum([size + (i < longer) for i in range(indices_or_sections)]).tolist()[:-1]
    else:
        ends = [int(i) for i in indices_or_sections]
    lead = (slice(None),) * axis
    return [x[(*lead, slice(a, b))] for a, b in zip([0, *ends], [*ends, n])]


@op
def hsplit(x, indices_or_sections):
    """`split` along axis 1, of vectors along axis 0."""
    return split(x, indices_or_sections, 0 if len(as_tensor(x).shape) == 1 else 1)


@op
def vsplit(x, indices_or_sections):
    """`split` along axis 0."""
    return split(x, indices_or_sections, 0)


@op
def dsplit(x, indices_or_sections):
    """`split` along axis 2."""
    return split(x, indices_or_sections, 2)


@op
def pad(x, pad_width, mode="constant", constant_values=None):
    """`x` with cells added around it.

    Args:
        pad_width: `(before, after)` for each axis, one pair for all, or one number.
        mode: `"constant"`, `"reflect"` (the edge is the mirror), `"symmetric"` (the edge is repeated) or `"edge"`.
        constant_values: for mode `"constant"`, default 0.
    """
    x = as_tensor(x)
    if mode not in ("constant", "reflect", "symmetric", "edge"):
        raise ValueError(f"pad expects mode constant, reflect, symmetric or edge, got {mode!r}")
    if constant_values is not None and mode != "constant":
        raise ValueError(f"pad takes constant_values with mode='constant' only, got mode={mode!r}")
    widths = np.broadcast_to(np.asarray(pad_width, int), (len(x.shape), 2)).tolist()
    return run("pad", x, widths=tuple(map(tuple, widths)), mode=mode, value=constant_values or 0)


@op
def flip(x, axis=None):
    """`x` in reverse order along `axis`, or along all axes."""
    x = as_tensor(x)
    return run("flip", x, axis=tuple(range(len(x.shape))) if axis is None else _axes(axis, len(x.shape)))


@op
def fliplr(x):
    """`x` in reverse order along axis 1."""
    return flip(x, 1)


@op
def flipud(x):
    """`x` in reverse order along axis 0."""
    return flip(x, 0)


@op
def rot90(array, k=1, axes=(0, 1)):
    """`array` turned by `k` quarter turns, from the first of `axes` towards the second."""
    first, second = axes
    k %= 4
    if k == 0:
        return as_tensor(array)
    if k == 2:
        return flip(flip(array, first), second)
    return swapaxes(flip(array, second), first, second) if k == 1 else flip(swapaxes(array, first, second), second)


@op
def roll(x, shift, axis=None):
    """`x` moved by `shift` along `axis`, what leaves at the end entering at the start; `None` flattens meanwhile."""
    return run("roll", as_tensor(x), shift=tuple(shift) if isinstance(shift, list) else shift, axis=axis)


@op
def repeat(x, repeats, axis=None):
    """Each element of `x` `repeats` times (a number, or one for each) along `axis`; `None` flattens first."""
    x = as_tensor(x)
    if axis is None:
        x, axis = ravel(x), 0
    if not isinstance(repeats, int):
        repeats = tuple(np.asarray(repeats).reshape(-1).tolist())
        repeats = repeats[0] if len(repeats) == 1 else repeats
    return run("repeat", x, repeats=repeats, axis=_axis(axis, len(x.shape)))


@op
def tile(x, repeats):
    """`x` laid out `repeats` times along each axis."""
    x = as_tensor(x)
    repeats = [repeats] if isinstance(repeats, int) else [int(r) for r in repeats]
    n = builtins.max(len(repeats), len(x.shape))
    repeats = [1] * (n - len(repeats)) + repeats
    shape = [1] * (n - len(x.shape)) + list(x.shape)
    x = reshape(x, [m for size in shape for m in (1, size)])
    x = broadcast_to(x, [m for r, size in zip(repeats, shape) for m in (r, size)])
    return reshape(x, [r * size for r, size in zip(repeats, shape)])


@op
def meshgrid(*x, indexing="xy"):
    """Coordinate matrices from coordinate vectors; `indexing="xy"` puts the second vector along the rows."""
    vectors = [ravel(v) for v in x]
    places = list(range(len(vectors)))
    if indexing == "xy":
        places[:2] = places[1::-1]
    elif indexing != "ij":
        raise ValueError(f"meshgrid expects indexing 'xy' or 'ij', got {indexing!r}")
    shape = [vectors[i].shape[0] for i in places]
    columns = [reshape(v, [-1 if i == place else 1 for i in places]) for place, v in enumerate(vectors)]
    return [broadcast_to(column, shape) for column in columns]


@op
def diagonal(x, offset=0, axis1=0, axis2=1):
    """The diagonal of the matrices along two axes, as a new last axis."""
    x = moveaxis(as_tensor(x), (axis1, axis2), (-2, -1))
    rows, columns = x.shape[-2:]
    start_row, start_column = builtins.max(-offset, 0), builtins.max(offset, 0)
    n = builtins.max(0, builtins.min(rows - start_row, columns - start_column))
    flat = reshape(x, (*x.shape[:-2], rows * columns))
    places = (np.arange(n) * (columns + 1) + start_row * columns + start_column).astype(np.int32)
    return run("take", flat, places, axis=len(flat.shape) - 1)


@op
def diag(x, k=0):
    """The matrix with the vector `x` on diagonal `k`, or the diagonal `k` of the matrix `x`."""
    x = as_tensor(x)
    if len(x.shape) == 2:
        return diagonal(x, k)
    n = x.shape[0] + builtins.abs(k)
    on = np.eye(n, n, k, dtype=bool)
    widths = (builtins.max(k, 0), builtins.max(-k, 0))
    row = broadcast_to(run("pad", x, widths=(widths,), mode="constant", value=0), (n, n))
    return run("where", on, row, as_dtype(np.zeros((), np.int32), x.dtype))


@op
def diagflat(x, k=0):
    """The matrix with the elements of `x` on diagonal `k`."""
    return diag(ravel(x), k)


@op
def tril(x, k=0):
    """`x` with zeros above diagonal `k` of its last two axes."""
    return _triangle(x, k, np.less_equal)


@op
def triu(x, k=0):
    """`x` with zeros below diagonal `k` of its last two axes."""
    return _triangle(x, k, np.greater_equal)


def _triangle(x, k, side):
    x = as_tensor(x)
    rows, columns = x.shape[-2:]
    inside = side(np.arange(columns), np.arange(rows)[:, None] + k)
    return run("where", inside, x, as_dtype(np.zeros((), np.int32), x.dtype))


@op
def trace(x, offset=0, axis1=0, axis2=1):
    """The sum of the diagonal."""
    y = diagonal(x, offset, axis1, axis2)
    return run("sum", y, axis=len(y.shape) - 1, keepdims=False)


@op
def copy(x):
    """A new array of the same elements."""
    return run("copy", as_array(x))
