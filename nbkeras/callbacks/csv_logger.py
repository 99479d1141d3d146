"""Logs as a table in a file."""

import csv
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nbkeras.callbacks.callback import Callback, Logs

__all__ = ["CSVLogger"]


class CSVLogger(Callback):
    """Writes a row for each epoch to a CSV file.

    Args:
        filename: of the file.
        separator: between columns.
        append: goes on with a file that is there, instead of replacing it.
    """

    def __init__(self, filename: str | os.PathLike[str], separator: str = ",", append: bool = False) -> None:
        super().__init__()
        self.filename = os.fspath(filename)
        self.sep = separator
        self.append = append
        self.keys: list[str] | None = None
        self._has_header = False

    def on_train_begin(self, logs: Logs = None) -> None:
        self.keys = None
        path = Path(self.filename)
        self._has_header = self.append and path.exists() and path.stat().st_size > 0
        if not self.append:
            path.write_text("")

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        logs = logs or {}
        if self.keys is None:
            self.keys = sorted(logs)
            if not any(name.startswith("val_") for name in self.keys):
                self.keys += [f"val_{name}" for name in self.keys]  # validation may come in a later epoch
        with open(self.filename, "a", newline="") as file:
            writer = csv.writer(file, delimiter=self.sep)
            if not self._has_header:
                writer.writerow(["epoch", *self.keys])
            self._has_header = True
            writer.writerow([epoch, *(_written(logs.get(name, "NA")) for name in self.keys)])


def _written(value: Any) -> Any:
    if isinstance(value, str) or getattr(value, "ndim", 1) == 0 or not isinstance(value, Iterable):
        return value
    return f'"[{", ".join(map(str, value))}]"'
