"""From a model to an ONNX file."""

import os
from pathlib import Path
from typing import Any

import numpy as np

from nbkeras import tree
from nbkeras.backends import use_backend
from nbkeras.layers import Layer
from nbkeras.layers.interception import intercepting
from nbkeras.saving.atomic import replacing
from nbkeras.saving.onnx import elementwise, indexing, loops, products, reductions, shaping, windows
from nbkeras.saving.onnx.activations import fused
from nbkeras.saving.onnx.graph import Graph
from nbkeras.saving.onnx.signature import Input, signature_of
from nbkeras.saving.onnx.sizes import RUNS, Open, fills, merged, merged_calls
from nbkeras.saving.onnx.trace import NotExportable, Recorder, Value, live

__all__ = ["LATEST_OPSET", "OLDEST_OPSET", "export_onnx"]

LATEST_OPSET = 21  # of ONNX 1.16 (2024); nothing that a model needs has come since
OLDEST_OPSET = 9  # of ONNX 1.4 (2019), the first with `Where` and loops as they are now
LARGEST = 2**31 - 1  # bytes that protobuf can hold
BEGINNINGS = (80, 4090)  # what open sizes are taken as, about; the second for convolutions that reach farther
FAMILIES = (elementwise, indexing, loops, products, reductions, shaping, windows)  # importing them fills the table


def export_onnx(
    model: Any, filepath: str | os.PathLike[str], opset: int | None = None, input_signature: Any = None
) -> None:
    """Writes what `model` computes in inference to an ONNX file; the old file or the new one is there, whole.

    The file has the weights, and an operator or a few for each op that `call` runs, so layers of your own that are
    written with `ops` are exported too. Rows, and any other size that is open, stay open. Recurrent layers become
    `Scan`. The file is checked by the package onnx before it is written.

    Args:
        model: built.
        filepath: where to.
        opset: version of the operators, from 9 to 21; default 21.
        input_signature: for a model that its `call` defines, what it is called on: nested as that, of `InputSpec`s or
            symbolic tensors. Default: the model's inputs, or the shapes that it was built with.

    Raises:
        NotExportable: a ValueError that names the layer and what it does that ONNX cannot.
        ImportError: if the package onnx is not installed.
    """
    onnx = _imported()
    opset = _checked_opset(onnx, opset)
    inputs = signature_of(model, input_signature)
    try:
        proto = _Exporter(onnx, model, opset, inputs).model()
    except NotExportable as error:
        told = str(error)
        whose = "" if told.startswith(f"{model.title} ") else f"{model.title}: "
        raise NotExportable(f"cannot export {whose}{told}") from error.__cause__
    if proto.ByteSize() > LARGEST:
        raise NotExportable(f"{model.title} has {proto.ByteSize():,} bytes; one ONNX file holds at most {LARGEST:,}")
    _check(onnx, model, proto)
    with replacing(Path(filepath)) as file:
        file.write(proto.SerializeToString(deterministic=True))


def _imported() -> Any:
    try:
        import onnx
        import onnx.checker
        import onnx.helper
        import onnx.numpy_helper
        import onnx.shape_inference
    except ModuleNotFoundError as error:
        if error.name != "onnx":
            raise
        raise ImportError("model.export needs the package onnx: pip install 'nbkeras[onnx]'") from None
    return onnx


def _checked_opset(onnx: Any, opset: int | None) -> int:
    if opset is None:
        return min(LATEST_OPSET, onnx.defs.onnx_opset_version())
    if not isinstance(opset, int) or not OLDEST_OPSET <= opset <= LATEST_OPSET:
        raise ValueError(f"opset must be from {OLDEST_OPSET} to {LATEST_OPSET}, got {opset!r}")
    if opset > onnx.defs.onnx_opset_version():
        raise ValueError(
            f"opset={opset} is newer than the onnx {onnx.__version__} that is installed: pip install --upgrade onnx"
        )
    return opset


