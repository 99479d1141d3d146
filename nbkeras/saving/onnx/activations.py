"""Fused ops that ONNX has an operator for; all others are exported as the primitives that they are made of."""

from typing import Any

import numpy as np

from nbkeras.saving.onnx.graph import Graph, emitter
from nbkeras.saving.onnx.trace import Call

__all__ = ["fused"]

# By the name of the fused op: the operator and its attributes of ours.
OPERATORS: dict[str, tuple[str, Any]] = {
    "sigmoid": ("Sigmoid", lambda a: {}),
    "softplus": ("Softplus", lambda a: {}),
    "elu": ("Elu", lambda a: {"alpha": a["alpha"]}),
    "leaky_relu": ("LeakyRelu", lambda a: {"alpha": a["negative_slope"]}),
    "hard_sigmoid": ("HardSigmoid", lambda a: {"alpha": 1 / 6, "beta": 0.5}),
    "softmax": ("Softmax", lambda a: {"axis": a["axis"]}),
    "log_softmax": ("LogSoftmax", lambda a: {"axis": a["axis"]}),
}


def fused(opset: int) -> set[str]:
    """The fused ops that are one operator in this version; its softmax was over all last axes before opset 13."""
    names = {*OPERATORS, "relu"}
    return names if opset >= 13 else names - {"softmax", "log_softmax"}


@emitter(*OPERATORS)
def _operator(g: Graph, call: Call) -> str:
    operator, attributes = OPERATORS[call.name]
    return g.node(operator, g.read(call.args[0]), **attributes(call.attributes))


@emitter("relu")
def _relu(g: Graph, call: Call) -> str:
    x = call.args[0]
    if x.dtype.kind == "f":
        return g.node("Relu", g.read(x))
    wide = np.dtype(np.float64)  # integers have it since opset 14
    return g.cast(g.node("Relu", g.read(x, wide)), wide, x.dtype)
