"""Datasets: elements that can be gone over again and again, each made when it is asked for."""

import itertools
import math

import numpy as np

from nbkeras import random
from nbkeras.data.elements import as_element, padded, parts, spec_of, stacked

__all__ = ["AUTOTUNE", "Dataset"]

AUTOTUNE = -1  # what programs for TensorFlow give for numbers of threads and of elements to read ahead


class Dataset:
    """Elements in an order, with the methods that tutorials use on `tf.data.Dataset`; `fit` and `adapt` take it.

    An element is an array or a text, or a tuple or dictionary of them. Each method returns a new dataset that makes its
    elements from this one's when they are asked for; iterating begins anew every time.

    Args:
        begin: from the number of a pass, counted from 0, an iterator of its elements.
        length: the number of elements; `math.inf`, or `None` where nobody knows.
        sources: the datasets that this one is made from.
        batched: whether elements are batches, the number of whose rows may differ.

    Example:
        >>> dataset = Dataset.from_tensor_slices((np.arange(5), np.arange(5) ** 2))
        >>> for x, y in dataset.shuffle(5, seed=1).batch(2).take(1):
        ...     print(x.shape, y.shape)
        (2,) (2,)
    """

    def __init__(self, begin, length=None, sources=(), batched=False):
        self._begin = begin
        self._length = length
        self._sources = sources
        self._batched = batched
        self._passes = 0

    # --- making one ---------------------------------------------------------------------------------------------

    @staticmethod
    def from_tensor_slices(tensors):
        """A dataset of the rows of an array or list, or of those in a tuple or dictionary."""
        arrays = as_element(tensors)
        rows = sum(1 for _ in parts(arrays))
        return Dataset(lambda number: parts(arrays), rows)

    @staticmethod
    def from_tensors(tensors):
        """A dataset of one element."""
        element = as_element(tensors)
        return Dataset(lambda number: iter([element]), 1)

    @staticmethod
    def from_generator(generator, length=None):
        """A dataset of what `generator()` yields."""
        return Dataset(lambda number: map(as_element, generator()), length)

    @staticmethod
    def range(*limits):
        """A dataset of the integers of `range(*limits)`."""
        return Dataset.from_tensor_slices(np.arange(*limits, dtype="int64"))

    @staticmethod
    def zip(*datasets):
        """A dataset of tuples of the elements of several, as long as the shortest."""
        datasets = tuple(datasets[0]) if len(datasets) == 1 and isinstance(datasets[0], (tuple, list)) else datasets
        lengths = [dataset._length for dataset in datasets]
        length = None if None in lengths else min(lengths)
        batched = all(dataset._batched for dataset in datasets)
        return Dataset(lambda number: zip(*datasets), length, datasets, batched)

    # --- facts --------------------------------------------------------------------------------------------------

    def __iter__(self):
        number, self._passes = self._passes, self._passes + 1
        return self._begin(number)

    def __len__(self):
        if self._length is None or self._length == math.inf:
            raise TypeError(f"the length of this dataset is {'unknown' if self._length is None else 'infinite'}")
        return self._length

    def __bool__(self):
        return True

    def __repr__(self):
        return f"<Dataset of {self._length} elements>" if isinstance(self._length, int) else "<Dataset>"

    def cardinality(self):
        """The number of elements; -1: there is no end, -2: nobody knows."""
        return -2 if self._length is None else -1 if self._length == math.inf else self._length

    @property
    def element_spec(self):
        """Shape and dtype of each array in the elements, from the first of them; a look that no pass is counted for."""
        state = self.get_state()
        try:
            return spec_of(next(iter(self)), self._batched)
        finally:
            self.set_state(state)

    def as_numpy_iterator(self):
        """An iterator over the elements, whose arrays are NumPy's in any case."""
        return iter(self)

    def get_state(self):
        """How often this dataset and those that it is made from were gone over: the state of shuffles with a seed."""
        return [dataset._passes for dataset in self._chain()]

    def set_state(self, state):
        """Takes what `get_state` returned."""
        for dataset, passes in zip(self._chain(), state):
            dataset._passes = passes

    def _chain(self):
        return [self, *(dataset for source in self._sources for dataset in source._chain())]

    # --- other elements -----------------------------------------------------------------------------------------

    def map(self, map_func, num_parallel_calls=None, deterministic=None, name=None):
        """A dataset of `map_func(element)`, or of `map_func(*element)` where elements are tuples.

        Calls are made one after the other, whatever `num_parallel_calls` says: chance comes in one order.
        """

        def begin(number):
            return (as_element(map_func(*item) if isinstance(item, tuple) else map_func(item)) for item in self)

        return Dataset(begin, self._length, (self,), self._batched)

    def filter(self, predicate, name=None):
        """A dataset of the elements for which `predicate` is true."""

        def begin(number):
            return (item for item in self if (predicate(*item) if isinstance(item, tuple) else predicate(item)))

        return Dataset(begin, None, (self,), self._batched)

    def enumerate(self, start=0, name=None):
        """A dataset of pairs of a number, counted from `start`, and an element."""
        return Dataset(lambda number: enumerate(self, start), self._length, (self,))

    def batch(self, batch_size, drop_remainder=False, num_parallel_calls=None, deterministic=None, name=None):
        """A dataset of batches of `batch_size` elements, stacked; the last may have fewer, or is left out."""
        return self._in_batches(batch_size, drop_remainder, stacked)

    def padded_batch(self, batch_size, drop_remainder=False, name=None):
        """As `batch`, for elements of several lengths: zeros, or empty texts, at the end of shorter ones."""
        return self._in_batches(batch_size, drop_remainder, padded)

    def _in_batches(self, size, drop_remainder, joined):
        if not isinstance(size, (int, np.integer)) or size < 1:
            raise ValueError(f"batch_size expects a positive integer, got {size!r}")

        def begin(number):
            elements = iter(self)
            while len(items := list(itertools.islice(elements, size))) == size or (items and not drop_remainder):
                yield joined(items)

        length = self._length
        if length not in (None, math.inf):
            length = length // size if drop_remainder else -(-length // size)
        return Dataset(begin, length, (self,), batched=not drop_remainder)

    def unbatch(self, name=None):
        """A dataset of the rows of the elements."""
        return Dataset(lambda number: (row for batch in self for row in parts(batch)), None, (self,))

    # --- another order or number --------------------------------------------------------------------------------

    def shuffle(self, buffer_size, seed=None, reshuffle_each_iteration=True, name=None):
        """A dataset of the same elements in random order.

        Args:
            buffer_size: how many elements to draw from: the whole length for any order, fewer to save memory.
            seed: of the order; `None`: as `set_random_seed` says.
            reshuffle_each_iteration: whether each pass has an order of its own.
        """
        if buffer_size is None or buffer_size < 1:
            raise ValueError(f"buffer_size expects a positive integer, got {buffer_size!r}")
        first = int(random.host_generator().integers(2**31)) if seed is None and not reshuffle_each_iteration else seed

        def begin(number):
            own = (first, number) if reshuffle_each_iteration else (first,)
            generator = random.host_generator() if first is None else np.random.default_rng(own)
            return _shuffled(iter(self), buffer_size, generator)

        return Dataset(begin, self._length, (self,), self._batched)

    def take(self, count, name=None):
        """A dataset of the first `count` elements; -1: of all."""
        count = math.inf if count < 0 else count
        length = None if self._length is None else min(count, self._length)
        stop = None if count == math.inf else count
        return Dataset(lambda number: itertools.islice(iter(self), stop), length, (self,), self._batched)

    def skip(self, count, name=None):
        """A dataset of all elements but the first `count`."""
        length = None if self._length is None else max(0, self._length - count)
        return Dataset(lambda number: itertools.islice(iter(self), count, None), length, (self,), self._batched)

    def repeat(self, count=None, name=None):
        """A dataset that goes over this one `count` times, or without end."""
        forever = count is None or count < 0

        def begin(number):
            return (item for _ in (itertools.count() if forever else range(count)) for item in self)

        length = math.inf if forever else None if self._length is None else self._length * count
        return Dataset(begin, length, (self,), self._batched)

    def concatenate(self, dataset, name=None):
        """A dataset of the elements of this one, then of another."""
        lengths = (self._length, dataset._length)
        length = None if None in lengths else sum(lengths)
        return Dataset(lambda number: itertools.chain(self, dataset), length, (self, dataset), self._batched)

    def split(self, chosen):
        """Datasets of some of the rows, which are kept in memory; in batches of the same size if this one is.

        Args:
            chosen: from the number of rows, the places of those in each dataset.
        """
        elements = list(self)
        rows = [row for element in elements for row in parts(element)] if self._batched else elements
        size = max((len(list(parts(element))) for element in elements), default=1) if self._batched else None

        def of(places):
            dataset = Dataset(lambda number: (rows[place] for place in places), len(places))
            return dataset if size is None else dataset.batch(size)

        return tuple(of(places.tolist()) for places in chosen(len(rows)))

    # --- speed --------------------------------------------------------------------------------------------------

    def cache(self, filename="", name=None):
        """A dataset that keeps the elements in memory once it has been gone over to the end."""
        if filename:
            raise ValueError(f"cache keeps elements in memory, got the file name {filename!r}; leave it out")
        kept = []

        def begin(number):
            return iter(kept[0]) if kept else self._kept_in(kept)

        return Dataset(begin, self._length, (self,), self._batched)

    def _kept_in(self, kept):
        items = []
        for item in self:
            items.append(item)
            yield item
        kept[:] = [items]

    def prefetch(self, buffer_size, name=None):
        """A dataset of the same elements; they are made when they are asked for, so that chance comes in one order."""
        return Dataset(lambda number: iter(self), self._length, (self,), self._batched)


def _shuffled(elements, size, generator):
    """Draws from a buffer of `size` elements, which the next ones fill up."""
    waiting = list(itertools.islice(elements, size))
    for item in elements:
        place = int(generator.integers(len(waiting)))
        yield waiting[place]
        waiting[place] = item
    for place in generator.permutation(len(waiting)).tolist():
        yield waiting[place]
