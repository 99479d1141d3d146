"""The trainings of a session, each with a name: what became of them, and a handle on those that go on."""

import math
import os
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from weakref import ref

from IPython.core.error import UsageError
from IPython.core.getipython import get_ipython
from IPython.display import display

from nbkeras.callbacks import Callback, History
from nbkeras.models import Model
from nbkeras.notebook.training.facts import RUNNING, Facts, commit_of, facts_of
from nbkeras.notebook.training.mailbox import Mailbox
from nbkeras.notebook.training.record import Record
from nbkeras.notebook.training.run_store import RunStore
from nbkeras.notebook.training.screen import Screen, has_kernel, is_static
from nbkeras.notebook.views.runs import details_bundle
from nbkeras.notebook.views.training import Progress, live_bundle
from nbkeras.serialization import did_you_mean

__all__ = ["Keeper", "Run", "Runs"]

LOOK = 0.2  # seconds between two looks of one who waits: Windows hears interrupts only in between


class Run:
    """One training: how it goes, what became of it, and, if it goes on in the background, the way to end it.

    Args:
        facts: what is known before the first step.
        model: what is trained; a run does not keep it alive.

    Attributes:
        name: `net-1`.
        history: the losses and metrics of its epochs so far.
        error: what ended it, if it was an exception in the background.

    Example:
        >>> run = %fit net X y --epochs 200 --background
        >>> run.stop()
        >>> run.wait().history["loss"][-1]
    """

    def __init__(self, facts: Facts, model: Model):
        self.name = facts.run
        self.history = History()
        self.record = Record()  # of this training alone
        self.progress = Progress(model.name)
        self.mailbox = Mailbox()
        self.screen = Screen()
        self.error: BaseException | None = None
        self.began = threading.Event()
        self.ended = threading.Event()
        self.cut = False  # by a callback
        self.seconds = 0.0  # until the last epoch that has ended
        self.late: dict[str, str] | None = None  # what a cell shows that has ended before the training did
        self.shown: Record | None = None  # of all trainings of the model: what the live view shows
        self._before = facts
        self._model = ref(model)

    def trains(self, model: Model) -> bool:
        """Whether it is at work on `model`."""
        return self._model() is model and not self.ended.is_set()

    @property
    def facts(self) -> Facts:
        """What is known now."""
        progress = self.progress
        return replace(
            self._before,
            seconds=self.seconds,
            planned=progress.epochs,
            finished=self.record.epochs,
            batches=progress.batches,
            outcome=self.outcome,
            points={name: list(points) for name, points in [*self.record.points.items()]},  # a thread may add to them
        )

    @property
    def outcome(self) -> str:
        """How it ended, or how it stands, in a few words."""
        progress = self.progress
        if not self.ended.is_set():
            epoch = min(progress.finished + 1, progress.epochs)
            return f"{'paused' if progress.paused else 'running'}, epoch {epoch} of {progress.epochs}"
        told = progress.outcome.partition(";")[0] or progress.divergence.partition(":")[0]
        return told or ("ended early" if self.cut and self.record.epochs < progress.epochs else "finished")

    def leave(self, bundle: dict[str, str]) -> None:
        """Shows what remains in the cell that began the run.

        Programs that execute notebooks listen only to the cell at work: for them `show` says it once more.
        """
        self.late = bundle if threading.current_thread() is not threading.main_thread() else None
        self.screen(bundle)

    def show(self) -> None:
        """Shows the run: in progress, as a live view that goes on; later, with its settings and results."""
        handle = self.screen.handle
        if self.ended.is_set() and self.late is not None:
            self.screen(self.late)
            self.late = None
        if self.ended.is_set() or self.shown is None or handle is None:
            display(details_bundle(self.facts, not is_static(), in_text=not has_kernel(get_ipython())), raw=True)
        else:
            display(live_bundle(self.shown, self.progress), raw=True, display_id=handle.display_id)

    def note_commit(self) -> None:
        """Looks up which commit the folder of the notebook is at."""
        self._before = replace(self._before, commit=commit_of(os.curdir))

    def stop(self) -> None:
        """Ends the training after the batch in progress; nothing is lost."""
        self.mailbox.put("stop")

    def wait(self, timeout: float | None = None) -> History:
        """Waits for the end, and returns the history; an interrupt ends the waiting, not the training.

        Args:
            timeout: seconds after which to go on all the same.

        Raises:
            Exception: what ended the training, if it was an exception.
        """
        until = math.inf if timeout is None else time.monotonic() + timeout
        while not self.ended.wait(LOOK) and time.monotonic() < until:
            pass
        if self.error is not None:
            raise self.error
        return self.history

    def __repr__(self) -> str:
        calls = "" if self.ended.is_set() else "; it has show(), stop() and wait()"
        return f"<Run {self.name}: {self.outcome}{calls}>"


