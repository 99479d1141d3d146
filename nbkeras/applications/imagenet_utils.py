"""What the images of ImageNet were made into before training, and what its classes are called."""

import functools
import json
from typing import Any

import numpy as np

from nbkeras import config, ops

__all__ = ["decode_predictions", "preprocess_input"]

# Means and standard deviations of the channels over ImageNet: of colours from 0 to 1 in red, green, blue (those of
# torchvision), and of pixels from 0 to 255 in blue, green, red (those of Caffe, which VGG and ResNet were trained in).
RGB_MEAN, RGB_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
BGR_MEAN = (103.939, 116.779, 123.68)

CLASS_INDEX = "https://storage.googleapis.com/download.tensorflow.org/data/imagenet_class_index.json"
CLASS_INDEX_HASH = "c2c37ea517e94d9795004a39431a14cb"
CLASSES = 1000


def preprocess_input(x: Any, data_format: str | None = None, mode: str = "caffe") -> Any:
    """Images with pixels from 0 to 255 as a network was trained on; `x` itself stays as it is.

    Args:
        x: one image or a batch of them, red, green and blue; an array or a symbolic tensor. Integers become `floatx()`.
        data_format: `"channels_last"` or `"channels_first"`; default the setting.
        mode: `"tf"`, from -1 to 1; `"torch"`, from 0 to 1, then minus ImageNet's mean and divided by its standard
            deviation; `"caffe"`, blue, green and red, each minus ImageNet's mean.

    Raises:
        ValueError: for another mode or format.

    Example:
        >>> preprocess_input(np.array([[[0, 127.5, 255]]], "float32"), mode="tf")
        array([[[-1.,  0.,  1.]]], dtype=float32)
    """
    if mode not in ("caffe", "tf", "torch"):
        raise ValueError(f"mode must be 'caffe', 'tf' or 'torch', got {mode!r}")
    channels_first = config.standardize_data_format(data_format) == "channels_first"
    x = _floating(x)
    if mode == "tf":
        return x / 127.5 - 1.0
    axis = len(x.shape) - 3 if channels_first else len(x.shape) - 1
    if mode == "torch":
        return (x / 255.0 - _along(axis, x, RGB_MEAN)) / _along(axis, x, RGB_DEVIATION)
    blue_first = (slice(None),) * axis + (slice(None, None, -1),)
    return x[blue_first] - _along(axis, x, BGR_MEAN)


def decode_predictions(preds: Any, top: int = 5) -> list[list[tuple[str, str, Any]]]:
    """The likeliest classes of ImageNet for each image: (identifier in WordNet, name, score), the likeliest first.

    Args:
        preds: scores (images, 1000).
        top: how many classes for each image.

    Raises:
        ValueError: for another shape.
    """
    if len(preds.shape) != 2 or preds.shape[1] != CLASSES:
        raise ValueError(f"preds must be of shape (images, {CLASSES}), got {tuple(preds.shape)}")
    classes = _classes()
    scores = ops.convert_to_numpy(preds)
    # from the end of an ascending order, so that of equal scores the later class comes first, as in Keras
    best = [row.argsort()[-top:][::-1] if top else [] for row in scores]
    return [[(*classes[index], row[index]) for index in indices] for row, indices in zip(scores, best)]


@functools.cache
def _classes() -> list[tuple[str, str]]:
    """Identifier and name of each class."""
    from nbkeras.utils import get_file  # brings the network's modules

    path = get_file("imagenet_class_index.json", CLASS_INDEX, cache_subdir="models", file_hash=CLASS_INDEX_HASH)
    with open(path, encoding="utf-8") as file:
        index = json.load(file)
    return [tuple(index[str(number)]) for number in range(CLASSES)]


def _floating(x: Any) -> Any:
    if isinstance(x, np.ndarray):
        return x if x.dtype.kind == "f" else x.astype(config.floatx())
    return x if "float" in str(x.dtype) else ops.cast(x, config.floatx())


def _along(axis: int, x: Any, values: tuple[float, ...]) -> np.ndarray:
    """One number for each channel, in a shape that broadcasts with `x`."""
    shape = [1] * len(x.shape)
    shape[axis] = len(values)
    dtype = x.dtype if isinstance(x, np.ndarray) else str(x.dtype)
    return np.asarray(values, dtype).reshape(shape)
