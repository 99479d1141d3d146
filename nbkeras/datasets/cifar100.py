"""CIFAR-100 (Krizhevsky, 2009): small photographs of a hundred kinds of things, in twenty groups."""

from pathlib import Path
from typing import Any

import numpy as np

from nbkeras.datasets.cifar import arranged, load_batch
from nbkeras.datasets.sources import fetched

__all__ = ["load_data"]


def load_data(label_mode: str = "fine") -> Any:
    """50,000 photographs to train with and 10,000 to test with, of 32 × 32 pixels in colour.

    Source: https://www.cs.toronto.edu/~kriz/cifar.html, 170 MB.

    Args:
        label_mode: `"fine"` for the 100 kinds, `"coarse"` for the 20 groups of them.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: uint8 of shape (50000, 32, 32, 3), or (50000, 3, 32, 32) if
        `config.image_data_format()` is `"channels_first"`, and int64 labels of shape (50000, 1).

    Example:
        >>> (x_train, y_train), (x_test, y_test) = load_data("coarse")
    """
    if label_mode not in ("fine", "coarse"):
        raise ValueError(f"label_mode must be 'fine' or 'coarse', got {label_mode!r}")
    folder = Path(fetched("cifar-100-python-target", extract=True), "cifar-100-python")
    parts = [load_batch(folder / name, f"{label_mode}_labels") for name in ("train", "test")]
    return tuple((arranged(images), np.reshape(labels, (len(labels), 1))) for images, labels in parts)
