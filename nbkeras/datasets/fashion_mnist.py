"""Fashion-MNIST (Xiao, Rasul and Vollgraf, 2017, https://arxiv.org/abs/1708.07747): pieces of clothing."""

import gzip
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from nbkeras.datasets.sources import fetched
from nbkeras.saving.errors import FileError, refusing

__all__ = ["load_data"]

FOLDER = "datasets/fashion-mnist"
LARGEST = 2**26  # bytes of a file: 60,000 images have 47,040,000


def load_data() -> Any:
    """60,000 pieces of clothing to train with and 10,000 to test with, as grey images of 28 × 28 pixels.

    The kinds are 0 T-shirt/top, 1 trouser, 2 pullover, 3 dress, 4 coat, 5 sandal, 6 shirt, 7 sneaker, 8 bag, 9 ankle
    boot. Source: https://github.com/zalandoresearch/fashion-mnist, 31 MB; MIT. Keras knows no hash of these files.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: uint8 of shape (60000, 28, 28), from 0 to 255, and uint8 labels. The
        arrays cannot be written to; copy what you change.

    Example:
        >>> (x_train, y_train), (x_test, y_test) = load_data()
    """
    y_train, x_train, y_test, x_test = (
        _read(Path(fetched(name, subdir=FOLDER)))
        for name in (
            "train-labels-idx1-ubyte.gz",
            "train-images-idx3-ubyte.gz",
            "t10k-labels-idx1-ubyte.gz",
            "t10k-images-idx3-ubyte.gz",
        )
    )
    return (x_train, y_train), (x_test, y_test)


def _read(path: Path) -> Any:
    """The array of bytes in a compressed file in LeCun's format: a signature, the sizes of the axes, the bytes."""
    with refusing(path.name), gzip.open(path, "rb") as file:
        content = file.read(LARGEST + 1)
        rank = content[3] if content[:3] == b"\0\0\x08" and len(content) >= 4 else 0
        start = 4 + 4 * rank
        shape = tuple(int(size) for size in np.frombuffer(content[4:start], ">u4"))
        if not rank or len(shape) != rank or len(content) != start + prod(shape):
            raise FileError(f"is damaged, or no file of bytes: delete '{path}' to download it again")
        return np.frombuffer(content, np.uint8, offset=start).reshape(shape)
