"""Layers over the epochs of a training: histograms of weights, outputs and gradients on one held batch."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from nbkeras import tree
from nbkeras.callbacks import Callback
from nbkeras.inspection.observation import Batch, names_of_layers, observe, prepared
from nbkeras.inspection.statistics import Statistics, statistics

__all__ = ["QUANTITIES", "Snapshot", "Watch"]

QUANTITIES = ("weights", "outputs", "gradients")
HELD_ROWS = 128
MOST_SNAPSHOTS = 128  # kept; more than are drawn, so that a thousand epochs cost as many looks as a hundred, nearly
BINS = 48


@dataclass(frozen=True)
class Snapshot:
    """The watched layers after an epoch.

    Attributes:
        epoch: counted from 1; 0 is before the first.
        layers: by name of a layer, statistics by quantity: `weights` (the trained ones), `outputs`, `gradients` (with
            respect to the weights; the outputs, for a layer without). Those that there are not are left out.
    """

    epoch: int
    layers: Mapping[str, Mapping[str, Statistics]]


class Watch(Callback):
    """Keeps histograms of some layers over the epochs of a training.

    They are taken on one batch, which is held, before the first epoch and after each `every` epochs, in training mode;
    the training does not notice. When there are more than 128, every second one is dropped, and from then on half as
    many are taken.

    Args:
        layers: names, as `names_of_layers` has them.
        x, y: the data of the training: 128 of its rows, evenly spaced, are held. Without arrays only weights are kept.
        every: epochs between two looks.
        since: the number of epochs that were trained before.

    Attributes:
        snapshots: a list of `Snapshot`.
        has_data: whether a batch is held.

    Example:
        >>> watch = Watch(["dense"], x, y)
        >>> model.fit(x, y, epochs=20, callbacks=[watch])
        >>> [snapshot.layers["dense"]["outputs"].zeros for snapshot in watch.snapshots]
    """

    def __init__(self, layers: Iterable[str], x: Any = None, y: Any = None, every: int = 1, since: int = 0):
        super().__init__()
        self.layers = list(layers)
        self.every = every
        self.since = since
        self.snapshots: list[Snapshot] = []
        self._rows = _held(x, y)
        self._batch: Batch | None = None

    @property
    def has_data(self) -> bool:
        return self._rows is not None

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        self._batch = None if self._rows is None else prepared(self.model, *self._rows)
        self._look(0)

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        if (epoch + 1) % self.every == 0:
            self._look(epoch + 1)

    def _look(self, epoch):
        self.snapshots.append(Snapshot(self.since + epoch, self._seen()))
        if len(self.snapshots) > MOST_SNAPSHOTS:
            del self.snapshots[1::2]
            self.every *= 2

    def _seen(self):
        """The statistics of the watched layers now."""
        named = names_of_layers(self.model)
        layers = {name: named[name] for name in self.layers}
        seen = None if self._batch is None else observe(self.model, self._batch, layers.values())
        return {name: _of_layer(layer, seen) for name, layer in layers.items()}


def _of_layer(layer, seen):
    weights = layer.trainable_variables
    arrays = {"weights": [variable.numpy() for variable in weights]}
    if seen is not None:
        arrays["outputs"] = [y for y in seen.outputs.get(id(layer), []) if y.dtype.kind == "f"]
        gradients = [seen.weights.get(id(v)) for v in weights] if weights else seen.gradients.get(id(layer), [])
        arrays["gradients"] = [g for g in gradients if g is not None]
    return {quantity: statistics(found, BINS) for quantity, found in arrays.items() if found}


def _held(x, y):
    """Evenly spaced rows of arrays, as (x, y): data is often sorted by class; `None` where there are no arrays."""
    leaves = [leaf for leaf in tree.flatten([x, y]) if leaf is not None]
    if x is None or not leaves or not all(hasattr(leaf, "shape") and len(leaf.shape) for leaf in leaves):
        return None
    rows = int(leaves[0].shape[0])
    chosen = np.unique(np.linspace(0, rows - 1, min(rows, HELD_ROWS)).astype(int))
    return tuple(tree.map_structure(lambda leaf: _rows(leaf, chosen), part) for part in (x, y))


def _rows(array, chosen):
    return None if array is None else array.iloc[chosen] if hasattr(array, "iloc") else array[chosen]
