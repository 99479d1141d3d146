"""Batches from arrays that lie in memory (or in a memory map)."""

import math

import numpy as np

from nbkeras import random, tree
from nbkeras.data.arrays import of_usual_type
from nbkeras.data.batches import Batches

__all__ = ["ArrayBatches"]

GATHERED_BYTES = 32 * 2**20  # how much is shuffled into place at once: one large copy is cheaper than many small ones


class ArrayBatches(Batches):
    """Batches of rows of arrays.

    Shuffled rows are copied into place for many batches at once, so that a batch is only a view.

    Args:
        x, y, sample_weight: arrays, or structures of arrays, with as many rows; `y` and `sample_weight` may be `None`.
        batch_size: default 32, or what makes `steps` batches.
        steps: batches in an epoch.
        shuffle: rows in a new order in each pass; `"batch"`: only within each batch.
    """

    def __init__(self, x, y=None, sample_weight=None, batch_size=None, steps=None, shuffle=False):
        self._parts = (x, y, sample_weight)
        self._leaves = tree.flatten(self._parts)
        self._arrays = [array for array in self._leaves if array is not None]
        self._rows = len(self._arrays[0])
        if batch_size is not None and (batch_size < 1 or batch_size != int(batch_size)):
            raise ValueError(f"batch_size expects a positive integer, got {batch_size}")
        if not batch_size:
            batch_size = max(1, math.ceil(self._rows / steps)) if steps else 32
        self.batch_size = int(batch_size)
        super().__init__(None if steps == self.length else steps)
        self._shuffle = shuffle
        self._plain = all(part is None or isinstance(part, np.ndarray) for part in self._parts)

    @property
    def length(self):
        return math.ceil(self._rows / self.batch_size)

    @property
    def targets(self):
        return self._parts[1]

    def first_batch(self):
        size = min(self.batch_size, self._rows)
        return self._packed([_in_memory(array[:size]) for array in self._arrays])

    def one_pass(self):
        size, rows = self.batch_size, self._rows
        order = self._order()
        chunk = size * max(1, self._rows_at_once() // size)
        for start in range(0, rows, chunk):
            stop = min(start + chunk, rows)
            if order is None:
                held = [_in_memory(array[start:stop]) for array in self._arrays]
            else:
                held = [_in_memory(np.take(array, order[start:stop], axis=0)) for array in self._arrays]
            for begin in range(0, stop - start, size):
                yield self._packed([array[begin : begin + size] for array in held])

    def _order(self):
        """The order of rows in this pass; `None` for as they are."""
        if not self._shuffle:
            return None
        generator = random.host_generator()
        if self._shuffle == "batch":
            starts = range(0, self._rows, self.batch_size)
            sizes = (min(self.batch_size, self._rows - start) for start in starts)
            return np.concatenate([start + generator.permutation(size) for start, size in zip(starts, sizes)])
        return generator.permutation(self._rows)

    def _rows_at_once(self):
        row_bytes = sum(array[:1].nbytes for array in self._arrays)
        return max(1, GATHERED_BYTES // max(1, row_bytes))

    def _packed(self, arrays):
        arrays = iter(arrays)
        if self._plain:
            return tuple(None if part is None else next(arrays) for part in self._parts)
        return tree.pack_sequence_as(self._parts, [None if leaf is None else next(arrays) for leaf in self._leaves])


def _in_memory(array):
    """Part of a memory map as an ordinary array of the usual type; an ordinary array as it is."""
    return of_usual_type(np.asarray(array)) if isinstance(array, np.memmap) else array
