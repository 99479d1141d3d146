"""What training leaves behind: the loss and the metrics of each epoch."""

from typing import Any

import numpy as np

from nbkeras.callbacks.callback import Callback, Logs

__all__ = ["History"]


class History(Callback):
    """The logs of each epoch; `fit` returns it, and the model keeps it as `model.history`.

    Attributes:
        epoch: the numbers of the epochs, from 0.
        history: a list of values, one per epoch, for each name: `"loss"`, `"val_loss"`, `"accuracy"`, ….

    Example:
        >>> history = model.fit(x, y, epochs=10, validation_split=0.2)
        >>> history.history["val_loss"][-1]
        >>> history.plot()
    """

    def __init__(self) -> None:
        super().__init__()
        self.epoch: list[int] = []
        self.history: dict[str, list[Any]] = {}

    def get_state(self) -> dict[str, Any]:
        return {"epoch": self.epoch, "history": {name: _packed(values) for name, values in self.history.items()}}

    def set_state(self, state: dict[str, Any]) -> None:
        self.epoch = list(state["epoch"])
        self.history = {name: list(_unpacked(values)) for name, values in state["history"].items()}

    def on_train_begin(self, logs: Logs = None) -> None:
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)

    def plot(self, *names: str, figsize: tuple[float, float] | None = None) -> Any:
        """The curves as a matplotlib figure: a panel for each metric, training and validation in it.

        Args:
            names: metrics to show, e.g. `"loss"`; default all.
            figsize: width and height in inches.

        Raises:
            ImportError: without matplotlib.
            ValueError: for a name that was not logged.
        """
        plt = _pyplot()
        shown = self._shown(names)
        figure, panels = plt.subplots(
            1, len(shown), figsize=figsize or (4.5 * len(shown), 3.2), squeeze=False, layout="constrained"
        )
        for panel, name in zip(panels[0], shown):
            self._draw(panel, name)
        if "inline" in plt.get_backend():
            plt.close(figure)  # it is shown as the cell's value; an open one would be shown twice
        return figure

    def _shown(self, names: tuple[str, ...]) -> list[str]:
        scalars = [name for name, values in self.history.items() if all(getattr(v, "ndim", 0) == 0 for v in values)]
        if not scalars:
            raise ValueError("the history is empty: plot() needs an epoch of fit()")
        unknown = [name for name in names if name not in scalars]
        if unknown:
            raise ValueError(f"the history has no {unknown[0]!r}; it has {', '.join(map(repr, scalars))}")
        alone = [name for name in scalars if not name.startswith("val_") or name.removeprefix("val_") not in scalars]
        return list(names) or alone

    def _draw(self, panel: Any, name: str) -> None:
        values = self.history[name]
        panel.plot(range(1, len(values) + 1), values, color="#0072B2", label="training")
        validation = self.history.get(f"val_{name}")
        if validation:
            step = len(values) / len(validation)  # with validation_freq there are fewer
            epochs = [step * (place + 1) for place in range(len(validation))]
            panel.plot(epochs, validation, color="#D55E00", linestyle="--", label="validation")
            panel.legend(frameon=False)
        panel.set_title(name)
        panel.set_xlabel("epoch")
        panel.grid(alpha=0.3)

    def __repr__(self) -> str:
        epochs = max(map(len, self.history.values()), default=0)
        last = "".join(
            f", {name}={values[-1]:.4g}"
            for name, values in self.history.items()
            if isinstance(values[-1], (int, float))
        )
        return f"<History of {epochs} epoch{'' if epochs == 1 else 's'}{last}>"


def _packed(values: list[Any]) -> Any:
    """The values of all epochs; where they are floats, as one array, which takes a tenth of the room in a file."""
    return np.array(values) if all(type(value) is float for value in values) else values


def _unpacked(values: Any) -> Any:
    return values.tolist() if isinstance(values, np.ndarray) else values


def _pyplot() -> Any:
    try:
        import matplotlib.pyplot as plt
    except ModuleNotFoundError as error:
        raise ImportError("history.plot() needs matplotlib: pip install matplotlib") from error
    return plt
