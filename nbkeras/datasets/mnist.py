"""MNIST (LeCun, Cortes and Burges, 1998): handwritten digits."""

from typing import Any

import numpy as np

from nbkeras.datasets.sources import fetched

__all__ = ["load_data"]


def load_data(path: str = "mnist.npz") -> Any:
    """60,000 digits to train with and 10,000 to test with, as grey images of 28 × 28 pixels.

    Source: http://yann.lecun.com/exdb/mnist/, 11 MB; CC BY-SA 3.0.

    Args:
        path: the name of the file in the cache.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: uint8 of shape (60000, 28, 28), from 0 to 255, and uint8 labels.

    Example:
        >>> (x_train, y_train), (x_test, y_test) = load_data()
    """
    with np.load(fetched("mnist.npz", path), allow_pickle=False) as file:
        return (file["x_train"], file["y_train"]), (file["x_test"], file["y_test"])
