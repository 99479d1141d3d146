"""Progress on the terminal during `fit`, `evaluate` and `predict`."""

from typing import Any

from nbkeras.callbacks.callback import Callback, Logs
from nbkeras.callbacks.progbar import Progbar

__all__ = ["ProgbarLogger"]


class ProgbarLogger(Callback):
    """A progress bar with the loss and the metrics; `fit` adds it unless `verbose=0`.

    With `verbose=2` it is one line for each epoch.
    """

    every_batch = False

    def __init__(self) -> None:
        super().__init__()
        self.target: int | None = None
        self.verbose = 1
        self.epochs = 1
        self.seen = 0
        self.progbar: Progbar | None = None
        self._in_fit = False

    def set_params(self, params: dict[str, Any]) -> None:
        verbose = params["verbose"]
        self.verbose = 1 if verbose == "auto" else int(verbose)
        self.epochs = params["epochs"]
        self.target = params["steps"]

    def on_train_begin(self, logs: Logs = None) -> None:
        self._in_fit = True

    def on_train_end(self, logs: Logs = None) -> None:
        self._in_fit = False

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        if self.verbose and self.epochs > 1:
            print(f"Epoch {epoch + 1}/{self.epochs}", flush=True)
        self._begin()

    def on_test_begin(self, logs: Logs = None) -> None:
        if not self._in_fit:
            self._begin()

    def on_predict_begin(self, logs: Logs = None) -> None:
        self._begin()

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._advance(batch, logs)

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        if not self._in_fit:
            self._advance(batch, logs)

    def on_predict_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._advance(batch, None)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self._end(logs)

    def on_test_end(self, logs: Logs = None) -> None:
        if not self._in_fit:
            self._end(logs)

    def on_predict_end(self, logs: Logs = None) -> None:
        self._end(None)

    def _begin(self) -> None:
        self.seen = 0
        self.progbar = Progbar(self.target, verbose=self.verbose, stateless_metrics=())

    def _advance(self, batch: int, logs: Logs) -> None:
        self.seen = batch + 1 if self.target is None else min(batch + 1, self.target)
        if self.progbar is not None and (batch == 0 or self.progbar.due()):  # looking at logs may cost a computation
            self.progbar.update(self.seen, (logs or {}).items(), finalize=False)

    def _end(self, logs: Logs) -> None:
        if self.progbar is None:
            return
        if self.target is None:
            self.target = self.progbar.target = self.seen
        self.progbar.update(self.seen or self.target, (logs or {}).items(), finalize=True)
