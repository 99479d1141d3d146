"""Callbacks that watch one number of the logs."""

from typing import Any

import numpy as np

from nbkeras.callbacks.callback import Callback, Logs
from nbkeras.serialization import did_you_mean
from nbkeras.warning import warn

__all__ = ["MonitorCallback"]


class MonitorCallback(Callback):
    """The base of callbacks that act when a number gets better, or does not.

    Args:
        monitor: its name in the logs.
        mode: `"min"` (less is better), `"max"`, or `"auto"`, by what is known of the loss and the metrics.
        baseline: the value to be better than, to begin with.
        min_delta: how much better is better.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        mode: str = "auto",
        baseline: float | None = None,
        min_delta: float = 0,
    ) -> None:
        super().__init__()
        if mode not in ("auto", "min", "max"):
            warn(f"{type(self).__name__} expects mode 'auto', 'min' or 'max', got {mode!r}; took 'auto'")
            mode = "auto"
        self.monitor = monitor
        self.mode = mode
        self.best = baseline
        self.min_delta = abs(min_delta)

    def is_improvement(self, value: float, reference: float | None) -> bool:
        """Whether `value` is better than `reference` by more than `min_delta`; anything is better than `None`."""
        if reference is None:
            return True
        if self._more_is_better():
            return bool(value - self.min_delta > reference)
        return bool(value + self.min_delta < reference)

    def monitored(self, logs: Logs) -> Any:
        """The value in the logs; `None`, with a warning, if it is not there."""
        logs = logs or {}
        value = logs.get(self.monitor)
        if value is None:
            warn(
                f"{type(self).__name__} monitors {self.monitor!r}, which is not in the logs"
                f"{self._missing_hint(logs)}; the logs have {', '.join(logs)}",
            )
        elif np.ndim(value) > 0:
            raise ValueError(
                f"{type(self).__name__} monitors {self.monitor!r}, which has {np.size(value)} values; "
                "let the metric average them, e.g. F1Score(average='macro')"
            )
        return value

    def _missing_hint(self, logs: Any) -> str:
        if self.monitor.startswith("val_") and not any(name.startswith("val_") for name in logs):
            return ", because fit has no validation_data and no validation_split"
        return did_you_mean(self.monitor, logs).rstrip("?")

    def _more_is_better(self) -> bool:
        if self.mode == "auto":
            self.mode = self._known_mode()
        return self.mode == "max"

    def _known_mode(self) -> str:
        name = self.monitor.removeprefix("val_")
        if name == "loss" or name.endswith("_loss"):
            return "min"
        for metric in getattr(self.model, "metrics", ()):
            direction = getattr(metric, "_direction", None)
            if direction and (name == metric.name or name.endswith(f"_{metric.name}")):
                return "max" if direction == "up" else "min"
        raise ValueError(
            f"{type(self).__name__} expects to know whether more or less of {self.monitor!r} is better; "
            "pass mode='max' or mode='min'"
        )
