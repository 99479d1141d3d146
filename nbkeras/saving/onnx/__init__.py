"""Models as ONNX files: the primitives that a model's `call` runs, one operator or a few for each."""

from nbkeras.saving.onnx.export import LATEST_OPSET, OLDEST_OPSET, export_onnx
from nbkeras.saving.onnx.trace import NotExportable

__all__ = ["LATEST_OPSET", "OLDEST_OPSET", "NotExportable", "export_onnx"]
