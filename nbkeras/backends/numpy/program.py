"""A recorded step as a straight line of generated Python: one line for each NumPy call, every name bound beforehand."""

import numpy as np

from nbkeras.backends.numpy.traced import Call

__all__ = ["Program"]


class Program:
    """Calls that run again on the same memory.

    Args:
        calls: what a `Recorder` noted.
        results: blocks of memory that are read after the calls.
    """

    def __init__(self, calls, results):
        calls = _without_copies(calls, results)
        calls = _without_dead(calls, results)
        once, calls = _split_fills(calls)
        for call in once:
            call.function(*call.args, **call.kwargs)
        self.calls = calls
        self.run = _generate(calls)


def _covers(call):
    return call.out is not None and call.out.nbytes == call.memory.nbytes


def _without_dead(calls, results):
    """Drops calls whose results nobody reads."""
    live, kept = {id(block) for block in results}, []
    for call in reversed(calls):
        if call.memory is not None:
            if id(call.memory) not in live:
                continue
            if _covers(call):
                live.discard(id(call.memory))
        live.update(id(block) for block in call.reads)
        kept.append(call)
    return kept[::-1]


def _split_fills(calls):
    """Fills of memory that nothing else writes to, which need to run only once; and the other calls."""
    writes = {}
    for call in calls:
        writes[id(call.memory)] = writes.get(id(call.memory), 0) + 1
    once = [c for c in calls if c.function is np.ndarray.fill and writes[id(c.memory)] == 1]
    return once, [c for c in calls if c not in once]


def _without_copies(calls, results):
    """Lets a call write straight to where its result is copied: `f(a, t); copyto(b, t)` becomes `f(a, b)`.

    `t` must be written by that call alone, all of it, and read by the copy alone; between the two, nothing may touch
    the memory of `b`, and the call itself may read of it nothing but `b`.
    """
    kept = set(map(id, results))
    uses = {}  # block -> positions of the calls that touch it
    for place, call in enumerate(calls):
        for block in {id(b): b for b in (*call.reads, *([] if call.memory is None else [call.memory]))}:
            uses.setdefault(block, []).append(place)
    dropped = set()
    for place, call in enumerate(calls):
        source = _copied(call)
        if source is None or len(uses.get(id(call.reads[0]), ())) != 2 or id(call.reads[0]) in kept:
            continue
        first = uses[id(call.reads[0])][0]
        writer, target = calls[first], call.out
        if first in dropped or not _redirects(writer, source, target):
            continue
        if any(first < use < place for use in uses[id(call.memory)]) or not _reads_only(writer, target):
            continue
        out = target.reshape(writer.out.shape)
        args = tuple(out if a is writer.out else a for a in writer.args)
        kwargs = {key: out if a is writer.out else a for key, a in writer.kwargs.items()}
        calls[first] = Call(writer.function, args, kwargs, out, call.memory, writer.reads)
        dropped.add(place)
        uses[id(call.memory)] = sorted({*uses[id(call.memory)], first} - {place})
    return [call for place, call in enumerate(calls) if place not in dropped]


def _copied(call):
    """The array that a plain copy within one dtype reads."""
    if call.function is not np.copyto or len(call.reads) != 1:
        return None
    source = call.args[1]
    same = type(source) is np.ndarray and source.dtype == call.out.dtype and source.shape == call.out.shape
    return source if same else None


def _redirects(writer, source, target):
    """Whether `writer`, whose result is all that `source` shows, may write to `target` instead."""
    function = writer.function
    if not (isinstance(function, np.ufunc) or function is np.dot or getattr(function, "__name__", "") == "reduce"):
        return False
    whole = writer.out is not None and _covers(writer) and source.size == writer.out.size
    return whole and all(a.flags.c_contiguous for a in (writer.out, source, target))


def _reads_only(writer, target):
    """Whether `writer` meets the memory of `target` elementwise, at the same elements, or not at all."""
    arrays = [a for a in writer.args if type(a) is np.ndarray and a is not writer.out]
    touching = [a for a in arrays if np.may_share_memory(a, target)]
    if not touching:
        return True
    elementwise = isinstance(writer.function, np.ufunc) and writer.function.signature is None
    return elementwise and all(a.__array_interface__ == target.__array_interface__ for a in touching)


def _generate(calls):
    """A function of no arguments that makes the calls."""
    names, lines = {}, []

    def name(value):
        if value is None or type(value) in (bool, int) and abs(value) < 2**31:
            return repr(value)
        return names.setdefault(id(value), (f"v{len(names)}", value))[0]

    for call in calls:
        args = [name(a) for a in call.args] + [f"{key}={name(value)}" for key, value in call.kwargs.items()]
        lines.append(f"    {name(call.function)}({', '.join(args)})")
    bound = dict(names.values())
    source = f"def step({', '.join(f'{n}={n}' for n in bound)}):\n" + "\n".join(lines or ["    pass"])
    exec(compile(source, "<recorded step>", "exec"), bound)
    return bound["step"]
