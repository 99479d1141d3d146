"""What training iterates over: batches `(x, y, sample_weight)`, an epoch at a time."""

from nbkeras.warning import warn

__all__ = ["Batches"]


class Batches:
    """The base of all sources of batches. A subclass writes `one_pass` and `first_batch`.

    Iterating gives one epoch: a pass over the data, or `steps` batches, which go on where the last epoch stopped.

    Attributes:
        num_batches: batches in an epoch; `None` until it is known.
        batch_size: rows of a batch; `None` if the source decides.
        targets: all targets, if they are at hand at once.
    """

    batch_size: int | None = None
    targets = None

    def __init__(self, steps=None):
        if steps is not None and steps < 1:
            raise ValueError(f"steps expects 1 or more batches for an epoch, got {steps}")
        self.steps = steps
        self._pass = None

    @property
    def num_batches(self):
        return self.steps or self.length

    @property
    def length(self):
        """Batches in one pass; `None` if nobody knows."""
        return None

    def one_pass(self):
        """An iterator over all batches, once."""
        raise NotImplementedError

    def first_batch(self):
        """A first batch, to learn shapes from; it does not use the batch up."""
        raise NotImplementedError

    def on_epoch_begin(self):
        """Called before each epoch."""

    def on_epoch_end(self):
        """Called after each epoch."""

    def __iter__(self):
        return self.one_pass() if self.steps is None else self._limited()

    def _limited(self):
        for step in range(self.steps):
            batch = self._next()
            if batch is None and step == 0:
                batch = self._next()  # the last epoch ended just where the data did
            if batch is None:
                warn(
                    f"the data ran out after {step} of {self.steps} steps of this epoch; "
                    "give an endless source, or fewer steps",
                )
                return
            yield batch

    def _next(self):
        if self._pass is None:
            self._pass = iter(self.one_pass())
        batch = next(self._pass, None)
        if batch is None:
            self._pass = None
        return batch
