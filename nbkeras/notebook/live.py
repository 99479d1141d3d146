"""The live view of a training: a callback, of which the engine knows nothing."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from nbkeras.callbacks import Callback
from nbkeras.notebook.record import Record
from nbkeras.notebook.training_view import Progress, final_bundle, live_bundle

__all__ = ["LiveView", "Pace"]

Bundle = dict[str, str]
Show = Callable[[Bundle], None]


class Pace:
    """When to draw again: at most four times a second, and with at most 4 % of the time."""

    gap = 0.25
    share = 0.04

    def __init__(self, now: float):
        self.next = now + self.gap

    def due(self, now: float) -> bool:
        """Whether it is time."""
        return now >= self.next

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

    def __init__(
        self, record: Record, progress: Progress, show: Show | None, clock: Callable[[], float] = time.perf_counter
    ):
        super().__init__()
        self.record = record
        self.progress = progress
        self.show = show
        self.clock = clock
        self.began = clock()
        self.pace = Pace(self.began)

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        params = self.params or {}
        self.progress.epochs = params["epochs"]
        self.progress.batches = params["steps"]
        self.record.begin()
        self.began = self.clock()
        self.pace = Pace(self.began)
        self._draw(self.began)

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        progress = self.progress
        progress.batch = batch + 1
        progress.done += 1
        if self.show is None:
            return
        now = self.clock()
        if now >= self.pace.next:
            if progress.batches:
                self.record.add_sample(progress.batch / progress.batches, logs or {})
            self._draw(now)

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        progress = self.progress
        if progress.outcome:
            return  # interrupted: the numbers of a part of an epoch are not comparable with the others
        progress.finished += 1
        progress.batches = progress.batches or progress.batch
        progress.batch = 0
        self.record.add_epoch(logs or {})
        now = self.clock()
        if self.pace.due(now):
            self._draw(now)

    def finish(self, show: Show, timed: bool) -> None:
        """Shows what remains, after the training has ended in whatever way."""
        self.progress.seconds = self.clock() - self.began
        show(final_bundle(self.record, self.progress, timed))

    def _draw(self, began):
        if self.show is None:
            return
        self.progress.seconds = began - self.began
        self.show(live_bundle(self.record, self.progress))
        self.pace.drawn(began, self.clock())
