"""What `%watch` asked for, at work during a `%fit`."""

from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from IPython.display import display

from nbkeras import tree
from nbkeras.inspection import Watch
from nbkeras.models import Model
from nbkeras.notebook.views.watch import watch_bundle

__all__ = ["Watched", "watching"]


@dataclass
class Watched:
    """The layers of a model that are watched, by name, and the epochs between two looks."""

    layers: list[str]
    every: int = 1


@contextmanager
def watching(
    watched: Watched | None, model: Model, data: Sequence[Any], options: MutableMapping[str, Any], since: int
) -> Iterator[None]:
    """Watches the training in the block, and shows what was seen when it ends in whatever way.

    Args:
        watched: what is watched; `None`: nothing.
        data: inputs and targets.
        options: those of `fit`, to whose callbacks the watch is added.
        since: the number of epochs that were trained before.
    """
    if watched is None:
        yield
        return
    x, y = [*data, None, None][:2]
    watch = Watch(watched.layers, x, y, watched.every, since)
    options["callbacks"] = [*tree.flatten(options.get("callbacks") or []), watch]
    try:
        yield
    finally:
        if watch.snapshots:
            display(watch_bundle(model.name, watch), raw=True)
