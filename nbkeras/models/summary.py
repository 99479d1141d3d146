"""What a summary shows, as data, and the table that `Model.summary` prints."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest
from textwrap import wrap
from typing import Any

import numpy as np

from nbkeras import symbolic, tree
from nbkeras.backends import abstract
from nbkeras.layers import InputLayer, Layer
from nbkeras.models.graph import by_operation
from nbkeras.models.oddities import oddities
from nbkeras.symbolic import Node
from nbkeras.variables import Variable

__all__ = ["LayerSummary", "ModelSummary", "as_written", "print_summary", "readable_bytes", "summarize"]

CONNECTIONS = 50  # the widest column of them in the table, in characters


@dataclass
class LayerSummary:
    """One row.

    Attributes:
        name, kind: the layer's name and class.
        output_shape: as text, `(None, 10)`, or `?` before the layer has been called.
        parameters, trainable_parameters: counts of numbers.
        bytes: of the weights.
        flops: floating-point operations of one forward pass for one example; `None` before a call.
        trainable: the layer's flag.
        operation: the layer or op itself.
        connected_to: names of the layers it reads.
        nested: rows of the layers inside a nested model.
        number: grows with the calls, so that rows can be put in the order in which the model was written.
    """

    name: str
    kind: str
    output_shape: str
    parameters: int
    trainable_parameters: int
    bytes: int
    flops: int | None
    trainable: bool
    operation: Any
    connected_to: list[str] = field(default_factory=list)
    nested: list["LayerSummary"] = field(default_factory=list)
    number: int = 0

    @property
    def frozen(self) -> bool:
        """Whether the layer has weights and none of them is trained, because it or all within it was frozen."""
        is_off = not self.trainable or bool(self.nested) and not self.trainable_parameters
        return bool(self.parameters) and is_off


@dataclass
class ModelSummary:
    """All rows, totals in which a shared weight counts once, and remarks on what was probably meant otherwise."""

    name: str
    kind: str
    rows: list[LayerSummary]
    parameters: int
    trainable_parameters: int
    bytes: int
    trainable_bytes: int
    optimizer_parameters: int
    optimizer_bytes: int
    flops: int | None  # of one forward pass for one example; `None` where a part is unknown
    remarks: list[str]


def summarize(model: Any) -> ModelSummary:
    """The summary of a model as data."""
    graph = getattr(model, "graph", None)
    if graph is not None:
        operations = [o for o in graph.operations if not (isinstance(o, InputLayer) and _is_chain(model))]
        calls = by_operation(graph.nodes)
        rows = [_row(o, calls[id(o)]) for o in operations]
    else:
        rows = [_row(layer, layer._nodes[-1:]) for layer in model.layers]
    weights, trainable = model.weights, model.trainable_variables
    state = model.optimizer.variables if model.optimizer is not None and model.optimizer.built else []
    return ModelSummary(
        name=model.name,
        kind=type(model).__name__,
        rows=rows,
        parameters=_size(weights),
        trainable_parameters=_size(trainable),
        bytes=_bytes(weights),
        trainable_bytes=_bytes(trainable),
        optimizer_parameters=_size(state),
        optimizer_bytes=_bytes(state),
        flops=None if any(row.flops is None for row in rows) else sum(row.flops or 0 for row in rows),
        remarks=[*model.remarks, *oddities(model)],
    )


def as_written(rows: Sequence[LayerSummary]) -> list[LayerSummary]:
    """The rows, and those inside, in the order in which the layers were called first; `summarize` has that of Keras."""
    ordered = sorted(rows, key=lambda row: row.number)
    return [replace(row, nested=as_written(row.nested)) for row in ordered]


def print_summary(
    model: Any,
    line_length: int | None,
    print_fn: Callable[[str], Any],
    expand_nested: bool,
    show_trainable: bool,
    layer_range: Sequence[str] | None,
) -> None:
    """Prints `summarize(model)` as a table."""
    summary = summarize(model)
    rows = _range(summary.rows, layer_range)
    if expand_nested:
        rows = list(_expanded(rows))
    header = ["Layer (type)", "Output Shape", "Param #"]
    chain = model.graph is None or _is_chain(model)
    if not chain:
        header.append("Connected to")
    if show_trainable:
        header.append("Trainable")
    cells = [_cells(row, connections=not chain, trainable=show_trainable) for row in rows]
    print_fn(f'Model: "{summary.name}"')
    print_fn(_table(header, cells, line_length))
    for line in _totals(summary):
        print_fn(line)
    if not model.built:
        print_fn(" Not built yet: begin with Input(shape), call build(input_shape), or call the model on data.")


def readable_bytes(count: float) -> str:
    """`804` → `"804.00 B"`, `2500000` → `"2.38 MB"`."""
    units = ["B", "KB", "MB", "GB"]
    while count >= 1024 and len(units) > 1:
        count /= 1024
        units.pop(0)
    return f"{count:.2f} {units[0]}"


def _row(operation: Any, nodes: list[Node]) -> LayerSummary:
    shape = _shape_text(nodes[0].outputs) if nodes else "?"
    if isinstance(operation, InputLayer):
        shape = str(operation.batch_shape)
    is_layer = isinstance(operation, Layer)
    weights = operation.weights if is_layer else []
    nested = summarize(operation).rows if hasattr(operation, "graph") else []
    return LayerSummary(
        name=operation.name,
        kind=type(operation).__name__ if is_layer else operation.function.__name__,
        output_shape=shape,
        parameters=_size(weights),
        trainable_parameters=_size(operation.trainable_variables) if is_layer else 0,
        bytes=_bytes(weights),
        flops=0 if isinstance(operation, InputLayer) else _flops(nodes),
        trainable=operation.trainable if is_layer else True,
        operation=operation,
        connected_to=[f"{t.node.operation.name}[{t.index}]" for n in nodes for t in n.input_tensors],
        nested=nested,
        number=min((node.number for node in nodes or getattr(operation, "_nodes", [])), default=0),
    )


def _flops(nodes: list[Node]) -> int | None:
    """Those of all calls on one example; `None` without a call, or where an unknown size is too small if taken as 1."""
    with abstract.counting_flops() as counter:
        try:
            for node in nodes:
                symbolic.run(node.operation, node.args, node.kwargs, fill=1)
        except (IndexError, ValueError):  # a window of 7 steps over texts of any length, say
            return None
    return counter.flops if nodes else None


def _shape_text(outputs: Any) -> str:
    shapes = [t.shape for t in tree.flatten(outputs)]
    return str(shapes[0]) if len(shapes) == 1 else f"[{', '.join(map(str, shapes))}]"


def _is_chain(model: Any) -> bool:
    """Whether every layer reads just the one before it."""
    nodes = model.graph.nodes
    before = [model.graph.input_tensors[:1]] + [n.output_tensors for n in nodes[:-1]]
    return len(model.graph.input_tensors) == 1 and all(
        len(n.input_tensors) == 1 and n.input_tensors[0] is b[0] for n, b in zip(nodes, before)
    )


def _size(variables: Sequence[Variable]) -> int:
    return int(sum(v.size for v in variables))


def _bytes(variables: Sequence[Variable]) -> int:
    return int(sum(v.size * _itemsize(v.dtype) for v in variables))


def _itemsize(dtype: str | None) -> int:
    return 2 if dtype == "bfloat16" else np.dtype(dtype).itemsize


def _range(rows: list[LayerSummary], layer_range: Sequence[str] | None) -> list[LayerSummary]:
    if layer_range is None:
        return rows
    names = [row.name for row in rows]
    for name in layer_range:
        if name not in names:
            raise ValueError(f"layer_range names the layer '{name}', but the model has {', '.join(names)}")
    first, last = (names.index(name) for name in layer_range)
    return rows[first : last + 1]


def _expanded(rows: list[LayerSummary], indent: str = "") -> Iterator[LayerSummary]:
    for row in rows:
        yield LayerSummary(**{**row.__dict__, "name": indent + row.name})
        yield from _expanded(row.nested, indent + "  ")


def _cells(row: LayerSummary, connections: bool, trainable: bool) -> list[str]:
    cells = [f"{row.name} ({row.kind})", row.output_shape, f"{row.parameters:,}"]
    if connections:
        cells.append("\n".join(wrap(", ".join(row.connected_to), CONNECTIONS, break_long_words=False)) or "-")
    if trainable:
        cells.append("Y" if row.trainable else "N")
    return cells


def _table(header: list[str], rows: list[list[str]], line_length: int | None) -> str:
    rows = [list(line) for row in rows for line in zip_longest(*(cell.split("\n") for cell in row), fillvalue="")]
    widths = [max(len(r[i]) for r in [header] + rows) for i in range(len(header))]
    if line_length:
        widths[0] += max(0, line_length - sum(widths) - 3 * len(widths) - 1)
    numeric = {header.index("Param #")}

    def line(cells: list[str]) -> str:
        aligned = [c.rjust(w) if i in numeric else c.ljust(w) for i, (c, w) in enumerate(zip(cells, widths))]
        return "│ " + " │ ".join(aligned) + " │"

    def rule(left: str, middle: str, right: str) -> str:
        return left + middle.join("─" * (w + 2) for w in widths) + right

    body = [line(r) for r in rows]
    return "\n".join([rule("┌", "┬", "┐"), line(header), rule("├", "┼", "┤"), *body, rule("└", "┴", "┘")])


def _totals(summary: ModelSummary) -> Iterator[str]:
    frozen = summary.parameters - summary.trainable_parameters
    total = summary.parameters + summary.optimizer_parameters
    total_bytes = summary.bytes + summary.optimizer_bytes
    yield f" Total params: {total:,} ({readable_bytes(total_bytes)})"
    yield f" Trainable params: {summary.trainable_parameters:,} ({readable_bytes(summary.trainable_bytes)})"
    yield f" Non-trainable params: {frozen:,} ({readable_bytes(summary.bytes - summary.trainable_bytes)})"
    if summary.optimizer_parameters:
        yield f" Optimizer params: {summary.optimizer_parameters:,} ({readable_bytes(summary.optimizer_bytes)})"
