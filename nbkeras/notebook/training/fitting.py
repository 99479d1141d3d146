"""One `%fit`: the engine's `fit` with a live view, buttons, its interrupts, and what it leaves."""

import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from IPython.core.error import UsageError

from nbkeras import tree
from nbkeras.callbacks import History
from nbkeras.callbacks.backup import Backup
from nbkeras.models import Model
from nbkeras.notebook.training.buttons import Buttons
from nbkeras.notebook.training.controls import Controls
from nbkeras.notebook.training.interrupt import on_interrupt
from nbkeras.notebook.training.live import LiveView
from nbkeras.notebook.training.record import Record
from nbkeras.notebook.training.resuming import Resuming
from nbkeras.notebook.training.run_store import StoreError
from nbkeras.notebook.training.runs import Keeper, Run, Runs
from nbkeras.notebook.training.screen import is_live, is_static
from nbkeras.notebook.training.start import Start
from nbkeras.notebook.training.watching import Watched, watching
from nbkeras.notebook.views.formats import plural
from nbkeras.training.exclusive import check_free
from nbkeras.training.guard import DivergenceWarning
from nbkeras.training.interrupts import holding

__all__ = ["Fitting"]

KEPT = "weights and history are kept, and %fit goes on from here"


class Fitting:
    """A training that is to be shown.

    Args:
        shell: IPython's.
        model: what is trained.
        data: `fit`'s first arguments, and
        options: the others by name.
        record: of the model's trainings so far; kept up to date.
        run: of this one; kept up to date.
        runs: of the session, which keep it.
        watched: what `%watch` asked for.
        in_background: whether the cell does not wait for it.
        file: where the training is kept, and goes on from.
    """

    def __init__(
        self,
        shell: Any,
        model: Model,
        data: Sequence[Any],
        options: Mapping[str, Any],
        record: Record,
        run: Run,
        runs: Runs,
        watched: Watched | None = None,
        in_background: bool = False,
        file: str | None = None,
    ):
        self.model, self.data, self.options = model, data, options
        self.record, self.run, self.runs = record, run, runs
        self.verbose = options.get("verbose", 1)
        self.live = is_live(shell)
        self.in_terminal = not self.live and not is_static()
        self.watched, self.in_background, self.file = watched, in_background, file
        self.interrupted = False
        self.buttons = Buttons(run.mailbox)
        run.progress.rows = _rows(data, options)
        drawn = self.live and self.verbose not in (0, 2)
        self.view = LiveView(record, run.progress, run.screen if drawn else None)

    def train(self, fresh: bool) -> History:
        """Trains in this thread, the first interrupt being an end like others, and returns the history.

        Args:
            fresh: whether to go back to the state before the model's first training.
        """
        try:
            with on_interrupt(self._stop):
                self.begin(fresh)
                return self.fit()
        finally:
            with holding() as hold, hold:
                self.end()

    def begin(self, fresh: bool) -> None:
        """Brings the model to where the training starts, and shows the buttons."""
        check_free(self.model, "fit")
        self.runs.add(self.run)
        with holding() as hold, hold:
            self.run.note_commit()
            self.run.progress.opening = _begin(self.model, self.data, self.record, fresh)
        self.run.shown = self.record
        if self.view.show is not None:
            self.buttons.open()

    def fit(self) -> History:
        """The training itself, and the final view."""
        verbose = self.verbose if self.verbose == 2 or self.in_terminal and not self.in_background else 0
        options = {**self.options, "callbacks": self._callbacks(), "verbose": verbose}
        watch = watching(self.watched, self.model, self.data, options, since=self.record.epochs)
        with watch, _said_once(bool(self.verbose) and not self.in_background):
            try:
                return self.model.fit(*self.data, **options)
            except BaseException as error:
                self._note_error(error)
                raise
            finally:
                with holding() as hold, hold:
                    self._show_what_remains()

    def end(self) -> None:
        """Notes that the training has ended in whatever way; one that did not begin is forgotten."""
        self.run.ended.set()
        if self.run.began.is_set():
            self._keep()
        else:
            self.runs.drop(self.run)

    def _callbacks(self):
        controls = Controls(self.run.mailbox, self.run.progress, self.view.redraw)
        keeper = Keeper(self.run, self.record, self._on_begin)
        kept = [Resuming(self.run, self.record, self.file), Backup(self.file)] if self.file is not None else []
        return [*tree.flatten(self.options.get("callbacks") or []), self.view, controls, keeper, *kept]

    def _stop(self):
        """What an interrupt does: it may come at any moment, also before `fit` and after the last epoch."""
        progress = self.run.progress
        if self.run.began.is_set() and progress.finished >= progress.epochs:
            return
        self.interrupted = True
        epochs = progress.epochs if self.run.began.is_set() else self.options.get("epochs", 1)
        progress.outcome = f"interrupted in epoch {progress.finished + 1} of {epochs}; {KEPT}"
        self.model.stop_training = self.model.stop_evaluating = True

    def _on_begin(self):
        """What is left to do just before the first batch."""
        self._keep()
        if self.interrupted:
            self.model.stop_training = self.model.stop_evaluating = True

    def _note_error(self, error):
        """Notes what ended the training; in the background, where no cell prints it, with what it says."""
        epoch = self.run.progress.finished + 1
        said = f" ({error!s:.100})".replace(";", ",") if self.in_background else ""
        self.run.progress.outcome = f"ended by {type(error).__name__} in epoch {epoch}{said}; {KEPT}"

    def _show_what_remains(self):
        self.buttons.close()
        if self.verbose and not (self.in_background and self.in_terminal):
            self.view.finish(self.run.leave, timed=not is_static())

    def _keep(self):
        try:
            self.runs.keep(self.run)
        except StoreError as error:  # no reason to lose the history
            print(f"Warning: {self.run.name} is not kept: {error}", file=sys.stderr)


@contextmanager
def _said_once(in_view: bool) -> Iterator[None]:
    """Leaves it to the view to say that training has diverged, where there is one."""
    with warnings.catch_warnings():
        if in_view:
            warnings.simplefilter("ignore", DivergenceWarning)
        yield


def _begin(model, data, record, fresh):
    """Keeps or restores the state before the first training; says how this one begins, unless it is the first."""
    if record.start is None and _is_built(model, data):
        record.start = Start(model)
    if fresh and record.start is None:
        raise UsageError(f"%fit --fresh: {model.title} had no weights yet that it could go back to")
    before = plural(record.epochs, "epoch") if record.epochs else "part of an epoch" if record.begun else ""
    if fresh:
        record.start.restore(model)
        record.restart()
    elif record.start is not None:
        record.start.note_optimizer(model)
    if not before:
        return ""
    return f"starts afresh and drops the {before} before" if fresh else f"continues after {before}"


def _is_built(model, data):
    """Whether the model has its weights; builds it where the shape of the data is known."""
    shape = getattr(data[0], "shape", None) if data else None
    if not model.built and shape is not None:
        model.build((None, *shape[1:]))
    return model.built


def _rows(data, options):
    """The rows in a batch, where the data has rows."""
    return options.get("batch_size") or (32 if data and hasattr(data[0], "shape") else None)
