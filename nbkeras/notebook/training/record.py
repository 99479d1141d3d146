"""What the trainings of a model left behind, over all its `%fit`s: for curves, for `%expect`, for the next one."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from numbers import Real
from typing import Any

from nbkeras.notebook.training.start import Start
from nbkeras.notebook.views.curves import Points

__all__ = ["Record", "in_order"]


@dataclass
class Record:
    """Metrics of a model by epoch, counted over all its trainings.

    Attributes:
        begun: whether there was a training.
        epochs: finished so far.
        joints: the epochs after which training was continued.
        points: by metric, (epoch, value).
        samples: values within epochs, for runs too short to show a curve by epochs.
        last: the values logged last.
        start: the state of the model before the first training.
        shown: the number of the cell that the last training ran in, and was shown in.
    """

    begun: bool = False
    epochs: int = 0
    joints: list[int] = field(default_factory=list)
    points: dict[str, Points] = field(default_factory=dict)
    samples: dict[str, Points] = field(default_factory=dict)
    last: dict[str, float] = field(default_factory=dict)
    start: Start | None = None
    shown: int | None = None

    def begin(self) -> None:
        """Notes that a training begins."""
        self.begun = True
        if self.epochs and self.epochs not in self.joints:
            self.joints.append(self.epochs)
        self.samples = {}

    def add_results(self, results: Mapping[str, Any]) -> None:
        """Notes what an evaluation measured, as `test_accuracy` and so on."""
        self.last.update({f"test_{name}": value for name, value in plain(results).items()})

    def restart(self) -> None:
        """Forgets all but the state before the first training."""
        self.__init__(start=self.start)  # type: ignore[misc]

    def add_epoch(self, logs: Mapping[str, Any]) -> None:
        """Notes a finished epoch."""
        self.epochs += 1
        for name, value in plain(logs).items():
            self.points.setdefault(name, []).append((self.epochs, value))
            self.last[name] = value

    def add_sample(self, part: float, logs: Mapping[str, Any]) -> None:
        """Notes values at a part of the epoch in progress."""
        for name, value in plain(logs).items():
            self.samples.setdefault(name, []).append((self.epochs + part, value))


def plain(logs: Mapping[str, Any]) -> dict[str, float]:
    """The numbers among logs, in order; metrics of several values are left out."""
    numbers = {name: float(value) for name, value in logs.items() if isinstance(value, Real)}
    return {name: numbers[name] for name in in_order(numbers)}


def in_order(names: Iterable[str]) -> list[str]:
    """Names of metrics, the loss first, each before its validation."""
    names = list(names)
    kinds = list(dict.fromkeys(["loss", *(name.removeprefix("val_") for name in names)]))
    return sorted(names, key=lambda name: (kinds.index(name.removeprefix("val_")), name.startswith("val_")))
