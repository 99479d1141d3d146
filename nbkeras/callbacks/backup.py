"""Training that survives: a file from which another process goes on."""

import os
import shutil
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from nbkeras.callbacks.batch_count import BatchCount
from nbkeras.callbacks.callback import Callback, Logs
from nbkeras.warning import warn

__all__ = ["Backup", "BackupAndRestore"]

SHARE = 0.02  # of the time, at most, goes into files that are written as often as possible


class Backup(Callback):
    """Keeps a training in a file as it goes, and goes on from the file if it is there: bit for bit as if nothing was.

    Kept are weights, the optimizer and its schedules, the metrics of the epoch in progress, the history, the state of
    callbacks (see `Callback.get_state`), random numbers and the place in the data. The file is the old one or the new
    one, whole, whatever happens; it holds no code, and none is run when it is read.

    The data, the model and the arguments of `fit` have to be those of the training that is kept; `epochs` may be more.
    A generator is asked for its batches once more and they are dropped, up to the place where it was; a source with
    random numbers of its own may have methods `get_state()` and `set_state(state)`, as callbacks have.

    Args:
        path: of the file. It is a whole model where it ends in `.keras`, else a file of weights; both can be opened as
            such, too.
        save_freq: `"epoch"`; a number of batches; or `"often"`: as often as takes 2 % of the time, and when training is
            told to stop or ends.

    Attributes:
        resumed: `(epochs, batches)` that were done where it went on; `None` where it began.
    """

    comes_last = True  # when all others have taken note of what is kept

    def __init__(self, path: str | os.PathLike[str], save_freq: str | int = "often") -> None:
        super().__init__()
        self.path = Path(path)
        self.save_freq = save_freq
        self.resumed: tuple[int, int] | None = None
        self._count = BatchCount(save_freq if isinstance(save_freq, int) else 1)
        self._course: Any = None
        self._next = 0.0  # when to write again, where that is as often as possible

    @property
    def every_batch(self) -> bool:
        """Whether it counts batches."""
        return isinstance(self.save_freq, int) and self.save_freq is not False

    def set_course(self, course: Any) -> None:
        """Called before `on_train_begin`, by `fit`."""
        self._course = course

    def get_state(self) -> dict[str, Any]:
        return self._count.get_state()

    def set_state(self, state: dict[str, Any]) -> None:
        self._count.set_state(state)

    def on_train_begin(self, logs: Logs = None) -> None:
        if self._course is None:
            raise RuntimeError(f"{type(self).__name__} keeps what fit() does, and has to be one of its callbacks")
        self._course.note_positions()
        self.path.parent.mkdir(parents=True, exist_ok=True)
        kept = self._read()
        self.resumed = None
        if kept is not None:
            from nbkeras.saving.errors import refusing

            state, assign = kept
            with refusing(self.path.name):
                self._course.resume(state, assign)
            self.resumed = (state["epoch"], state["done"] or 0)
        self._next = time.perf_counter()

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._count.begin_epoch()
        self._course.begin_epoch()

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        if self.every_batch:
            if self._count.is_time(batch) and not self.model.stop_training:
                self._keep(within=True)
        elif self.save_freq == "often" and self._is_due():
            self._keep(within=True)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        is_last = epoch + 1 == (self.params or {}).get("epochs")
        often = self.save_freq == "often" and not self._course.is_within_epoch and (is_last or self._is_due())
        if self.save_freq == "epoch" or often:
            self._keep(within=False)

    def on_train_end(self, logs: Logs = None) -> None:
        self._course = None

    def _is_due(self) -> bool:
        return self.model.stop_training or time.perf_counter() >= self._next

    def _keep(self, within: bool) -> None:
        """Writes the file, unless training is about to be stopped because it has ceased to give numbers."""
        began = time.perf_counter()
        with self.model._exclusive:
            if not self._course.is_sound:
                return
            try:
                self._write(self._course.state(within))
            except OSError as error:
                warn(f"the training goes on, but is not kept: {error}; the file is that of before: '{self.path}'")
        now = time.perf_counter()
        self._next = now + (now - began) / SHARE

    def _write(self, state: dict[str, Any]) -> None:
        from nbkeras.saving.training_files import save_training

        save_training(self.model, self.path, state)

    def _read(self) -> Any:
        """What is kept; `None` where there is nothing."""
        from nbkeras.saving.training_files import load_training

        return load_training(self.model, self.path) if self.path.exists() else None


class BackupAndRestore(Backup):
    """Keeps the training in a folder, so that `fit`, called again in another process, goes on where it was.

    What is kept, and how exactly `fit` goes on, is told at `Backup`: the history, too, is that of the whole training.

    Args:
        backup_dir: the folder, which no other training uses; made if it is not there. It gets `latest.weights.h5`.
        save_freq: `"epoch"`, or a number of batches after which to write; `False`: never.
        double_checkpoint: keeps the state before the last one, too, which is read if the last one cannot be.
        delete_checkpoint: whether the files are removed when `fit` has ended; an exception is no end.

    Raises:
        FileError: before the first step, for a file that is damaged or of another model.

    Example:
        >>> backup = BackupAndRestore("backup", save_freq=100)
        >>> model.fit(x, y, epochs=50, callbacks=[backup])
    """

    def __init__(
        self,
        backup_dir: str | os.PathLike[str],
        save_freq: str | int = "epoch",
        double_checkpoint: bool = False,
        delete_checkpoint: bool = True,
    ) -> None:
        if not os.fspath(backup_dir):
            raise ValueError("BackupAndRestore expects backup_dir to be the path of a folder, got an empty one")
        is_number = isinstance(save_freq, int) and (save_freq is False or save_freq > 0)
        if save_freq != "epoch" and not is_number:
            raise ValueError(
                f"BackupAndRestore expects save_freq to be 'epoch' or a number of batches, got {save_freq!r}"
            )
        super().__init__(Path(backup_dir) / "latest.weights.h5", save_freq)
        self.backup_dir = os.fspath(backup_dir)
        self.double_checkpoint = double_checkpoint
        self.delete_checkpoint = delete_checkpoint
        self._earlier = self.path.with_name(f"{self.path.name}.bkp")

    def on_train_end(self, logs: Logs = None) -> None:
        has_ended = self._course.has_ended
        super().on_train_end(logs)
        if not (self.delete_checkpoint and has_ended):
            return
        for path in (self.path, self._earlier):
            path.unlink(missing_ok=True)
        with suppress(OSError):  # somebody else's files are in it
            os.rmdir(self.backup_dir)

    def _write(self, state: dict[str, Any]) -> None:
        from nbkeras.saving.atomic import replacing

        if self.double_checkpoint and self.path.exists():
            with replacing(self._earlier) as copy, open(self.path, "rb") as latest:
                shutil.copyfileobj(latest, copy)
        super()._write(state)

    def _read(self) -> Any:
        try:
            return super()._read()
        except (OSError, ValueError) as error:
            if not (self.double_checkpoint and self._earlier.exists()):
                raise
            from nbkeras.saving.training_files import load_training

            warn(f"the last backup cannot be read, and training goes on from the one before it: {error}")
            return load_training(self.model, self._earlier)
