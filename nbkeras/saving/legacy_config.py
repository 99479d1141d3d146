"""Configurations of Keras 2, and those that Keras 3 writes to `.h5` files, in the form of Keras 3's `.keras` files."""

from collections.abc import Callable
from typing import Any

__all__ = ["compile_arguments", "modern"]

# Arguments that Keras 3 has no more, or under another name, by class; "": of every class.
KERNEL = ("kernel_initializer", "kernel_regularizer", "kernel_constraint")
DROPPED = {
    "": {"time_major", "virtual_batch_size", "fused", "input_length", "rng_type"},
    "BatchNormalization": {"adjustment", "renorm", "renorm_clipping", "renorm_momentum"},
    "InputLayer": {"ragged"},
    "MultiHeadAttention": {"query_shape", "key_shape", "value_shape", "softmax_robust_masking"},
    **{f"Conv{rank}DTranspose": {"groups"} for rank in (1, 2, 3)},
    **{f"DepthwiseConv{rank}D": {"groups"} for rank in (1, 2)},
    **{f"SeparableConv{rank}D": {"groups", *KERNEL} for rank in (1, 2)},
}
RENAMED = {
    "LeakyReLU": {"alpha": "negative_slope"},
    "InputLayer": {"batch_input_shape": "batch_shape"},
}
GRAPHS = ("Functional", "Model")


def modern(config: Any) -> Any:
    """The configuration of a model, layer or other object, in today's form."""
    if isinstance(config, list):
        return [modern(item) for item in config]
    if not isinstance(config, dict):
        return config
    if not isinstance(config.get("class_name"), str) or "config" not in config:
        return {key: modern(value) for key, value in config.items()}
    name, inner = config["class_name"], config["config"]
    if name.startswith("__"):
        return config
    if name in ("Policy", "DTypePolicy"):
        return inner["name"]
    if name == "Sequential" and isinstance(inner, list):  # before Keras 2.2
        inner = {"layers": inner}
    if name in GRAPHS and "module" not in config and isinstance(inner, dict) and "layers" in inner:
        return {**_named(config, "Functional"), "config": _graph(inner)}
    return {**_named(config, name), "config": _arguments(name, inner)}


def _named(config: dict[str, Any], name: str) -> dict[str, Any]:
    """The object without its configuration, with the module that tells layers and ops apart."""
    is_op = isinstance(config["config"], dict) and "inbound_nodes" in config and set(config["config"]) <= {"name"}
    module = config.get("module") or ("keras.src.ops." if is_op else "keras")
    rest = {key: value for key, value in config.items() if key not in ("class_name", "config", "module")}
    return {**rest, "module": module, "class_name": name}


def _arguments(name: str, inner: Any) -> Any:
    if not isinstance(inner, dict):
        return modern(inner)
    dropped = DROPPED[""] | DROPPED.get(name, set())
    renamed = RENAMED.get(name, {})
    found = {renamed.get(key, key): modern(value) for key, value in inner.items() if key not in dropped}
    axis = found.get("axis")
    if name == "BatchNormalization" and isinstance(axis, list) and len(axis) == 1:
        found["axis"] = axis[0]
    return found


# --- graphs ---------------------------------------------------------------------------------------------------------


def _graph(inner: dict[str, Any]) -> dict[str, Any]:
    """A graph whose calls are lists `[layer, call, output, arguments]` as one whose calls are arguments."""
    entries = [modern(entry) for entry in inner["layers"]]
    ends = {key: inner[key] for key in ("input_layers", "output_layers")}
    if any(isinstance(node, list) for entry in inner["layers"] for node in entry["inbound_nodes"]):
        shifted = _counted_from_one(inner)
        for entry, before in zip(entries, inner["layers"]):
            entry["inbound_nodes"] = [_call(node, shifted) for node in before["inbound_nodes"]]
        graphs = {entry["name"] for entry in entries if entry["class_name"] == "Functional"}
        # At the ends of a graph, Keras 3 counts the calls of a model made of a graph from 1.
        ends = {
            key: _each_end(value, lambda e: [e[0], e[1] - (e[0] in shifted) + (e[0] in graphs), e[2]])
            for key, value in ends.items()
        }
    rest = {key: value for key, value in inner.items() if key in ("name", "trainable")}
    return {**rest, "layers": entries, **ends}


