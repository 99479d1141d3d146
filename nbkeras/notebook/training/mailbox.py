"""What somebody outside asks of a running training: commands, put in by any thread, taken out between batches."""

from collections import deque
from typing import Literal

__all__ = ["Command", "Mailbox", "Verb"]

Verb = Literal["stop", "pause", "resume", "learning_rate", "ping"]
Command = tuple[Verb, float | None]


class Mailbox:
    """A queue of commands in the order of their arrival.

    Putting and taking are single operations on a deque, which threads and signal handlers may do at any moment.
    """

    def __init__(self) -> None:
        self._commands: deque[Command] = deque()

    def put(self, verb: Verb, value: float | None = None) -> None:
        """Adds a command; `value` is the rate of `learning_rate`."""
        self._commands.append((verb, value))

    def take(self) -> Command | None:
        """The oldest command, which leaves the queue; `None` where there is none."""
        return self._commands.popleft() if self._commands else None
