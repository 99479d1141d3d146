"""The optimizer's map over weights: in place, in blocks that fit the cache, where weights share one buffer."""

import weakref

import numpy as np

from nbkeras.backends.numpy import native
from nbkeras.backends.numpy.recordable import is_recording
from nbkeras.backends.numpy.traced import Traced, plain

BLOCK = 32768  # elements
RECORDED_BLOCK = 2**20  # of native programs, which make tiles of their own; longer ones would hold more memory

_packs: dict = {}  # id of a buffer -> (a weak reference to it, ids of the views that fill it)


def pack(arrays):
    """Copies of `arrays`, each a view into one new contiguous buffer per dtype, in order."""
    arrays = [np.asarray(a) for a in arrays]
    views = [None] * len(arrays)
    for dtype in {a.dtype for a in arrays}:
        places = [i for i, a in enumerate(arrays) if a.dtype == dtype]
        buffer = np.empty(sum(arrays[i].size for i in places), dtype)
        start = 0
        for i in places:
            view = buffer[start : start + arrays[i].size].reshape(arrays[i].shape)
            view[...] = arrays[i]
            views[i] = view
            start += view.size
        _remember(buffer, [views[i] for i in places])
    return views


def _remember(buffer, views):
    key = id(buffer)
    _packs[key] = weakref.ref(buffer, lambda dead: _packs.pop(key, None)), [id(view) for view in views]


def update(function, weights, grads, slots):
    """New weights and slots by `function(weight, grad, *slots) -> (weight, *slots)`, elementwise and pure.

    `slots` is a list (one per slot) of lists (one per weight). Arrays are written in place where they can be; where
    the weights are consecutive views of one buffer, and the slots too, all are updated together, block by block.
    """
    groups = [_flat(group) for group in (weights, *slots)]
    if weights and all(flat is not None for flat in groups):
        _in_blocks(function, groups, _gather(grads))
        return weights, slots
    new = [_one(function, w, g, s) for w, g, *s in zip(weights, grads, *slots)]
    columns = [list(column) for column in zip(*new)] or [[], *([] for _ in slots)]
    return columns[0], columns[1:]


def _flat(views):
    """The buffer that `views` fill, if they are what `pack` made of it, in order; else None."""
    if views and type(views[0]) is Traced:
        base = _flat(plain(views))
        return None if base is None else views[0].view_of(base)
    base = views[0].base if views and type(views[0]) is np.ndarray else None
    buffer, made = _packs.get(id(base), (None, ()))
    if base is None or len(views) != len(made) or buffer() is not base:
        return None
    for view, known in zip(views, made):
        if id(view) != known or view.base is not base:
            return None
    return base


def _gather(grads):
    return np.concatenate([grad.reshape(-1) for grad in grads])


def _in_blocks(function, groups, grads):
    weights, *slots = groups
    size = RECORDED_BLOCK if is_recording() and native.variant() else BLOCK
    for start in range(0, len(weights), size):
        part = slice(start, start + size)
        old = [weights[part], *(slot[part] for slot in slots)]
        for target, value in zip(old, function(old[0], grads[part], *old[1:])):
            target[...] = value


def _one(function, weight, grad, slots):
    old = (weight, *slots)
    return [_write(target, value) for target, value in zip(old, function(weight, grad, *slots))]


def _write(target, value):
    if type(target) in (np.ndarray, Traced) and target.flags.writeable:
        target[...] = value
        return target
    return np.asarray(value, target.dtype)
