"""CIFAR-10 (Krizhevsky, 2009): small photographs of ten kinds of things."""

from pathlib import Path
from typing import Any

import numpy as np

from nbkeras.datasets.cifar import arranged, load_batch
from nbkeras.datasets.sources import fetched

__all__ = ["load_data"]


def load_data() -> Any:
    """50,000 photographs to train with and 10,000 to test with, of 32 × 32 pixels in colour.

    The kinds are 0 airplane, 1 automobile, 2 bird, 3 cat, 4 deer, 5 dog, 6 frog, 7 horse, 8 ship, 9 truck. A few labels
    are known to be wrong. Source: https://www.cs.toronto.edu/~kriz/cifar.html, 170 MB.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: uint8 of shape (50000, 32, 32, 3), or (50000, 3, 32, 32) if
        `config.image_data_format()` is `"channels_first"`, and uint8 labels of shape (50000, 1).

    Example:
        >>> (x_train, y_train), (x_test, y_test) = load_data()
    """
    folder = Path(fetched("cifar-10-batches-py-target", extract=True), "cifar-10-batches-py")
    images, labels = zip(*(load_batch(folder / f"data_batch_{number}", "labels") for number in range(1, 6)))
    x_test, y_test = load_batch(folder / "test_batch", "labels")
    return (arranged(np.concatenate(images)), _column(np.concatenate(labels))), (arranged(x_test), _column(y_test))


def _column(labels: Any) -> Any:
    return np.asarray(labels, "uint8")[:, None]
