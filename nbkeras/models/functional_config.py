"""A graph as JSON and back, in Keras' layout: layers with their calls, inputs, outputs."""

import importlib
import inspect
from collections import defaultdict
from collections.abc import Callable, Iterator
from heapq import heapify, heappop, heappush
from typing import Any

from nbkeras import tree
from nbkeras.layers import InputLayer, Layer
from nbkeras.models.graph import Graph, by_operation
from nbkeras.models.keras_operations import as_tuple, call_of, settings_of
from nbkeras.operators import OPS
from nbkeras.serialization import deserialize_keras_object, serialize_keras_object
from nbkeras.symbolic import KerasTensor, Node, Operation, any_symbolic

OPS_MODULE = "keras.ops"


def graph_config(graph: Graph) -> dict[str, Any]:
    """`layers`, `input_layers` and `output_layers` of `graph`."""
    nodes = _nodes_by_operation(graph)
    place = {id(node): (operation.name, index) for operation, calls in nodes for index, node in enumerate(calls)}
    return {
        "layers": [_entry(operation, calls, place) for operation, calls in nodes],
        "input_layers": tree.map_structure(lambda t: _end(t, place), graph.inputs),
        "output_layers": tree.map_structure(lambda t: _end(t, place), graph.outputs),
    }


def _end(tensor: KerasTensor, place: dict[int, tuple[str, int]]) -> Any:
    """The place of an input or output of the graph."""
    name, call, index = _history(tensor, place)
    return [name, call + _first_call(tensor.node.operation), index]


def _first_call(operation: Any) -> int:
    """The number of the first call, at the ends of a graph: there, Keras counts from 1 for a model made of a graph."""
    return int(getattr(operation, "_graph", None) is not None)


