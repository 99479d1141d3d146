"""The statements that a graph needs, in order, and which tensors need a name between them."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from nbkeras import tree
from nbkeras.layers import InputLayer
from nbkeras.models import Model
from nbkeras.symbolic import KerasTensor, Node, Operation

__all__ = ["GraphOrder"]

DEEPEST = 20  # ops in one another: nobody reads more, and Python's parser takes no more than 200


class GraphOrder:
    """The calls of a functional model, in the order in which they were made.

    Args:
        model: with a graph.
        without: nodes that need no statement.
        outputs: the model's, or what stands for them; default the model's.
        kept: tensors that something beside the graph refers to by name.
        written: tensors whose formulas stand somewhere beside the graph.
        inline: whether the ops of a formula make one statement together.

    Attributes:
        nodes: the calls that need a statement each, those that make the inputs included.
        uses: by the `id` of a layer or op, how often it is called.
    """

    def __init__(
        self,
        model: Model,
        without: Sequence[Node] = (),
        outputs: Any = None,
        kept: Sequence[KerasTensor] = (),
        written: Sequence[KerasTensor] = (),
        inline: bool = True,
    ):
        nodes = [node for node in _in_order(model) if all(node is not one for one in without)]
        self.uses: dict[int, int] = {}
        for node in nodes:
            self.uses[id(node.operation)] = self.uses.get(id(node.operation), 0) + 1
        outputs = tree.flatten(model.graph.outputs if outputs is None else outputs)
        ends = {id(tensor) for tensor in [*outputs, *kept]}
        inner = _inner(nodes, ends, set(map(id, written))) if inline else set()
        self.nodes = [node for node in nodes if id(node) not in inner]
        self._readers: dict[int, set[int]] = {id(tensor): {len(self.nodes)} for tensor in outputs}
        for place, node in enumerate(self.nodes):
            for tensor in _read(node, inner):
                self._readers.setdefault(id(tensor), set()).add(place)
        for tensor in [*kept, *(leaf for formula in written for leaf in _leaves(formula, inner))]:
            self._readers.setdefault(id(tensor), set()).add(-1)

    def passes_on(self, place: int) -> bool:
        """Whether nothing but the next statement reads what the node at `place` makes, so that it needs no name."""
        tensors = self.nodes[place].output_tensors
        return len(tensors) == 1 and self._readers.get(id(tensors[0])) == {place + 1}


def _in_order(model):
    """The calls by number, each input just before its first use and never before one that the model lists first."""
    graph = model.graph
    for tensor in graph.input_tensors:
        if not isinstance(tensor.node.operation, InputLayer):
            raise ValueError(f"{model.title} begins inside another model, at {tensor.name}; code cannot say that")
    waiting = list(graph.input_tensors)
    order: list[Node] = []
    for node in sorted(graph.nodes, key=lambda node: node.number):
        read = set(map(id, node.input_tensors))
        needed = max((place for place, tensor in enumerate(waiting) if id(tensor) in read), default=-1) + 1
        order += [tensor.node for tensor in waiting[:needed]]
        del waiting[:needed]
        order.append(node)
    return order + [tensor.node for tensor in waiting]


def _inner(nodes, ends, spelled):
    """The ids of the nodes that can stand inside the formulas of others; no formula is deeper than `DEEPEST`."""
    readers: dict[int, list[Node]] = defaultdict(list)
    for node in nodes:
        for tensor in node.input_tensors:
            readers[id(tensor)].append(node)
    depths: dict[int, int] = {}
    for node in nodes:
        depth = 1 + max((depths.get(id(tensor.node), 0) for tensor in node.input_tensors), default=0)
        if depth < DEEPEST and _is_inner(node, readers[id(node.outputs)], ends, spelled):
            depths[id(node)] = depth
    return set(depths)


def _is_inner(node, readers, ends, spelled):
    """Whether a node is an op of which one other op makes use once, so that it can stand inside that one's formula."""
    if not isinstance(node.operation, Operation) or len(node.output_tensors) != 1 or id(node.outputs) in ends:
        return False
    if id(node.outputs) in spelled:
        return not readers
    return len(readers) == 1 and isinstance(readers[0].operation, Operation)


def _read(node, inner):
    """The tensors that the statement of a node reads, those in its formula included."""
    for tensor in node.input_tensors:
        yield from _leaves(tensor, inner)


def _leaves(tensor, inner):
    if id(tensor.node) in inner:
        yield from _read(tensor.node, inner)
    else:
        yield tensor
