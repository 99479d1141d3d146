"""A recorded step as a straight line of generated Python: one line for each NumPy call, every name bound beforehand."""

import numpy as np

from nbkeras.backends.numpy.blocks import chained
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
        self.calls = chained(calls)
        for call in once:
            call.function(*call.args, **call.kwargs)
        self.run = _generate(self.calls)


def _covers(call):
    """Whether the call writes all of the memory that it writes to."""
    return call.out is not None and call.out.nbytes == call.writes[1].nbytes


def _without_dead(calls, results):
    """Drops calls whose results nobody reads."""
    live, kept = {id(block) for block in results}, []
    for call in reversed(calls):
        if call.writes is not None:
            block = id(call.writes[1])
            if block not in live:
                continue
            if _covers(call):
                live.discard(block)
        live.update(id(block) for _, block in call.reads)
        kept.append(call)
    return kept[::-1]


def _split_fills(calls):
    """Fills of memory that nothing else writes to, which need to run only once; and the other calls."""
    writes = {}
    for call in calls:
        if call.writes is not None:
            writes[id(call.writes[1])] = writes.get(id(call.writes[1]), 0) + 1
    once = [c for c in calls if c.function is np.ndarray.fill and writes[id(c.writes[1])] == 1]
    return once, [c for c in calls if c not in once]


def _without_copies(calls, results):
    """Lets a call write straight to where its result is copied: `f(a, t); copyto(b, t)` becomes `f(a, b)`."""
    calls, kept = list(calls), {id(block) for block in results}
    lives, blocks = {}, {}  # where each life, and each block, is touched
    for place, call in enumerate(calls):
        _touch(lives, blocks, place, call)
    for place, copy in enumerate(calls):
        source = _copied(copy)
        if source is None or id(copy.reads[0][1]) in kept:
            continue
        life = copy.reads[0][0]
        first, *readers = [p for p in lives[life] if p != place] or [place]
        if first < place and _redirects(calls, first, readers, place, source, blocks[id(copy.writes[1])]):
            _redirect(calls, first, readers, copy)
            calls[place] = None
            lives[copy.writes[0]] = sorted({first, *readers, *lives[copy.writes[0]]} - {place})
            blocks[id(copy.writes[1])] = sorted({first, *readers, *blocks[id(copy.writes[1])]} - {place})
            del lives[life]
    return [call for call in calls if call is not None]


def _touch(lives, blocks, place, call):
    touched = dict([*call.reads, *([call.writes] if call.writes else [])])
    for life, block in touched.items():
        lives.setdefault(life, []).append(place)
        blocks.setdefault(id(block), []).append(place)


def _copied(call):
    """The array that a plain copy of one array reads."""
    if call is None or call.function is not np.copyto or len(call.reads) != 1:
        return None
    source = call.args[1]
    return source if type(source) is np.ndarray and source.shape == call.out.shape else None


def _redirects(calls, first, readers, place, source, touches):
    """Whether the call at `first`, the only one that writes what is copied at `place`, may write to the copy itself.

    Others may read it, `readers`; these must read the very array that was written. Until the last of them has read,
    nobody else may touch the memory of the copy (`touches`): it holds the new numbers early.
    """
    writer, target = calls[first], calls[place].out
    life = calls[place].reads[0][0]
    if writer.writes is None or writer.writes[0] != life or life in [other for other, _ in writer.reads]:
        return False
    if not _writes_anywhere(writer, source, target) or not _meets_elementwise(writer, target):
        return False
    last = max([place, *readers])
    between = [calls[touch] for touch in touches if first < touch <= last and touch not in (place, *readers)]
    if any(_overlaps((call.out, *call.args), target) for call in between):
        return False
    if readers and (target.dtype != source.dtype or target.shape != writer.out.shape):
        return False
    return all(_reads_exactly(calls[reader], writer.out, life, target) for reader in readers)


def _writes_anywhere(writer, source, target):
    function = writer.function
    if not _covers(writer) or source.size != writer.out.size:
        return False
    if not all(a.flags.c_contiguous for a in (writer.out, source, target)):
        return False
    if source.dtype != target.dtype:
        return False
    direct = function in (np.copyto, np.ndarray.dot) or getattr(function, "__name__", "") == "reduce"
    return direct or isinstance(function, np.ufunc)


def _meets_elementwise(writer, target):
    """Whether `writer` reads of the memory of `target` nothing but, elementwise, `target` itself."""
    arrays = [a for a in writer.args if type(a) is np.ndarray and a is not writer.out]
    touching = [a for a in arrays if np.may_share_memory(a, target)]
    if not touching:
        return True
    elementwise = isinstance(writer.function, np.ufunc) and writer.function.signature is None
    if target.size == 1:
        return False  # NumPy takes 0.6 µs to change one number in place, and 0.3 to compute and copy it
    same = (a.ctypes.data == target.ctypes.data and a.shape == writer.out.shape for a in touching)
    return elementwise and all(same) and all(a.flags.c_contiguous for a in touching)


def _reads_exactly(call, array, life, target):
    """Whether `call` takes from the memory `life` just `array`, only reads it, and leaves `target` alone."""
    if call.writes is not None and (call.writes[0] == life or np.may_share_memory(call.out, target)):
        return False
    if not all(a is array or not _overlaps(a, array) for a in (*call.args, *call.kwargs.values())):
        return False
    return any(a is array for a in call.args)


def _overlaps(value, array):
    if type(value) in (tuple, list):
        return any(_overlaps(item, array) for item in value)
    return type(value) is np.ndarray and np.may_share_memory(value, array)


def _redirect(calls, first, readers, copy):
    """Makes the call at `first` write to the target of `copy`, and `readers` read there."""
    writer = calls[first]
    target, life = copy.out.reshape(writer.out.shape), copy.reads[0][0]
    for place in (first, *readers):
        call = calls[place]
        args = tuple(target if a is writer.out else a for a in call.args)
        kwargs = {key: target if a is writer.out else a for key, a in call.kwargs.items()}
        reads = [copy.writes if read[0] == life else read for read in call.reads]
        if place == first:
            calls[place] = Call(call.function, args, kwargs, target, copy.writes, reads)
        else:
            calls[place] = Call(call.function, args, kwargs, call.out, call.writes, reads)


def _generate(calls):
    """A function of no arguments that makes the calls."""
    names, lines = {}, []

    def name(value):
        if value is None or (type(value) in (bool, int) and abs(value) < 2**31):
            return repr(value)
        return names.setdefault(id(value), (f"v{len(names)}", value))[0]

    for call in calls:
        args = [name(a) for a in call.args] + [f"{key}={name(value)}" for key, value in call.kwargs.items()]
        lines.append(f"    {name(call.function)}({', '.join(args)})")
    bound = dict(names.values())
    source = f"def step({', '.join(f'{n}={n}' for n in bound)}):\n" + "\n".join(lines or ["    pass"])
    exec(compile(source, "<recorded step>", "exec"), bound)
    return bound["step"]
