"""Ops that reduce, accumulate, sort and count along axes."""

import builtins
import math

import numpy as np

from nbkeras.ops.core import convert_to_numpy
from nbkeras.ops.dispatch import op, run
from nbkeras.ops.dtypes import as_dtype, as_float, as_tensor, name_of, promoted, summable
from nbkeras.ops.elementwise import isnan, maximum, multiply, sqrt, where
from nbkeras.ops.shaping import expand_dims, moveaxis, reshape

__all__ = [
    "all", "amax", "amin", "any", "argmax", "argmin", "argpartition", "argsort", "average", "bincount",
    "count_nonzero", "cumprod", "cumsum", "diff", "digitize", "histogram", "in_top_k", "logsumexp", "max", "mean",
    "median", "min", "nanargmax", "nanargmin", "nancumprod", "nancumsum", "nanmax", "nanmean", "nanmedian",
    "nanmin", "nanpercentile", "nanprod", "nanquantile", "nanstd", "nansum", "nanvar", "percentile", "prod", "ptp",
    "quantile", "searchsorted", "sort", "std", "sum", "top_k", "trapezoid", "var",
]  # fmt: skip


def axes_of(axis, ndim):
    """`axis` as `None`, an int or a tuple of ints, each from 0 to `ndim - 1`; raises ValueError beyond."""
    if axis is None:
        return None
    if isinstance(axis, (tuple, list)):
        return tuple(axes_of(a, ndim) for a in axis)
    if not -ndim <= axis < ndim:
        raise ValueError(f"axis {axis} is out of range for an array of {ndim} dimensions")
    return int(axis) % ndim


def _reduce(name, x, axis, keepdims):
    return run(name, x, axis=axes_of(axis, len(x.shape)), keepdims=keepdims)


@op
def sum(x, axis=None, keepdims=False):
    """The sum over `axis` (an int, several, or `None` for all)."""
    return _reduce("sum", summable(x), axis, keepdims)


@op
def prod(x, axis=None, keepdims=False, dtype=None):
    """The product over `axis`."""
    x = summable(x)
    return _reduce("prod", x if dtype is None else as_dtype(x, dtype), axis, keepdims)


@op
def mean(x, axis=None, keepdims=False):
    """The mean over `axis`; of integers a float."""
    return _reduce("mean", as_float(x), axis, keepdims)


@op
def var(x, axis=None, keepdims=False):
    """The variance over `axis`: the mean squared distance from the mean."""
    return _reduce("var", as_float(x), axis, keepdims)


@op
def std(x, axis=None, keepdims=False):
    """The standard deviation over `axis`."""
    return sqrt(var(x, axis, keepdims))


@op
def max(x, axis=None, keepdims=False, initial=None):
    """The largest element over `axis`, at least `initial`."""
    y = _reduce("max", as_tensor(x), axis, keepdims)
    return y if initial is None else maximum(y, initial)


@op
def min(x, axis=None, keepdims=False, initial=None):
    """The smallest element over `axis`, at most `initial`."""
    y = _reduce("min", as_tensor(x), axis, keepdims)
    return y if initial is None else run("minimum", *promoted(y, initial))


@op
def any(x, axis=None, keepdims=False):
    """Whether an element over `axis` is true."""
    return _reduce("any", as_tensor(x), axis, keepdims)


@op
def all(x, axis=None, keepdims=False):
    """Whether all elements over `axis` are true."""
    return _reduce("all", as_tensor(x), axis, keepdims)


@op
def argmax(x, axis=None, keepdims=False):
    """The position of the largest element along `axis`, of the first one if several tie."""
    return _reduce("argmax", as_tensor(x), axis, keepdims)


@op
def argmin(x, axis=None, keepdims=False):
    """The position of the smallest element along `axis`, of the first one if several tie."""
    return _reduce("argmin", as_tensor(x), axis, keepdims)


@op
def logsumexp(x, axis=None, keepdims=False):
    """`log(sum(exp(x)))` over `axis` without overflow."""
    return _reduce("logsumexp", as_float(x), axis, keepdims)


@op
def count_nonzero(x, axis=None):
    """How many elements over `axis` are not zero."""
    return sum(as_dtype(run("not_equal", x, 0), "int32"), axis)


@op
def average(x, axis=None, weights=None):
    """The mean over `axis`, weighted by `weights` (of the shape of `x`, or of that axis)."""
    if weights is None:
        return mean(x, axis)
    x, weights = promoted(as_float(x), weights)
    if len(weights.shape) == 1 and len(x.shape) > 1:
        shape = [1] * len(x.shape)
        shape[axis] = -1
        weights = reshape(weights, shape)
    return sum(multiply(x, weights), axis) / sum(multiply(x * 0 + 1, weights), axis)


@op
def ptp(x, axis=None, keepdims=False):
    """The largest element minus the smallest."""
    return max(x, axis, keepdims) - min(x, axis, keepdims)


