"""An interrupt is a normal way to end a training: the batch in progress is finished, and nothing is lost."""

import inspect
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

__all__ = ["on_interrupt"]


class on_interrupt:
    """A context that calls `react` at the first interrupt within it; the others raise KeyboardInterrupt as ever.

    It changes nothing where interrupts do not come: outside of the main thread, and where they are ignored.
    """

    def __init__(self, react: Callable[[], None]):
        self._react = react
        self._before: Any = None
        self._heard = 0
        self._inside = self._late = False

    def __enter__(self) -> None:
        before = signal.getsignal(signal.SIGINT)
        if threading.current_thread() is threading.main_thread() and callable(before):
            self._before = before
            signal.signal(signal.SIGINT, self._hear)
        self._inside = True

    def __exit__(self, *error: object) -> None:
        self._inside = False
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
        if self._late:
            self._before(signal.SIGINT, inspect.currentframe())

    def _hear(self, number: int, frame: FrameType | None) -> None:
        self._heard += 1
        if self._heard == 1:
            self._react()
        elif self._inside:
            self._before(number, frame)
        else:
            self._late = True  # an exception now would leave this handler behind
