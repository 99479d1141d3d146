"""Loops over time in ONNX: recurrent layers, `RNN` over any cell and `ops.scan` become its operator `Scan`."""

from typing import Any

from nbkeras.saving.onnx.graph import Graph, emitter
from nbkeras.saving.onnx.trace import Body, Call


@emitter("scan")
def _scan(g: Graph, call: Call) -> list[str]:
    body, carries = call.attributes["body"], call.attributes["carries"]
    inside = body.inputs
    names = [g.read(x, v.dtype) for x, v in zip(call.args, inside)]
    rows, results = len(inside) - carries, len(call.outputs) - carries
    backwards = int(call.attributes["reverse"])
    found = g.node(
        "Scan",
        *names,
        outputs=len(call.outputs),
        body=_body(g, body, [v.dtype for v in call.outputs]),
        num_scan_inputs=rows,
        scan_input_directions=[backwards] * rows,
        scan_output_directions=[backwards] * results,
    )
    return [found] if isinstance(found, str) else found


def _body(g: Graph, body: Body, dtypes: list[Any]) -> Any:
    inner = g.inner()
    inputs = []
    for value in body.inputs:
        name = inner.fresh("step")
        inner.know(value, name)
        inputs.append(_typed(g, name, value.dtype))
    for call in body.calls:
        inner.add(call)
    outputs = []
    for x, dtype in zip([x for x in body.outputs if x is not None], dtypes):
        name = inner.node("Identity", inner.read(x, dtype))  # what leaves may come from outside of the body
        outputs.append(_typed(g, name, dtype))
    return g.onnx.helper.make_graph(inner.nodes, inner.fresh("body"), inputs, outputs)


def _typed(g: Graph, name: str, dtype: Any) -> Any:
    return g.onnx.helper.make_tensor_value_info(name, g.type_of(dtype), None)