def _scan(name, x, axis, dtype):
    x = summable(x)
    x = x if dtype is None else as_dtype(x, dtype)
    if axis is None:
        x, axis = reshape(x, (-1,)), 0
    return run(name, x, axis=axes_of(axis, len(x.shape)))


@op
def cumsum(x, axis=None, dtype=None):
    """Running sums along `axis`; `None` flattens first."""
    return _scan("cumsum", x, axis, dtype)


@op
def cumprod(x, axis=None, dtype=None):
    """Running products along `axis`; `None` flattens first."""
    return _scan("cumprod", x, axis, dtype)


@op
def sort(x, axis=-1):
    """The elements in ascending order along `axis`; `None` flattens first."""
    x = as_tensor(x)
    if axis is None:
        x, axis = reshape(x, (-1,)), 0
    return run("sort", x, axis=axes_of(axis, len(x.shape)))


@op
def argsort(x, axis=-1):
    """The positions of the elements in ascending order; equal ones keep theirs."""
    x = as_tensor(x)
    if axis is None:
        x, axis = reshape(x, (-1,)), 0
    return run("argsort", x, axis=axes_of(axis, len(x.shape)))


@op
def argpartition(x, kth, axis=-1):
    """Positions in an order whose first `kth` elements are not above the rest (here: sorted)."""
    return argsort(x, axis)


@op
def top_k(x, k, sorted=True):
    """The `k` largest elements along the last axis, in descending order, and their positions."""
    return run("top_k", as_tensor(x), k=int(k))


@op
def in_top_k(targets, predictions, k):
    """Whether class `targets[i]` is among the `k` largest of `predictions[i]`; a tie with the last counts as inside."""
    targets = expand_dims(as_tensor(targets), -1)
    score = run("take_along_axis", as_tensor(predictions), targets, axis=-1)
    above = sum(as_dtype(run("greater", predictions, score), "int32"), -1)
    return above < k


@op
def searchsorted(sorted_sequence, values, side="left"):
    """Where `values` would be inserted into a sorted vector to keep it sorted."""
    return run("searchsorted", *promoted(as_tensor(sorted_sequence), as_tensor(values)), side=side)


@op
def digitize(x, bins):
    """The number of the bin, between increasing `bins`, that each element falls into."""
    return run("searchsorted", *promoted(as_tensor(bins), as_tensor(x)), side="right")


@op
def bincount(x, weights=None, minlength=0, sparse=False):
    """How often each non-negative integer occurs, or the sum of its `weights`; a row at a time for matrices."""
    x = as_tensor(x)
    values = convert_to_numpy(x)
    classes = builtins.max(int(minlength), int(values.max()) + 1 if values.size else 0)
    dtype = "int32" if weights is None else name_of(as_tensor(weights).dtype)
    hot = run("one_hot", x, classes=classes, axis=-1, dtype=dtype)
    if weights is not None:
        hot = hot * expand_dims(weights, -1)
    return sum(hot, -2)


@op
def quantile(x, q, axis=None, method="linear", keepdims=False):
    """The value below which the share `q` of the elements lies; `method` says how to choose between two."""
    x, q = as_float(x), as_float(q)
    axes = tuple(range(len(x.shape))) if axis is None else axes_of(axis, len(x.shape))
    rows = _rows(x, axes)
    y = _between(rows, reshape(q, (-1,)) * (rows.shape[-1] - 1.0), method)
    return _quantiles_first(y, q, axes, keepdims)


def _rows(x, axes):
    """`x` with `axes` flattened into one last axis, sorted."""
    axes = axes if isinstance(axes, tuple) else (axes,)
    rest = [n for a, n in enumerate(x.shape) if a not in axes]
    return run("sort", reshape(moveaxis(x, axes, range(-len(axes), 0)), (*rest, -1)), axis=len(rest))


def _quantiles_first(y, q, axes, keepdims):
    """`y`, whose last axis goes over `q`, with this axis first, or gone if `q` is one number."""
    y = moveaxis(y, -1, 0) if len(q.shape) else reshape(y, y.shape[:-1])
    axes = axes if isinstance(axes, tuple) else (axes,)
    return expand_dims(y, tuple(a + len(q.shape) for a in axes)) if keepdims else y


def _between(rows, position, method):
    """Elements of the sorted `rows` at fractional positions, the same for all rows or one vector for each."""
    low, high = run("floor", position), run("ceil", position)
    whole = {"lower": low, "higher": high, "nearest": run("round", position)}
    if method in whole:
        return _at(rows, whole[method])
    if method == "midpoint":
        return (_at(rows, low) + _at(rows, high)) / 2
    if method != "linear":
        raise ValueError(f"method must be linear, lower, higher, midpoint or nearest, got {method!r}")
    return _at(rows, low) * (1 - (position - low)) + _at(rows, high) * (position - low)


