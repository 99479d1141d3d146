"""Stopping when the loss is no number any more."""

import math

from nbkeras.callbacks.callback import Callback, Logs

__all__ = ["TerminateOnNaN"]


class TerminateOnNaN(Callback):
    """Ends training when the loss is NaN or infinite.

    Args:
        raise_error: raises RuntimeError instead of ending training quietly.
    """

    def __init__(self, raise_error: bool = False) -> None:
        super().__init__()
        self.raise_error = raise_error

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        loss = (logs or {}).get("loss")
        if loss is None or math.isfinite(loss):
            return
        message = f"Batch {batch}: the loss is {loss}; a smaller learning rate or clipnorm=1.0 may help"
        if self.raise_error:
            raise RuntimeError(message)
        print(message)
        self.model.stop_training = True
