"""A guard of `fit`: the step that would make the loss or a weight NaN or infinite is not taken, and is explained.

Looking at each step's gradients would read all of them once more, 8 % of the step of a small convolutional net. The
guard instead keeps a copy of the state and the batches since, looks at the loss twenty times a second, and, when
that is no number, goes back and runs those batches again, one by one, up to the step that is to blame.
"""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from nbkeras import tree
from nbkeras.autodiff import detach
from nbkeras.backends import backend
from nbkeras.layers.interception import observing
from nbkeras.training.steps import State
from nbkeras.variables import Changes
from nbkeras.warning import warn

if TYPE_CHECKING:
    from nbkeras.training.trainer import Trainer

__all__ = ["Divergence", "DivergenceWarning", "Guard"]

LOOK = 0.05  # seconds between looks at the loss
KEEP_SHARE = 0.01  # of the time, at most, goes into copies of the state
KEPT_BYTES = 4 * 2**20, 64 * 2**20  # of batches, at most, between two copies of the state: twice its own, within these
LARGEST_STATE = 256 * 2**20  # bytes, 22 million weights with Adam; a larger one is not kept twice
CURE = "lower the learning rate, or clip the gradients: optimizer(clipnorm=1.0)"
MOST_ROWS = 5  # that are named

Copies = list[list[Any]]  # of a state's values


class DivergenceWarning(RuntimeWarning):
    """A training was stopped because its loss or weights ceased to be numbers."""


@dataclass(frozen=True)
class Divergence:
    """Where a training ceased to give numbers; `str` makes a sentence of it.

    Attributes:
        epoch, batch: of the step that was not taken, counted from 1; `batch` is `None` where only the epoch is known.
        layer: the name of the first layer whose outputs are not finite; `None` where all of them are.
        rows: the rows of the batch in which they are not.
        reason: what was found, in words.
        kept: whether the weights are those of before that step.
    """

    epoch: int
    batch: int | None
    layer: str | None
    rows: tuple[int, ...]
    reason: str
    kept: bool

    def __str__(self) -> str:
        place = f"epoch {self.epoch}" if self.batch is None else f"batch {self.batch} of epoch {self.epoch}"
        weights = (
            "the weights are those before that batch"
            if self.kept
            else "the weights are lost: load a checkpoint, or call fit again on a new model"
        )
        return f"training stopped in {place}: {self.reason}; {weights}; {CURE}"


class Guard:
    """Watches the training steps of one `fit`.

    Args:
        model: whose steps.
    """

    def __init__(self, model: "Trainer") -> None:
        self.model = model
        self.kept: Copies | None = None  # the copy of the state
        self.since: list[Any] = []  # the batches after it as (rows, count), and `None` where an epoch begins
        self.epoch, self.batch = 0, 0  # at the copy: counted from 1, and done
        self.now_epoch, self.now_batch = 0, 0
        self.room = 0  # for bytes of batches
        # After the last step. A callback that assigns a variable, of a learning rate say, makes the copy old.
        self.assignments = 0
        self.next_copy = self.next_look = 0.0

    def begin_epoch(self, epoch: int) -> None:
        """Starts the metrics again, and notes the begin of an epoch, counted from 0."""
        before = Changes.assignments
        self.model.reset_metrics()
        self.assignments += Changes.assignments - before
        self.now_epoch, self.now_batch = epoch + 1, 0
        if self.kept is not None:
            self.since.append(None)

    def before(self, rows: Any, count: int) -> None:
        """Notes the batches that run next."""
        if self.room < 0 or Changes.assignments != self.assignments or time.perf_counter() > self.next_copy:
            self._keep()
        if self.kept is not None:
            self.since.append((rows, count))
            self.room -= sum(a.nbytes for a in tree.flatten(rows) if isinstance(a, np.ndarray))
        self.now_batch += count

    def stops(self, seen: bool) -> bool:
        """Whether the loss is no number any more, if it is time to look; then the bad step is undone.

        Args:
            seen: whether a callback sees the model next; then it is time.
        """
        self.assignments = Changes.assignments
        now = time.perf_counter()
        if now < self.next_look and not seen:
            return False
        self.next_look = now + LOOK
        return not self._loss_is_finite() and self._stop()

    def stops_after(self, logs: Any, seen: bool) -> bool:
        """Whether an epoch's loss is no number, or its last weights are none; then the bad step is undone.

        Args:
            logs: of the epoch.
            seen: whether a callback or validation sees the model next; else the next look finds such weights.
        """
        if self.model.divergence is not None:
            return False
        is_sound = np.all(np.isfinite(logs.get("loss", 0.0))) and not (seen and not self._weights_are_finite())
        return not is_sound and self._stop()

    def __enter__(self) -> None:
        """Begins the epochs."""

    def __exit__(self, *error: object) -> None:
        """Looks at the last step, however the epochs ended: nobody may have seen its loss or its weights."""
        with self.model._exclusive:
            if self.model.divergence is None and not self.is_sound():
                self._stop()

    def is_sound(self) -> bool:
        """Whether the loss and the weights are finite now."""
        return self._loss_is_finite() and self._weights_are_finite()

    def _loss_is_finite(self) -> bool:
        tracker = self.model._loss_tracker
        return tracker is None or math.isfinite(tracker.total._value)

    def _weights_are_finite(self) -> bool:
        return all(_is_finite(backend().to_numpy(v._value)) for v in self._state.trainable)

    @property
    def _state(self) -> State:
        return self.model._step("train")[0]

    def _keep(self) -> None:
        """Copies the state, unless a step before has spoilt it already."""
        began = time.perf_counter()
        state = self._state
        size = sum(_bytes(value) for values in state.values() for value in values)
        least, most = KEPT_BYTES
        self.room = min(max(least, 2 * size), most)
        self.next_copy = math.inf
        if size > LARGEST_STATE:
            return
        if not self.is_sound():
            self.next_look = 0.0
            return
        self.kept, self.since = None, []  # first, so that there is never room for two copies
        self.kept = _copies(state)
        self.epoch, self.batch = self.now_epoch, self.now_batch
        now = time.perf_counter()
        self.next_copy = now + (now - began) / KEEP_SHARE

    # --- what went wrong ----------------------------------------------------------------------------------------

    def _stop(self) -> bool:
        """Goes back to before the bad step, says so, and lets `fit` end."""
        self.model.stop_training = True
        with np.errstate(all="ignore"):
            self.model.divergence = self._found()
        warn(str(self.model.divergence), DivergenceWarning)
        return True

    def _found(self) -> Divergence:
        """The bad step, after which the weights are those of before it."""
        if self.kept is None:
            return Divergence(self.now_epoch, None, None, (), "the loss or the weights are not finite", kept=False)
        state, model = self._state, self.model
        _restore(state, self.kept)
        epoch, batch = self.epoch, self.batch
        for item in self.since:
            if item is None:
                epoch, batch = epoch + 1, 0
                model.reset_metrics()
                continue
            for rows in _one_by_one(*item):
                batch += 1
                before = _copies(state)
                model._run("train", rows)
                if not self.is_sound():
                    return self._explained(state, before, rows, epoch, batch)
        reason = "the loss is not finite, and was finite when the same batches ran again"
        return Divergence(epoch, batch, None, (), reason, kept=True)

    def _explained(self, state: State, before: Copies, rows: Any, epoch: int, batch: int) -> Divergence:
        """What the step on `rows` met first. The metrics stay as they are after it: they tell of the loss."""
        spoilt = [v.path for v in state.trainable if not _is_finite(backend().to_numpy(v._value))]
        reason = "the loss is not finite, though the outputs are" if not self._loss_is_finite() else _updated(spoilt)
        metrics = _copies(state)[-1]
        _restore(state, before)
        layer, bad_rows = _first_not_finite(self.model, rows[0])
        _restore(state, [*before[:-1], metrics])
        if layer is not None:
            reason = f"the outputs of {layer.title} are not finite{_in_rows(bad_rows)}"
        return Divergence(epoch, batch, layer.name if layer is not None else None, bad_rows, reason, kept=True)


