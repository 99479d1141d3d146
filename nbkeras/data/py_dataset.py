"""Data that a user's class makes, batch by batch, on request."""

import itertools
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from nbkeras import random
from nbkeras.data.batches import Batches
from nbkeras.data.streams import check_batch, standard_batch

__all__ = ["PyDataset", "PyDatasetBatches"]


class PyDataset:
    """Batches by number: a subclass writes `__getitem__` and `__len__`, and training asks for them.

    Args:
        workers: threads that make batches ahead of time; 1 makes them as they are needed.
        use_multiprocessing: accepted for Keras' sake; the workers are threads in either case.
        max_queue_size: how many batches may wait.

    Example:
        >>> class Squares(PyDataset):
        ...     def __len__(self):
        ...         return 10
        ...     def __getitem__(self, index):
        ...         x = numpy.arange(index * 32, (index + 1) * 32)[:, None]
        ...         return x, x**2
        >>> model.fit(Squares())
    """

    workers = 1
    use_multiprocessing = False
    max_queue_size = 10

    def __init__(self, workers: int = 1, use_multiprocessing: bool = False, max_queue_size: int = 10) -> None:
        self.workers = workers
        self.use_multiprocessing = use_multiprocessing
        self.max_queue_size = max_queue_size

    def __getitem__(self, index: int) -> Any:
        """The batch `index`: `(x,)`, `(x, y)` or `(x, y, sample_weight)`."""
        raise NotImplementedError(f"{type(self).__name__} needs a method __getitem__(self, index)")

    @property
    def num_batches(self) -> int | None:
        """Batches in an epoch; `None` if there is no end."""
        if hasattr(self, "__len__"):
            return len(self)
        raise NotImplementedError(f"{type(self).__name__} needs a method __len__(self), or a property num_batches")

    def __iter__(self) -> Any:
        count = self.num_batches
        return (self[index] for index in (itertools.count() if count is None else range(count)))

    def on_epoch_begin(self) -> None:
        """Called before each epoch."""

    def on_epoch_end(self) -> None:
        """Called after each epoch, e.g. to shuffle."""


class PyDatasetBatches(Batches):
    """Batches of a `PyDataset`.

    Args:
        dataset: where they come from.
        steps: batches in an epoch.
        shuffle: batches in a new order in each pass.
        class_weight: a dictionary from class to weight.
        text: whether inputs may be text.
    """

    def __init__(self, dataset, steps=None, shuffle=False, class_weight=None, text=False):
        super().__init__(steps)
        self._source = dataset
        self._shuffle = shuffle
        self._class_weight = class_weight
        self._text = text

    @property
    def length(self):
        return self._source.num_batches

    def first_batch(self):
        if self.length == 0:
            raise ValueError(f"{type(self._source).__name__} expects at least one batch, got len() 0")
        self.on_epoch_begin()
        batch = standard_batch(self._source[0], self._class_weight, self._text)
        self.on_epoch_end()
        check_batch(batch)
        return batch

    def one_pass(self):
        made = self._made_ahead if self._source.workers > 1 else self._made_now
        return (standard_batch(batch, self._class_weight, self._text) for batch in made(self._order()))

    def on_epoch_begin(self):
        self._source.on_epoch_begin()

    def on_epoch_end(self):
        self._source.on_epoch_end()

    def _order(self):
        count = self.length
        if count is None:
            return itertools.count()
        return random.host_generator().permutation(count).tolist() if self._shuffle else range(count)

    def _made_now(self, order):
        return map(self._source.__getitem__, order)

    def _made_ahead(self, order):
        """Batches in order, made by threads while earlier ones are used."""
        with ThreadPoolExecutor(self._source.workers) as threads:
            waiting = deque()
            try:
                for index in order:
                    waiting.append(threads.submit(self._source.__getitem__, index))
                    if len(waiting) >= max(2, self._source.max_queue_size):
                        yield waiting.popleft().result()
                while waiting:
                    yield waiting.popleft().result()
            finally:
                for future in waiting:
                    future.cancel()
