"""Values that TensorBoard shows, as the messages that `tf.summary` writes.

The numbers of fields are those of `summary.proto`, `tensor.proto` and `types.proto` in
https://github.com/tensorflow/tensorboard/tree/master/tensorboard/compat/proto.
"""

from collections.abc import Sequence

import numpy as np

from nbkeras.callbacks.tensorboard.wire import bytes_field, int_field
from nbkeras.png import png

__all__ = ["histogram", "images", "keras_model", "scalar"]

FLOAT, DOUBLE, STRING = 1, 2, 7  # types of a tensor
BUCKETS = 30  # of a histogram
MOST_IMAGES = 3  # of a batch that are shown


def scalar(tag: str, value: float) -> bytes:
    """A number, which becomes a point of a curve."""
    return _value(tag, _tensor(FLOAT, (), np.float32(value).tobytes()), "scalars")


def histogram(tag: str, values: np.ndarray) -> bytes:
    """How many of `values` lie where: rows of left edge, right edge and count. What is not finite lies nowhere."""
    values = np.asarray(values, "float64").ravel()
    values = values[np.isfinite(values)]
    rows = np.zeros((BUCKETS, 3))
    if values.size and values.min() < values.max():
        rows[:, 2], edges = np.histogram(values, BUCKETS)
        rows[:, 0], rows[:, 1] = edges[:-1], edges[1:]
    elif values.size:  # as TensorBoard does it: all in the last bucket, without width
        rows[:, :2], rows[-1, 2] = values[0], values.size
    return _value(tag, _tensor(DOUBLE, rows.shape, rows.tobytes()), "histograms")


def images(tag: str, pixels: np.ndarray) -> bytes:
    """Pictures of numbers from 0 to 1, of shape (pictures, height, width, channels)."""
    _, height, width, _ = pixels.shape
    shown = np.clip(pixels[:MOST_IMAGES] * 255.5, 0, 255).astype("uint8")
    texts = [str(width).encode(), str(height).encode(), *map(png, shown)]
    return _value(tag, _texts((len(texts),), texts), "images")


def keras_model(tag: str, json: str) -> bytes:
    """A model's configuration, of which TensorBoard draws the graph."""
    return _value(tag, _texts((), [json.encode()]), "graph_keras_model", b"1")


def _value(tag: str, tensor: bytes, plugin: str, content: bytes = b"") -> bytes:
    data = bytes_field(1, plugin.encode()) + (bytes_field(2, content) if content else b"")
    return bytes_field(1, tag.encode()) + bytes_field(9, bytes_field(1, data)) + bytes_field(8, tensor)


def _tensor(dtype: int, shape: Sequence[int], content: bytes) -> bytes:
    return int_field(1, dtype) + bytes_field(2, _shape(shape)) + bytes_field(4, content)


def _texts(shape: Sequence[int], texts: Sequence[bytes]) -> bytes:
    return int_field(1, STRING) + bytes_field(2, _shape(shape)) + b"".join(bytes_field(8, text) for text in texts)


def _shape(shape: Sequence[int]) -> bytes:
    return b"".join(bytes_field(2, int_field(1, size)) for size in shape)
