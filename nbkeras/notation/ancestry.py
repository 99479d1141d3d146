"""What a tensor of a graph is computed from."""

from typing import Any

from nbkeras import tree
from nbkeras.symbolic import KerasTensor

__all__ = ["ancestors"]


def ancestors(tensors: Any) -> list[KerasTensor]:
    """The tensors that `tensors`, one or a nest of them, depend on, these included."""
    found: dict[int, KerasTensor] = {}
    stack = tree.flatten(tensors)
    while stack:
        tensor = stack.pop()
        if id(tensor) not in found:
            found[id(tensor)] = tensor
            stack.extend(tensor.node.input_tensors)
    return list(found.values())
