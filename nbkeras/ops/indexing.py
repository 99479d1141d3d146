"""Ops that read and write elements by position."""

import numpy as np

from nbkeras.backends import HOLE
from nbkeras.operators import Operators
from nbkeras.ops.core import convert_to_numpy
from nbkeras.ops.dispatch import as_array, op, run
from nbkeras.ops.dtypes import as_dtype, as_tensor, is_float, name_of
from nbkeras.ops.elementwise import where
from nbkeras.ops.reductions import axes_of, max
from nbkeras.ops.shaping import moveaxis, ravel, reshape
from nbkeras.variables import computed_dtype

__all__ = [
    "extract_sequences", "get_item", "getitem", "isin", "multi_hot", "nonzero", "one_hot", "scatter",
    "scatter_update", "segment_max", "segment_min", "segment_prod", "segment_sum", "select", "slice",
    "slice_update", "take", "take_along_axis", "unique", "unravel_index",
]  # fmt: skip


@op
def getitem(x, key):
    """`x[key]`: integers, slices, `...`, `None`, and arrays of positions or of truth values."""
    x = as_tensor(x)
    key = key if isinstance(key, tuple) else (key,)
    arrays = [as_array(k) for k in key if _is_array(k)]
    return run("getitem", x, *arrays, key=tuple(HOLE if _is_array(k) else k for k in key))


def _is_array(k):
    return isinstance(k, (np.ndarray, list, Operators)) or hasattr(k, "aval")


get_item = getitem


@op
def take(x, indices, axis=None):
    """The elements or slices of `x` at `indices` along `axis`; `None` flattens first."""
    x, indices = as_tensor(x), _integers(indices)
    return run("take", x, indices, axis=axes_of(axis, len(x.shape)))


@op
def take_along_axis(x, indices, axis=None):
    """Elements of `x` at `indices` along `axis`, the other positions being the same."""
    x, indices = as_tensor(x), _integers(indices)
    if axis is None:
        return run("take_along_axis", ravel(x), ravel(indices), axis=0)
    return run("take_along_axis", x, indices, axis=axes_of(axis, len(x.shape)))


def _integers(indices):
    indices = as_tensor(indices)
    return as_dtype(indices, "int32") if is_float(indices.dtype) else indices


@op
def one_hot(x, num_classes, axis=-1, dtype=None, sparse=False):
    """For each integer a vector of `num_classes` zeros with a one at its place (no one if it is out of range)."""
    return run("one_hot", _integers(x), classes=int(num_classes), axis=axis, dtype=computed_dtype(dtype))


@op
def multi_hot(inputs, num_classes=None, axis=-1, dtype=None, sparse=False, **kwargs):
    """For the integers of each row one vector with ones at all their places."""
    inputs = as_tensor(inputs)
    hot = one_hot(inputs, num_classes, dtype=dtype)
    y = max(hot, -2 if len(inputs.shape) > 1 else 0)
    return y if axis == -1 else moveaxis(y, -1, axis)


@op
def slice(inputs, start_indices, shape):
    """The block of `shape` that begins at `start_indices`, which may be computed."""
    inputs = as_tensor(inputs)
    sizes = tuple(n - int(s) if k == -1 else int(k) for k, n, s in _with_starts(shape, inputs, start_indices))
    return run("block", inputs, as_array(start_indices), shape=sizes)


def _with_starts(shape, inputs, starts):
    known = starts if -1 in tuple(shape) else [0] * len(shape)
    return zip(shape, inputs.shape, known)


@op
def slice_update(inputs, start_indices, updates):
    """`inputs` with the block that begins at `start_indices` replaced by `updates`."""
    inputs = as_tensor(inputs)
    return run("block_update", inputs, as_array(start_indices), as_dtype(updates, inputs.dtype))


@op
def scatter(indices, values, shape):
    """Zeros of `shape` with `values[i]` added at the position in row `indices[i]`."""
    values = as_tensor(values)
    zeros = run("full", 0, shape=tuple(int(n) for n in shape), dtype=name_of(values.dtype))
    return run("scatter", zeros, _integers(indices), values, reduction="add")


