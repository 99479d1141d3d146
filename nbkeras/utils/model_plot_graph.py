"""What a plot of a model says: a box for each layer, with what was asked for in it, and what reads what."""

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from nbkeras.layers import InputLayer, Layer
from nbkeras.models import Sequential
from nbkeras.models.graph import by_operation

__all__ = ["Box", "Diagram", "Shown", "diagram_of"]


@dataclass(frozen=True)
class Shown:
    """What a box tells of its layer, by the names of Keras."""

    shapes: bool = False
    dtype: bool = False
    layer_names: bool = True
    layer_activations: bool = False
    trainable: bool = False


@dataclass
class Box:
    """A layer or an op, or a model with the diagram of its own layers inside.

    Attributes:
        name: unique within its diagram.
        title: the class, behind the name if that is shown.
        activation: of the layer, if it has one and that is shown.
        cells: what stands side by side in the last row.
        trainable: whether its weights are trained, if that is shown and it has some.
        inside: the diagram of a model that is expanded.
    """

    name: str
    title: str
    activation: str = ""
    cells: list[str] = field(default_factory=list)
    trainable: bool | None = None
    inside: "Diagram | None" = None


@dataclass
class Diagram:
    """Boxes, and pairs of numbers of them: (box that is read, box that reads it)."""

    name: str
    boxes: list[Box]
    edges: list[tuple[int, int]]


def diagram_of(model: Any, shown: Shown, expand_nested: bool = False) -> Diagram:
    """The diagram of a built model; a model that its `call` defines is one box.

    Raises:
        ValueError: if it is not built.
    """
    if not model.built:
        raise ValueError(f"{model.title} cannot be plotted before it is built; call build(input_shape) or call it")
    if model.graph is None:
        return Diagram(model.name, [_box(model, [], shown)], [])
    graph = model.graph
    operations = [one for one in graph.operations if not (isinstance(model, Sequential) and _is_input(one))]
    place = {id(operation): index for index, operation in enumerate(operations)}
    calls = by_operation([*graph.nodes, *(tensor.node for tensor in graph.input_tensors)])
    boxes = [_box(operation, calls[id(operation)], shown) for operation in operations]
    if expand_nested:
        for operation, box in zip(operations, boxes):
            if getattr(operation, "graph", None) is not None:
                box.inside = diagram_of(operation, shown, expand_nested)
    return Diagram(model.name, boxes, _edges(model, place))


def _edges(model, place):
    if isinstance(model, Sequential):
        return list(pairwise(range(len(place))))
    found = [
        (place[id(tensor.node.operation)], place[id(node.operation)])
        for node in model.graph.nodes
        for tensor in node.input_tensors
    ]
    return list(dict.fromkeys(found))


def _is_input(operation):
    return isinstance(operation, InputLayer)


def _box(operation, calls, shown):
    kind = type(operation).__name__ if isinstance(operation, Layer) else operation.function.__name__
    title = f"{operation.name} ({kind})" if shown.layer_names else kind
    box = Box(operation.name, title)
    activation = getattr(operation, "activation", None)
    if shown.layer_activations and activation is not None:
        box.activation = getattr(activation, "__name__", None) or getattr(activation, "name", str(activation))
    if shown.shapes:
        if not _is_input(operation):
            box.cells.append(f"Input shape: {_common(_shapes(call.input_tensors) for call in calls)}")
        box.cells.append(f"Output shape: {_common(_shapes(call.output_tensors) for call in calls)}")
    if shown.dtype:
        dtypes = (", ".join(tensor.dtype for tensor in call.output_tensors) for call in calls)
        box.cells.append(f"Output dtype: {_common(dtypes)}")
    if shown.trainable and getattr(operation, "weights", None):
        box.trainable = operation.trainable
    return box


def _common(texts):
    """What is the same in all calls of a layer; `?` if they differ or there is none."""
    found = set(texts)
    return found.pop() if len(found) == 1 else "?"


def _shapes(tensors):
    shapes = [str(tensor.shape) for tensor in tensors]
    return shapes[0] if len(shapes) == 1 else f"[{', '.join(shapes)}]"
