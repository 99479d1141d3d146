"""Making, moving, joining and repeating elements in ONNX."""

from typing import Any

import numpy as np

from nbkeras.saving.onnx.elementwise import computed_in
from nbkeras.saving.onnx.graph import LARGEST_INT, Graph, emitter
from nbkeras.saving.onnx.sizes import Open, product
from nbkeras.saving.onnx.trace import Call, NotExportable

PAD_MODES = {"constant": "constant", "reflect": "reflect", "edge": "edge"}


@emitter("full")
def _full(g: Graph, call: Call) -> str:
    output = call.outputs[0]
    value = call.args[0]
    if not any(isinstance(size, Open) for size in output.shape) and not hasattr(value, "number"):
        return g.constant(np.full(output.shape, value, output.dtype))
    dtype = computed_in(output.dtype)
    return g.cast(g.node("Expand", g.read(value, dtype), g.sizes(output.shape)), dtype, output.dtype)


@emitter("arange")
def _arange(g: Graph, call: Call) -> str:
    start, stop, step = (call.attributes[name] for name in ("start", "stop", "step"))
    dtype = call.outputs[0].dtype
    if not any(isinstance(bound, Open) for bound in (start, stop, step)):
        return g.constant(np.arange(start, stop, step).astype(dtype))
    whole = np.dtype(np.int64)
    if (start, step) == (0, 1) and g.opset < 11:
        return g.cast(_counted(g, stop), whole, dtype)
    g.at_least(11, "a range")
    return g.cast(g.node("Range", *(g.read(bound, whole) for bound in (start, stop, step))), whole, dtype)


def _counted(g: Graph, size: Any) -> str:
    """0, 1, …, size - 1: the positions in a vector of ones that are not zero."""
    ones = g.node("Expand", g.constant(np.ones(1, np.int64)), g.size(size))
    return g.squeeze(g.node("NonZero", ones), [0])


@emitter("reshape")
def _reshape(g: Graph, call: Call) -> str:
    x = call.args[0]
    return g.reshape(g.read(x), x.shape, call.outputs[0].shape)


@emitter("broadcast_to")
def _broadcast_to(g: Graph, call: Call) -> str:
    return g.node("Expand", g.read(call.args[0]), g.sizes(call.outputs[0].shape))


@emitter("transpose")
def _transpose(g: Graph, call: Call) -> str:
    x, axes = call.args[0], call.attributes.get("axes")
    return g.transpose(g.read(x), range(len(x.shape))[::-1] if axes is None else axes)


@emitter("concatenate")
def _concatenate(g: Graph, call: Call) -> str:
    names = [g.read(x, call.outputs[0].dtype) for x in call.args]
    return g.node("Concat", *names, axis=call.attributes.get("axis", 0))


@emitter("stack")
def _stack(g: Graph, call: Call) -> str:
    axis = call.attributes.get("axis", 0)
    names = [g.unsqueeze(g.read(x, call.outputs[0].dtype), [axis]) for x in call.args]
    return g.node("Concat", *names, axis=axis)


@emitter("pad")
def _pad(g: Graph, call: Call) -> str:
    x, widths = call.args[0], call.attributes["widths"]
    if any(isinstance(n, Open) for pair in widths for n in pair):
        raise NotExportable("pads by a number of cells that depends on an open size; give Input full sizes")
    mode = call.attributes.get("mode", "constant")
    if mode == "symmetric":
        return _symmetric(g, x, widths)
    dtype = x.dtype if x.dtype.kind == "f" else np.dtype(np.float64 if g.opset < 11 else np.int64)
    name, value = g.read(x, dtype), call.attributes.get("value", 0)
    pads = [low for low, _ in widths] + [high for _, high in widths]
    if g.opset < 11:
        padded = g.node("Pad", name, mode=PAD_MODES[mode], pads=pads, value=float(value))
    else:
        more = [g.constant(np.asarray(value, dtype))] if mode == "constant" else []
        padded = g.node("Pad", name, g.ints(pads), *more, mode=PAD_MODES[mode])
    return g.cast(padded, dtype, x.dtype)


def _symmetric(g: Graph, x: Any, widths: Any) -> str:
    """The edge cells are repeated, which ONNX has no mode for: their positions are picked."""
    name = g.read(x)
    for axis, (low, high) in enumerate(widths):
        if low or high:
            name = g.node(
                "Gather", name, _places(g, np.pad(_range(x.shape[axis]), (low, high), "symmetric")), axis=axis
            )
    return name


def _range(size: Any) -> np.ndarray:
    if isinstance(size, Open):
        raise NotExportable("moves cells along an axis of open size; give Input full sizes")
    return np.arange(size)


def _places(g: Graph, places: np.ndarray) -> str:
    return g.constant(places.astype(np.int64))


@emitter("flip")
def _flip(g: Graph, call: Call) -> str:
    x, axes = call.args[0], call.attributes["axis"]
    axes = axes if isinstance(axes, tuple) else (axes,)
    name, n = g.read(x), len(axes)
    if g.opset >= 10:
        return g.slice(name, axes, [-1] * n, [-LARGEST_INT] * n, [-1] * n)
    for axis in axes:
        last = g.node("Sub", g.size(x.shape[axis]), g.ints([1]))
        name = g.node("Gather", name, g.node("Sub", last, _counted(g, x.shape[axis])), axis=axis)
    return name


@emitter("roll")
def _roll(g: Graph, call: Call) -> str:
    x, shift, axis = call.args[0], call.attributes["shift"], call.attributes.get("axis")
    name = g.read(x)
    if axis is None:
        size = product(x.shape)
        flat = g.reshape(name, x.shape, [size])
        return g.reshape(_rolled(g, flat, size, shift, 0), [size], x.shape)
    shifts, axes = ((v,) if isinstance(v, int) else v for v in (shift, axis))
    for places, along in zip(shifts, axes):
        name = _rolled(g, name, x.shape[along], places, along % len(x.shape))
    return name


def _rolled(g: Graph, x: str, size: Any, shift: int, axis: int) -> str:
    return g.node("Gather", x, _places(g, np.roll(_range(size), shift)), axis=axis)


@emitter("repeat")
def _repeat(g: Graph, call: Call) -> str:
    x, repeats, axis = call.args[0], call.attributes["repeats"], call.attributes["axis"]
    size = x.shape[axis]
    if not isinstance(size, Open):
        return g.node("Gather", g.read(x), _places(g, np.repeat(np.arange(size), repeats)), axis=axis)
    if not isinstance(repeats, int):
        raise NotExportable("repeats each cell another number of times along an axis of open size")
    copies = g.node("Concat", *[g.unsqueeze(g.read(x), [axis + 1])] * repeats, axis=axis + 1)
    split = (*x.shape[: axis + 1], repeats, *x.shape[axis + 1 :])
    return g.reshape(copies, split, call.outputs[0].shape)
