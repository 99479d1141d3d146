"""`%fit --resume`: what the views know of a training is kept with it, so that its curves go on where they were."""

from typing import Any

import numpy as np

from nbkeras.callbacks import Callback
from nbkeras.notebook.training.record import Record
from nbkeras.notebook.training.runs import Run
from nbkeras.notebook.views.formats import plural

__all__ = ["Resuming"]


class Resuming(Callback):
    """Keeps the records of a training, and brings them back.

    Args:
        run: of this training.
        record: of all trainings of the model.
        file: the name of the file, for what is said.
    """

    every_batch = False

    def __init__(self, run: Run, record: Record, file: str):
        super().__init__()
        self.run, self.record, self.file = run, record, file
        self.batch = 0  # how many are done of the epoch in progress

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.batch = batch + 1

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        self.batch = 0

    def get_state(self) -> dict[str, Any]:
        progress = self.run.progress
        return {
            "record": _packed(self.record),
            "run": _packed(self.run.record),
            "history": self.run.history.get_state(),
            "finished": progress.finished,
            "earlier": progress.earlier,
            "batch": self.batch,
        }

    def set_state(self, state: dict[str, Any]) -> None:
        progress = self.run.progress
        _unpack(state["record"], self.record)
        _unpack(state["run"], self.run.record)
        self.run.history.set_state(state["history"])
        self.batch = state["batch"]
        progress.finished, progress.earlier = state["finished"], state["earlier"]
        done = [plural(progress.finished, "epoch")] * bool(progress.finished)
        if progress.finished < progress.epochs:
            done += [plural(self.batch, "batch", "batches")] * bool(self.batch)
            progress.opening = f"goes on after {' and '.join(done)}, kept in {self.file}"
        else:
            progress.opening = f"is finished: {done[0]} kept in {self.file}; give more --epochs to go on"


def _packed(record):
    return {
        "epochs": record.epochs,
        "joints": record.joints,
        "points": {name: np.array(points, "float64") for name, points in record.points.items()},
        "last": record.last,
    }


def _unpack(state, record):
    record.begun, record.samples = True, {}
    record.epochs, record.joints, record.last = state["epochs"], state["joints"], state["last"]
    record.points = {name: [(int(x), y) for x, y in points.tolist()] for name, points in state["points"].items()}