def graph_from_config(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
    """The symbolic inputs and outputs of a new graph of `config`."""
    operations: dict[str, Any] = {}
    outputs_of: dict[tuple[str, int], Any] = {}
    calls: dict[tuple[str, int], Any] = {}
    for entry in config["layers"]:
        name = entry["name"]
        operations[name] = _operation_from_config(entry, custom_objects)
        if isinstance(operations[name], InputLayer):
            outputs_of[name, 0] = [operations[name].output]
        calls.update(((name, index), node) for index, node in enumerate(entry["inbound_nodes"]))
    for call in _in_order(calls, outputs_of):
        node = calls[call]
        args, kwargs = _decoded(node["args"], outputs_of), _decoded(node["kwargs"], outputs_of)
        outputs_of[call] = tree.flatten(_apply(operations[call[0]], args, kwargs))

    def end(history: Any) -> Any:
        name, call, index = history
        return _tensor([name, call - _first_call(operations[name]), index], outputs_of)

    return _ends(config["input_layers"], end), _ends(config["output_layers"], end)


def _nodes_by_operation(graph: Graph) -> Any:
    inputs = dict.fromkeys(t.node for t in graph.input_tensors)
    calls = by_operation([*inputs, *graph.nodes])
    return [(operation, calls[id(operation)]) for operation in graph.operations]


def _entry(operation: Any, calls: list[Node], place: dict[int, tuple[str, int]]) -> dict[str, Any]:
    """A layer or an op with its calls."""
    if isinstance(operation, Operation):
        config, nodes = _op_config(operation, calls[0], place)
    else:
        config = serialize_keras_object(operation)
        calls = [] if isinstance(operation, InputLayer) else calls
        nodes = [_node_config(node.args, node.kwargs, place) for node in calls]
    return {**config, "name": operation.name, "inbound_nodes": nodes}


def _op_config(operation: Operation, node: Node, place: dict[int, tuple[str, int]]) -> Any:
    """An op as Keras has it, or under its own name where Keras has none like it."""
    op = operation.function.__name__
    found = settings_of(op, node.args, node.kwargs)
    if found is None or any_symbolic(found[2].values()):
        name = "".join(word.capitalize() for word in op.split("_"))
        config = {"name": operation.name, "op": op}
        written = {"module": OPS_MODULE, "class_name": name, "config": config, "registered_name": name}
        return written, [_node_config(node.args, node.kwargs, place)]
    module, name, settings, tensors = found
    config = {"name": operation.name, **serialize_keras_object(settings)}
    written = {"module": module, "class_name": name, "config": config, "registered_name": name}
    return written, [_node_config(tensors, {}, place)]


class _KerasOp:
    """An op as Keras writes it, its settings apart from the tensors."""

    def __init__(self, class_name: str, settings: dict[str, Any]) -> None:
        self.class_name = class_name
        self.settings = settings
        self.name = settings["name"]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return call_of(self.class_name, self.settings, args, kwargs)


def _operation_from_config(entry: dict[str, Any], custom_objects: dict[str, Any] | None) -> Any:
    if entry["module"] == OPS_MODULE:
        config = entry["config"]
        if config["op"] not in OPS:
            importlib.import_module("nbkeras.ops.image")  # the ops that come only when asked for
        if config["op"] not in OPS:
            raise ValueError(f"unknown op '{config['op']}' in the config of '{config['name']}'")
        return Operation(OPS[config["op"]], config["name"])
    if str(entry["module"]).startswith("keras.src.ops."):
        return _KerasOp(entry["class_name"], deserialize_keras_object(entry["config"]))
    return deserialize_keras_object(entry, custom_objects=custom_objects)


def _node_config(args: Any, kwargs: Any, place: dict[int, tuple[str, int]]) -> dict[str, Any]:
    def encode(leaf: Any) -> Any:
        if not isinstance(leaf, KerasTensor):
            return serialize_keras_object(leaf)
        config = {"shape": list(leaf.shape), "dtype": leaf.dtype, "keras_history": _history(leaf, place)}
        return {"class_name": "__keras_tensor__", "config": config}

    args, kwargs = tree.map_structure(encode, [list(args), dict(kwargs)])
    return {"args": args, "kwargs": kwargs}


def _history(tensor: KerasTensor, place: dict[int, tuple[str, int]]) -> Any:
    name, index = place[id(tensor.node)]
    return [name, index, tensor.index]


def _in_order(calls: dict[tuple[str, int], Any], outputs_of: Any) -> Iterator[tuple[str, int]]:
    """Calls after those whose outputs they take; as they are listed, as far as that is possible."""
    place = {call: number for number, call in enumerate(calls)}
    takers = defaultdict(list)
    missing = {}
    for call, node in calls.items():
        needed = {source for source in _sources(node) if source not in outputs_of}
        missing[call] = len(needed)
        for source in needed:
            takers[source].append(call)
    ready = [(number, call) for call, number in place.items() if not missing[call]]
    heapify(ready)
    while ready:
        _, call = heappop(ready)
        del missing[call]
        yield call
        for taker in takers[call]:
            missing[taker] -= 1
            if not missing[taker]:
                heappush(ready, (place[taker], taker))
    if missing:
        names = ", ".join(sorted({name for name, _ in missing})[:10])
        raise ValueError(f"the config's layers {names} depend on tensors that nothing computes")


def _sources(node: Any) -> Iterator[tuple[str, int]]:
    """The calls whose outputs are arguments of a call."""
    waiting = [node]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
            name, index, _ = value["config"]["keras_history"]
            yield name, index
        elif isinstance(value, dict):
            waiting.extend(value.values())
        elif isinstance(value, (list, tuple)):
            waiting.extend(value)


def _apply(operation: Any, args: Any, kwargs: Any) -> Any:
    if not isinstance(operation, (Operation, _KerasOp)):
        return operation(*args, **_asked_for(operation, kwargs))
    if not any_symbolic([*args, *kwargs.values()]):
        raise ValueError(f"the op '{operation.name}' computes nothing from the inputs of the model")
    if isinstance(operation, Operation) and operation.function is OPS["getitem"]:
        args = [args[0], as_tuple(args[1])]
    outputs = operation(*args, **kwargs)
    tree.flatten(outputs)[0].node.operation.name = operation.name
    return outputs


def _asked_for(layer: Any, kwargs: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a call without a `training` that is the layer's default: Keras writes that where none was said.

    Taken as said, it would end dropout in training, and augmentation would go on in inference.
    """
    flag = kwargs.get("training")
    if not isinstance(flag, bool) or not isinstance(layer, Layer):
        return kwargs
    known = inspect.signature(layer.call).parameters.get("training")
    if known is None or known.default is not flag:
        return kwargs
    return {name: value for name, value in kwargs.items() if name != "training"}


def _decoded(value: Any, outputs_of: Any) -> Any:
    if isinstance(value, dict):
        if value.get("class_name") == "__keras_tensor__":
            return _tensor(value["config"]["keras_history"], outputs_of)
        if "class_name" in value and "config" in value:
            return deserialize_keras_object(value)
        return {k: _decoded(v, outputs_of) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_decoded(v, outputs_of) for v in value]
    return value


def _tensor(history: Any, outputs_of: Any) -> Any:
    name, node, index = history
    return outputs_of[name, node][index]


def _ends(structure: Any, end: Callable[[Any], Any]) -> Any:
    """The tensors at the places in a nest."""
    if isinstance(structure, dict):
        return {k: _ends(v, end) for k, v in structure.items()}
    if len(structure) == 3 and isinstance(structure[0], str) and isinstance(structure[1], int):
        return end(structure)
    return [_ends(item, end) for item in structure]
