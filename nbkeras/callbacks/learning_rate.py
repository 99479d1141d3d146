"""Learning rates that change from epoch to epoch."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from nbkeras.callbacks.callback import Callback, Logs
from nbkeras.callbacks.monitor import MonitorCallback
from nbkeras.serialization import parameters, unknown_argument

__all__ = ["LearningRateScheduler", "ReduceLROnPlateau"]

PLATEAU_STATE = ("best", "cooldown_counter", "wait")


class LearningRateScheduler(Callback):
    """Sets the learning rate at the start of each epoch.

    Args:
        schedule: `schedule(epoch, learning_rate)` or `schedule(epoch)` returns the new rate, a float.
        verbose: 1 prints each rate.

    Example:
        >>> model.fit(x, y, epochs=10, callbacks=[LearningRateScheduler(lambda epoch, rate: rate * 0.9)])
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        super().__init__()
        self.schedule = schedule
        self.verbose = verbose

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        optimizer = self.model.optimizer
        rate = self._rate(epoch, float(np.asarray(optimizer.learning_rate)))
        optimizer.learning_rate = rate
        if self.verbose > 0:
            print(f"\nEpoch {epoch + 1}: the learning rate is {rate:.4g}")

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        _note_rate(self.model.optimizer, logs)

    def _rate(self, epoch: int, rate: float) -> float:
        new = self.schedule(epoch, rate) if _takes_two(self.schedule) else self.schedule(epoch)
        if not isinstance(new, (float, np.floating)):
            raise ValueError(f"LearningRateScheduler expects its schedule to return a float, got {new!r}")
        return float(new)


class ReduceLROnPlateau(MonitorCallback):
    """Multiplies the learning rate by a factor when a number has not improved for some epochs.

    Args:
        monitor: its name in the logs.
        factor: below 1.
        patience: epochs without improvement before it acts.
        verbose: 1 prints when it acts.
        mode: `"min"`, `"max"`, or `"auto"`, by what is known of the loss and the metrics.
        min_delta: a smaller change is no improvement.
        cooldown: epochs to wait after it acted before it counts again.
        min_lr: the rate never goes below.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
        **kwargs: Any,
    ) -> None:
        if kwargs:
            raise unknown_argument("ReduceLROnPlateau", list(kwargs), parameters(type(self)))
        super().__init__(monitor, mode, min_delta=min_delta)
        if factor >= 1.0:
            raise ValueError(f"ReduceLROnPlateau expects a factor below 1, got {factor}")
        self.factor = factor
        self.patience = patience
        self.verbose = verbose
        self.cooldown = cooldown
        self.min_lr = min_lr
        self._reset()

    def _reset(self) -> None:
        self.best: float | None = None
        self.cooldown_counter = 0
        self.wait = 0

    def get_state(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in PLATEAU_STATE}

    def set_state(self, state: dict[str, Any]) -> None:
        vars(self).update({name: state[name] for name in PLATEAU_STATE})

    def on_train_begin(self, logs: Logs = None) -> None:
        self._reset()

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        _note_rate(self.model.optimizer, logs)
        value = self.monitored(logs)
        if value is None:
            return
        if self.in_cooldown():
            self.cooldown_counter -= 1
            self.wait = 0
        if self.is_improvement(value, self.best):
            self.best = value
            self.wait = 0
        elif not self.in_cooldown():
            self.wait += 1
            if self.wait >= self.patience and self._reduce(epoch):
                self.cooldown_counter = self.cooldown
                self.wait = 0

    def in_cooldown(self) -> bool:
        """Whether it waits because it has just acted."""
        return self.cooldown_counter > 0

    def _reduce(self, epoch: int) -> bool:
        optimizer = self.model.optimizer
        old = float(np.asarray(optimizer.learning_rate))
        if old <= np.float32(self.min_lr):
            return False
        new = max(old * self.factor, self.min_lr)
        optimizer.learning_rate = new
        if self.verbose > 0:
            print(f"\nEpoch {epoch + 1}: the learning rate is reduced to {new:.4g}")
        return True


def _takes_two(schedule: Callable[..., float]) -> bool:
    try:
        inspect.signature(schedule).bind(0, 0.0)
    except TypeError:
        return False
    return True


def _note_rate(optimizer: Any, logs: Any) -> None:
    if logs is not None:
        logs["learning_rate"] = float(np.asarray(optimizer.learning_rate))
