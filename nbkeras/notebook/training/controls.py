"""What a running training does on command: it stops, pauses, goes on, and takes another learning rate."""

import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from nbkeras.callbacks import Callback
from nbkeras.notebook.training.mailbox import Mailbox
from nbkeras.notebook.views.training import Progress
from nbkeras.variables import Variable

__all__ = ["Controls"]

NAP = 0.05  # seconds between two looks into the mailbox of a paused training: soon enough, and 0.1 % of a core
KEPT = "weights and history are kept, and the next fit goes on from here"


class Controls(Callback):
    """Carries out, between batches of training and of validation, what a mailbox asks for.

    Commands that it does not know, and values that make no sense, change nothing.

    Args:
        mailbox: of the commands; its listener hears how the training stands after them.
        progress: told of pauses, of the learning rate and of the end.
        redraw: called when something has changed that a view shows.
    """

    every_batch = False

    def __init__(self, mailbox: Mailbox, progress: Progress, redraw: Callable[[], None]):
        super().__init__()
        self.mailbox = mailbox
        self.progress = progress
        self.redraw = redraw
        self.verbs: dict[Any, Callable[[Any], None]] = {
            "stop": self._stop,
            "pause": self._pause,
            "resume": self._resume,
            "learning_rate": self._set_learning_rate,
            "ping": lambda _: None,  # the answer is all that it asks for
        }

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        self._obey()

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        self._obey()

    def on_test_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        self._obey()

    def _obey(self):
        """Carries out what there is; waits while the training is paused."""
        if not self._carry_out_all() or not self.progress.paused:
            return
        began = time.perf_counter()
        try:
            while self.progress.paused and not self.model.stop_training:
                time.sleep(NAP)
                self._carry_out_all()
        finally:
            self.progress.paused = False
            self.progress.waited += time.perf_counter() - began
        self.redraw()

    def _carry_out_all(self):
        """Whether there was a command."""
        command = self.mailbox.take()
        if command is None:
            return False
        shown = self._shown()
        while command is not None:
            verb, value = command
            if isinstance(verb, str) and verb in self.verbs:
                self.verbs[verb](value)
            command = self.mailbox.take()
        self.mailbox.answer(paused=self.progress.paused, learning_rate=self._rate(), remark=self.progress.remark)
        if shown != self._shown():
            self.redraw()
        return True

    def _shown(self):
        """What a view shows of the commands."""
        return self.progress.paused, self.progress.outcome, self.progress.remark, self._rate()

    def _stop(self, _):
        progress = self.progress
        epoch = min(progress.finished + 1, progress.epochs)
        progress.outcome = progress.outcome or f"stopped in epoch {epoch} of {progress.epochs}; {KEPT}"
        self.model.stop_training = self.model.stop_evaluating = True

    def _pause(self, _):
        self.progress.paused = True

    def _resume(self, _):
        self.progress.paused = False

    def _set_learning_rate(self, value):
        before, rate = self._rate(), _as_rate(value)
        if before is None:
            self.progress.remark = "the learning rate stays as it is: it follows a schedule, so no number can be set"
        elif rate is None:
            got = f"{value:g}" if isinstance(value, float) else f"a {type(value).__name__}"
            self.progress.remark = f"the learning rate stays {before:.3g}: it has to be a number above 0, got {got}"
        else:
            self.model.optimizer.learning_rate = rate
            self.progress.remark = ""
            self.progress.note_rate(before, rate)

    def _rate(self):
        """The learning rate, where it is a number that can be set."""
        rate = getattr(self.model.optimizer, "learning_rate", None)
        return float(rate) if isinstance(rate, Variable) else None


def _as_rate(value):
    """The value as a learning rate, or `None`: it has to be a number above 0 in float32, too."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.integer, np.floating)):
        return None
    try:
        rate = float(value)
    except OverflowError:
        return None
    with np.errstate(over="ignore", under="ignore"):
        single = np.float32(rate)
    return rate if np.isfinite(single) and single > 0 else None
