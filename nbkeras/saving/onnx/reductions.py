"""Reductions, running sums and sorting in ONNX."""

from typing import Any

import numpy as np

from nbkeras.saving.onnx.elementwise import computed_in
from nbkeras.saving.onnx.graph import Graph, emitter
from nbkeras.saving.onnx.sizes import product
from nbkeras.saving.onnx.trace import Call

REDUCTIONS = {"sum": "ReduceSum", "prod": "ReduceProd", "mean": "ReduceMean", "max": "ReduceMax", "min": "ReduceMin"}


@emitter(*REDUCTIONS)
def _reduction(g: Graph, call: Call) -> str:
    dtype = computed_in(call.outputs[0].dtype)
    name = g.reduce(REDUCTIONS[call.name], g.read(call.args[0], dtype), *_axes_and_dims(call))
    return g.cast(name, dtype, call.outputs[0].dtype)


def _axes_and_dims(call: Call) -> tuple[Any, bool]:
    return call.attributes.get("axis"), call.attributes.get("keepdims", False)


@emitter("any", "all")
def _truth(g: Graph, call: Call) -> str:
    operator = "ReduceMax" if call.name == "any" else "ReduceMin"
    as_bool = g.read(call.args[0], bool)
    number = g.reduce(operator, g.cast(as_bool, np.dtype(bool), np.int32), *_axes_and_dims(call))
    return g.cast(number, np.dtype(np.int32), bool)


@emitter("var")
def _variance(g: Graph, call: Call) -> str:
    axes, keepdims = _axes_and_dims(call)
    x = g.read(call.args[0], call.outputs[0].dtype)
    centred = g.node("Sub", x, g.reduce("ReduceMean", x, axes, True))
    return g.reduce("ReduceMean", g.node("Mul", centred, centred), axes, keepdims)


@emitter("logsumexp")
def _logsumexp(g: Graph, call: Call) -> str:
    """Of what is below the largest element, which is added again."""
    axes, keepdims = _axes_and_dims(call)
    x = g.read(call.args[0], call.outputs[0].dtype)
    top = g.reduce("ReduceMax", x, axes, True)
    total = g.reduce("ReduceSum", g.node("Exp", g.node("Sub", x, top)), axes, keepdims)
    return g.node("Add", g.node("Log", total), g.reduce("ReduceMax", x, axes, keepdims))


@emitter("argmax", "argmin")
def _position(g: Graph, call: Call) -> str:
    operator = "ArgMax" if call.name == "argmax" else "ArgMin"
    axis, keepdims = _axes_and_dims(call)
    source, output = call.args[0], call.outputs[0]
    x = g.read(source, computed_in(source.dtype))
    if axis is not None:
        return g.cast(g.node(operator, x, axis=axis, keepdims=int(keepdims)), np.dtype(np.int64), output.dtype)
    flat = g.reshape(x, source.shape, [product(source.shape)])
    found = g.cast(g.node(operator, flat, axis=0, keepdims=1), np.dtype(np.int64), output.dtype)
    return g.reshape(found, (1,), output.shape)


@emitter("cumsum")
def _cumsum(g: Graph, call: Call) -> str:
    output, axis = call.outputs[0], call.attributes["axis"]
    x = g.read(call.args[0], output.dtype)
    if g.opset >= 11:
        return g.node("CumSum", x, g.constant(np.asarray(axis, np.int64)))
    n = output.shape[axis]
    if not isinstance(n, int) or output.dtype.kind != "f":
        g.at_least(11, "running sums")
    last = [a for a in range(len(output.shape)) if a != axis] + [axis]
    back = np.argsort(last).tolist()
    y = g.node("MatMul", g.transpose(x, last), g.constant(np.triu(np.ones((n, n), output.dtype))))
    return g.transpose(y, back)


def _sorted(g: Graph, x: Any, axis: int, count: Any, descending: bool) -> tuple[str, str]:
    """The `count` first elements along `axis` in order, and their positions as 64-bit integers."""
    if g.opset >= 11:
        dtype = computed_in(x.dtype)
        attributes = {"axis": axis, "largest": int(descending), "sorted": 1}
        values, places = g.node("TopK", g.read(x, dtype), g.size(count), outputs=2, **attributes)
        return g.cast(values, dtype, x.dtype), places
    dtype = x.dtype if x.dtype.kind == "f" else np.dtype(np.float64)
    name = g.read(x, dtype)
    name = name if descending else g.node("Neg", name)
    if g.opset >= 10:
        values, places = g.node("TopK", name, g.size(count), outputs=2, axis=axis)
    else:
        if not isinstance(count, int):
            g.at_least(10, "sorting along an open axis")
        values, places = g.node("TopK", name, outputs=2, axis=axis, k=count)
    return g.cast(values if descending else g.node("Neg", values), dtype, x.dtype), places


@emitter("sort")
def _sort(g: Graph, call: Call) -> str:
    axis = call.attributes["axis"]
    return _sorted(g, call.args[0], axis, call.args[0].shape[axis], descending=False)[0]


@emitter("argsort")
def _argsort(g: Graph, call: Call) -> str:
    axis = call.attributes["axis"]
    places = _sorted(g, call.args[0], axis, call.args[0].shape[axis], descending=False)[1]
    return g.cast(places, np.dtype(np.int64), call.outputs[0].dtype)


@emitter("top_k")
def _top_k(g: Graph, call: Call) -> list[str]:
    x = call.args[0]
    values, places = _sorted(g, x, len(x.shape) - 1, call.attributes["k"], descending=True)
    return [values, g.cast(places, np.dtype(np.int64), call.outputs[1].dtype)]


@emitter("searchsorted")
def _searchsorted(g: Graph, call: Call) -> str:
    """How many of the sorted numbers are below each value."""
    edges, values = call.args
    dtype = computed_in(np.result_type(edges.dtype, values.dtype))
    value = g.unsqueeze(g.read(values, dtype), [len(values.shape)])
    left = call.attributes.get("side", "left") == "left"
    pair = (value, g.read(edges, dtype))
    below = g.node("Greater", *pair) if left else g.node("Not", g.node("Less", *pair))
    counted = g.reduce("ReduceSum", g.cast(below, np.dtype(bool), np.int32), [len(values.shape)], False)
    return g.cast(counted, np.dtype(np.int32), call.outputs[0].dtype)
