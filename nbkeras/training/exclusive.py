"""One training of a model at a time, in pieces that are whole: no interrupt and no other thread comes between.

A step writes its new weights, its counters and its metrics in place, one after the other. Whoever looked at them in its
midst, or ended it there, would have some of before and some of after. So `fit` does its steps inside `Exclusive`:
interrupts wait for the end of a step, and so do `evaluate` and `predict` of other threads, which training then awaits.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from nbkeras.training.interrupts import holding

if TYPE_CHECKING:
    from nbkeras.training.trainer import Trainer

__all__ = ["IDLE", "Exclusive", "Idle", "check_free", "exclusively", "visiting"]

NAP = 0.001  # seconds between two looks at whether visitors have left
_counting = threading.Lock()  # of visitors, and of who begins


class Idle(nullcontext[None]):
    """Stands for the training of a model that is not being trained."""

    thread: int | None = None
    hold: AbstractContextManager[None] = nullcontext()

    def visit(self) -> AbstractContextManager[None]:
        """A context for a visitor, who has nobody to wait for."""
        return self


class Exclusive:
    """The training of a model in progress: a context for each piece of it that must be whole.

    Args:
        model: what is trained.
        hold: the context in which interrupts wait.

    Attributes:
        thread: that trains.
    """

    def __init__(self, model: "Trainer", hold: AbstractContextManager[None]) -> None:
        self.model = model
        self.hold = hold
        self.thread = threading.get_ident()
        self._visitors = 0
        self._depth = 0
        self._lock = threading.RLock()

    def __enter__(self) -> None:
        if threading.get_ident() != self.thread:
            return  # a visitor, who has the lock
        while self._visitors and not self._depth:
            time.sleep(NAP)  # a lock is not fair: without this, training would take it again and again
        self.hold.__enter__()
        self._lock.acquire()
        self._depth += 1

    def __exit__(self, *error: Any) -> None:
        if threading.get_ident() != self.thread:
            return
        self._depth -= 1
        self._lock.release()
        self.hold.__exit__(*error)

    @contextmanager
    def visit(self) -> Iterator[None]:
        """Lets another thread work on the model, between two pieces; the metrics of training come to no harm."""
        if threading.get_ident() == self.thread:
            yield
            return
        with _counting:
            self._visitors += 1
        try:
            with self._lock:
                metrics = [(variable, variable.numpy()) for variable in self.model.metrics_variables]
                try:
                    yield
                finally:
                    for variable, value in metrics:
                        variable.assign(value)
        finally:
            with _counting:
                self._visitors -= 1


IDLE = Idle()


def check_free(model: "Trainer", method: str) -> None:
    """Raises RuntimeError if another thread trains the model, which `method` would spoil."""
    if model._exclusive.thread not in (None, threading.get_ident()):
        raise RuntimeError(
            f"{model.title} is being trained in another thread, and {method}() needs it alone; "
            "wait for the end of that training, or set stop_training = True on the model to end it"
        )


@contextmanager
def exclusively(model: "Trainer") -> Iterator[None]:
    """Makes the block the one training of `model`.

    Raises:
        RuntimeError: if another thread trains it. A callback may call `fit` in the midst of `fit`: these take turns.
    """
    if model._exclusive.thread == threading.get_ident():
        yield
        return
    with holding() as hold:
        with _counting:
            check_free(model, "fit")
            model._exclusive = Exclusive(model, hold)
        try:
            yield
        finally:
            with hold:
                model._exclusive = IDLE


def visiting(model: "Trainer") -> AbstractContextManager[None]:
    """A context to work on a model that another thread may be training."""
    return model._exclusive.visit()
