"""Seeded numbers for the cases: the same on every machine, NumPy version and library.

`np.random.RandomState` is used because its streams are frozen (NEP 19); those of `default_rng` may change.
"""

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np


def stream(*key):
    """A generator whose numbers depend on nothing but `key`."""
    return np.random.RandomState(zlib.crc32(repr(key).encode()))


@dataclass(frozen=True)
class Draw:
    """An array described rather than held: how to draw it from a stream."""

    shape: tuple
    rule: Any
    dtype: str = "float32"

    def __call__(self, generator):
        return np.asarray(self.rule(generator, self.shape), dtype=self.dtype).reshape(self.shape)


def normal(*shape, scale=1.0):
    return Draw(shape, lambda generator, shape: scale * generator.standard_normal(shape))


def uniform(*shape, low=0.0, high=1.0):
    return Draw(shape, lambda generator, shape: generator.uniform(low, high, shape))


def integers(*shape, high, dtype="int32"):
    return Draw(shape, lambda generator, shape: generator.randint(0, high, shape), dtype)


def coins(*shape, dtype="float32"):
    return Draw(shape, lambda generator, shape: generator.randint(0, 2, shape), dtype)


def signs(*shape):
    return Draw(shape, lambda generator, shape: 2 * generator.randint(0, 2, shape) - 1)


def one_hot(*shape):
    """Rows with a single 1, the classes along the last axis."""
    return Draw(shape, lambda generator, shape: np.eye(shape[-1])[generator.randint(0, shape[-1], shape[:-1])])


def simplex(*shape):
    """Probabilities that sum to 1 along the last axis."""

    def rule(generator, shape):
        weights = generator.uniform(0.1, 1.0, shape)
        return weights / weights.sum(-1, keepdims=True)

    return Draw(shape, rule)


def given(values, dtype="float32"):
    array = np.asarray(values, dtype=dtype)
    return Draw(array.shape, lambda generator, shape: array, dtype)


def drawn(description, *key):
    """The array that `description` stands for: a `Draw`, a shape (standard normal), or a nest of these; None stays."""
    if description is None:
        return None
    if isinstance(description, dict):
        return {name: drawn(item, *key, name) for name, item in description.items()}
    if isinstance(description, list):
        return [drawn(item, *key, place) for place, item in enumerate(description)]
    draw = description if isinstance(description, Draw) else normal(*description)
    return draw(stream(*key))


def weight_value(position, shape, dtype, trainable):
    """The value a case gives to the weight at `position`, whatever its initializer.

    Weights that no gradient moves hold variances and counts, so theirs are positive.
    """
    generator = stream("weight", position, tuple(shape))
    if not np.issubdtype(np.dtype(dtype), np.floating):
        return np.zeros(shape, dtype)
    value = 0.5 * generator.standard_normal(shape) if trainable else generator.uniform(0.5, 1.5, shape)
    return np.asarray(value, dtype)


def direction(position, shape):
    """The direction along which an output is projected, to have one number to differentiate."""
    return stream("direction", position, tuple(shape)).standard_normal(shape).astype("float32")
