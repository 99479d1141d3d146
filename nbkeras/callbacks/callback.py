"""The base of all callbacks: methods that training calls at its events."""

from collections.abc import Mapping
from typing import Any

from nbkeras.serialization import check_keywords

__all__ = ["HOOKS", "Callback", "Logs"]

Logs = Mapping[str, Any] | None


class Callback:
    """What is to happen at the events of training: a subclass writes the methods it needs.

    `logs` are the loss and the metrics by name; `epoch` and `batch` count from 0.

    Attributes:
        model: the model at work.
        params: `"verbose"`, `"epochs"` and `"steps"` (batches in an epoch, `None` if unknown).
        every_batch: whether the methods for batches have to be called at each batch. A callback that only looks now and
            then, to draw, say, sets it to `False`: where all do, small batches run many at a time, for some 20 ms, and
            the methods are called around them, with the number of the first batch and of the last. It holds for the
            methods of the class that sets it; a subclass with methods of its own is called at each batch again.
        comes_last: whether it is called after those that come after it in the list.

    Example:
        >>> class Stop(Callback):
        ...     def on_epoch_end(self, epoch, logs=None):
        ...         if logs["loss"] < 0.1:
        ...             self.model.stop_training = True
        >>> model.fit(x, y, epochs=100, callbacks=[Stop()])
    """

    params: dict[str, Any] | None = None
    every_batch: Any = True
    comes_last = False
    _model: Any = None

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        check_keywords(cls, kwargs)
        return super().__new__(cls)

    def __init__(self) -> None:
        self.params = None
        self._model = None

    @property
    def model(self) -> Any:
        return self._model

    def set_model(self, model: Any) -> None:
        """Called once, before training."""
        self._model = model

    def set_params(self, params: dict[str, Any]) -> None:
        """Called once, before training."""
        self.params = params

    def get_state(self) -> dict[str, Any]:
        """What the callback has to know when a training goes on in another process: see `BackupAndRestore`.

        Numbers, texts, `None`, arrays, and lists and dictionaries of these; empty where there is nothing to know.
        """
        return {}

    def set_state(self, state: dict[str, Any]) -> None:
        """Takes over what `get_state` returned; called after `on_train_begin`, if that was not empty."""

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Called before an epoch of training."""

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """Called after an epoch of training and its validation, whose results are `val_loss` and so on."""

    def on_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """The same as `on_train_batch_begin`."""

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        """The same as `on_train_batch_end`."""

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Called before a batch of training."""
        self.on_batch_begin(batch, logs=logs)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Called after a batch of training, with the means of the epoch so far."""
        self.on_batch_end(batch, logs=logs)

    def on_test_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Called before a batch of `evaluate` and of validation."""

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Called after a batch of `evaluate` and of validation."""

    def on_predict_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Called before a batch of `predict`."""

    def on_predict_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Called after a batch of `predict`, with its `"outputs"`."""

    def on_train_begin(self, logs: Logs = None) -> None:
        """Called at the start of `fit`."""

    def on_train_end(self, logs: Logs = None) -> None:
        """Called at the end of `fit`, with the logs of the last epoch."""

    def on_test_begin(self, logs: Logs = None) -> None:
        """Called at the start of `evaluate` and of validation."""

    def on_test_end(self, logs: Logs = None) -> None:
        """Called at the end of `evaluate` and of validation."""

    def on_predict_begin(self, logs: Logs = None) -> None:
        """Called at the start of `predict`."""

    def on_predict_end(self, logs: Logs = None) -> None:
        """Called at the end of `predict`."""


HOOKS = tuple(name for name in vars(Callback) if name.startswith("on_"))