@op
def scatter_update(inputs, indices, updates, reduction=None):
    """`inputs` with `updates[i]` written at the position in row `indices[i]`.

    Args:
        reduction: `None` (replace), `"add"`, `"max"`, `"min"` or `"mul"`: how an update meets what is there.
    """
    if reduction not in (None, "add", "max", "min", "mul"):
        raise ValueError(f"reduction must be None, 'add', 'max', 'min' or 'mul', got {reduction!r}")
    inputs = as_tensor(inputs)
    return run("scatter", inputs, _integers(indices), as_dtype(updates, inputs.dtype), reduction=reduction)


def _segments(data, ids, count, initial, reduction):
    data, ids = as_tensor(data), _integers(ids)
    if count is None:
        count = int(np.max(convert_to_numpy(ids), initial=-1)) + 1
    shape = (int(count) + 1, *data.shape[1:])  # one more: where ids that are out of range go
    start = run("full", initial, shape=shape, dtype=name_of(data.dtype))
    ids = where(run("logical_and", ids >= 0, ids < count), ids, int(count))
    return run("scatter", start, reshape(ids, (-1, 1)), data, reduction=reduction)[:-1]


@op
def segment_sum(data, segment_ids, num_segments=None, sorted=False):
    """The sums of the rows of `data` that have the same id."""
    return _segments(data, segment_ids, num_segments, 0, "add")


@op
def segment_max(data, segment_ids, num_segments=None, sorted=False):
    """The largest of the rows of `data` that have the same id; the lowest number where there is none."""
    return _segments(data, segment_ids, num_segments, _limit(data, "min"), "max")


@op
def segment_min(data, segment_ids, num_segments=None, sorted=False):
    """The smallest of the rows of `data` that have the same id; the highest number where there is none."""
    return _segments(data, segment_ids, num_segments, _limit(data, "max"), "min")


@op
def segment_prod(data, segment_ids, num_segments=None, sorted=False):
    """The products of the rows of `data` that have the same id."""
    return _segments(data, segment_ids, num_segments, 1, "mul")


def _limit(data, end):
    name = name_of(as_tensor(data).dtype)
    if is_float(name):
        return float("inf") if end == "max" else float("-inf")
    return int(getattr(np.iinfo(name), end))


@op
def nonzero(x):
    """The positions of the elements that are not zero, an array for each axis."""
    return run("nonzero", as_tensor(x))


@op
def select(condlist, choicelist, default=0):
    """Elements of the first choice whose condition holds, `default` where none does."""
    y = default
    for condition, choice in zip(reversed(condlist), reversed(choicelist)):
        y = where(condition, choice, y)
    return y


@op
def unravel_index(indices, shape):
    """The coordinates, an array for each axis, of positions in the flattened array of `shape`."""
    indices = _integers(indices)
    coordinates = []
    for n in reversed(tuple(shape)):
        coordinates.append(indices % int(n))
        indices = indices // int(n)
    return tuple(reversed(coordinates))


@op
def isin(x1, x2, assume_unique=False, invert=False):
    """Where elements of `x1` occur among those of `x2`."""
    x1 = as_tensor(x1)
    found = run("any", reshape(x1, (*x1.shape, 1)) == ravel(x2), axis=-1, keepdims=False)
    return run("logical_not", found) if invert else found


@op
def unique(
    x, sorted=True, return_index=False, return_inverse=False, return_counts=False, axis=None, size=None, fill_value=None
):
    """The distinct elements in ascending order; needs numbers, so not for a traced function."""
    y = np.unique(convert_to_numpy(x), return_index, return_inverse, return_counts, axis)
    if size is None:
        return y
    values, *rest = y if isinstance(y, tuple) else (y,)
    values = values[:size]
    filler = values.min() if fill_value is None else fill_value
    values = np.concatenate([values, np.full(size - len(values), filler, values.dtype)])
    return (values, *rest) if rest else values


@op
def extract_sequences(x, sequence_length, sequence_stride):
    """Windows of `sequence_length` along the last axis, every `sequence_stride`, as a new axis before it."""
    x = as_tensor(x)
    starts = np.arange(0, x.shape[-1] - sequence_length + 1, sequence_stride, dtype=np.int32)
    return run("take", x, starts[:, None] + np.arange(sequence_length, dtype=np.int32), axis=len(x.shape) - 1)
