"""The live view of a training: a callback, of which the engine knows nothing."""

import math
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from IPython.core.getipython import get_ipython

from nbkeras.callbacks import Callback
from nbkeras.notebook.training.buttons import Buttons
from nbkeras.notebook.training.controls import Controls
from nbkeras.notebook.training.mailbox import Mailbox
from nbkeras.notebook.training.memory import resident
from nbkeras.notebook.training.record import Record
from nbkeras.notebook.training.screen import Screen, has_kernel, is_live, is_static
from nbkeras.notebook.training.terminal import Terminal
from nbkeras.notebook.views.curves import POINTS, thinned
from nbkeras.notebook.views.training import FEW, Progress, final_bundle, live_bundle

__all__ = ["LiveView", "Pace"]

Bundle = dict[str, str]
Show = Callable[[Bundle], None]


class Pace:
    """When to draw again, `next`: at most four times a second, and with at most 4 % of the time."""

    gap = 0.25
    share = 0.04

    def __init__(self) -> None:
        self.next = math.inf  # the first drawing is not for it to say

    def drawn(self, began: float, now: float) -> None:
        """Notes a drawing that took from `began` until `now`."""
        self.next = now + max(self.gap, (now - began) / self.share)


class LiveView(Callback):
    """Draws the curves of a training while it runs, and leaves a picture, a table and a text.

    In a notebook it has buttons to pause, to stop and to set the learning rate. In a terminal or a script it is a line
    that is written over, and the text at the end; give `fit` the argument `verbose=0`, so that there is no second line.

    Args:
        record: where the metrics go; by default a new one for each training, which is then shown where the code runs.
        progress: where the training is; kept up to date.
        show: displays a bundle of data by mime type, each time in the place of the one before; `None` draws nothing
            before the end. Not used without `record`.
        clock: seconds; only differences count.

    Example:
        >>> model.fit(x, y, epochs=20, verbose=0, callbacks=[nbkeras.notebook.LiveView()])
    """

    every_batch = False

    def __init__(
        self,
        record: Record | None = None,
        progress: Progress | None = None,
        show: Show | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ):
        super().__init__()
        self.alone = record is None
        self.record = record or Record()
        self.progress = progress or Progress("model")
        self.show = show
        self.clock = clock
        self.began = clock()
        self.pace = Pace()
        self.batch = -1
        self.controls: Controls | None = None
        self.buttons: Buttons | None = None
        self.leave: Show = Screen()

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        if self.alone:
            self._settle()
        params = self.params or {}
        self.progress.epochs = params["epochs"]
        self.progress.batches = params["steps"]
        self.record.begin()
        self.began = self.clock()
        self.batch = -1
        self._draw(self.began)

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        self.batch = batch
        if self.controls is not None:
            self.controls.on_train_batch_end(batch, logs)
        now = self.clock()
        if now < self.pace.next:
            return  # nearly always: this is the price of the view per batch
        self.progress.batch = batch + 1
        if self.progress.batches:
            self.record.add_sample(self.progress.batch / self.progress.batches, logs or {})
            self._thin_samples()
        self._draw(now)

    def on_test_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        if self.controls is not None:
            self.controls.on_test_batch_end(batch, logs)

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        progress = self.progress
        progress.batch = self.batch + 1
        if progress.outcome or getattr(self.model, "divergence", None) is not None:
            return  # stopped: the numbers of a part of an epoch are not comparable with the others
        progress.end_epoch()
        self.batch = -1
        self.record.add_epoch(logs or {})
        if self.record.epochs >= FEW:
            self.record.samples = {}  # by now nothing shows those of finished epochs
        now = self.clock()
        if now >= self.pace.next:
            self._draw(now)

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        if not self.alone:
            return  # who made the record also ends the view, when it is known how the training ended
        if self.buttons is not None:
            self.buttons.close()
        error = sys.exc_info()[1]
        if error is not None:
            self.progress.outcome = f"ended by {type(error).__name__} in epoch {self.progress.finished + 1}"
        self.finish(self.leave, timed=not is_static())

    def redraw(self) -> None:
        """Draws at once, whatever the pace says: somebody has changed something and waits to see it."""
        self.progress.batch = self.batch + 1
        self._draw(self.clock())

    def finish(self, show: Show, timed: bool) -> None:
        """Shows what remains, after the training has ended in whatever way; nothing if nothing was done or shown."""
        self.progress.batch = self.batch + 1
        self.progress.seconds = self.clock() - self.began
        self._look()
        if self.progress.done or self.pace.next < math.inf:
            show(final_bundle(self.record, self.progress, timed))

    def _settle(self):
        """Begins a record, and finds where to show it."""
        shell = get_ipython()
        self.record, self.pace = Record(), Pace()
        self.progress = Progress(getattr(self.model, "name", "model"))
        if has_kernel(shell) or is_static():
            screen = Screen()
            self.show, self.leave = (screen if is_live(shell) else None), screen
        else:
            terminal = Terminal()
            quiet = not (self.params or {}).get("verbose")
            self.show, self.leave = (terminal.rewrite if quiet else None), terminal.leave
        if is_live(shell):
            mailbox = Mailbox()
            self.controls = Controls(mailbox, self.progress, self.redraw)
            self.controls.set_model(self.model)
            self.buttons = Buttons(mailbox)
            self.buttons.open()

    def _thin_samples(self):
        """Keeps what one epoch adds bounded, if it takes a day."""
        samples = self.record.samples
        if any(len(points) > 2 * POINTS for points in samples.values()):
            self.record.samples = {name: list(thinned(points)) for name, points in samples.items()}

    def _look(self):
        """Notes what is worth a look only when it is drawn."""
        rate = getattr(getattr(self.model, "optimizer", None), "learning_rate", None)
        self.progress.learning_rate = None if rate is None else float(np.asarray(rate))
        self.progress.memory = resident()
        divergence = getattr(self.model, "divergence", None)
        self.progress.divergence = "" if divergence is None else str(divergence)

    def _draw(self, began):
        if self.show is None:
            return  # and the pace says never
        self.progress.seconds = began - self.began
        self._look()
        self.show(live_bundle(self.record, self.progress))
        self.pace.drawn(began, self.clock())