def _check(onnx: Any, model: Any, proto: Any) -> None:
    """The file as a whole, and the shape and dtype of each result."""
    try:
        onnx.checker.check_model(proto, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
        raise NotExportable(f"cannot export {model.title}: {error}") from error


class _Exporter:
    """Records a model and makes a graph of the record.

    Args:
        inputs: nested as the model takes them.
    """

    def __init__(self, onnx: Any, model: Any, opset: int, inputs: Any) -> None:
        self.onnx = onnx
        self.subject = model
        self.opset = opset
        self.nested = inputs
        self.inputs: list[Input] = tree.flatten(inputs)

    def model(self) -> Any:
        values, calls, outputs = self._recorded()
        graph = Graph(self.opset, {id(v._value): v.path for v in self.subject.variables})
        given = [self._given(graph, spec, value) for spec, value in zip(self.inputs, values)]
        for call in calls:
            graph.add(call)
        results = self._results(graph, outputs)
        helper = self.onnx.helper
        name = self.subject.name or "model"
        version = [helper.make_opsetid("", self.opset)]
        return helper.make_model(
            helper.make_graph(graph.nodes, name, given, results, graph.initializers),
            opset_imports=version,
            ir_version=helper.find_min_ir_version_for(version),
            producer_name="nbkeras",
        )

    # --- recording ----------------------------------------------------------------------------------------------

    def _recorded(self) -> Any:
        """The values of the inputs, the calls, and the outputs; with the sizes that are open."""
        first_problem: Exception | None = None
        for apart in (True, False):
            for beginning in BEGINNINGS:
                try:
                    return self._recorded_with(beginning, apart)
                except (ValueError, IndexError) as error:
                    first_problem = first_problem or error
                if not self._symbols(apart=True) - {"batch"}:
                    break
        assert first_problem is not None
        raise first_problem

    def _recorded_with(self, beginning: int, apart: bool) -> Any:
        symbols = sorted(self._symbols(apart))
        sizes = dict(zip(symbols, fills(beginning)))
        self.symbols = {values: symbol for symbol, values in sizes.items()}
        runs = [self._record({symbol: sizes[symbol][run] for symbol in symbols}, apart) for run in range(RUNS)]
        values, calls, outputs = zip(*runs)
        return [merged(v) for v in zip(*values)], merged_calls(list(calls)), [merged(y) for y in zip(*outputs)]

    def _symbols(self, apart: bool) -> set[str]:
        return {s for spec in self.inputs for s in spec.symbols(apart) if isinstance(s, str)}

    def _record(self, sizes: dict[str, int], apart: bool) -> Any:
        recorder = Recorder(fused(self.opset))

        def around(layer: Layer, call: Any, args: Any, kwargs: Any) -> Any:
            with recorder.inside(layer):
                return call(*args, **kwargs)

        values = [
            recorder.value([sizes[s] if isinstance(s, str) else s for s in spec.symbols(apart)], spec.dtype)
            for spec in self.inputs
        ]
        inputs = tree.pack_sequence_as(self.nested, values)
        with use_backend(recorder), intercepting(self.subject._flatten_layers(), around):
            outputs = self.subject(inputs, training=False)
        results = [y for y in tree.flatten(outputs) if y is not None]
        return values, live(recorder.calls, results), results

    # --- the ends of the graph ----------------------------------------------------------------------------------

    def _given(self, graph: Graph, spec: Input, value: Value) -> Any:
        graph.taken.add(spec.name)
        graph.know(value, spec.name)
        return self._typed(graph, spec.name, value)

    def _typed(self, graph: Graph, name: str, value: Any) -> Any:
        shape = [self.symbols.get(size.values) if isinstance(size, Open) else size for size in value.shape]
        return self.onnx.helper.make_tensor_value_info(name, graph.type_of(value.dtype), shape)

    def _results(self, graph: Graph, outputs: list[Any]) -> list[Any]:
        """The outputs under the model's names for them."""
        names = list(self.subject.output_names or [])
        if len(names) != len(outputs):
            names = [f"output_{place}" for place in range(len(outputs))]
        results = []
        for name, value in zip(names, outputs):
            value = value if isinstance(value, Value) else np.asarray(value)
            found, name = graph.read(value), graph._unique(name)
            graph.nodes.append(self.onnx.helper.make_node("Identity", [found], [name], name=name))
            results.append(self._typed(graph, name, value))
        return results
