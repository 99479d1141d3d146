"""Interrupts that wait until a piece of work is whole, where one in its midst would leave halves."""

import inspect
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import FrameType
from typing import Any

__all__ = ["Hold", "holding"]

Handler = Callable[[int, FrameType | None], Any]
PATIENCE = 2  # so many interrupts wait for a piece; the next one breaks in, for a piece that hangs has no end


class Hold:
    """A context in which interrupts wait; they reach the former handler, one by one, when it is left.

    Outside of it they reach that handler at once. It may be entered again within itself.

    Args:
        before: the handler that was there.
    """

    def __init__(self, before: Handler) -> None:
        self._before = before
        self._depth = 0
        self._waiting = 0

    def __enter__(self) -> None:
        self._depth += 1

    def __exit__(self, *error: object) -> None:
        self._depth -= 1
        if self._waiting and self._depth == 0:
            waiting, self._waiting = self._waiting, 0
            for _ in range(waiting):
                self._before(signal.SIGINT, inspect.currentframe())

    def hear(self, number: int, frame: FrameType | None) -> None:
        """The handler of interrupts, while there are pieces of work to hold them off from."""
        if self._depth == 0:
            self._before(number, frame)
            return
        self._waiting += 1
        if self._waiting > PATIENCE:
            self._waiting = 0
            raise KeyboardInterrupt


@contextmanager
def holding() -> Iterator[AbstractContextManager[None]]:
    """Gives a block the context in which interrupts wait.

    It holds nothing off where none can come: outside of the main thread, which alone gets signals, and where
    interrupts are ignored or end the process.

    Example:
        >>> with holding() as hold:
        ...     for batch in batches:
        ...         with hold:
        ...             step(batch)
    """
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield nullcontext()
        return
    hold = Hold(before)
    try:
        with hold:
            signal.signal(signal.SIGINT, hold.hear)
        yield hold
    finally:
        with hold:
            if signal.getsignal(signal.SIGINT) == hold.hear:  # somebody may have set another one since
                signal.signal(signal.SIGINT, before)
