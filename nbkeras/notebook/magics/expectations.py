"""`%expect`: assertions on what a training reached, whose output is the same on every machine."""

import ast
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from numbers import Integral, Real
from typing import Any

import numpy as np
from IPython.core.error import UsageError

from nbkeras.models import Model
from nbkeras.notebook.magics.approximation import nearness
from nbkeras.notebook.magics.conditions import APPROXIMATELY, Condition
from nbkeras.notebook.magics.reading import value_of
from nbkeras.notebook.training.record import Record
from nbkeras.notebook.views.formats import metric
from nbkeras.serialization import did_you_mean

__all__ = ["Unexpected", "expect"]

ATTRIBUTE = "."  # the name, in trees, of the function that looks an attribute up
FEW, LONG = 6, 200  # elements of an array, and characters of anything else, that an error shows


class Unexpected(AssertionError):
    """Measured values that are not as a cell expected them."""

    def _render_traceback_(self) -> list[str]:
        return [f"Unexpected: {self}"]


def expect(
    conditions: Sequence[Condition], namespace: Mapping[str, Any], record_of: Callable[[Model], Record | None]
) -> None:
    """Raises `Unexpected`, with all conditions that do not hold and what was measured, unless all hold.

    Args:
        conditions: expressions, in which `net.accuracy` is what the training of the model `net` logged last.
        namespace: the reader's variables.
        record_of: gives the record of a model.

    Raises:
        UsageError: for metrics and names that are not there, and for a condition that is neither true nor false.
    """
    values = _Values(namespace, record_of)
    failures = {one.source: values.measured_in(one) for one in conditions if not values.holds(one.tree, one)}
    if len(conditions) == 1:
        failures = {f"{source} does not hold": measured for source, measured in failures.items()}
    lines = [f"{head}: {', '.join(measured)}" if measured else head for head, measured in failures.items()]
    if len(conditions) > 1 and lines:
        verb = "does" if len(lines) == 1 else "do"
        lines = [f"{len(lines)} of {len(conditions)} conditions {verb} not hold", *(f"  {line}" for line in lines)]
    if lines:
        raise Unexpected("\n".join(lines))


class _Values:
    """The values of expressions in the reader's notebook, where a model has what it logged last as attributes."""

    def __init__(self, namespace, record_of):
        self.namespace = {**namespace, ATTRIBUTE: self._attribute, APPROXIMATELY: nearness}
        self.record_of = record_of

    def of(self, node):
        tree = ast.Expression(_Attributes().visit(deepcopy(node)))
        return value_of(ast.fix_missing_locations(tree), self.namespace, "%expect")

    def holds(self, node, condition):
        value = self.of(node)
        try:
            return bool(value)
        except ValueError:
            many, source = np.size(value), _text(node, condition)
            problem = f"{source!r} is true or false for each of {many} elements; write ({source}).all()"
            raise UsageError(f"%expect: {problem}") from None

    def measured_in(self, condition):
        """What is compared in a condition that does not hold, as `name is value`, each once."""
        return list(dict.fromkeys(self._measured(condition.tree, condition)))

    def _measured(self, node, condition):
        match node:
            case ast.BoolOp(op, parts):
                holding = (part for part in parts if not self.holds(part, condition))
                for part in [next(holding)] if isinstance(op, ast.And) else parts:
                    yield from self._measured(part, condition)
            case ast.Call(ast.Name(id=name), sides) if name == APPROXIMATELY:
                near = nearness(*map(self.of, sides))
                yield from self._sides(sides[:2], condition)
                yield f"{near.distance:.3g} away where {near.allowed:.3g} is allowed"
            case ast.Compare(left, _, others):
                yield from self._sides([left, *others], condition)

    def _sides(self, sides, condition):
        values = [self.of(side) for side in sides]
        for side, value in zip(sides, values):
            if any(isinstance(part, ast.Name) for part in ast.walk(side)):
                yield f"{_text(side, condition)} is {_shown(value, values)}"

    def _attribute(self, owner, name, written):
        record = self.record_of(owner) if isinstance(owner, Model) else None
        logged = record.last if record else {}
        if name in logged:
            return logged[name]
        if hasattr(owner, name):
            return getattr(owner, name)
        if not isinstance(owner, Model):
            near = did_you_mean(name, dir(owner))
            raise UsageError(f"%expect: {written}, of type {type(owner).__name__}, has no attribute '{name}'{near}")
        if not logged:
            raise UsageError(f"{written} has not been trained yet; run %fit {written} … first")
        near = did_you_mean(name, logged) or f"; it has {', '.join(logged)}"
        raise UsageError(f"{written} has logged no '{name}'{near}")


class _Attributes(ast.NodeTransformer):
    """Puts a call of `ATTRIBUTE` in the place of each `owner.name`."""

    def visit_Attribute(self, node):
        written = ast.unparse(node.value)
        owner = self.visit(node.value)
        arguments = [owner, ast.Constant(node.attr), ast.Constant(written)]
        return ast.copy_location(ast.Call(ast.Name(ATTRIBUTE, ast.Load()), arguments, []), node)


def _text(node, condition):
    """A part of a condition as the reader wrote it."""
    return condition.source.encode()[node.col_offset : node.end_col_offset].decode()


def _shown(value, others):
    """A value as an error tells it: rounded, unless it could then be taken for one of the others."""
    if getattr(value, "shape", None) == ():
        value = np.asarray(value).item()
    if isinstance(value, Integral):
        return str(value)
    if isinstance(value, Real):
        rounded = metric(float(value))
        number = float(rounded.replace(",", ""))
        taken = any(isinstance(other, Real) and number == other != value for other in others)
        return f"{float(value):.9g}" if taken else rounded
    if getattr(value, "ndim", 0) and np.size(value) > FEW:
        return f"an array of shape {tuple(value.shape)}"
    text = repr(value)
    return text if len(text) <= LONG else f"{text[:LONG]}…"
