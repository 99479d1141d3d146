"""Prices of houses in California by district, of the census of 1990 (Pace and Barry, 1997)."""

from typing import Any

import numpy as np

from nbkeras.datasets.shuffling import check_test_split, generator_of, shuffled, split
from nbkeras.datasets.sources import fetched

__all__ = ["load_data"]

SMALL = 600  # districts


def load_data(
    version: str = "large", path: str = "california_housing.npz", test_split: float = 0.2, seed: int = 113
) -> Any:
    """20,640 districts with 8 features each, and the median value of a house in dollars.

    The features say where it lies, how old its houses are, how many rooms, bedrooms, people and households there are,
    and the median income. Source: StatLib, 0.7 MB.

    Args:
        version: `"large"`, or `"small"` for the first 600 districts, in place of `boston_housing`.
        path: the name of the file in the cache.
        test_split: the part to test with, at least 0 and below 1.
        seed: of the order.

    Returns:
        `(x_train, y_train), (x_test, y_test)`: floats of shape (number, 8), and targets.

    Example:
        >>> (x_train, y_train), (x_test, y_test) = load_data(version="small")
    """
    check_test_split(test_split)
    if version not in ("large", "small"):
        raise ValueError(f"version must be 'large' or 'small', got {version!r}")
    with np.load(fetched("california_housing.npz", path), allow_pickle=False) as file:
        x, y = file["x"], file["y"]
    if version == "small":
        x, y = x[:SMALL], y[:SMALL]
    x, y = shuffled(generator_of(seed), x, y)
    return split(x, y, test_split)
