"""`%expect`: an assertion on what a training reached, whose output is the same on every machine."""

import ast
from collections.abc import Callable, Mapping
from typing import Any

from IPython.core.error import UsageError

from nbkeras.models import Model
from nbkeras.notebook.training.record import Record
from nbkeras.notebook.views.formats import metric
from nbkeras.serialization import did_you_mean

__all__ = ["Unexpected", "expect"]

MEASURED = (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.BinOp)


class Unexpected(AssertionError):
    """A measured value that is not as a cell expected it."""

    def _render_traceback_(self) -> list[str]:
        return [f"Unexpected: {self}"]


def expect(source: str, namespace: Mapping[str, Any], record_of: Callable[[Model], Record | None]) -> None:
    """Raises `Unexpected`, with the measured values, unless the expression is true; `UsageError` for unknown metrics.

    Args:
        source: a Python expression, in which `net.accuracy` is what the training of the model `net` logged last.
        namespace: the reader's variables.
        record_of: gives the record of a model.
    """
    tree = ast.parse(source, mode="eval")

    def value_of(node):
        logged = _Logged(namespace, record_of).visit(ast.fix_missing_locations(ast.Expression(node)))
        return eval(compile(ast.fix_missing_locations(logged), "<%expect>", "eval"), dict(namespace))

    if value_of(_copy(tree.body)):
        return
    parts = _compared(tree.body, lambda node: value_of(_copy(node)))
    measured = {ast.unparse(node): value_of(_copy(node)) for node in parts if isinstance(node, MEASURED)}
    shown = ", ".join(f"{name} is {_shown(value)}" for name, value in measured.items())
    raise Unexpected(f"{source} does not hold" + (f": {shown}" if shown else ""))


class _Logged(ast.NodeTransformer):
    """Puts the logged value in the place of `net.accuracy`."""

    def __init__(self, namespace, record_of):
        self.namespace, self.record_of = namespace, record_of

    def visit_Attribute(self, node):
        model = self.namespace.get(node.value.id) if isinstance(node.value, ast.Name) else None
        if not isinstance(model, Model):
            return self.generic_visit(node)
        record = self.record_of(model)
        logged = record.last if record else {}
        if node.attr in logged:
            return ast.copy_location(ast.Constant(logged[node.attr]), node)
        if hasattr(model, node.attr):
            return node
        if not logged:
            raise UsageError(f"{node.value.id} has not been trained yet; run %fit {node.value.id} … first")
        near = did_you_mean(node.attr, logged) or f"; it has {', '.join(logged)}"
        raise UsageError(f"{node.value.id} has logged no '{node.attr}'{near}")


def _compared(node, holds):
    """What is compared in the condition `node`, or in those of its parts for which it fails."""
    if isinstance(node, ast.Compare):
        return [node.left, *node.comparators]
    if not isinstance(node, ast.BoolOp):
        return []
    is_and = isinstance(node.op, ast.And)
    failing = [next(part for part in node.values if not holds(part))] if is_and else node.values
    return [side for part in failing for side in _compared(part, holds)]


def _copy(node):
    return ast.parse(ast.unparse(node), mode="eval").body


def _shown(value):
    return metric(value) if isinstance(value, float) else repr(value)
