"""Batches from sources that make them: generators, other iterables, loaders of other libraries."""

import itertools
from collections.abc import Iterator

from nbkeras.data.arrays import check_finite, check_lengths, structure_of_arrays
from nbkeras.data.batches import Batches
from nbkeras.data.packing import unpack_x_y_sample_weight
from nbkeras.data.weights import weights_of_rows

__all__ = ["StreamBatches", "check_batch", "standard_batch"]


def standard_batch(batch, class_weight=None, text=False):
    """`(x, y, sample_weight)` as arrays of the usual types, from what a source yields as a batch."""
    x, y, sample_weight = unpack_x_y_sample_weight(batch)
    x, y = structure_of_arrays(x, "x", text), structure_of_arrays(y, "y")
    if class_weight is not None:
        if sample_weight is not None:
            raise ValueError("class_weight and sample_weight exclude each other, and the batches have sample weights")
        sample_weight = weights_of_rows(y, class_weight)
    return x, y, structure_of_arrays(sample_weight, "sample_weight")


def check_batch(batch):
    """Raises ValueError for a batch with NaN or with parts of several lengths."""
    x, y, sample_weight = batch
    check_lengths(x=x, y=y, sample_weight=sample_weight)
    if y is not None:
        check_finite(x, "x")
        check_finite(y, "y")


class StreamBatches(Batches):
    """Batches from an iterable of `(x,)`, `(x, y)` or `(x, y, sample_weight)`.

    An iterator (a generator, for one) is used up by one pass; any other iterable starts again in each.

    Args:
        source: the iterable; a length, where it has one, is its number of batches.
        steps: batches in an epoch, needed for a source without an end.
        class_weight: a dictionary from class to weight.
        text: whether inputs may be text.
    """

    def __init__(self, source, steps=None, class_weight=None, text=False):
        super().__init__(steps)
        self.restarts = not isinstance(source, Iterator)
        self._source = source
        self._class_weight = class_weight
        self._text = text
        self._length = _length(source)
        self._peeked = []
        self._used_up = False
        self.batch_size = getattr(source, "batch_size", None)

    @property
    def length(self):
        return self._length

    def first_batch(self):
        batch = self._peeked[0] if self._peeked else next(iter(self._source), None)
        if batch is None:
            raise ValueError(f"data expects at least one batch, got a {type(self._source).__name__} without any")
        if not self.restarts:
            self._peeked = [batch]
        batch = standard_batch(batch, self._class_weight, self._text)
        check_batch(batch)
        return batch

    def one_pass(self):
        if self._used_up:
            raise ValueError(
                f"the {type(self._source).__name__} has ended and cannot start again; for several epochs give "
                "steps_per_epoch, or an iterable that can: a list of batches, a PyDataset"
            )
        batches = itertools.chain(self._peeked, self._source)
        self._peeked = []
        count = 0
        for batch in batches:
            count += 1
            yield standard_batch(batch, self._class_weight, self._text)
        self._used_up = not self.restarts
        if self._length is None:
            self._length = count


def _length(source):
    try:
        return len(source)
    except TypeError:
        return None
