"""The loop over the batches of an epoch: one by one where somebody looks on, else many at a time."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from nbkeras import config, tree
from nbkeras.backends import backend
from nbkeras.callbacks import CallbackList
from nbkeras.data import Batches
from nbkeras.data.chance import set_chance
from nbkeras.training.guard import Guard
from nbkeras.training.logs import BatchLogs

if TYPE_CHECKING:
    from nbkeras.training.trainer import Trainer

__all__ = ["STOPS", "Loop", "Predictions"]

STOPS = {"train": "stop_training", "test": "stop_evaluating", "predict": "stop_predicting"}


class Pace:
    """How many batches to run at once, `count`: for 20 ms, so that an interrupt is heard and a live view lives."""

    seconds = 0.02

    def __init__(self) -> None:
        self.count = 1

    def took(self, count: int, seconds: float) -> None:
        """Notes the time of `count` batches."""
        wanted = int(count * self.seconds / max(seconds, 1e-9))
        self.count = max(1, min(wanted, 8 * count))  # the first ones may tell little of the next


class Loop:
    """The steps of one kind, and their callbacks, epoch by epoch.

    An execution is what runs between two calls of callbacks: `steps_per_execution` batches, as in Keras. Where no
    callback has to be called at each of them, and the step can run over many, it is as many as take 20 ms.

    Args:
        model: whose steps.
        kind: "train", "test" or "predict".
        batches: what to go over.
        callbacks: called around each execution.
        guard: looks at the steps, where they are those of `fit`.

    Attributes:
        done: batches of the epoch in progress that callbacks know of.
        logs: of the last step, if it has any of its own.
        cut: whether the last epoch was ended before its last batch.
    """

    def __init__(
        self, model: "Trainer", kind: str, batches: Batches, callbacks: CallbackList, guard: Guard | None = None
    ) -> None:
        self.model = model
        self.kind = kind
        self.batches = batches
        self.callbacks = callbacks
        self.guard = guard
        self.pace = Pace()
        self.done = 0
        self.logs: Any = None
        self.cut = False
        self._resumed: tuple[int, Any, Any] | None = None  # what `done`, `logs` and chance were

    def resume(self, done: int, logs: Any, chance: Any) -> None:
        """Lets the next epoch go on where one was, after `done` batches; those of its `batches` it does not touch."""
        self._resumed = done, logs, chance

    def epoch(self) -> None:
        """Runs an epoch."""
        begin = self.callbacks.hook(f"on_{self.kind}_batch_begin")
        end = self.callbacks.hook(f"on_{self.kind}_batch_end")
        many = self.model._runs_over(self.kind)
        paced = many and not self.callbacks.wants_every_batch(self.kind)
        fixed = 1 if self.model.steps_per_execution == "auto" else int(self.model.steps_per_execution)
        self.done, self.logs, self.cut = 0, None, False
        self.batches.on_epoch_begin()
        take = self.batches.begin_epoch()
        if self._resumed is not None:
            (self.done, self.logs, before), self._resumed = self._resumed, None
            set_chance(before)
        take_next = take if many else lambda most: take(1)
        while most := self._allowed(self.pace.count if paced else fixed):
            taken = take_next(most)
            if taken is None:
                break
            if begin is not None:
                begin(self.done)
            done = self._execute(taken, take_next, most, seen=end is not None and not paced)
            self.done += done if paced else fixed  # the last execution may be shorter; Keras counts it in full
            if end is not None:
                end(self.done - 1, self.told())
            if self._is_stopped():
                self.cut = True
                break
        self.batches.on_epoch_end()

    def _allowed(self, count: int) -> int:
        """`count` batches, or as many as `config.max_steps_per_epoch()` leaves in this epoch."""
        limit = config.max_steps_per_epoch()
        return count if limit is None else max(0, min(count, limit - self.done))

    def _execute(self, taken: Any, take_next: Callable[[int], Any], most: int, seen: bool) -> int:
        """Runs the batches `taken`, and as many more as make `most`; returns how many there were.

        With `seen`, a callback sees the model then.
        """
        began = time.perf_counter()
        done = 0
        while taken is not None:
            rows, count = taken
            with self.model._exclusive:
                if self.guard is not None:
                    self.guard.before(rows, count)
                self.note(self.model._run(self.kind, rows, count))
                done += count
                if self.guard is not None and self.guard.stops(seen):
                    break
            taken = None if done == most or self._is_stopped() else take_next(most - done)
        self.pace.took(done, time.perf_counter() - began)
        return done

    def _is_stopped(self) -> bool:
        return getattr(self.model, STOPS[self.kind])

    def note(self, result: Any) -> None:
        """Keeps what a step returned."""
        self.logs = result

    def told(self) -> Any:
        """What callbacks are told after an execution."""
        return BatchLogs(self.model, self.logs)


class Predictions(Loop):
    """The loop of `predict`, which keeps what the steps return."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self.outputs: list[Any] = []
        self._told_of = 0

    def note(self, result: Any) -> None:
        self.outputs.append(tree.map_structure(backend().to_numpy, result))

    def told(self) -> Any:
        new, self._told_of = self.outputs[self._told_of :], len(self.outputs)
        return {"outputs": new[0] if len(new) == 1 else _joined(new)}

    def joined(self) -> Any:
        """All of them as one."""
        return _joined(self.outputs)


def _joined(outputs: list[Any]) -> Any:
    return tree.map_structure(lambda *parts: np.concatenate(parts), *outputs)
