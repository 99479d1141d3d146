"""What `keras.export` offers, by name; `model.export("net.onnx")` writes what other programs run."""

from nbkeras.unavailable import unavailable

__all__ = ["ExportArchive"]

ExportArchive = unavailable("export.ExportArchive", 'a SavedModel needs TensorFlow; use model.export("net.onnx")')