def _updated(spoilt: list[str]) -> str:
    others = f" and of {len(spoilt) - 1} other weights" if len(spoilt) > 1 else ""
    return f"the gradient of '{spoilt[0]}'{others} is not finite"


def _first_not_finite(model: "Trainer", x: Any) -> tuple[Any, tuple[int, ...]]:
    """The first layer whose outputs for `x` are not finite, and the rows in which; `(None, ())` if there is none."""
    found: list[Any] = []

    def look(layer: Any, outputs: Any) -> None:
        arrays = [np.asarray(backend().to_numpy(detach(y))) for y in tree.flatten(outputs)]
        if not found and not all(map(_is_finite, arrays)):
            found.append((layer, _bad_rows(arrays, len(tree.flatten(x)[0]))))

    with observing([*model._flatten_layers()], look):
        model(x, training=True)
        model.forget_losses()
    return found[0] if found else (None, ())


def _bad_rows(arrays: list[Any], rows: int) -> tuple[int, ...]:
    """The rows of a batch in which arrays that have its rows are not finite."""
    of_rows = [a.reshape(rows, -1) for a in arrays if a.ndim and len(a) == rows and a.dtype.kind == "f"]
    bad = {int(row) for a in of_rows for row in np.flatnonzero(~np.isfinite(a).all(axis=1))}
    return tuple(sorted(bad)) if len(bad) < rows else ()


def _in_rows(rows: tuple[int, ...]) -> str:
    """The rows of the batch in words; nothing where it is all of them."""
    if not rows:
        return ""
    named = ", ".join(map(str, rows[:MOST_ROWS]))
    more = f" and {len(rows) - MOST_ROWS} more" if len(rows) > MOST_ROWS else ""
    return f" in row{'s' if len(rows) > 1 else ''} {named}{more} of the batch"


def _one_by_one(rows: Any, count: int) -> Iterator[Any]:
    """`count` batches that lie in a row, each by itself."""
    size = len(tree.flatten(rows)[0]) // count
    for start in range(0, size * count, size):
        yield tree.map_structure(lambda a: a if a is None or count == 1 else a[start : start + size], rows)  # noqa: B023


def _copies(state: State) -> Copies:
    return [[np.array(backend().to_numpy(value)) for value in values] for values in state.values()]


def _restore(state: State, copies: Copies) -> None:
    for field, values in zip(fields(state), copies):
        for variable, value in zip(getattr(state, field.name), values):
            variable.assign(value.copy())


def _bytes(value: Any) -> int:
    return int(value.size * value.dtype.itemsize)


def _is_finite(array: Any) -> bool:
    """Whether all numbers are; the sum tells nearly always, in a quarter of the time."""
    return bool(np.isfinite(array.sum()) or np.isfinite(array).all())
