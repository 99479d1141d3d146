"""A recorded step as a straight line of generated Python: one line for each NumPy call, every name bound beforehand."""

from collections import defaultdict
from functools import partial

import numpy as np

from nbkeras.backends.numpy.blocks import chained
from nbkeras.backends.numpy.distribution import Distribution
from nbkeras.backends.numpy.expansion import many_steps
from nbkeras.backends.numpy.generated import Source
from nbkeras.backends.numpy.native_program import NativeCall, natively
from nbkeras.backends.numpy.pooled_convolutions import pooled
from nbkeras.backends.numpy.rectified_pooling import with_late_relu
from nbkeras.backends.numpy.repeats import split_constant, without_repeats
from nbkeras.backends.numpy.touches import Touches
from nbkeras.backends.numpy.traced import Call

__all__ = ["Program"]


class Program:
    """Calls that run again on the same memory.

    `run()` makes them once. `run_over(sources)` makes them once for each entry of the arrays `sources`, in order: the
    entries of `sources[j]` are contiguous arrays of the shape and dtype of `batch[j]`, and come to lie there.

    Args:
        calls: what a `Recorder` noted.
        results: blocks of memory that are read after the calls.
        batch: the arrays that hold something else each time.
    """

    def __init__(self, calls, results, batch=()):
        calls = _without_copies(calls, results)
        calls = _without_dead(calls, results)
        calls = without_repeats(calls, results)
        once, calls = split_constant(calls, results)
        for call in once:
            call.function(*call.args, **call.kwargs)
        self.calls = natively(pooled(chained(with_late_relu(calls, results)), results), results)
        self._results, self._batch = results, batch
        self.run = _one_step(self.calls)

    def run_over(self, sources):
        """Makes the calls for each of many batches."""
        self.run_over = _many_steps(self.calls, self._results, self._batch)  # from now on instead of this method
        self.run_over(sources)


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


def _without_copies(calls, results):
    """Lets a call write straight to where its result is copied: `f(a, t); copyto(b, t)` becomes `f(a, b)`."""
    calls, kept = list(calls), {id(block) for block in results}
    copies = [place for place, call in enumerate(calls) if _is_whole_copy(call)]
    lives, touches = _places(calls), Touches(calls, {id(calls[place].writes[1]) for place in copies})
    for place in copies:
        copy = calls[place]
        (life, source), (target, block) = copy.reads[0], copy.writes
        first, *readers = sorted(lives[life] - {place}) or [place]
        if id(source) not in kept and first < place and _redirects(calls, first, readers, place, touches):
            _redirect(calls, first, readers, copy)
            calls[place] = None
            lives[target].remove(place)
            lives[target].update((first, *readers))
            for moved in (first, *readers):
                touches.add(moved, copy.out, block)
            del lives[life]
    return [call for call in calls if call is not None]


def _places(calls):
    """Where each life is touched."""
    lives = defaultdict(set)
    for place, call in enumerate(calls):
        for life, _ in (*call.reads, *([call.writes] if call.writes else [])):
            lives[life].add(place)
    return lives


def _is_whole_copy(call):
    """Whether the call is a plain copy of all of one piece of memory."""
    if call.function is not np.copyto or len(call.reads) != 1:
        return False
    source = call.args[1]
    is_plain = type(source) is np.ndarray and source.shape == call.out.shape
    return is_plain and source.nbytes == call.reads[0][1].nbytes


def _redirects(calls, first, readers, place, touches):
    """Whether the call at `first`, the only one that writes what is copied at `place`, may write to the copy itself.

    Others may read it, `readers`; these must read the very array that was written. Until the last of them has read,
    nobody else may touch the memory of the copy: it holds the new numbers early.
    """
    writer, target, source = calls[first], calls[place].out, calls[place].args[1]
    (life, _), (_, block) = calls[place].reads[0], calls[place].writes
    if writer.writes is None or writer.writes[0] != life or life in [other for other, _ in writer.reads]:
        return False
    if not _writes_anywhere(writer, source, target) or not _meets_elementwise(writer, target):
        return False
    last = max([place, *readers])
    others = touches.between(first, last, target, block) - {place, *readers}
    between = [calls[other] for other in others if calls[other] is not None]
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


def _one_step(calls):
    """A function of no arguments that makes the calls."""
    source = Source()
    return source.function([], [source.line(call) for call in calls])


def _many_steps(calls, results, batch):
    """A function of the batches of many steps."""
    if [type(call.function) for call in calls] == [NativeCall]:
        return partial(calls[0].function.over, batch)
    if all(call.writes is not None or call.reads for call in calls):  # a chain does not tell what it touches
        plan = Distribution(calls, results, batch)
        if plan.pays():
            return many_steps(plan, batch)
    source = Source()
    entries = [f"b{j}" for j in range(len(batch))]
    lines = [source.line_of(np.copyto, source.name(own), b) for b, own in zip(entries, batch)]
    lines += [source.line(call) for call in calls]
    return source.function(["sources"], [f"for {', '.join(entries)}, in zip(*sources):", *(f"    {x}" for x in lines)])
