"""The order and the split of examples, which are Keras' for the same seed."""

from typing import Any

import numpy as np

__all__ = ["check_test_split", "generator_of", "shuffled", "split"]


def generator_of(seed: int | None) -> Any:
    """Keras' generator: another would give another order."""
    return np.random.RandomState(seed)


def shuffled(generator: Any, *arrays: Any) -> list[Any]:
    """Arrays of equal length in a new order, the same for all of them."""
    order = np.arange(len(arrays[0]))
    generator.shuffle(order)
    return [array[order] for array in arrays]


def check_test_split(test_split: float) -> None:
    """Raises ValueError for what is no part of 1."""
    if not 0 <= test_split < 1:
        raise ValueError(
            f"test_split must be at least 0 and below 1, the part of the examples to test with, got {test_split}"
        )


def split(x: Any, y: Any, test_split: float) -> Any:
    """`(x_train, y_train), (x_test, y_test)`, the last part of the examples for the test."""
    first = int(len(x) * (1 - test_split))
    return (x[:first].copy(), y[:first].copy()), (x[first:].copy(), y[first:].copy())
