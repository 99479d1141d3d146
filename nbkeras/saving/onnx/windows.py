"""Convolution and pooling in ONNX, whose channels come first."""

from typing import Any

import numpy as np

from nbkeras.saving.onnx.graph import Graph, emitter
from nbkeras.saving.onnx.sizes import RUNS, Open
from nbkeras.saving.onnx.trace import Call, NotExportable, Value


def _channels_first(g: Graph, x: Value, dtype: Any) -> str:
    rank = len(x.shape)
    return g.transpose(g.read(x, dtype), [0, rank - 1, *range(1, rank - 1)])


def _channels_last(g: Graph, name: str, rank: int) -> str:
    return g.transpose(name, [0, *range(2, rank), 1])


def _is_open(padding: Any) -> bool:
    return any(isinstance(n, Open) for pair in padding for n in pair)


def _pads(padding: Any) -> list[int]:
    if _is_open(padding):
        raise NotExportable("pads by a number of cells that depends on an open size; give Input full sizes")
    return [low for low, _ in padding] + [high for _, high in padding]


def _padding(x: Value, size: Any, options: dict[str, Any]) -> dict[str, Any]:
    """The attribute of a convolution or pool; with strides along an open axis "same" is left to the runtime."""
    padding, strides = options["padding"], options["strides"]
    if _is_open(padding) and all(map(_is_same, x.shape[1:-1], size, strides, padding)):
        return {"auto_pad": "SAME_UPPER"}
    return {"pads": _pads(padding)}


def _is_same(cells: Any, size: int, stride: int, pair: Any) -> bool:
    """Whether the cells around an axis are those of `padding="same"`, in each record."""
    cells, low, high = (n.values if isinstance(n, Open) else (n,) * RUNS for n in (cells, *pair))
    around = [max(-(-n // stride) * stride - stride + size - n, 0) for n in cells]
    return [(n // 2, n - n // 2) for n in around] == list(zip(low, high))


def _kernel(g: Graph, kernel: Any, dtype: Any) -> str:
    """(space…, inputs, outputs) as (outputs, inputs, space…)."""
    rank = len(kernel.shape)
    axes = [rank - 1, rank - 2, *range(rank - 2)]
    if isinstance(kernel, Value):
        return g.transpose(g.read(kernel, dtype), axes)
    weight = kernel.astype(dtype, copy=False).transpose(axes)
    if id(kernel) in g.weights:
        g.weights[id(weight)] = g.weights[id(kernel)]
    return g.constant(weight)


@emitter("conv")
def _conv(g: Graph, call: Call) -> str:
    x, kernel = call.args
    options, dtype = call.attributes, call.outputs[0].dtype
    y = g.node(
        "Conv",
        _channels_first(g, x, dtype),
        _kernel(g, kernel, dtype),
        kernel_shape=list(kernel.shape[:-2]),
        strides=list(options["strides"]),
        dilations=list(options["dilation"]),
        group=options["groups"],
        **_padding(x, kernel.shape[:-2], options),
    )
    return _channels_last(g, y, len(x.shape))


@emitter("conv_transpose")
def _conv_transpose(g: Graph, call: Call) -> str:
    """`padding` says how many cells of the full result are cut off; a negative number of cells is added."""
    x, kernel = call.args
    options, dtype = call.attributes, call.outputs[0].dtype
    _pads(options["padding"])
    cut = [(max(low, 0), max(high, 0)) for low, high in options["padding"]]
    y = g.node(
        "ConvTranspose",
        _channels_first(g, x, dtype),
        _kernel(g, kernel, dtype),
        kernel_shape=list(kernel.shape[:-2]),
        strides=list(options["strides"]),
        pads=_pads(cut),
        dilations=list(options["dilation"]),
    )
    added = [(max(-low, 0), max(-high, 0)) for low, high in options["padding"]]
    y = _channels_last(g, y, len(x.shape))
    return _zeros_around(g, y, [(0, 0), *added, (0, 0)], dtype) if np.any(added) else y


def _zeros_around(g: Graph, x: str, widths: Any, dtype: Any) -> str:
    if g.opset < 11:
        return g.node("Pad", x, mode="constant", pads=_pads(widths), value=0.0)
    return g.node("Pad", x, g.ints(_pads(widths)), g.constant(np.zeros((), dtype)), mode="constant")


@emitter("max_pool", "average_pool")
def _pool(g: Graph, call: Call) -> str:
    x, options = call.args[0], call.attributes
    dtype = x.dtype if x.dtype.kind == "f" else np.dtype(np.float32)
    operator, more = ("MaxPool", {}) if call.name == "max_pool" else ("AveragePool", {"count_include_pad": 0})
    y = g.node(
        operator,
        _channels_first(g, x, dtype),
        kernel_shape=list(options["size"]),
        strides=list(options["strides"]),
        **_padding(x, options["size"], options),
        **more,
    )
    return _channels_last(g, g.cast(y, dtype, call.outputs[0].dtype), len(x.shape))
