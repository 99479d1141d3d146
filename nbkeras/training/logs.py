"""Logs: metric values by name, as callbacks and users see them."""

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from nbkeras.training.trainer import Trainer

__all__ = ["BatchLogs", "as_list", "plain"]


def plain(logs: Mapping[str, Any]) -> dict[str, Any]:
    """Logs as Python numbers (arrays for metrics of several values), sorted by name as Keras does."""
    return {name: _number(logs[name]) for name in sorted(logs)}


def as_list(logs: Mapping[str, Any], names: Iterable[str]) -> Any:
    """The values, those of `names` first and in their order, then the others; the only one by itself."""
    first = [name for name in dict.fromkeys(names) if name in logs]
    values = [logs[name] for name in first] + [logs[name] for name in sorted(logs) if name not in first]
    return values if len(values) > 1 else values[0]


class BatchLogs(Mapping[str, Any]):
    """The logs after a batch, computed when a callback looks at them.

    Args:
        model: whose metrics hold the values.
        logs: the values, where the model's own step returned them.
    """

    def __init__(self, model: "Trainer", logs: Mapping[str, Any] | None) -> None:
        self._model = model
        self._logs = logs
        self._values: dict[str, Any] | None = None

    def copy(self) -> dict[str, Any]:
        """The logs as a dictionary."""
        if self._values is None:
            with self._model._exclusive:
                self._values = plain(self._model.get_metrics_result() if self._logs is None else self._logs)
        return dict(self._values)

    def __getitem__(self, key: str) -> Any:
        return self.copy()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.copy())

    def __len__(self) -> int:
        return len(self.copy())

    def __repr__(self) -> str:
        return repr(self.copy())


def _number(value: Any) -> Any:
    array = np.asarray(value)
    return array.item() if array.ndim == 0 else array
