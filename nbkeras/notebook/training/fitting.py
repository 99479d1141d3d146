"""One `%fit`: the engine's `fit` with a live view, its interrupts, and what it leaves."""

from collections.abc import Mapping, Sequence
from typing import Any

from IPython.core.error import UsageError

from nbkeras import tree
from nbkeras.callbacks import History
from nbkeras.models import Model
from nbkeras.notebook.training.interrupt import on_interrupt
from nbkeras.notebook.training.live import LiveView
from nbkeras.notebook.training.record import Record
from nbkeras.notebook.training.screen import Screen, is_live, is_static
from nbkeras.notebook.training.start import Start
from nbkeras.notebook.views.formats import plural
from nbkeras.notebook.views.training import Progress

__all__ = ["train"]

KEPT = "weights and history are kept, and %fit goes on from here"


def train(
    shell: Any, model: Model, data: Sequence[Any], options: Mapping[str, Any], record: Record, fresh: bool
) -> History:
    """Trains `model` on `data` with `fit`'s options, shows it, and returns the history.

    Args:
        shell: IPython's.
        record: of the model's trainings so far; kept up to date.
        fresh: whether to go back to the state before the first of them.
    """
    progress = Progress(model.name, rows=_rows(data, options), opening=_begin(model, data, record, fresh))
    screen = Screen()
    live = is_live(shell)
    verbose = options.get("verbose", 1)
    view = LiveView(record, progress, screen if live and verbose not in (0, 2) else None)
    callbacks = [*tree.flatten(options.get("callbacks") or []), view]
    in_terminal = not live and not is_static()
    arguments = {**options, "callbacks": callbacks, "verbose": verbose if verbose == 2 or in_terminal else 0}

    def stop() -> None:
        progress.outcome = f"interrupted in epoch {progress.finished + 1} of {progress.epochs}; {KEPT}"
        model.stop_training = model.stop_evaluating = True

    try:
        with on_interrupt(stop):
            return model.fit(*data, **arguments)
    except BaseException as error:
        progress.outcome = f"ended by {type(error).__name__} in epoch {progress.finished + 1}; {KEPT}"
        raise
    finally:
        if verbose:
            view.finish(screen, timed=not is_static())


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
