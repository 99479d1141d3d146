"""Copies of models: the same architecture with new weights."""

from collections.abc import Callable
from typing import Any

from nbkeras import tree
from nbkeras.layers import InputLayer, Layer
from nbkeras.models.model import Model
from nbkeras.models.sequential import Sequential
from nbkeras.symbolic import KerasTensor, Operation

__all__ = ["clone_model"]


def clone_model(
    model: Model,
    input_tensors: Any = None,
    clone_function: Callable[[Layer], Layer] | None = None,
    call_function: Callable[..., Any] | None = None,
    recursive: bool = False,
    custom_objects: dict[str, Any] | None = None,
) -> Any:
    """A model of the same architecture with newly initialised weights.

    Args:
        model: a model.
        input_tensors: symbolic tensors to begin with, instead of new inputs (functional models).
        clone_function: `layer -> layer`, to replace layers on the way; default a copy from the layer's config.
        call_function: `(layer, *args, **kwargs) -> outputs`, to replace how a layer is called.
        recursive: whether `clone_function` is also applied within nested models.
        custom_objects: classes for the config.
    """
    clone = _cloner(clone_function, recursive)
    if isinstance(model, Sequential):
        first: list[InputLayer] = [model._input_layer] if model._input_layer is not None else []
        inputs = [_clone_input(layer) for layer in first] if input_tensors is None else tree.flatten(input_tensors)
        return type(model)([*inputs, *(clone(layer) for layer in model.layers)], name=model.name)
    if model.graph is None or clone_function is None and call_function is None and input_tensors is None:
        return type(model).from_config(model.get_config())
    return _clone_graph(model, input_tensors, clone, call_function or _call)


def _cloner(clone_function: Any, recursive: bool) -> Any:
    def clone(layer: Layer) -> Any:
        if recursive and isinstance(layer, Model):
            return clone_model(layer, clone_function=clone_function, recursive=True)
        return (clone_function or _copy)(layer)

    return clone


def _copy(layer: Layer) -> Any:
    return type(layer).from_config(layer.get_config())


def _call(layer: Layer, *args: Any, **kwargs: Any) -> Any:
    return layer(*args, **kwargs)


def _clone_input(layer: InputLayer) -> Any:
    return InputLayer(batch_shape=layer.batch_shape, dtype=layer.dtype, name=layer.name).output


def _clone_graph(model: Model, input_tensors: Any, clone: Any, call: Any) -> Any:
    graph = model.graph
    if input_tensors is None:
        inputs = [_clone_input(t.node.operation) for t in graph.input_tensors]
    else:
        inputs = tree.flatten(input_tensors)
    values = {id(t): x for t, x in zip(graph.input_tensors, inputs)}
    copies = {}

    def new(leaf: Any) -> Any:
        return values[id(leaf)] if isinstance(leaf, KerasTensor) else leaf

    for node in graph.nodes:
        operation = node.operation
        args, kwargs = tree.map_structure(new, [list(node.args), dict(node.kwargs)])
        if isinstance(operation, Operation):
            outputs = operation(*args, **kwargs)
        else:
            if id(operation) not in copies:
                copies[id(operation)] = clone(operation)
            outputs = call(copies[id(operation)], *args, **kwargs)
        values.update((id(t), y) for t, y in zip(node.output_tensors, tree.flatten(outputs)))
    return type(model)(
        inputs=tree.map_structure(new, graph.inputs), outputs=tree.map_structure(new, graph.outputs), name=model.name
    )
