"""Event files for TensorBoard, written without TensorFlow."""

from nbkeras.callbacks.tensorboard.callback import TensorBoard

__all__ = ["TensorBoard"]
