"""Every so many batches, over the ends of epochs."""

from typing import Any

__all__ = ["BatchCount"]


class BatchCount:
    """Counts the batches of a training.

    Args:
        frequency: after how many batches it is time.
    """

    def __init__(self, frequency: int) -> None:
        self.frequency = frequency
        self.since = 0  # it was time
        self.last = -1  # batch that was seen in this epoch

    def begin_epoch(self) -> None:
        """Notes that batches are numbered from 0 again."""
        self.last = -1

    def is_time(self, batch: int) -> bool:
        """Whether it is time after `batch`; several may have passed since the last call."""
        self.since += batch - self.last
        self.last = batch
        if self.since < self.frequency:
            return False
        self.since = 0
        return True

    def get_state(self) -> dict[str, Any]:
        return {"since": self.since, "last": self.last}

    def set_state(self, state: dict[str, Any]) -> None:
        self.since, self.last = state["since"], state["last"]
