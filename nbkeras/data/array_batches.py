"""Batches from arrays that lie in memory (or in a memory map)."""

import math

import numpy as np

from nbkeras import random, tree
from nbkeras.data.arrays import of_usual_type
from nbkeras.data.batches import Batches

__all__ = ["ArrayBatches"]

# How much is shuffled into place at once. One copy is cheaper than many small ones, and what fits the cache is read
# from there: per batch of 400 kB, 31 µs with 2 MB, 33 with 0.25, 40 to 70 with 32.
GATHERED_BYTES = 2 * 2**20


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
        self._plain = all(part is array for part, array in zip(self._parts, self._arrays))  # then the others are `None`

    @property
    def length(self):
        return math.ceil(self._rows / self.batch_size)

    @property
    def targets(self):
        y = self._parts[1]
        return None if any(isinstance(array, np.memmap) for array in tree.flatten(y)) else y

    def first_batch(self):
        size = min(self.batch_size, self._rows)
        return self._packed([_in_memory(array[:size]) for array in self._arrays])

    def begin_pass(self):
        return _Pass(self._arrays, self.batch_size, self._order(), self._rows_at_once(), self._packed).take

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
        if self._plain:
            return (*arrays, None, None)[: len(self._parts)]
        arrays = iter(arrays)
        return tree.pack_sequence_as(self._parts, [None if leaf is None else next(arrays) for leaf in self._leaves])


class _Pass:
    """A pass over the rows of arrays, of which a block at a time is at hand.

    Args:
        arrays: what to go over, all of as many rows.
        size: of a batch.
        order: of the rows; `None` for as they are.
        rows_at_once: of a block, rounded to whole batches.
        packed: makes a batch of a list of arrays.
    """

    def __init__(self, arrays, size, order, rows_at_once, packed):
        self.arrays, self.size, self.order, self.packed = arrays, size, order, packed
        self.rows = len(arrays[0])
        self.block = size * max(1, rows_at_once // size)
        self.reached = 0  # all rows before this one are in a block
        self.held, self.held_rows, self.taken = [], 0, 0  # the block, its rows, and how many were taken

    def take(self, most):
        """As the function that `Batches.begin_epoch` returns."""
        if self.taken == self.held_rows and not self._hold():
            return None
        begin, count = self.taken, min(most, (self.held_rows - self.taken) // self.size)
        end = self.taken = min(begin + max(1, count) * self.size, self.held_rows)
        if begin == 0 and end == self.held_rows:
            return self.packed(self.held), max(1, count)
        return self.packed([array[begin:end] for array in self.held]), max(1, count)

    def _hold(self):
        """Brings the next block to hand; returns False where there is none."""
        if self.reached == self.rows:
            return False
        start, stop = self.reached, min(self.reached + self.block, self.rows)
        self.held = []  # first, so that there is never room for two
        if self.order is None:
            self.held = [_in_memory(array[start:stop]) for array in self.arrays]
        else:
            chosen = self.order[start:stop]
            self.held = [_in_memory(array.take(chosen, axis=0)) for array in self.arrays]
        self.reached, self.held_rows, self.taken = stop, stop - start, 0
        return True


def _in_memory(array):
    """Part of a memory map as an ordinary array of the usual type; an ordinary array as it is."""
    return of_usual_type(np.asarray(array)) if isinstance(array, np.memmap) else array