def _at(rows, position):
    place = as_dtype(position, "int32")
    if len(place.shape) == 1:
        return run("take", rows, place, axis=len(rows.shape) - 1)
    return run("take_along_axis", rows, place, axis=len(rows.shape) - 1)


@op
def percentile(x, q, axis=None, method="linear", keepdims=False):
    """`quantile` with `q` in percent."""
    return quantile(x, as_float(q) / 100, axis, method, keepdims)


@op
def median(x, axis=None, keepdims=False):
    """The middle element, or the mean of the two middle ones."""
    return quantile(x, 0.5, axis, keepdims=keepdims)


@op
def nanquantile(x, q, axis=None, method="linear", keepdims=False):
    """`quantile` of the elements that are not NaN."""
    x, q = as_float(x), as_float(q)
    axes = tuple(range(len(x.shape))) if axis is None else axes_of(axis, len(x.shape))
    rows = _rows(_without_nan(x, math.inf), axes)  # infinities go to the end of the sorted rows
    count = sum(as_dtype(~isnan(_rows(x, axes)), q.dtype), -1, keepdims=True)
    y = _between(rows, reshape(q, (-1,)) * (count - 1), method)
    return _quantiles_first(y, q, axes, keepdims)


@op
def nanpercentile(x, q, axis=None, method="linear", keepdims=False):
    """`nanquantile` with `q` in percent."""
    return nanquantile(x, as_float(q) / 100, axis, method, keepdims)


@op
def nanmedian(x, axis=None, keepdims=False):
    """The median of the elements that are not NaN."""
    return nanquantile(x, 0.5, axis, keepdims=keepdims)


@op
def diff(a, n=1, axis=-1):
    """Differences between neighbours along `axis`, taken `n` times."""
    a = moveaxis(as_tensor(a), axis, -1)
    for _ in range(n):
        a = a[..., 1:] - a[..., :-1]
    return moveaxis(a, -1, axis)


@op
def trapezoid(y, x=None, dx=1.0, axis=-1):
    """The integral along `axis` by the trapezoidal rule."""
    y = moveaxis(as_float(y), axis, -1)
    width = dx
    if x is not None:
        x = as_float(x)
        width = diff(x if len(x.shape) == 1 else moveaxis(x, axis, -1))
    return sum((y[..., 1:] + y[..., :-1]) * width, -1) / 2


@op
def histogram(x, bins=10, range=None):
    """Counts of the elements in `bins` equal bins over `range`, and the edges of the bins, both as floats."""
    x = as_float(x)
    values = convert_to_numpy(x)
    counts, edges = np.histogram(values, bins, range or (float(values.min()), float(values.max())))
    return as_dtype(counts, x.dtype), as_dtype(edges, x.dtype)


@op
def nansum(x, axis=None, keepdims=False):
    """The sum of the elements that are not NaN."""
    return sum(_without_nan(x, 0), axis, keepdims)


@op
def nanprod(x, axis=None, keepdims=False):
    """The product of the elements that are not NaN."""
    return prod(_without_nan(x, 1), axis, keepdims)


@op
def nanmean(x, axis=None, keepdims=False):
    """The mean of the elements that are not NaN."""
    x = as_float(x)
    return nansum(x, axis, keepdims) / sum(as_dtype(~isnan(x), x.dtype), axis, keepdims)


@op
def nanvar(x, axis=None, keepdims=False):
    """The variance of the elements that are not NaN."""
    x = as_float(x)
    return nanmean(run("square", x - nanmean(x, axis, keepdims=True)), axis, keepdims)


@op
def nanstd(x, axis=None, keepdims=False):
    """The standard deviation of the elements that are not NaN."""
    return sqrt(nanvar(x, axis, keepdims))


@op
def nanmax(x, axis=None, keepdims=False):
    """The largest of the elements that are not NaN."""
    return max(_without_nan(x, -math.inf), axis, keepdims)


@op
def nanmin(x, axis=None, keepdims=False):
    """The smallest of the elements that are not NaN."""
    return min(_without_nan(x, math.inf), axis, keepdims)


@op
def nanargmax(x, axis=None, keepdims=False):
    """The position of the largest of the elements that are not NaN."""
    return argmax(_without_nan(x, -math.inf), axis, keepdims)


@op
def nanargmin(x, axis=None, keepdims=False):
    """The position of the smallest of the elements that are not NaN."""
    return argmin(_without_nan(x, math.inf), axis, keepdims)


@op
def nancumsum(x, axis=None, dtype=None):
    """Running sums that pass over NaN."""
    return cumsum(_without_nan(x, 0), axis, dtype)


@op
def nancumprod(x, axis=None, dtype=None):
    """Running products that pass over NaN."""
    return cumprod(_without_nan(x, 1), axis, dtype)


def _without_nan(x, value):
    x = as_tensor(x)
    return where(isnan(x), value, x) if name_of(x.dtype).startswith(("float", "bfloat")) else x


amax = max
amin = min
