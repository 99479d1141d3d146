"""From a symbolic tensor back to the inputs that it depends on."""

from typing import Any

from nbkeras.symbolic import KerasTensor

__all__ = ["get_source_inputs"]


def get_source_inputs(tensor: Any) -> list[KerasTensor]:
    """The inputs that a symbolic tensor depends on, each once; `tensor` itself, if it is one.

    Example:
        >>> from nbkeras import layers
        >>> a, b = layers.Input((2,), name="a"), layers.Input((2,), name="b")
        >>> [t.node.operation.name for t in get_source_inputs(layers.Dense(1)(a + b))]
        ['a', 'b']
    """
    found: dict[int, KerasTensor] = {}
    seen: set[int] = set()
    waiting = [tensor]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        above = [] if one.node is None else one.node.input_tensors
        if above:
            waiting.extend(reversed(above))
        else:
            found[id(one)] = one
    return list(found.values())
