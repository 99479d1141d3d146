"""Models that begin in the midst of another graph."""

from typing import Any

from nbkeras import tree
from nbkeras.layers import Input, InputLayer
from nbkeras.models.graph import Graph, filled
from nbkeras.symbolic import KerasTensor, Node

__all__ = ["with_own_inputs"]


def with_own_inputs(inputs: Any, outputs: Any) -> tuple[Any, Any]:
    """`inputs` and `outputs` of a graph of its own, where inputs are what layers of another one returned.

    As in Keras, each such input becomes an `Input` named after it, and the layers from there on are shared. So the
    weights before it are no part of the model, and its file can be written. Nothing changes where all are inputs.
    """
    if all(_is_input(t) for t in tree.flatten(inputs)):
        return inputs, outputs
    graph = Graph(inputs, outputs)
    values = {id(t): t if _is_input(t) else _input_like(t) for t in graph.input_tensors}
    for node in graph.nodes:
        args, kwargs = filled(node, values)
        copies = Node(node.operation, args, kwargs, tree.map_structure(_copied, node.outputs)).output_tensors
        values.update((id(t), copy) for t, copy in zip(node.output_tensors, copies))
    return tree.map_structure(lambda t: values[id(t)], (inputs, outputs))


def _is_input(tensor: Any) -> bool:
    return not isinstance(tensor, KerasTensor) or isinstance(getattr(tensor.node, "operation", None), InputLayer)


def _input_like(tensor: KerasTensor) -> KerasTensor:
    return Input(batch_shape=tensor.shape, dtype=tensor.dtype, name=f"{tensor.name}CLONE")


def _copied(tensor: KerasTensor) -> KerasTensor:
    copy = KerasTensor(tensor.shape, tensor.dtype, name=tensor.name)
    copy._keras_mask = tensor._keras_mask
    return copy
