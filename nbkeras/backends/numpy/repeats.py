"""Calls that need not run again: those that give the same in each step, and those that another has made in this one."""

from collections import Counter

import numpy as np

from nbkeras.backends.numpy.traced import Call

__all__ = ["split_constant", "without_repeats"]


def split_constant(calls, results):
    """Calls that need to run only once, as they depend on nothing but constants; and the other calls."""
    writes = Counter(id(call.writes[1]) for call in calls if call.writes is not None)
    kept = {id(block) for block in results}
    constant, once, again = set(), [], []
    for call in calls:
        block = call.writes and id(call.writes[1])
        is_constant = block and writes[block] == 1 and block not in kept and _needs_only(call, constant)
        if is_constant:
            constant.add(block)
        (once if is_constant else again).append(call)
    return once, again


def _needs_only(call, blocks):
    return all(id(block) in blocks for _, block in call.reads)


def without_repeats(calls, results):
    """Drops calls that compute a number which another call has computed from the same.

    An optimizer's formula runs once for each block of the weights, and each time begins with the same few numbers.
    """
    numbers = _numbers(calls, results)
    known, replaced, versions, kept = {}, {}, Counter(), []
    for call in calls:
        if any(id(block) in replaced for _, block in call.reads):
            call = _reading(call, replaced)
        block = call.writes and id(call.writes[1])
        if block in numbers:
            first = known.setdefault(_key(call, versions), call)
            if first is not call:
                replaced[block] = first
                continue
        if block:
            versions[block] += 1
        kept.append(call)
    return kept


def _numbers(calls, results):
    """Ids of the blocks that hold one number which one call writes, and which others read as an argument."""
    writes = Counter(id(call.writes[1]) for call in calls if call.writes is not None)
    dtypes = {id(c.writes[1]): c.out.dtype for c in calls if c.writes is not None and _is_number(c)}
    numbers = {block for block in dtypes if writes[block] == 1} - {id(block) for block in results}
    for call in calls:
        for _, block in call.reads:
            if id(block) in numbers and {a.dtype for a in call.args if _lies_in(a, block)} != {dtypes[id(block)]}:
                numbers.remove(id(block))
    return numbers


def _lies_in(value, block):
    return type(value) is np.ndarray and np.may_share_memory(value, block)


def _reading(call, replaced):
    """The call with the numbers of those that came first."""
    args, reads = list(call.args), []
    for life, block in call.reads:
        first = replaced.get(id(block))
        reads.append((life, block) if first is None else first.writes)
        if first is not None:
            args = [_as(first.out, a) if _lies_in(a, block) else a for a in args]
    return Call(call.function, tuple(args), call.kwargs, call.out, call.writes, reads)


def _as(number, like):
    return number if number.shape == like.shape else np.broadcast_to(number, like.shape)


def _is_number(call):
    """Whether the call computes one number, all of a block, from numbers."""
    known = isinstance(call.function, np.ufunc) or call.function is np.copyto
    arrays = [a for a in call.args if type(a) is np.ndarray]
    return known and all(a.ndim == 0 for a in arrays) and call.out.nbytes == call.writes[1].nbytes


def _key(call, versions):
    """Equal for calls that compute the same."""
    parts = [call.function, call.out.dtype, str(call.kwargs)]
    for a in call.args:
        if a is not call.out:
            read = next((id(block) for _, block in call.reads if _lies_in(a, block)), None)
            parts.append(_bits(a) if read is None else (a.ctypes.data, a.dtype, versions[read]))
    return tuple(parts)


def _bits(constant):
    return np.asarray(constant).tobytes(), np.asarray(constant).dtype
