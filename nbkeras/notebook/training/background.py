"""A training that goes on while the reader does something else: in a thread, and shown in the cell that began it."""

import contextvars
import sys
import threading

from IPython.core.error import UsageError

from nbkeras.notebook.training.fitting import Fitting
from nbkeras.notebook.training.runs import Run

__all__ = ["check_threads", "train_in_background"]


def check_threads() -> None:
    """Raises UsageError where Python has no threads."""
    if sys.platform in ("emscripten", "wasi"):
        raise UsageError(
            "%fit --background needs threads, which Python in the browser does not have; "
            "leave it out: the notebook's ■ button ends a training, and nothing is lost"
        )


def train_in_background(fitting: Fitting, fresh: bool) -> Run:
    """Begins the training, and returns its run as soon as the first step is about to be taken.

    A mistake in the data is found before that, and raised here.

    Args:
        fitting: what to do.
        fresh: whether to go back to the state before the model's first training.
    """
    run = fitting.run
    try:
        fitting.begin(fresh)
        # What a thread displays goes to the cell that the context names: this one, also when others have run since.
        context = contextvars.copy_context()
        threading.Thread(target=context.run, args=(_train, fitting), name=run.name, daemon=True).start()
        while not run.began.wait(0.01) and not run.ended.is_set():
            pass
    except BaseException:
        run.stop()
        fitting.buttons.close()
        if not run.began.is_set():
            fitting.runs.drop(run)
        raise
    if not run.began.is_set():
        run.wait()
    return run


def _train(fitting):
    try:
        fitting.fit()
    except BaseException as error:  # nobody is there to catch it: `wait` raises it
        fitting.run.error = error
    finally:
        fitting.end()
