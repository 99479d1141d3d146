"""What somebody outside asks of a running training: commands, put in by any thread, taken out between batches."""

from collections import deque
from collections.abc import Callable
from typing import Any

__all__ = ["Command", "Mailbox"]

Command = tuple[str, Any]


class Mailbox:
    """A queue of commands in the order of their arrival.

    Putting and taking are single operations on a deque, which threads and signal handlers may do at any moment.

    Attributes:
        listener: called by the training after it has taken commands, with its state: `paused`, `learning_rate` (`None`
            where it has none that can be set) and `remark`; `None` where nobody listens.
    """

    def __init__(self) -> None:
        self._commands: deque[Command] = deque()
        self.listener: Callable[[dict[str, Any]], None] | None = None

    def put(self, verb: str, value: Any = None) -> None:
        """Adds a command: stop, pause, resume, ping, or learning_rate, of which `value` is the rate."""
        self._commands.append((verb, value))

    def take(self) -> Command | None:
        """The oldest command, which leaves the queue; `None` where there is none."""
        return self._commands.popleft() if self._commands else None

    def answer(self, **state: Any) -> None:
        """Tells the listener how the training stands."""
        listener = self.listener  # another thread may take it away meanwhile
        if listener is not None:
            listener(state)
