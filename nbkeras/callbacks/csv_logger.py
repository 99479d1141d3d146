"""Logs as a table in a file."""

import csv
import io
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from nbkeras.callbacks.callback import Callback, Logs

__all__ = ["CSVLogger"]


class CSVLogger(Callback):
    """Writes a row for each epoch to a CSV file, which is whole at any time.

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
        self._text = ""  # of the file

    def get_state(self) -> dict[str, Any]:
        return {"keys": self.keys, "text": self._text}

    def set_state(self, state: dict[str, Any]) -> None:
        self.keys = state["keys"]
        self._write(state["text"])

    def on_train_begin(self, logs: Logs = None) -> None:
        self.keys = None
        path = Path(self.filename)
        self._write(path.read_bytes().decode() if self.append and path.exists() else "")

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        logs = logs or {}
        if self.keys is None:
            self.keys = sorted(logs)
            if not any(name.startswith("val_") for name in self.keys):
                self.keys += [f"val_{name}" for name in self.keys]  # validation may come in a later epoch
        lines = io.StringIO(newline="")
        writer = csv.writer(lines, delimiter=self.sep)
        if not self._text:
            writer.writerow(["epoch", *self.keys])
        writer.writerow([epoch, *(_written(logs.get(name, "NA")) for name in self.keys)])
        self._write(self._text + lines.getvalue())

    def _write(self, text: str) -> None:
        from nbkeras.saving.atomic import replacing

        with replacing(self.filename) as file:
            file.write(text.encode())
        self._text = text


def _written(value: Any) -> Any:
    if isinstance(value, str) or getattr(value, "ndim", 1) == 0 or not isinstance(value, Iterable):
        return value
    return f'"[{", ".join(map(str, value))}]"'
