"""Which format a model is exported to."""

import os
from typing import Any

__all__ = ["export_model"]


def export_model(
    model: Any,
    filepath: str | os.PathLike[str],
    format: str = "tf_saved_model",
    verbose: bool | None = None,
    input_signature: Any = None,
    opset: int | None = None,
    opset_version: int | None = None,
) -> None:
    """Exports `model` to ONNX, if the file's ending or `format` says so; see `Model.export`."""
    from nbkeras.saving.onnx import export_onnx  # its table of operators would lengthen every start

    if format != "onnx" and not str(filepath).endswith(".onnx"):
        raise ValueError(
            f"export writes ONNX, got format={format!r} and the file '{filepath}'; call model.export('net.onnx'), and "
            "convert that, or save a .keras file and export it with Keras"
        )
    export_onnx(model, filepath, opset_version if opset is None else opset, input_signature)
    if verbose:
        print(f"Saved artifact at '{filepath}'.")
