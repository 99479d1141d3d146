"""A graph as JSON and back, in Keras' layout: layers with their calls, inputs, outputs."""

from typing import Any

from nbkeras import tree
from nbkeras.layers import InputLayer
from nbkeras.models.graph import Graph, by_operation
from nbkeras.operators import OPS
from nbkeras.serialization import deserialize_keras_object, serialize_keras_object
from nbkeras.symbolic import KerasTensor, Node, Operation

OPS_MODULE = "keras.ops"


def graph_config(graph: Graph) -> dict[str, Any]:
    """`layers`, `input_layers` and `output_layers` of `graph`."""
    nodes = _nodes_by_operation(graph)
    place = {id(node): (operation.name, index) for operation, calls in nodes for index, node in enumerate(calls)}
    layers = []
    for operation, calls in nodes:
        calls = [] if isinstance(operation, InputLayer) else calls
        entry = _operation_config(operation, calls)
        entry["name"] = operation.name
        entry["inbound_nodes"] = [_node_config(node, place) for node in calls]
        layers.append(entry)
    return {
        "layers": layers,
        "input_layers": tree.map_structure(lambda t: _history(t, place), graph.inputs),
        "output_layers": tree.map_structure(lambda t: _history(t, place), graph.outputs),
    }


def graph_from_config(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
    """The symbolic inputs and outputs of a new graph of `config`."""
    operations, outputs_of, waiting = {}, {}, []
    for entry in config["layers"]:
        name = entry["name"]
        operations[name] = _operation_from_config(entry, custom_objects)
        if isinstance(operations[name], InputLayer):
            outputs_of[name, 0] = [operations[name].output]
        waiting += [(name, index, node) for index, node in enumerate(entry["inbound_nodes"])]
    while waiting:
        later = [call for call in waiting if not _call(call, operations, outputs_of)]
        if len(later) == len(waiting):
            names = sorted({name for name, _, _ in later})
            raise ValueError(f"the config's layers {', '.join(names)} depend on tensors that nothing computes")
        waiting = later
    return _tensors(config["input_layers"], outputs_of), _tensors(config["output_layers"], outputs_of)


def _nodes_by_operation(graph: Graph) -> Any:
    inputs = dict.fromkeys(t.node for t in graph.input_tensors)
    calls = by_operation([*inputs, *graph.nodes])
    return [(operation, calls[id(operation)]) for operation in graph.operations]


def _operation_config(operation: Any, calls: list[Node]) -> Any:
    if not isinstance(operation, Operation):
        return serialize_keras_object(operation)
    name = "".join(word.capitalize() for word in operation.function.__name__.split("_"))
    config = {"name": operation.name, "op": operation.function.__name__}
    return {"module": OPS_MODULE, "class_name": name, "config": config, "registered_name": name}


def _operation_from_config(entry: dict[str, Any], custom_objects: dict[str, Any] | None) -> Any:
    if entry["module"] != OPS_MODULE:
        return deserialize_keras_object(entry, custom_objects=custom_objects)
    config = entry["config"]
    if config["op"] not in OPS:
        raise ValueError(f"unknown op '{config['op']}' in the config of '{config['name']}'")
    return Operation(OPS[config["op"]], config["name"])


def _node_config(node: Node, place: dict[int, tuple[str, int]]) -> Any:
    def encode(leaf: Any) -> Any:
        if not isinstance(leaf, KerasTensor):
            return serialize_keras_object(leaf)
        config = {"shape": list(leaf.shape), "dtype": leaf.dtype, "keras_history": _history(leaf, place)}
        return {"class_name": "__keras_tensor__", "config": config}

    args, kwargs = tree.map_structure(encode, [list(node.args), dict(node.kwargs)])
    return {"args": args, "kwargs": kwargs}


def _history(tensor: KerasTensor, place: dict[int, tuple[str, int]]) -> Any:
    name, index = place[id(tensor.node)]
    return [name, index, tensor.index]


def _call(call: Any, operations: Any, outputs_of: Any) -> Any:
    """Makes one call if all its inputs exist; whether it did."""
    name, index, node = call
    try:
        args, kwargs = _decoded(node["args"], outputs_of), _decoded(node["kwargs"], outputs_of)
    except _NotYet:
        return False
    outputs = _apply(operations[name], args, kwargs)
    outputs_of[name, index] = tree.flatten(outputs)
    return True


def _apply(operation: Any, args: Any, kwargs: Any) -> Any:
    if not isinstance(operation, Operation):
        return operation(*args, **kwargs)
    if operation.function is OPS["getitem"]:
        x, key = args
        args = [x, tuple(key) if isinstance(key, list) else key]  # JSON has no tuples; Keras reads a list as one
    outputs = operation(*args, **kwargs)
    tree.flatten(outputs)[0].node.operation.name = operation.name
    return outputs


class _NotYet(Exception):
    """A call's input is still to be computed."""


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
    if (name, node) not in outputs_of:
        raise _NotYet
    return outputs_of[name, node][index]


def _tensors(structure: Any, outputs_of: Any) -> Any:
    if isinstance(structure, dict):
        return {k: _tensors(v, outputs_of) for k, v in structure.items()}
    if len(structure) == 3 and isinstance(structure[0], str) and isinstance(structure[1], int):
        return _tensor(structure, outputs_of)
    return [_tensors(item, outputs_of) for item in structure]
