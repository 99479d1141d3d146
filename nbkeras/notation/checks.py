"""Remarks on a declaration that builds, and probably not what was meant."""

import ast
from collections.abc import Mapping
from typing import Any, NamedTuple

from nbkeras.layers import Layer
from nbkeras.models import Model
from nbkeras.notation.blocks import Block
from nbkeras.notation.declaration import Declaration
from nbkeras.notation.names import hidden
from nbkeras.notation.suite import Statement, Suite

__all__ = ["Remark", "remarks"]


class Remark(NamedTuple):
    """A statement and what is odd about it, with the cure."""

    statement: Statement
    message: str

    def __str__(self) -> str:
        return f"{self.statement}: {self.message}"


def remarks(suite: Suite, declaration: Declaration, model: Model, namespace: Mapping[str, Any]) -> list[Remark]:
    """Variables that a library name hides, inputs that lead nowhere, and layers that were never applied."""
    found = [
        (line, f"'{name}' is the library's here, not your variable '{name}'; rename the variable to use it")
        for name, line in hidden(suite, namespace).items()
    ]
    found += _idle_inputs(declaration, model) + _idle_layers(suite, declaration, model)
    return [Remark(suite.at(line), message) for line, message in sorted(found)]


def _idle_inputs(declaration, model):
    models = [layer for layer in model._flatten_layers() if isinstance(layer, Model) and layer.graph is not None]
    used = {id(tensor) for one in models for tensor in one.graph.input_tensors}
    return [
        (
            declaration.lines[id(tensor)],
            f"the output does not depend on the input '{tensor.node.operation.name}'; use it, or leave it out",
        )
        for tensor in declaration.inputs
        if id(tensor) not in used
    ]


def _idle_layers(suite, declaration, model):
    inside = {id(layer) for layer in model._flatten_layers()}
    nodes = [node for statement in suite.body for node in ast.walk(statement) if isinstance(node, ast.Name)]
    read = {node.id for node in nodes if isinstance(node.ctx, ast.Load)}
    return [
        (line, f"'{name}' is never applied, so it does nothing; write '{name}: {_bound_to(suite.at(line))}'")
        for line, name, value in declaration.bound
        if name not in read and not _is_used(value, inside)
    ]


def _bound_to(statement):
    """What stands to the right of the equals sign."""
    return statement.text.partition("=")[2].strip()


def _is_used(value, inside):
    if isinstance(value, Layer):
        return id(value) in inside or bool(value._nodes)
    if isinstance(value, Block):
        return value.first is not None
    return all(block.first is not None for block in value)
