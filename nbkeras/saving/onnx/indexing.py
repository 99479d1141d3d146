"""Reading and writing elements by position in ONNX."""

from typing import Any

import numpy as np

from nbkeras.saving.onnx.elementwise import computed_in
from nbkeras.saving.onnx.graph import LARGEST_INT, Graph, emitter
from nbkeras.saving.onnx.sizes import Open, product
from nbkeras.saving.onnx.trace import Call, NotExportable, Value

REDUCTIONS = {None: ("none", 11), "add": ("add", 16), "mul": ("mul", 16), "max": ("max", 18), "min": ("min", 18)}


@emitter("getitem")
def _getitem(g: Graph, call: Call) -> str:
    """Slices first, then the array of positions, then integers (axes that go) and `None` (axes that come)."""
    x, *arrays = call.args
    key = _spelt_out(call.attributes["key"], len(x.shape))
    cuts, gone, picked, axis = [], [], None, 0
    new = [place for place, k in enumerate([k for k in key if not isinstance(k, (int, Open))]) if k is None]
    for k in key:
        if k is None:
            continue
        if isinstance(k, (int, Open)):
            cuts.append((axis, k, _after(k), 1))
            gone.append(axis)
        elif isinstance(k, slice):
            cuts += _cut(axis, k, x.shape[axis])
        else:
            picked = axis
        axis += 1
    if len(arrays) > 1 or arrays and (gone or new or arrays[0].dtype == bool):
        raise NotExportable("indexes by truth values or by several arrays; use ops.where or ops.take")
    name = _sliced(g, x, cuts)
    if picked is not None:
        name = g.node("Gather", name, _positions(g, arrays[0], x.shape[picked]), axis=picked)
    return g.unsqueeze(g.squeeze(name, gone), new)


def _spelt_out(key: Any, rank: int) -> list[Any]:
    """The key with `...` as slices, and slices for the axes that it does not name."""
    missing = rank - sum(1 for k in key if k is not None and k is not Ellipsis)
    if not any(k is Ellipsis for k in key):
        key = (*key, Ellipsis)
    return [item for k in key for item in ([slice(None)] * missing if k is Ellipsis else [k])]


def _after(k: Any) -> Any:
    if isinstance(k, Open):
        return Open(tuple(v + 1 for v in k.values))
    return k + 1 if k != -1 else LARGEST_INT


def _cut(axis: int, k: slice, size: Any) -> list[tuple[int, Any, Any, int]]:
    """Axis, start, end and step of a slice, unless it takes all."""
    step = 1 if k.step is None else k.step
    first, last = (0, LARGEST_INT) if step > 0 else (-1, -LARGEST_INT)
    start = first if k.start is None else k.start
    end = last if k.stop is None or k.stop == size and step > 0 else _from_the_end(k.stop, size)
    return [] if (start, end, step) == (0, LARGEST_INT, 1) else [(axis, start, end, step)]


def _from_the_end(stop: Any, size: Any) -> Any:
    """An open end as a negative one, if it is so many cells before the end of the axis."""
    if isinstance(stop, Open) and isinstance(size, Open):
        before = {a - b for a, b in zip(stop.values, size.values)}
        if len(before) == 1 and next(iter(before)) < 0:
            return before.pop()
    return stop


def _sliced(g: Graph, x: Value, cuts: list[tuple[int, Any, Any, int]]) -> str:
    name = g.read(x)
    if g.opset >= 10 or all(step == 1 for *_, step in cuts):
        axes, starts, ends, steps = zip(*cuts) if cuts else ((), (), (), ())
        return g.slice(name, axes, starts, ends, steps if any(step != 1 for step in steps) else None)
    for axis, start, end, step in cuts:
        size = x.shape[axis]
        if any(isinstance(n, Open) for n in (size, start, end)):
            g.at_least(10, "steps of a slice along an open axis")
        stop = None if abs(end) == LARGEST_INT else end
        places = np.arange(size)[start:stop:step]
        name = g.node("Gather", name, g.constant(places.astype(np.int64)), axis=axis)
    return name


def _positions(g: Graph, indices: Any, size: Any) -> str:
    """Positions along an axis of `size`; negative ones are known to ONNX since opset 11."""
    if not isinstance(indices, Value):
        indices = np.asarray(indices, np.int64)
        if g.opset < 11 and (indices < 0).any():
            if isinstance(size, Open):
                g.at_least(11, "positions counted from the end")
            indices = indices % size
        return g.constant(indices)
    if indices.dtype in (np.int32, np.int64):
        return g.read(indices)
    return g.read(indices, np.int64)


@emitter("take")
def _take(g: Graph, call: Call) -> str:
    x, indices = call.args
    axis, name = call.attributes.get("axis"), g.read(x)
    if axis is None:
        size = product(x.shape)
        name, axis = g.reshape(name, x.shape, [size]), 0
        return g.node("Gather", name, _positions(g, indices, size), axis=axis)
    return g.node("Gather", name, _positions(g, indices, x.shape[axis]), axis=axis)


@emitter("take_along_axis")
def _take_along_axis(g: Graph, call: Call) -> str:
    g.at_least(11, "elements picked along an axis")
    x, indices = call.args
    axis = call.attributes["axis"]
    shape = [size if a != axis else indices.shape[a] for a, size in enumerate(x.shape)]
    places = _positions(g, indices, x.shape[axis])
    if tuple(indices.shape) != tuple(shape):  # NumPy broadcasts the positions
        places = g.node("Expand", places, g.sizes(shape))
    return g.node("GatherElements", g.read(x), places, axis=axis)


@emitter("one_hot")
def _one_hot(g: Graph, call: Call) -> str:
    """Where a number is that of the class: ONNX' own operator takes negative ones for positions from the end."""
    x, output = call.args[0], call.outputs[0]
    axis = call.attributes["axis"] % len(output.shape)
    dtype = computed_in(x.dtype)
    classes = np.arange(call.attributes["classes"], dtype=dtype)
    shape = [-1 if a == axis else 1 for a in range(len(output.shape))]
    hot = g.node("Equal", g.unsqueeze(g.read(x, dtype), [axis]), g.constant(classes.reshape(shape)))
    return g.cast(hot, np.dtype(bool), output.dtype)


@emitter("scatter")
def _scatter(g: Graph, call: Call) -> str:
    x, indices, updates = call.args
    reduction, since = REDUCTIONS[call.attributes.get("reduction")]
    g.at_least(since, f"writing by position with reduction '{reduction}'")
    attributes: dict[str, Any] = {} if reduction == "none" else {"reduction": reduction}
    dtype = call.outputs[0].dtype
    return g.node("ScatterND", g.read(x, dtype), g.read(indices, np.int64), g.read(updates, dtype), **attributes)


@emitter("block")
def _block(g: Graph, call: Call) -> str:
    """The slice that begins at computed positions."""
    g.at_least(10, "a slice that begins where another result says")
    x, starts = call.args
    shape = call.outputs[0].shape
    start = g.reshape(g.read(starts, np.int64), starts.shape, [len(shape)])
    end = g.node("Add", start, g.sizes(shape))
    return g.node("Slice", g.read(x), start, end, g.ints(range(len(shape))))