def _counted_from_one(inner: dict[str, Any]) -> set[str]:
    """The layers, models within the model, whose calls are counted from 1: then the last number is that of all."""
    calls = {entry["name"]: len(entry["inbound_nodes"]) for entry in inner["layers"]}
    waiting = [inner["input_layers"], inner["output_layers"], *(entry["inbound_nodes"] for entry in inner["layers"])]
    found = set()
    while waiting:
        value = waiting.pop()
        if _is_tensor(value) and 0 < calls.get(value[0], 0) <= value[1]:
            found.add(value[0])
        if isinstance(value, (list, dict)):
            waiting.extend(value.values() if isinstance(value, dict) else value)
    return found


def _each_end(structure: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(structure, dict):
        return {key: _each_end(value, change) for key, value in structure.items()}
    if _is_tensor(structure):
        return change(structure)
    return [_each_end(item, change) for item in structure]


def _is_tensor(value: Any) -> bool:
    return isinstance(value, list) and len(value) in (3, 4) and isinstance(value[0], str) and isinstance(value[1], int)


def _call(node: list[Any], shifted: set[str]) -> dict[str, Any]:
    """A call: its first argument, one tensor or a list of them, and the arguments by name that stand with the first."""
    tensors = [node] if _is_tensor(node) else node
    named: dict[str, Any] = next((tensor[3] for tensor in tensors if len(tensor) == 4 and tensor[3]), {})
    first = [_argument(tensor[:3], shifted) for tensor in tensors]
    return {
        "args": [first[0] if len(first) == 1 else first],
        "kwargs": {key: _argument(value, shifted) for key, value in named.items()},
    }


def _argument(value: Any, shifted: set[str]) -> Any:
    """An argument, in which a list `[layer, call, output]` stands for a tensor."""
    if _is_tensor(value):
        name, call, output = value[:3]
        if name == "_CONSTANT_VALUE":
            return output
        history = [name, call - (name in shifted), output]
        return {"class_name": "__keras_tensor__", "config": {"keras_history": history}}
    if isinstance(value, list):
        return [_argument(item, shifted) for item in value]
    return value


# --- how it was compiled --------------------------------------------------------------------------------------------


def compile_arguments(training: dict[str, Any]) -> dict[str, Any]:
    """The arguments of `compile` that `training_config` says."""
    names = ("loss", "loss_weights", "metrics", "weighted_metrics")
    found = {name: _unwrapped(modern(training.get(name))) for name in names}
    return {**found, "optimizer": _optimizer(training["optimizer_config"])}


def _optimizer(config: dict[str, Any]) -> dict[str, Any]:
    """Keras 2 calls the rate `lr`, and had a `decay` that is a schedule now."""
    inner = {key: value for key, value in config["config"].items() if key not in ("decay", "is_legacy_optimizer")}
    inner.pop("jit_compile", None)
    if "lr" in inner:
        inner["learning_rate"] = inner.pop("lr")
    name = config["class_name"].rpartition(">")[2]
    return {"module": "keras.optimizers", "class_name": name, "config": modern(inner), "registered_name": None}


def _unwrapped(value: Any) -> Any:
    """Metrics that Keras 2 wraps around a function, by the function's name."""
    if isinstance(value, list):
        return [_unwrapped(item) for item in value]
    if isinstance(value, dict) and value.get("class_name") in ("MeanMetricWrapper", "LossFunctionWrapper"):
        return value["config"]["fn"]
    return {k: _unwrapped(v) for k, v in value.items()} if isinstance(value, dict) and "config" not in value else value
