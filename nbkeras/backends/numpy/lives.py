"""Who reads and who writes the results of a record's calls."""

from collections import defaultdict

import numpy as np

__all__ = ["Lives", "is_written", "same"]


class Lives:
    """Where each result is written and read.

    Args:
        calls: what a `Recorder` noted.
        results: blocks of memory that are read after the calls.
    """

    def __init__(self, calls, results):
        self._results = {id(block) for block in results}
        self._readers, self._writers = defaultdict(list), defaultdict(list)
        for place, call in enumerate(calls):
            for life in {life for life, _ in call.reads}:
                self._readers[life].append(place)
            if call.writes is not None:
                self._writers[call.writes[0]].append(place)

    def users(self, calls, writer):
        """The places of those that read the result of the call at `writer`; `None` if that is a result of the step, or
        if others write there, too."""
        life, block = calls[writer].writes
        if self._writers[life] != [writer] or id(block) in self._results:
            return None
        return [place for place in self._readers[life] if place != writer]


def same(a, b):
    """Whether these are the same array, or equal views."""
    return type(a) is type(b) is np.ndarray and a.ctypes.data == b.ctypes.data and a.shape == b.shape


def is_written(arrays, calls):
    """Whether one of the calls writes to one of the arrays; calls that were dropped are `None`."""
    return any(
        call is not None and call.writes is not None and any(np.may_share_memory(call.out, a) for a in arrays)
        for call in calls
    )
