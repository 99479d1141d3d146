"""Which group of a file of weights belongs to which layer or optimizer: the layout of Keras 3."""

from collections.abc import Iterable, Iterator
from typing import Any

from nbkeras.layers import Layer
from nbkeras.naming import to_snake_case
from nbkeras.optimizers import Optimizer

__all__ = ["saved_objects"]


def saved_objects(root: Layer) -> Iterator[tuple[str, Any]]:
    """Pairs of group and object for a layer, all layers within it and its optimizer, each object once.

    The layers of a graph or a chain are in `layers`, named by their class; any other by the attribute that holds it:
    `layers/dense_1`, `encoder/attention`, `optimizer`.
    """
    yield from _saved("", root, set())


def _saved(path: str, obj: Any, seen: set[int]) -> Iterator[tuple[str, Any]]:
    if id(obj) in seen:
        return
    seen.add(id(obj))
    yield path, obj
    if isinstance(obj, Optimizer):
        yield from _inner_optimizers(path, obj, seen)
        return
    if getattr(obj, "graph", None) is not None or type(obj).__name__ == "Sequential":
        yield from _members(f"{path}/layers".strip("/"), obj.layers, seen)
    for name, value in sorted(_attributes(obj), key=_private_last):
        inside = f"{path}/{name}".strip("/")
        if isinstance(value, (Layer, Optimizer)):
            yield from _saved(inside, value, seen)
        elif isinstance(value, (list, tuple)):
            yield from _members(inside, value, seen)
        elif isinstance(value, dict):
            yield from _members(inside, value.values(), seen)


def _inner_optimizers(path: str, optimizer: Optimizer, seen: set[int]) -> Iterator[tuple[str, Any]]:
    """Those that an optimizer holds: `inner_optimizer`, or those in `optimizers`."""
    for name, value in vars(optimizer).items():
        if isinstance(value, Optimizer):
            yield from _saved(f"{path}/{name}", value, seen)
        elif name == "optimizers":
            yield from _members(f"{path}/{name}", value, seen)


def _attributes(layer: Any) -> list[tuple[str, Any]]:
    saved_as = getattr(layer, "saved_as", {})  # the names that Keras has for attributes, where they are others
    found = [(saved_as.get(name, name), value) for name, value in vars(layer).items() if name not in layer._unwalked]
    optimizer = getattr(layer, "optimizer", None)
    return [*found, ("optimizer", optimizer)] if "optimizer" in layer._unwalked else found


def _private_last(attribute: tuple[str, Any]) -> str:
    name = attribute[0]
    return f"~{name}" if name.startswith("_") else name


def _members(path: str, items: Iterable[Any], seen: set[int]) -> Iterator[tuple[str, Any]]:
    """What a container holds, named by class in snake case: `dense`, `dense_1`, …; containers in it `container`, …"""
    counts: dict[str, int] = {}

    def place(base: str) -> str:
        count = counts[base] = counts.get(base, -1) + 1
        return f"{path}/{base}_{count}" if count else f"{path}/{base}"

    for item in items:
        if isinstance(item, (Layer, Optimizer)):
            yield from _saved(place(to_snake_case(type(item).__name__)), item, seen)
        elif isinstance(item, (list, tuple)):
            yield from _members(place("container"), item, seen)
        elif isinstance(item, dict):
            yield from _members(place("container"), item.values(), seen)
