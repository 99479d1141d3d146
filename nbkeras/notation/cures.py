"""The likely cure of a mistake in a declaration, as the end of a sentence."""

import ast
import re
from collections.abc import Mapping
from typing import Any

from nbkeras.layers import Layer
from nbkeras.notation.declaration import Declaration
from nbkeras.notation.names import rooms_of
from nbkeras.notation.suite import Statement, Suite
from nbkeras.serialization import did_you_mean
from nbkeras.serialization import parameters as parameters
from nbkeras.symbolic import KerasTensor

__all__ = ["for_name", "for_operand", "for_parameter", "for_shape"]


def for_name(word: str, scope: Mapping[str, Any]) -> str:
    """For a name that nothing has: the rooms that know it, or a near one."""
    rooms = rooms_of(word)
    if rooms:
        return f"; write {' or '.join(rooms)}"
    return did_you_mean(word, [name for name in scope if not name.startswith("_")])


def for_parameter(word: str, statement: Statement | None, scope: Mapping[str, Any]) -> str:
    """For a keyword that a call in the statement does not take: a near one that it does take."""
    for node in ast.walk(statement.node) if statement and statement.node else ():
        if isinstance(node, ast.Call) and any(keyword.arg == word for keyword in node.keywords):
            return did_you_mean(word, parameters(_resolved(node.func, scope)))
    return ""


def for_operand(message: str, scope: Mapping[str, Any]) -> str:
    """For an operator that met a layer where it needs a tensor."""
    found = re.search(r"for (?P<sign>\S+): '(?P<left>\w+)' and '(?P<right>\w+)'", message)
    if found is None:
        return ""
    kinds = [name for name in (found["left"], found["right"]) if _is_layer(scope.get(name))]
    if not kinds:
        return ""
    if found["sign"] == "*" and "int" in (found["left"], found["right"]):
        return f"; only blocks are copied so, for a layer write: for _ in range(n): {kinds[0]}(…)"
    return f"; {kinds[0]} is a layer and not yet a tensor, apply it first, as in {kinds[0]}(…)(_)"


def for_shape(wanted: int, tensor: KerasTensor, declaration: Declaration, suite: Suite) -> str:
    """For a layer that expects `wanted` axes and got `tensor`: what to move, add or reshape."""
    rank = len(tensor.shape)
    if rank > wanted:
        return f"put a pooling layer, Flatten() or Reshape(…) before it, to have {wanted} axes" if wanted > 1 else ""
    step = _where_lost(wanted, tensor)
    if step is not None:
        statement = suite.at(declaration.lines.get(id(step), 0))
        if hasattr(step.node.operation, "return_sequences"):
            return f"give {statement} return_sequences=True"
        return f"move it before {statement.text}" if statement.text else ""
    return _for_input(wanted, tensor)


def _where_lost(wanted, tensor):
    """The tensor on the way to `tensor` where the number of axes fell below `wanted`."""
    while tensor.node is not None and tensor.node.input_tensors:
        before = tensor.node.input_tensors[0]
        if len(before.shape) >= wanted:
            return tensor
        tensor = before
    return None


def _for_input(wanted, tensor):
    sizes = tensor.shape[1:]
    is_input = tensor.node is not None and not tensor.node.input_tensors
    if wanted == len(tensor.shape) + 1 and "int" in tensor.dtype:
        return "put Embedding(words, size) before it"
    if wanted == len(tensor.shape) + 1 and is_input:
        return f"declare the last axis too, Input({(*sizes, 1)})"
    if len(sizes) == 1:
        axes = {3: "steps, features", 4: "height, width, channels"}.get(wanted)
        return f"put Reshape(({axes})) before it" if axes else ""
    return ""


def _is_layer(value):
    return isinstance(value, type) and issubclass(value, Layer)


def _resolved(node, scope):
    """What a dotted name in the source stands for; `None` for any other expression."""
    if isinstance(node, ast.Name):
        return scope.get(node.id)
    if isinstance(node, ast.Attribute):
        return getattr(_resolved(node.value, scope), node.attr, None)
    return None
