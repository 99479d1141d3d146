"""An interrupt is a normal way to end a training: the batch in progress is finished, and nothing is lost."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["on_interrupt"]


@contextmanager
def on_interrupt(react: Callable[[], None]) -> Iterator[None]:
    """Calls `react` at the first interrupt within the block; the second one raises KeyboardInterrupt as ever."""
    if threading.current_thread() is not threading.main_thread():
        yield  # signals arrive in the main thread alone
        return
    before = signal.getsignal(signal.SIGINT)

    def first(number, frame):
        signal.signal(signal.SIGINT, before)
        react()

    signal.signal(signal.SIGINT, first)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
