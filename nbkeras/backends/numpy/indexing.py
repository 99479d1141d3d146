"""Reading and writing elements by position."""

import numpy as np

from nbkeras.backends import HOLE
from nbkeras.backends.numpy import native_embedding
from nbkeras.backends.numpy.recordable import asarray, empty, in_place, whole
from nbkeras.backends.numpy.registry import kernel

HEAVY = 32  # an index that occurs more often than this is summed on its own


def accumulate(shape, indices, d):
    """Zeros of `shape` to which row `d[i]` is added at row `indices[i]`, duplicates included."""
    out = empty(shape, d.dtype)
    _accumulate_into(out, indices, d)
    return out


@in_place
def _accumulate_into(out, indices, d):
    """`np.add.at` is slow; here each round adds rows of which no two have the same target.

    An index that fills much of a batch, as padding does, would need many rounds, and is summed by itself. Numbers
    that are no rows, as of a histogram, NumPy can sum faster.
    """
    if out.ndim == 1 and out.dtype.kind == "f":
        out[...] = np.bincount(indices, d, len(out))
        return
    out.fill(0)
    if not len(indices):
        return
    order = np.argsort(indices, kind="stable")
    ordered = indices[order]
    starts = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]])
    counts = np.diff(np.r_[starts, len(ordered)])
    for start, n in zip(starts[counts > HEAVY].tolist(), counts[counts > HEAVY].tolist()):
        out[ordered[start]] = d[order[start : start + n]].sum(0)
    light = counts <= HEAVY
    starts, counts = starts[light], counts[light]
    out[ordered[starts]] = d[order[starts]]
    step = 1
    starts, counts = starts[counts > step], counts[counts > step]
    while len(starts):
        out[ordered[starts]] += d[order[starts + step]]
        step += 1
        starts, counts = starts[counts > step], counts[counts > step]


@kernel
def getitem(x, *arrays, key):
    """`x[key]`, where each `HOLE` in the tuple `key` stands for the next of `arrays`."""
    holes = iter(arrays)
    index = tuple(next(holes) if k == HOLE else k for k in key)
    y = x[index]

    def vjp(d):
        g = np.zeros_like(x)
        if arrays:
            np.add.at(g, index, d)
        else:
            g[index] = d
        return (g,)

    return y, vjp


@kernel
def take(x, indices, *, axis=None):
    indices = asarray(indices)
    _check_bounds(indices, x.size if axis is None else x.shape[axis])
    if axis == 0 and native_embedding.applies(x, indices):
        return native_embedding.take(x, indices)
    y = _taken(x, indices, axis)

    def vjp(d):
        rows = x.reshape(-1) if axis is None else np.moveaxis(x, axis, 0)
        flat = indices.reshape(-1)
        flat = np.where(flat < 0, flat + len(rows), flat)
        if axis is not None:
            a = axis % x.ndim
            d = np.moveaxis(d, range(a, a + indices.ndim), range(indices.ndim))
        g = accumulate(rows.shape, flat, d.reshape(flat.size, *rows.shape[1:]))
        return (g.reshape(x.shape) if axis is None else np.moveaxis(g, 0, axis),)

    return y, vjp


@whole
def _check_bounds(indices, size):
    if indices.size and not -size <= indices.min() <= indices.max() < size:
        raise IndexError(f"indices must lie between {-size} and {size - 1}, got {indices.min()} to {indices.max()}")


def _taken(x, indices, axis):
    """`numpy.take` of indices within bounds: where it need not check them, it writes straight to where it is told."""
    around = () if axis is None else (x.shape[:axis], x.shape[axis % x.ndim + 1 :])
    y = empty((*around[0], *indices.shape, *around[1]) if around else indices.shape, x.dtype)
    _take_into(y, x, indices, axis)
    return y


@in_place
def _take_into(y, x, indices, axis):
    np.take(x, indices, axis, out=y, mode="wrap")


@kernel
def take_along_axis(x, indices, *, axis):
    y = np.take_along_axis(x, indices, axis)

    def vjp(d):
        g = np.zeros_like(x)
        grid = list(np.ogrid[tuple(slice(n) for n in d.shape)])
        grid[axis] = np.broadcast_to(indices, d.shape)
        grid = [np.zeros_like(i) if n == 1 else i for i, n in zip(grid, x.shape)]
        np.add.at(g, tuple(grid), d)
        return (g,)

    return y, vjp


@kernel
def one_hot(x, *, classes, axis, dtype):
    y = _one_hot(asarray(x), classes, dtype)
    return (y if axis == -1 else np.moveaxis(y, -1, axis)), None


@whole
def _one_hot(x, classes, dtype):
    y = np.zeros((x.size, classes), dtype)
    flat = x.reshape(-1)
    rows = np.flatnonzero((flat >= 0) & (flat < classes))
    y[rows, flat[rows]] = 1
    return y.reshape(*x.shape, classes)


@kernel
def block(x, starts, *, shape):
    """The block of `shape` that begins at `starts`."""
    index = _corner(starts, shape, x.shape)

    def vjp(d):
        g = np.zeros_like(x)
        g[index] = d
        return (g,)

    return x[index], vjp


@kernel
def block_update(x, starts, updates):
    """`x` with a block that begins at `starts` replaced by `updates`."""
    updates = asarray(updates)
    index = _corner(starts, updates.shape, x.shape)
    y = x.copy()
    y[index] = updates

    def vjp(d):
        def dx():
            g = d.copy()
            g[index] = 0
            return g

        return dx, None, d[index]

    return y, vjp


def _corner(starts, shape, bounds):
    """Slices from `starts`, moved inwards where the block would stick out, as accelerators do."""
    corners = asarray(starts).reshape(-1).tolist()
    corners = [min(max(s, 0), n - k) for s, n, k in zip(corners, bounds, shape)]
    return tuple(slice(s, s + k) for s, k in zip(corners, shape))


_AT = {"add": np.add.at, "max": np.maximum.at, "min": np.minimum.at, "mul": np.multiply.at}


@kernel
def scatter(x, indices, updates, *, reduction=None):
    """`x` with `updates` written at, or reduced into, the positions in the rows of `indices`."""
    index = tuple(np.moveaxis(asarray(indices), -1, 0))
    updates = asarray(updates).astype(x.dtype, copy=False)
    if reduction == "add" and x.ndim and len(index) == 1 and index[0].ndim == 1:
        rows = np.broadcast_to(updates, (*index[0].shape, *x.shape[1:]))
        y = x + accumulate(x.shape, index[0] % max(len(x), 1), rows)
    else:
        y = x.copy()
        if reduction is None:
            y[index] = updates
        else:
            _AT[reduction](y, index, updates)
    return y, lambda d: _scatter_gradient(d, x, y, index, updates, reduction)


def _scatter_gradient(d, x, y, index, updates, reduction):
    if reduction == "add":
        return d, None, lambda: d[index]
    if reduction is None:
        rest = d.copy()
        rest[index] = 0
        return rest, None, lambda: d[index]
    if reduction == "mul":
        return d * y / x, None, lambda: (d * y)[index] / updates
    return d * (x == y).astype(d.dtype), None, lambda: d[index] * (updates == y[index]).astype(d.dtype)


@kernel
def nonzero(x):
    return tuple(i.astype(np.int32) for i in np.nonzero(x)), None
