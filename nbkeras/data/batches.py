"""What training iterates over: batches `(x, y, sample_weight)`, an epoch at a time."""

from typing import Any

from nbkeras.data.chance import chance, set_chance
from nbkeras.warning import warn

__all__ = ["Batches"]


class Batches:
    """The base of all sources of batches. A subclass writes `one_pass`, or `begin_pass`, and `first_batch`.

    Iterating gives one epoch: a pass over the data, or `steps` batches, which go on where the last epoch stopped.

    Attributes:
        num_batches: batches in an epoch; `None` until it is known.
        batch_size: rows of a batch; `None` if the source decides.
        targets: all targets, if they are at hand at once.
        notes_position: whether `position` is wanted. A source whose batches depend on a state of its own, a generator
            of random numbers, say, may have methods `get_state()` and `set_state(state)`; then it is part of that.
    """

    batch_size: int | None = None
    targets = None
    notes_position = False
    _source: Any = None

    def __init__(self, steps=None):
        if steps is not None and steps < 1:
            raise ValueError(f"steps expects 1 or more batches for an epoch, got {steps}")
        self.steps = steps
        self._pass = None  # takes batches of the pass in progress
        self._before = None  # what chance and the source were when it began
        self._taken = 0  # batches of it
        self._left = 0  # batches of an epoch of `steps`
        self._resumed = None  # a position to go on at, and whether it is within an epoch

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
        position, within = self._resumed or (None, False)
        self._resumed = None
        self._left = position["left"] if within else self.steps
        if position is not None and (within or self.steps is not None):
            self._go_to(position)
        elif self.steps is None:
            self._begin()
        return self._take if self.steps is None else self._take_limited

    def __iter__(self):
        take = self.begin_epoch()
        while (taken := take(1)) is not None:
            yield taken[0]

    def _begin(self):
        self._pass = None  # first, so that there is never room for what two of them hold
        self._taken = 0
        self._before = {"chance": chance(), "source": self._state_of_source()} if self.notes_position else None
        self._pass = self.begin_pass()

    def _take(self, most):
        """Batches of the pass in progress."""
        taken = self._pass(most) if self._pass is not None else None
        if taken is None:
            self._pass = None
        else:
            self._taken += taken[1]
        return taken

    def _take_limited(self, most):
        """Batches of an epoch of `steps`, of one pass after another."""
        if self._left == 0:
            return None
        taken = self._next(min(most, self._left))
        if taken is None and self._left == self.steps:
            taken = self._next(min(most, self._left))  # the last epoch ended just where the data did
        if taken is None:
            warn(
                f"the data ran out after {self.steps - self._left} of {self.steps} steps of this epoch; "
                "give an endless source, or fewer steps",
            )
            self._left = 0  # whoever asks again hears the same
            return None
        self._left -= taken[1]
        return taken

    def _next(self, most):
        if self._pass is None:
            self._begin()
        return self._take(most)

    # --- going on in another process ----------------------------------------------------------------------------

    @property
    def position(self):
        """Where the pass and the epoch in progress are, as numbers, texts and arrays; for `resume`."""
        before = self._before if self._pass is not None else None
        return {"before": before, "taken": self._taken, "left": self._left, "source": self._state_of_source()}

    def resume(self, position, within):
        """Lets the next epoch begin at a `position` that equal batches had.

        Args:
            within: whether it goes on with the epoch that was in progress then, or is the one after it.
        """
        self._set_source(position["source"])
        self._resumed = position, within

    def _go_to(self, position):
        """Begins the pass that was in progress once more, and leaves out what was taken of it.

        The batches are made and dropped, since their source may not know another way; chance is then as before.
        """
        self._pass = None
        if position["before"] is None:
            return
        now = chance()
        set_chance(position["before"]["chance"])
        self._set_source(position["before"]["source"])
        self._begin()
        while self._taken < position["taken"]:
            if self._take(position["taken"] - self._taken) is None:
                raise ValueError(
                    f"the training goes on after batch {position['taken']} of the data, which now has "
                    f"{self._taken}; give the data that it began with"
                )
        set_chance(now)

    def _state_of_source(self):
        has_state = hasattr(self._source, "get_state") and hasattr(self._source, "set_state")
        return self._source.get_state() if has_state else None

    def _set_source(self, state):
        if state is not None:
            self._source.set_state(state)
