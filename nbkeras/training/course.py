"""How far a `fit` has come: what there is to know, besides the values of variables, to go on from there elsewhere."""

from collections.abc import Callable, Mapping
from typing import Any

from nbkeras.data.chance import chance, set_chance
from nbkeras.training.logs import plain
from nbkeras.training.loop import Loop
from nbkeras.warning import warn

__all__ = ["Course"]

State = Mapping[str, Any]


class Course:
    """One `fit` in progress, for callbacks that keep it or let it go on.

    Args:
        train: the loop of training.
        test: that of validation, if there is any.
        initial_epoch: the number of the first epoch.

    Attributes:
        epoch: the number of the epoch in progress, or of the first one.
        has_ended: whether `fit` came to its end, and no exception did.
    """

    def __init__(self, train: Loop, test: Loop | None, initial_epoch: int) -> None:
        self.model = train.model
        self.train = train
        self.test = test
        self.epoch = initial_epoch
        self.has_ended = False
        self._was_over = False  # where it goes on
        self._resumed: tuple[State, Callable[[], None]] | None = None

    def rest(self, epochs: int) -> Any:
        """The numbers of the epochs that are still to come; `epoch` follows."""
        for epoch in range(self.epoch, self.epoch if self._was_over else epochs):
            self.epoch = epoch
            yield epoch

    @property
    def is_within_epoch(self) -> bool:
        """Whether the last epoch was ended before its end."""
        return self.train.cut

    @property
    def is_sound(self) -> bool:
        """Whether the loss and the weights are finite, as far as the guard can tell."""
        return self.train.guard is None or self.train.guard.is_sound()

    def note_positions(self) -> None:
        """Has `state` asked for the positions in the data: called before the first batch."""
        for loop in self._loops():
            loop.batches.notes_position = True

    def state(self, within: bool) -> dict[str, Any]:
        """All of it now, as numbers, texts, arrays, and lists and dictionaries of these.

        Args:
            within: between two batches of the epoch; if not, after its end.
        """
        train = self.train
        return {
            "epoch": self.epoch if within else self.epoch + 1,
            "done": train.done if within else None,
            "is_over": not within and self.model.stop_training,
            "batch_size": train.batches.batch_size,
            "logs": None if train.logs is None else plain(train.logs),
            "positions": [loop.batches.position for loop in self._loops()],
            "chance": chance(),
            "callbacks": [[name, state] for name, callback in self._named() if (state := callback.get_state())],
        }

    def resume(self, state: State, assign: Callable[[], None]) -> None:
        """Goes on where another one was: called before the first epoch.

        Args:
            state: what `state` returned.
            assign: gives the model's variables the values of that time.

        Raises:
            ValueError: where the data comes in other batches.
        """
        within = state["done"] is not None
        rows, before = self.train.batches.batch_size, state["batch_size"]
        if within and rows != before:
            raise ValueError(
                f"the training is kept within an epoch of batches of {before} rows, and fit now has {rows}; "
                f"give it batch_size={before}"
            )
        self.epoch, self._was_over = state["epoch"], state["is_over"]
        for number, (loop, position) in enumerate(zip(self._loops(), state["positions"])):
            loop.batches.resume(position, within and number == 0)
        self._bring_back(state, assign)
        if within:
            self.train.resume(state["done"], state["logs"], state["chance"])
            self._resumed = state, assign

    def begin_epoch(self) -> None:
        """Makes up for what has just begun anew, if the epoch goes on: called after all `on_epoch_begin`."""
        if self._resumed is None:
            return
        (state, assign), self._resumed = self._resumed, None
        self._bring_back(state, assign)
        if self.train.guard is not None:
            self.train.guard.now_batch = state["done"]

    def _bring_back(self, state: State, assign: Callable[[], None]) -> None:
        with self.model._exclusive:
            assign()
            set_chance(state["chance"])
        callbacks = dict(self._named())
        for name, of_callback in state["callbacks"]:
            if name in callbacks:
                callbacks[name].set_state(of_callback)
            else:
                warn(f"the training that goes on had a callback {name}, which fit has not been given now")

    def _loops(self) -> list[Loop]:
        return [self.train] if self.test is None else [self.train, self.test]

    def _named(self) -> list[tuple[str, Any]]:
        """The callbacks by class and number: `EarlyStopping`, `EarlyStopping 2`, …"""
        counts: dict[str, int] = {}
        named = []
        for callback in self.train.callbacks.callbacks:
            kind = type(callback).__name__
            counts[kind] = count = counts.get(kind, 0) + 1
            if hasattr(callback, "get_state"):
                named.append((kind if count == 1 else f"{kind} {count}", callback))
        return named
