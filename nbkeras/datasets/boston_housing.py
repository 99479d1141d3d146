"""Prices of houses in Boston (Harrison and Rubinfeld, 1978)."""

from typing import Any

import numpy as np

from nbkeras.datasets.shuffling import check_test_split, generator_of, shuffled, split
from nbkeras.datasets.sources import fetched

__all__ = ["load_data"]


def load_data(path: str = "boston_housing.npz", test_split: float = 0.2, seed: int = 113) -> Any:
    """506 suburbs with 13 features each, and the median value of a house in thousands of dollars.

    One feature, `B`, supposes that the races of neighbours decide what a house is worth: use `california_housing`
    unless that is what you study. Source: StatLib, 57 kB.

    Args:
        path: the name of the file in the cache.
        test_split: the part to test with, at least 0 and below 1.
        seed: of the order.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: float64 of shape (number, 13), and float64 targets.

    Example:
        >>> (x_train, y_train), (x_test, y_test) = load_data()
    """
    check_test_split(test_split)
    with np.load(fetched("boston_housing.npz", path), allow_pickle=False) as file:
        x, y = file["x"], file["y"]
    x, y = shuffled(generator_of(seed), x, y)
    return split(x, y, test_split)
