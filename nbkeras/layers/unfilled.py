"""Weights without numbers, for layers that are made only to be filled from a file."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from math import prod

import numpy as np

__all__ = ["is_active", "unfilled", "zeros"]


class _Active(threading.local):
    left: int | None = None  # bytes that further weights may have


_active = _Active()


@contextmanager
def unfilled(most: int) -> Iterator[None]:
    """Makes `add_weight` draw no numbers and take no memory in the block.

    Args:
        most: bytes that all weights may have, those of the file: what is computed of weights alone, on the way to an
            output's shape, does take memory.
    """
    outer, _active.left = _active.left, most
    try:
        yield
    finally:
        _active.left = outer


def is_active() -> bool:
    """Whether the block is open on this thread."""
    return _active.left is not None


def zeros(shape: tuple[int, ...], dtype: str) -> np.ndarray:
    """A read-only array of one number, which looks as if it had `shape`.

    Raises:
        ValueError: if the file is too small to have numbers for it.
    """
    size = prod(shape) * np.dtype(dtype).itemsize
    _active.left = (_active.left or 0) - size
    if _active.left < 0:
        raise ValueError(f"a weight of shape {shape} has {size:,} bytes, which the file of weights has no room for")
    return np.broadcast_to(np.zeros((), dtype), shape)
