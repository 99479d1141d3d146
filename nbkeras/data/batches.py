"""What training iterates over: batches `(x, y, sample_weight)`, an epoch at a time."""

from nbkeras.warning import warn

__all__ = ["Batches"]


class Batches:
    """The base of all sources of batches. A subclass writes `one_pass`, or `begin_pass`, and `first_batch`.

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

    def begin_pass(self):
        """Begins a pass, and returns `take` as `begin_epoch` does."""
        batches = iter(self.one_pass())

        def take(most):
            batch = next(batches, None)
            return None if batch is None else (batch, 1)

        return take

    def first_batch(self):
        """A first batch, to learn shapes from; it does not use the batch up."""
        raise NotImplementedError

    def on_epoch_begin(self):
        """Called before each epoch."""

    def on_epoch_end(self):
        """Called after each epoch."""

    def begin_epoch(self):
        """Begins an epoch, and returns a function that gives its batches, several at once where they lie in a row.

        `take(most)` returns `(rows, count)`: the rows of the next `count` batches, at least one and at most `most`, all
        of one size; and `None` at the end.
        """
        return self.begin_pass() if self.steps is None else self._begin_limited()

    def __iter__(self):
        take = self.begin_epoch()
        while (taken := take(1)) is not None:
            yield taken[0]

    def _begin_limited(self):
        left = self.steps

        def take(most):
            nonlocal left
            if left == 0:
                return None
            taken = self._next(min(most, left))
            if taken is None and left == self.steps:
                taken = self._next(min(most, left))  # the last epoch ended just where the data did
            if taken is None:
                warn(
                    f"the data ran out after {self.steps - left} of {self.steps} steps of this epoch; "
                    "give an endless source, or fewer steps",
                )
                left = 0  # whoever asks again hears the same
                return None
            left -= taken[1]
            return taken

        return take

    def _next(self, most):
        if self._pass is None:
            self._pass = self.begin_pass()
        taken = self._pass(most)
        if taken is None:
            self._pass = None
        return taken
