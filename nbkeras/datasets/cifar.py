"""The files of CIFAR-10 and CIFAR-100: pickles of Python 2, of an array of images and lists of labels."""

from pathlib import Path
from typing import Any

import numpy as np

from nbkeras.config import image_data_format
from nbkeras.datasets.pickles import load_pickle
from nbkeras.saving.errors import FileError, refusing

__all__ = ["arranged", "load_batch"]


def load_batch(path: Path, key: str) -> tuple[Any, list[int]]:
    """The images of a file, of shape (number, 3, 32, 32), and their labels.

    Args:
        path: of the file.
        key: under which the labels are.
    """
    with refusing(path.name), open(path, "rb") as file:
        found = load_pickle(file, encoding="bytes")
        if not isinstance(found, dict):
            raise FileError("is no file of CIFAR: it holds no dictionary")
        data, labels = found.get(b"data"), found.get(key.encode())
        if not isinstance(data, np.ndarray) or not isinstance(labels, list) or len(labels) != len(data):
            raise FileError(f"is no file of CIFAR: it has no data and {key} of one length")
        return data.reshape(len(data), 3, 32, 32), labels


def arranged(images: Any) -> Any:
    """Images as `keras.config.image_data_format()` asks for them."""
    return images.transpose(0, 2, 3, 1) if image_data_format() == "channels_last" else images
