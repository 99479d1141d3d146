"""The live view of a training: a callback, of which the engine knows nothing."""

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from nbkeras.callbacks import Callback
from nbkeras.notebook.training.record import Record
from nbkeras.notebook.views.training import Progress, final_bundle, live_bundle

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
    """Notes the metrics of a training, and draws them while it runs.

    Args:
        record: where the metrics go.
        progress: where the training is; kept up to date.
        show: displays a bundle of data by mime type, each time in the place of the one before; `None` draws nothing
            before the end.
        clock: seconds; only differences count.
    """

    every_batch = False

    def __init__(
        self, record: Record, progress: Progress, show: Show | None, clock: Callable[[], float] = time.perf_counter
    ):
        super().__init__()
        self.record = record
        self.progress = progress
        self.show = show
        self.clock = clock
        self.began = clock()
        self.pace = Pace()
        self.batch = -1

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        params = self.params or {}
        self.progress.epochs = params["epochs"]
        self.progress.batches = params["steps"]
        self.record.begin()
        self.began = self.clock()
        self._draw(self.began)

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        self.batch = batch
        now = self.clock()
        if now < self.pace.next:
            return  # nearly always: this is the price of the view per batch
        self.progress.batch = batch + 1
        if self.progress.batches:
            self.record.add_sample(self.progress.batch / self.progress.batches, logs or {})
        self._draw(now)

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        progress = self.progress
        progress.batch = self.batch + 1
        if progress.outcome:
            return  # interrupted: the numbers of a part of an epoch are not comparable with the others
        progress.end_epoch()
        self.batch = -1
        self.record.add_epoch(logs or {})
        now = self.clock()
        if now >= self.pace.next:
            self._draw(now)

    def finish(self, show: Show, timed: bool) -> None:
        """Shows what remains, after the training has ended in whatever way; nothing if nothing was done or shown."""
        self.progress.batch = self.batch + 1
        self.progress.seconds = self.clock() - self.began
        if self.progress.done or self.pace.next < math.inf:
            show(final_bundle(self.record, self.progress, timed))

    def _draw(self, began):
        if self.show is None:
            return  # and the pace says never
        self.progress.seconds = began - self.began
        self.show(live_bundle(self.record, self.progress))
        self.pace.drawn(began, self.clock())
