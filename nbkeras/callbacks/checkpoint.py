"""Saving while training."""

import os
from pathlib import Path
from typing import Any

from nbkeras.callbacks.batch_count import BatchCount
from nbkeras.callbacks.callback import Logs
from nbkeras.callbacks.monitor import MonitorCallback

__all__ = ["ModelCheckpoint"]


class ModelCheckpoint(MonitorCallback):
    """Saves the model, or its weights, after each epoch or every so many batches.

    Args:
        filepath: where to; may name the epoch and logs: `"net-{epoch:02d}-{val_loss:.2f}.keras"`. It ends in
            `.weights.h5` with `save_weights_only`, else in `.keras`.
        monitor: for `save_best_only`, the name in the logs.
        verbose: 1 prints when it acts.
        save_best_only: saves only when the number has improved.
        save_weights_only: saves weights instead of the model.
        mode: `"min"`, `"max"`, or `"auto"`, by what is known of the loss and the metrics.
        save_freq: `"epoch"`, or a number of batches.
        initial_value_threshold: for `save_best_only`, the value to be better than.
    """

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str | int = "epoch",
        initial_value_threshold: float | None = None,
    ) -> None:
        super().__init__(monitor, mode, initial_value_threshold)
        if save_freq != "epoch" and not isinstance(save_freq, int):
            raise ValueError(f"ModelCheckpoint expects save_freq 'epoch' or a number of batches, got {save_freq!r}")
        self.filepath = os.fspath(filepath)
        endings = (".weights.h5",) if save_weights_only else (".keras", ".h5")
        if not self.filepath.endswith(endings):
            raise ValueError(
                f"ModelCheckpoint with save_weights_only={save_weights_only} expects a filepath that ends in "
                f"'{endings[0]}', got '{self.filepath}'"
            )
        self.verbose = verbose
        self.save_best_only = save_best_only
        self.save_weights_only = save_weights_only
        self.save_freq = save_freq
        self._epoch = 0
        self._count = BatchCount(save_freq if isinstance(save_freq, int) else 1)

    @property
    def every_batch(self) -> bool:
        """Whether it counts batches."""
        return self.save_freq != "epoch"

    def get_state(self) -> dict[str, Any]:
        return {"best": self.best, **self._count.get_state()}

    def set_state(self, state: dict[str, Any]) -> None:
        self.best = state["best"]
        self._count.set_state(state)

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._epoch = epoch
        self._count.begin_epoch()

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        if self.save_freq != "epoch" and self._count.is_time(batch):
            self._save(logs or {}, batch=batch + 1)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        if self.save_freq == "epoch":
            self._save(logs or {})

    def _save(self, logs: Any, **place: int) -> None:
        path = self._path({"epoch": self._epoch + 1, **place, **logs})
        if self.save_best_only and not self._is_best(logs):
            return
        if Path(path).is_dir():
            raise OSError(f"ModelCheckpoint expects the path of a file, got the folder '{path}'")
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        if self.save_weights_only:
            self.model.save_weights(path, overwrite=True)
        else:
            self.model.save(path, overwrite=True)
        if self.verbose > 0:
            print(f"\nEpoch {self._epoch + 1}: saved to {path}")

    def _path(self, values: Any) -> str:
        try:
            return self.filepath.format(**values)
        except KeyError as error:
            raise KeyError(
                f"ModelCheckpoint's filepath '{self.filepath}' names {error}, which is not in the logs; "
                f"there are {', '.join(values)}"
            ) from None

    def _is_best(self, logs: Any) -> bool:
        value = self.monitored(logs)
        if value is None:
            return True
        if not self.is_improvement(value, self.best):
            if self.verbose > 0:
                print(f"\nEpoch {self._epoch + 1}: {self.monitor} is {value:.5f}, not better than {self.best:.5f}")
            return False
        self.best = value
        return True
