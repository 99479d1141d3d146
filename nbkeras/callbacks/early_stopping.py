"""Stopping when nothing gets better any more."""

from typing import Any

from nbkeras.callbacks.callback import Logs
from nbkeras.callbacks.monitor import MonitorCallback

__all__ = ["EarlyStopping"]

STATE = ("wait", "stopped_epoch", "best", "best_epoch", "best_weights")


class EarlyStopping(MonitorCallback):
    """Ends training when a number has not improved for some epochs.

    Args:
        monitor: its name in the logs.
        min_delta: a smaller change is no improvement.
        patience: epochs without improvement before training ends.
        verbose: 1 prints when it acts.
        mode: `"min"`, `"max"`, or `"auto"`, by what is known of the loss and the metrics.
        baseline: only values better than this start the count of patience anew.
        restore_best_weights: in the end, puts the weights of the best epoch back.
        start_from_epoch: epochs before this one do not count.

    Example:
        >>> stop = EarlyStopping(patience=5, restore_best_weights=True)
        >>> model.fit(x, y, epochs=200, validation_split=0.2, callbacks=[stop])
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        super().__init__(monitor, mode, min_delta=min_delta)
        self.patience = patience
        self.verbose = verbose
        self.baseline = baseline
        self.restore_best_weights = restore_best_weights
        self.start_from_epoch = start_from_epoch
        self._reset()

    def _reset(self) -> None:
        self.wait = 0
        self.stopped_epoch = 0
        self.best: float | None = None
        self.best_epoch = 0
        self.best_weights: list[Any] | None = None

    def get_state(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in STATE}

    def set_state(self, state: dict[str, Any]) -> None:
        vars(self).update({name: state[name] for name in STATE})

    def get_monitor_value(self, logs: Logs) -> Any:
        """The value in the logs; `None`, with a warning, if it is not there."""
        return self.monitored(logs)

    def on_train_begin(self, logs: Logs = None) -> None:
        self._reset()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        value = self.get_monitor_value(logs)
        if value is None or epoch < self.start_from_epoch:
            return
        improved = self.is_improvement(value, self.best)
        if improved or (self.restore_best_weights and self.best_weights is None):
            self._keep(epoch)
        self.wait += 1
        if improved:
            self.best = value
            if self.baseline is None or self.is_improvement(value, self.baseline):
                self.wait = 0
        elif self.wait >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs = None) -> None:
        if self.stopped_epoch > 0 and self.verbose > 0:
            print(
                f"Epoch {self.stopped_epoch + 1}: stopped early, {self.monitor} had not improved for {self.wait} epochs"
            )
        if self.restore_best_weights and self.best_weights is not None:
            if self.verbose > 0:
                print(f"The weights are those of epoch {self.best_epoch + 1}, the best one")
            self.model.set_weights(self.best_weights)

    def _keep(self, epoch: int) -> None:
        self.best_epoch = epoch
        if self.restore_best_weights:
            self.best_weights = self.model.get_weights()
