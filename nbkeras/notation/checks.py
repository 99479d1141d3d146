"""Remarks on a declaration that builds, and probably not what was meant."""

import ast
from collections.abc import Mapping
from typing import Any, NamedTuple

from nbkeras.layers import InputLayer, Layer
from nbkeras.models import Model
from nbkeras.notation.ancestry import ancestors
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
    """What a declaration has and does not use, uses twice, or calls by a name that means something else."""
    found = [
        (line, f"'{name}' is the library's here, not your variable '{name}'; rename the variable to use it")
        for name, line in hidden(suite, namespace).items()
    ]
    models = [layer for layer in model._flatten_layers() if isinstance(layer, Model) and layer.graph is not None]
    found += _idle_inputs(declaration, models) + _idle_layers(suite, declaration, model)
    found += _dead_ends(declaration, models) + _repeated_layers(declaration, models)
    found += _channels_first(declaration, models)
    return [Remark(suite.at(line), message) for line, message in sorted(found)]


def _idle_inputs(declaration, models):
    if not models:
        cure = "no layer follows it, so the model has no output; go on with Dense(1), say"
        return [(declaration.lines[id(tensor)], cure) for tensor in declaration.inputs]
    return [
        (
            declaration.lines[id(tensor)],
            f"the output does not depend on the input '{tensor.node.operation.name}'; use it, or leave it out",
        )
        for tensor in declaration.inputs
        if id(tensor) not in _used_inputs(models)
    ]


def _used_inputs(models):
    return {id(tensor) for model in models for tensor in model.graph.input_tensors}


def _dead_ends(declaration, models):
    """Steps from an input that is used to where nothing goes on; of several in a row, the last."""
    used = _used_inputs(models)
    alive = {id(node) for model in models for node in model.graph.nodes}
    dead = [t for t in declaration.tensors if id(t.node) not in alive and not isinstance(t.node.operation, InputLayer)]
    passed = {id(above.node) for t in dead for above in ancestors(list(t.node.input_tensors))}
    ends = {declaration.lines[id(t)] for t in dead if id(t.node) not in passed and used & set(map(id, ancestors(t)))}
    cure = "join it to the rest, as in concatenate([…]), name it in Output(…), or leave it out"
    return [(line, f"the output does not depend on what this gives; {cure}") for line in ends]


def _repeated_layers(declaration, models):
    """Layers whose own output comes back to them, so that the model is less deep than it looks."""
    names = {id(value): name for _, name, value in declaration.bound}
    found: dict[int, tuple[int, str]] = {}
    for model in models:
        for node in model.graph.nodes:
            layer = node.operation
            if isinstance(layer, Layer) and layer.weights and len(layer._nodes) > 1:
                above = {id(t.node) for t in ancestors(list(node.input_tensors))}
                line = next((declaration.lines[id(t)] for t in node.output_tensors if id(t) in declaration.lines), None)
                if line is not None and any(id(other) in above for other in layer._nodes):
                    name = names.get(id(layer), layer.name)
                    found.setdefault(id(layer), (line, _of_repeated(name, type(layer).__name__)))
    return list(found.values())


def _of_repeated(name, kind):
    return (
        f"'{name}' works on what came of its own output, with the same weights; write {kind}(…) again for a layer with "
        "weights of its own"
    )


def _channels_first(declaration, models):
    """Images declared as (3, height, width) before a layer that takes (height, width, channels)."""
    readers = {id(t): node.operation for model in models for node in model.graph.nodes for t in node.input_tensors}
    found = []
    for tensor in declaration.inputs:
        layer, sizes = readers.get(id(tensor)), tensor.shape[1:]
        takes_images = getattr(layer, "data_format", None) == "channels_last" and len(sizes) == 3
        if takes_images and sizes[0] in (1, 3) and None not in sizes and min(sizes[1:]) > 4:
            kind, moved = type(layer).__name__, (*sizes[1:], sizes[0])
            told = f"{kind} expects (height, width, channels), and {sizes} seems to have the channels first"
            cure = f"write Input({moved}), or {kind}(…, data_format='channels_first')"
            found.append((declaration.lines[id(tensor)], f"{told}; {cure}"))
    return found


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