class Keeper(Callback):
    """Notes in a run what the live view took for a whole epoch.

    Args:
        run: kept up to date.
        record: of all trainings of the model, the live view's.
        on_begin: called just before the first batch.
    """

    every_batch = False

    def __init__(self, run: Run, record: Record, on_begin: Callable[[], None]):
        super().__init__()
        self.run = run
        self.record = record
        self.on_begin = on_begin
        self.seen = 0
        self.start = 0.0

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        self.seen = self.record.epochs
        self.run.record.begin()
        self.start = time.perf_counter()
        self.on_begin()
        self.run.began.set()

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        self.run.seconds = time.perf_counter() - self.start
        if self.record.epochs > self.seen:
            self.seen = self.record.epochs
            self.run.record.add_epoch(logs or {})
            self.run.history.on_epoch_end(epoch, logs)

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        self.run.seconds = time.perf_counter() - self.start
        self.run.cut = self.model.stop_training


class Runs:
    """The trainings of a session, in order.

    Attributes:
        store: the file that keeps them, if they are kept.
    """

    def __init__(self) -> None:
        self.store: RunStore | None = None
        self._runs: dict[str, Run] = {}

    def __iter__(self):
        return iter(self._runs.values())

    def new(self, model: Model, data: Mapping[str, Any], settings: Mapping[str, str]) -> Run:
        """A run of `model`, to be added when it is about to begin.

        Args:
            data: inputs and targets by the expressions that the reader wrote.
            settings: options as written.

        Raises:
            UsageError: while another run trains the model.
        """
        for run in self:
            if run.trains(model):
                raise UsageError(
                    f"%fit: {model.title} is being trained by {run.name}, and takes one training at a time; "
                    f"%runs {run.name} --wait waits for its end, %runs {run.name} --stop ends it"
                )
        stem = "-".join(model.name.split())
        numbers = [int(name.rpartition("-")[2]) for name in self._runs if name.rpartition("-")[0] == stem]
        return Run(facts_of(f"{stem}-{max(numbers, default=0) + 1}", model, data, settings), model)

    def add(self, run: Run) -> None:
        """Makes a run one of the session's."""
        self._runs[run.name] = run

    def drop(self, run: Run) -> None:
        """Forgets a run that did not begin, and its number."""
        self._runs.pop(run.name, None)

    def find(self, name: str) -> Run:
        """The run called `name`; UsageError where there is none."""
        if name not in self._runs:
            known = list(self._runs)
            cure = did_you_mean(name, known) or (f"; there are {', '.join(known)}" if known else "; %fit makes one")
            raise UsageError(f"%runs: there is no run {name}{cure}")
        return self._runs[name]

    def keep_in(self, store: RunStore) -> None:
        """Keeps in a file what there is and what will be; StoreError where that cannot be."""
        store.all()  # a file of which anything is damaged is not written to
        store.put([_to_keep(run) for run in self])
        self.store = store

    def keep(self, run: Run) -> None:
        """Brings the file up to date, if there is one; StoreError where that cannot be."""
        if self.store is not None:
            self.store.put([_to_keep(run)])


def _to_keep(run):
    """The facts of a run as a file should have them if this kernel does not live to see its end."""
    return run.facts if run.ended.is_set() else replace(run.facts, outcome=RUNNING)
