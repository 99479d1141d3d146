"""Several callbacks as one."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from nbkeras import tree
from nbkeras.callbacks.callback import HOOKS, Callback, Logs
from nbkeras.callbacks.history import History
from nbkeras.callbacks.progbar_logger import ProgbarLogger

__all__ = ["CallbackList"]


class CallbackList(Callback):
    """Calls each of its callbacks, and only those that do something at an event.

    Args:
        callbacks: a callback, or a list of them.
        add_history: adds a `History` if there is none, which becomes the model's `history`.
        add_progbar: adds a `ProgbarLogger` if there is none.
        model: passed to `set_model`.
        **params: passed to `set_params`.
    """

    def __init__(
        self,
        callbacks: Any = None,
        add_history: bool = False,
        add_progbar: bool = False,
        model: Any = None,
        **params: Any,
    ) -> None:
        super().__init__()
        self.callbacks: list[Any] = tree.flatten(callbacks) if callbacks else []
        for callback in self.callbacks:
            _check(callback)
        self._history = self._find_or_add(History, add_history)
        self._find_or_add(ProgbarLogger, add_progbar)
        self._called = self._listed()
        if model is not None:
            self.set_model(model)
        if params:
            self.set_params(params)

    def _find_or_add(self, kind: type, add: bool) -> Any:
        found = next((callback for callback in self.callbacks if isinstance(callback, kind)), None)
        if found is None and add:
            found = kind()
            self.callbacks.append(found)
        return found

    def _listed(self) -> dict[str, list[Callable[..., None]]]:
        """The methods to call by hook, in the order of the callbacks; those that come last are called last."""
        callbacks = sorted(self.callbacks, key=lambda callback: getattr(callback, "comes_last", False))
        return {hook: [method for callback in callbacks if (method := _own(callback, hook))] for hook in HOOKS}

    def append(self, callback: Any) -> None:
        """Adds a callback at the end."""
        _check(callback)
        self.callbacks.append(callback)
        self._called = self._listed()
        if self.params:
            callback.set_params(self.params)
        if self._model is not None:
            callback.set_model(self._model)

    def set_params(self, params: dict[str, Any]) -> None:
        self.params = params
        for callback in self.callbacks:
            callback.set_params(params)

    def set_model(self, model: Any) -> None:
        self._model = model
        if self._history is not None:
            model.history = self._history
        for callback in self.callbacks:
            callback.set_model(model)

    def set_course(self, course: Any) -> None:
        """Tells those who keep trainings, and let them go on, how far this one has come."""
        for callback in self.callbacks:
            if hasattr(callback, "set_course"):
                callback.set_course(course)

    def hook(self, name: str) -> Callable[..., None] | None:
        """The method `name` of this list, or `None` if no callback does anything then."""
        return getattr(self, name) if self._called[name] else None

    def wants_every_batch(self, kind: str) -> bool:
        """Whether a callback has to be called at each batch of `kind`: "train", "test" or "predict"."""
        hooks = [hook for hook in (f"on_{kind}_batch_begin", f"on_{kind}_batch_end") if self._called[hook]]
        return any(_wants_every(callback, hook) for hook in hooks for callback in self.callbacks)

    def looks_at_epochs(self) -> bool:
        """Whether a callback other than those that keep or show the logs has something to do at the end of an epoch."""
        others = [callback for callback in self.callbacks if not isinstance(callback, (History, ProgbarLogger))]
        return any(_own(callback, "on_epoch_end") for callback in others)

    def _call(self, hook: str, *args: Any) -> None:
        methods = self._called[hook]
        if methods:
            logs = _as_numbers(args[-1])
            for method in methods:
                method(*args[:-1], logs)

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        self._call("on_epoch_begin", epoch, logs)

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self._call("on_epoch_end", epoch, logs)

    def on_batch_begin(self, batch: int, logs: Logs = None) -> None:
        self._call("on_batch_begin", batch, logs)

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._call("on_batch_end", batch, logs)

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        self._call("on_train_batch_begin", batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._call("on_train_batch_end", batch, logs)

    def on_test_batch_begin(self, batch: int, logs: Logs = None) -> None:
        self._call("on_test_batch_begin", batch, logs)

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._call("on_test_batch_end", batch, logs)

    def on_predict_batch_begin(self, batch: int, logs: Logs = None) -> None:
        self._call("on_predict_batch_begin", batch, logs)

    def on_predict_batch_end(self, batch: int, logs: Logs = None) -> None:
        self._call("on_predict_batch_end", batch, logs)

    def on_train_begin(self, logs: Logs = None) -> None:
        self._call("on_train_begin", logs)

    def on_train_end(self, logs: Logs = None) -> None:
        self._call("on_train_end", logs)

    def on_test_begin(self, logs: Logs = None) -> None:
        self._call("on_test_begin", logs)

    def on_test_end(self, logs: Logs = None) -> None:
        self._call("on_test_end", logs)

    def on_predict_begin(self, logs: Logs = None) -> None:
        self._call("on_predict_begin", logs)

    def on_predict_end(self, logs: Logs = None) -> None:
        self._call("on_predict_end", logs)


_ALSO = {"on_train_batch_begin": "on_batch_begin", "on_train_batch_end": "on_batch_end"}


def _own(callback: Any, hook: str) -> Callable[..., None] | None:
    """The method of `callback` for `hook`, unless it is the base's, which does nothing."""
    if hook not in vars(callback) and getattr(type(callback), hook, None) is getattr(Callback, hook):
        return _own(callback, _ALSO[hook]) if hook in _ALSO else None
    return getattr(callback, hook, None)


def _wants_every(callback: Any, hook: str) -> bool:
    """Whether `callback` does something at `hook` each time; `every_batch` speaks for the methods of its class."""
    if _own(callback, hook) is None:
        return False
    holders = [callback, *type(callback).__mro__]
    speaker = next((holder for holder in holders if "every_batch" in vars(holder)), None)
    if speaker is None or callback.every_batch:
        return True
    return speaker is not callback and not all(_is_same(callback, speaker, name) for name in (hook, _ALSO.get(hook)))


def _is_same(callback: Any, base: type, name: str | None) -> bool:
    """Whether the method `name` of `callback` is that of its class `base`."""
    return name is None or (name not in vars(callback) and getattr(type(callback), name) is getattr(base, name))


def _check(callback: Any) -> None:
    if isinstance(callback, type):
        raise ValueError(f"callbacks expects objects, got the class {callback.__name__}; write {callback.__name__}()")
    if not hasattr(callback, "set_model"):
        raise ValueError(
            f"callbacks expects instances of Callback, got {callback!r}; "
            "make a function one with LambdaCallback(on_epoch_end=…)"
        )


def _as_numbers(logs: Logs) -> Any:
    """Logs with Python numbers, in the order of their names; logs that are computed on demand as they are."""
    if type(logs) is not dict:
        return {} if logs is None else logs
    return {name: _as_number(logs[name]) for name in sorted(logs)}


def _as_number(value: Any) -> Any:
    if isinstance(value, (bool, int, float, str, Mapping, list, tuple)):
        return value
    array = np.asarray(value)
    return float(array) if array.ndim == 0 and array.dtype.kind in "biuf" else array
