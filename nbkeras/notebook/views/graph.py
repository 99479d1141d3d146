"""The graph of a model as boxes: one for each call of a layer or an op, and one for many equal blocks."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace

from nbkeras import tree
from nbkeras.layers import Layer
from nbkeras.models import Model
from nbkeras.models.summary import LayerSummary
from nbkeras.naming import to_snake_case
from nbkeras.notebook.views.likeness import likeness
from nbkeras.notebook.views.repeats import repeats

__all__ = ["Box", "Frame", "chosen", "described", "fold", "graph_of", "is_chain"]

KINDS = {
    "Conv": "convolution",
    "Dense": "dense",
    "Embedding": "dense",
    "LSTM": "recurrent",
    "GRU": "recurrent",
    "RNN": "recurrent",
    "Bidirectional": "recurrent",
    "Attention": "attention",
}


@dataclass
class Box:
    """One call of a layer or an op.

    Attributes:
        kind: the class or function.
        name: where somebody chose one.
        shape: of what it gives, without the batch axis.
        family: of kinds, which share a colour.
        reads: numbers of the boxes that it reads.
        row: of the summary, where it has one.
        is_output: whether the model returns what it gives.
    """

    kind: str
    name: str
    shape: str
    family: str
    reads: list[int]
    row: LayerSummary | None = None
    is_output: bool = False

    @property
    def title(self) -> str:
        return f"{self.kind} {self.name}".rstrip()

    @property
    def frozen(self) -> bool:
        return self.row is not None and self.row.frozen


@dataclass(frozen=True)
class Frame:
    """The boxes from `first` up to `end` stand for so many equal blocks, one after the other."""

    first: int
    end: int
    times: int


def graph_of(model: Model, rows: Sequence[LayerSummary] = ()) -> list[Box]:
    """The boxes of a functional or sequential model as it was written; none for one defined by its `call`.

    Args:
        model: whose graph it is.
        rows: of its summary; without them the boxes know no numbers and cannot be folded.
    """
    if model.graph is None:
        return []
    known = {id(row.operation): row for row in rows}
    inputs = {id(tensor.node): tensor for tensor in model.graph.input_tensors}
    nodes = [tensor.node for tensor in inputs.values()] + model.graph.nodes
    nodes.sort(key=lambda node: node.number)  # blocks in one piece; the order of execution takes branches by turns
    place = {id(tensor): index for index, node in enumerate(nodes) for tensor in node.output_tensors}
    boxes = [_box(node, place, id(node) in inputs) for node in nodes]
    for box, node in zip(boxes, nodes):
        box.row = known.get(id(node.operation))
    for tensor in model.graph.output_tensors:
        boxes[place[id(tensor)]].is_output = True
    return boxes


def is_chain(boxes: Sequence[Box]) -> bool:
    """Whether each box reads the one before it and no other."""
    return all(box.reads == [index] for index, box in enumerate(boxes[1:]))


def fold(boxes: Sequence[Box]) -> tuple[list[Box], list[Frame]]:
    """The boxes with one block for several equal ones, and which these are."""
    outputs = [index for index, box in enumerate(boxes) if box.is_output]
    labels: list[Hashable] = [(box.shape, likeness(box.row)) if box.row else id(box) for box in boxes]
    heads = [bool(box.row and box.row.parameters) for box in boxes]
    found = repeats([*labels, ""], [*(box.reads for box in boxes), outputs], [*heads, False])
    stands_for = list(range(len(boxes)))
    for repeat in found:
        for index in range(repeat.start + repeat.length, repeat.end):
            stands_for[index] = stands_for[index - repeat.length]
    place = {kept: number for number, kept in enumerate(sorted(set(stands_for)))}
    folded = [replace(boxes[kept], reads=[place[stands_for[at]] for at in boxes[kept].reads]) for kept in place]
    frames = [Frame(place[one.start], place[one.start] + one.length, one.times) for one in found]
    return folded, frames


def described(model: Model, boxes: Sequence[Box], frames: Sequence[Frame] = ()) -> str:
    """The diagram in words, for readers who do not see it."""
    chain = is_chain(boxes)
    steps = [
        box.title if chain or not box.reads else f"{box.title} of {' and '.join(boxes[at].title for at in box.reads)}"
        for box in boxes
    ]
    for frame in frames:
        steps[frame.first] = f"{frame.times} times ({steps[frame.first]}"
        steps[frame.end - 1] += ")"
    return f"Diagram of {model.name}: {(', ' if chain else '; ').join(steps)}"


def chosen(name: str, kind: str) -> str:
    """A name that somebody chose, or nothing for an automatic one such as `dense_2`."""
    stem, _, number = name.rpartition("_")
    automatic = to_snake_case(kind)
    return "" if name == automatic or (stem == automatic and number.isdigit()) else name


def _box(node, place, is_input):
    operation = node.operation
    shapes = [tensor.shape for tensor in tree.flatten(node.outputs)]
    shape = " ".join("×".join("?" if size is None else str(size) for size in shape[1:]) or "scalar" for shape in shapes)
    if is_input:
        return Box("Input", chosen(operation.name, "input_layer"), shape, "input", [])
    is_layer = isinstance(operation, Layer)
    kind = type(operation).__name__ if is_layer else operation.function.__name__
    reads = [place[id(tensor)] for tensor in node.input_tensors]
    return Box(kind, chosen(operation.name, kind), shape, _family(operation, kind), reads)


def _family(operation, kind):
    if isinstance(operation, Model):
        return "model"
    return next((family for word, family in KINDS.items() if word in kind), "other")
