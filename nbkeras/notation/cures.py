"""The likely cure of a mistake in a declaration, as the end of a sentence."""

import ast
import re
from collections.abc import Mapping
from typing import Any

from nbkeras import activations, initializers, losses, metrics, ops, optimizers
from nbkeras.layers import Layer
from nbkeras.notation.declaration import Declaration
from nbkeras.notation.names import library, rooms_of
from nbkeras.notation.suite import Statement, Suite
from nbkeras.serialization import did_you_mean
from nbkeras.serialization import parameters as parameters
from nbkeras.symbolic import KerasTensor

__all__ = ["for_call", "for_name", "for_numpy", "for_operand", "for_parameter", "for_shape"]

PADDINGS = ("valid", "same", "causal")
NUMPYS = re.compile(r"__array_ufunc__=None|symbolic tensor .* holds no numbers")  # of a function that met a tensor


def for_name(word: str, statement: Statement | None, scope: Mapping[str, Any]) -> str:
    """For a name that nothing has: its quotes, the rooms that know it, or a near one."""
    nodes = ast.walk(statement.node) if statement and statement.node else ()
    for node in nodes:
        if isinstance(node, ast.keyword) and getattr(node.value, "id", None) == word and word in _quotable():
            return f"; write it in quotes, {node.arg}='{word}'"
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


def for_call(message: str, statement: Statement | None, scope: Mapping[str, Any]) -> str:
    """For a call of what is no function, as of a name that the cell gave to something else: `Dense = 8`, `Dense(3)`."""
    if "object is not callable" not in message:
        return ""
    if "'KerasTensor'" in message:
        return "; the layer is applied already, and what it gave is a tensor"
    for name in _called(statement):
        if name in library() and not callable(scope.get(name)):
            return f"; {name} is a variable here, rename it to have the library's {name}"
    return ""


def for_numpy(message: str, statement: Statement | None) -> str:
    """A whole sentence for a function of NumPy that was called on a tensor; `""` for any other message."""
    if not NUMPYS.search(message):
        return ""
    names = [name.rpartition(".")[2] for name in _called(statement) if "." in name]
    ours = next((f"write ops.{name}(…)" for name in names if hasattr(ops, name)), "use the functions of ops")
    return f"NumPy computes with numbers, and the tensors of a declaration have none yet; {ours}"


def for_shape(wanted: int, tensor: KerasTensor, declaration: Declaration, suite: Suite) -> str:
    """For a layer that expects `wanted` axes and got `tensor`: what to move, add or reshape."""
    rank = len(tensor.shape)
    is_input = tensor.node is not None and not tensor.node.input_tensors
    if rank > wanted == 4 and is_input:
        return f"Input takes a shape without the axis of the batch, Input({tensor.shape[2:]})"
    if rank > wanted:
        return f"put a pooling layer, Flatten() or Reshape(…) before it, to have {wanted} axes" if wanted > 1 else ""
    step = _where_lost(wanted, tensor)
    if step is not None:
        statement = suite.at(declaration.lines.get(id(step), 0))
        if hasattr(step.node.operation, "return_sequences"):
            return f"give {statement} return_sequences=True"
        return f"move it before {statement.text}" if statement.text else ""
    return _for_input(wanted, tensor, is_input)


def _where_lost(wanted, tensor):
    """The tensor on the way to `tensor` where the number of axes fell below `wanted`."""
    while tensor.node is not None and tensor.node.input_tensors:
        before = tensor.node.input_tensors[0]
        if len(before.shape) >= wanted:
            return tensor
        tensor = before
    return None


def _for_input(wanted, tensor, is_input):
    sizes = tensor.shape[1:]
    if wanted == len(tensor.shape) + 1 and "int" in tensor.dtype:
        return "put Embedding(words, size) before it"
    if wanted == len(tensor.shape) + 1 and is_input:
        return f"declare the last axis too, Input({(*sizes, 1)})"
    if len(sizes) == 1:
        axes = {3: "steps, features", 4: "height, width, channels"}.get(wanted)
        return f"put Reshape(({axes})) before it" if axes else ""
    return ""


def _quotable():
    """The words that arguments take in quotes."""
    tables = activations.TABLE, initializers.TABLE, losses.LOSSES, metrics.METRICS, optimizers.TABLE
    return {*PADDINGS, *(word for table in tables for word in table)}


def _called(statement):
    """The names of the functions that a statement calls, as written."""
    nodes = ast.walk(statement.node) if statement and statement.node else ()
    return [ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)]


def _is_layer(value):
    return isinstance(value, type) and issubclass(value, Layer)


def _resolved(node, scope):
    """What a dotted name in the source stands for; `None` for any other expression."""
    if isinstance(node, ast.Name):
        return scope.get(node.id)
    if isinstance(node, ast.Attribute):
        return getattr(_resolved(node.value, scope), node.attr, None)
    return None
