"""Many numbers in a few: extremes, mean, spread, zeros, what is not finite, and a histogram."""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["BINS", "Statistics", "statistics"]

BINS = 20
BLOCK = 2**18  # numbers that are looked at together, in float64: 2 MB, which fits the cache
COUNTED = 2**18  # numbers in a histogram, or up to twice as many: counting takes 40 ns each, all the rest together 10


@dataclass(frozen=True)
class Statistics:
    """What there is to say of some numbers.

    Attributes:
        size: how many there are.
        low, high, mean, std: of the finite ones; NaN where there are none.
        zeros: the share of all that is exactly 0.
        non_finite: how many are NaN or infinite.
        counts: of finite ones in equally wide bins from `low` to `high`; all in the middle one where these are equal.
            Where there are more than half a million, of every second one, third one and so on.
    """

    size: int
    low: float
    high: float
    mean: float
    std: float
    zeros: float
    non_finite: int
    counts: tuple[int, ...]

    @property
    def rms(self) -> float:
        """The root of the mean square."""
        return math.hypot(self.mean, self.std)

    @property
    def norm(self) -> float:
        """The Euclidean norm of the finite numbers."""
        return self.rms * math.sqrt(self.size - self.non_finite) if self.size > self.non_finite else 0.0


def statistics(arrays: Iterable[Any], bins: int = BINS) -> Statistics:
    """The statistics of all numbers in some arrays, computed in float64.

    >>> s = statistics([np.array([0.0, 1.0, 2.0, np.nan])], bins=2)
    >>> s.low, s.high, s.mean, s.zeros, s.non_finite, s.counts
    (0.0, 2.0, 1.0, 0.25, 1, (1, 2))
    """
    arrays = [np.asarray(array) for array in arrays]
    size = sum(array.size for array in arrays)
    zeros = sum(array.size - int(np.count_nonzero(array)) for array in arrays)
    parts = [(block.size, block.min(), block.max(), block.sum()) for block in _finite(arrays)]
    count = sum(part[0] for part in parts)
    if not count:
        none = math.nan
        return Statistics(size, none, none, none, none, zeros / size if size else 0.0, size, (0,) * bins)
    low, high = float(min(part[1] for part in parts)), float(max(part[2] for part in parts))
    mean = float(sum(part[3] for part in parts) / count)
    squares, counts, stride = 0.0, np.zeros(bins, int), max(1, count // COUNTED)
    for block in _finite(arrays):
        squares += float(np.square(block - mean).sum())
        counts += _histogram(block[::stride], low, high, bins)
    std = math.sqrt(squares / count)
    return Statistics(size, low, high, mean, std, zeros / size, size - count, tuple(counts.tolist()))


def _finite(arrays: list[np.ndarray[Any, Any]]) -> Iterator[np.ndarray[Any, Any]]:
    """The finite numbers, block by block."""
    for array in arrays:
        flat = array.reshape(-1)
        for start in range(0, flat.size, BLOCK):
            block = flat[start : start + BLOCK].astype(np.float64)
            finite = np.isfinite(block)
            block = block if finite.all() else block[finite]
            if block.size:
                yield block


def _histogram(block, low, high, bins):
    if high > low:
        return np.histogram(block, bins, (low, high))[0]
    counts = np.zeros(bins, int)
    counts[bins // 2] = block.size
    return counts
