"""Which calls of a record touch a piece of memory."""

from bisect import insort
from collections import defaultdict

import numpy as np
from numpy.lib.array_utils import byte_bounds

__all__ = ["Touches"]


class Touches:
    """The places of calls that touch one of `blocks`, by the part of it that they touch.

    A block of memory is cut into bins as long as the arrays in it are on average, so that who touches one part of a
    packed buffer is found without a look at the others: a chain of 1,000 layers has 2,000 parts, and to look at all of
    them for each took 3.4 s of the 4.2 that recording its step did.

    Args:
        calls: what a `Recorder` noted.
        blocks: the ids of the blocks that will be asked for.
    """

    def __init__(self, calls, blocks):
        touched = [(place, *region) for place, call in enumerate(calls) for region in _regions(call, blocks)]
        lengths = defaultdict(list)
        for _, block, start, stop in touched:
            lengths[block].append(stop - start)
        self._width = {block: max(1, sum(sizes) // len(sizes)) for block, sizes in lengths.items()}
        self._bins = defaultdict(list)
        for place, *region in touched:
            self._add(place, *region)

    def add(self, place, array, block):
        """Notes that the call at `place` touches `array`, a part of `block`."""
        self._add(place, id(block), *_bounds(array, block))

    def between(self, first, last, array, block):
        """The places after `first` and up to `last` of calls that may touch `array`, a part of `block`."""
        numbers = self._numbers(id(block), *_bounds(array, block))
        return {place for number in numbers for place in self._bins.get(number, ()) if first < place <= last}

    def _add(self, place, block, start, stop):
        for number in self._numbers(block, start, stop):
            insort(self._bins[number], place)

    def _numbers(self, block, start, stop):
        width = self._width[block]
        return [(block, number) for number in range(start // width, (stop - 1) // width + 1)]


def _regions(call, wanted):
    """Triples (id of a block, start, stop) of what a call touches; of a block in which no array is seen, all of it."""
    blocks = {id(block): block for _, block in (*call.reads, *([call.writes] if call.writes else []))}
    blocks = [block for name, block in blocks.items() if name in wanted]
    if not blocks:
        return
    arrays = {id(array): array for array in _arrays_in((call.out, call.args, call.kwargs))}.values()
    for block in blocks:
        inside = [_bounds(array, block) for array in arrays if np.may_share_memory(array, block)]
        for start, stop in inside or [(0, block.nbytes)]:
            yield id(block), start, stop


def _arrays_in(value):
    """The arrays in tuples, lists and dictionaries."""
    if type(value) is np.ndarray:
        return [value]
    if type(value) is dict:
        value = value.values()
    elif type(value) not in (tuple, list):
        return []
    return [array for item in value for array in _arrays_in(item)]


def _bounds(array, block):
    """Where `array` starts and stops within `block`, in bytes."""
    (start, stop), (begin, end) = byte_bounds(array), byte_bounds(block)
    return max(start, begin) - begin, min(stop, end) - begin
