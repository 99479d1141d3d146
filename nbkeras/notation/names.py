"""What the names in a declaration mean: the library first, then the reader's own variables."""

import ast
from collections import Counter
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from typing import Any

from nbkeras.notation.suite import Suite

__all__ = ["hidden", "library"]

# Rooms that a declaration reaches by name (`ops.exp`, `regularizers.L2`).
MODULES = (
    "activations callbacks config constraints initializers layers losses metrics models ops optimizers random "
    "regularizers utils"
).split()

# Rooms whose classes need no prefix, wherever one room alone has the name.
OPEN = "optimizers optimizers.schedules losses metrics initializers regularizers constraints".split()


@cache
def library() -> dict[str, Any]:
    """The names that every declaration knows.

    Layers and their lower-case forms; the modules of the library; `Model`, `Sequential` and `Variable`; and the
    classes of optimizers, losses, metrics, initializers, regularizers and constraints. A class name that two of those
    rooms share (`losses.MeanSquaredError`, `metrics.MeanSquaredError`) is left out, and a layer goes before them all.
    """
    keras = import_module("nbkeras")
    modules = {name: import_module(f"nbkeras.{name}") for name in MODULES}
    classes = {name: value for value, name in _unambiguous()}
    top = {name: getattr(keras, name) for name in ("Model", "Sequential", "Variable")}
    return {**classes, **public(modules["layers"]), **top, **modules, "keras": keras, "nbkeras": keras}


def public(module: Any) -> dict[str, Any]:
    """The public functions and classes of a module."""
    names = getattr(module, "__all__", None) or [name for name in vars(module) if not name.startswith("_")]
    return {name: getattr(module, name) for name in names if callable(getattr(module, name))}


def rooms_of(name: str) -> list[str]:
    """The modules that know a class of this name, as one writes them: `["losses.Poisson", "metrics.Poisson"]`."""
    return [f"{room}.{name}" for room in OPEN if name in public(import_module(f"nbkeras.{room}"))]


def hidden(suite: Suite, namespace: Mapping[str, Any]) -> dict[str, int]:
    """Names of the reader's that a declaration uses and the library takes, with the line of their first use."""
    known = library()
    found: dict[str, int] = {}
    for statement in suite.body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Name) and node.id in known and _differs(namespace.get(node.id), known[node.id]):
                found[node.id] = min(node.lineno, found.get(node.id, node.lineno))
    return found


def _unambiguous():
    found = [(value, name) for room in OPEN for name, value in public(import_module(f"nbkeras.{room}")).items()]
    classes = {(value, name) for value, name in found if isinstance(value, type)}
    counts = Counter(name for _, name in classes)
    return [(value, name) for value, name in classes if counts[name] == 1]


def _differs(own, ours):
    """Whether the reader's variable is something else than the library's; Keras' own one of that name is not."""
    if own is None or own is ours:
        return False
    name = getattr(own, "__name__", "")
    alike = name.split(".")[-1] == ours.__name__.split(".")[-1].replace("nbkeras", "keras")
    return not (alike and (callable(own) or "keras" in name))
