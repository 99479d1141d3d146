"""Regularizers: functions of a weight or an output whose value is added to the loss."""

import math

from nbkeras import ops
from nbkeras.serialization import (
    Configurable,
    custom_object_scope,
    resolve,
    serialize_keras_object,
    table_of,
)

__all__ = [
    "L1",
    "L1L2",
    "L2",
    "OrthogonalRegularizer",
    "Regularizer",
    "deserialize",
    "get",
    "l1",
    "l1_l2",
    "l2",
    "orthogonal_regularizer",
    "serialize",
]


class Regularizer(Configurable):
    """A penalty: subclass it and write `__call__(self, x)`, which returns a scalar.

    Example:
        >>> class Sum(Regularizer):
        ...     def __call__(self, x):
        ...         return 0.1 * ops.sum(x)
        >>> layer = nbkeras.layers.Dense(2, kernel_regularizer=Sum())
    """

    def __call__(self, x):
        """The penalty for `x`."""
        return 0.0


class L1L2(Regularizer):
    """`l1 * sum(|x|) + l2 * sum(x**2)`.

    Args:
        l1, l2: factors, not negative.
    """

    def __init__(self, l1=0.0, l2=0.0):
        self.l1 = _factor("l1", 0.0 if l1 is None else l1)
        self.l2 = _factor("l2", 0.0 if l2 is None else l2)

    def __call__(self, x):
        penalty = ops.cast(0.0, x.dtype)
        if self.l1:
            penalty = penalty + self.l1 * ops.sum(ops.absolute(x))
        if self.l2:
            penalty = penalty + self.l2 * ops.sum(ops.square(x))
        return penalty


class L1(Regularizer):
    """`l1 * sum(|x|)`.

    Args:
        l1: a factor, not negative.
    """

    def __init__(self, l1=0.01):
        self.l1 = _factor("l1", 0.01 if l1 is None else l1)

    def __call__(self, x):
        return self.l1 * ops.sum(ops.absolute(x))


class L2(Regularizer):
    """`l2 * sum(x**2)`.

    Args:
        l2: a factor, not negative.
    """

    def __init__(self, l2=0.01):
        self.l2 = _factor("l2", 0.01 if l2 is None else l2)

    def __call__(self, x):
        return self.l2 * ops.sum(ops.square(x))


class OrthogonalRegularizer(Regularizer):
    """The mean absolute cosine between different rows (or columns) of a matrix, times `factor`.

    Args:
        factor: a factor, not negative.
        mode: `"rows"` or `"columns"`: which are to become orthogonal.
    """

    def __init__(self, factor=0.01, mode="rows"):
        if mode not in ("rows", "columns"):
            raise ValueError(f"mode must be 'rows' or 'columns', got {mode!r}")
        self.factor = _factor("factor", factor)
        self.mode = mode

    def __call__(self, x):
        if len(x.shape) != 2:
            raise ValueError(f"OrthogonalRegularizer expects a matrix, got shape {tuple(x.shape)}")
        vectors = x if self.mode == "rows" else ops.transpose(x)
        vectors = ops.normalize(vectors, axis=-1)
        size = vectors.shape[0]
        cosines = ops.matmul(vectors, ops.transpose(vectors)) * (1.0 - ops.eye(size, dtype=x.dtype))
        pairs = size * (size - 1.0) / 2.0
        return self.factor * 0.5 * ops.sum(ops.absolute(cosines)) / pairs


def _factor(name, value):
    if not isinstance(value, (int, float)) or not math.isfinite(value) or value < 0:
        raise ValueError(f"{name} must be a number that is finite and not negative, got {value!r}")
    return float(value)


l1, l2, l1_l2, orthogonal_regularizer = L1, L2, L1L2, OrthogonalRegularizer

TABLE = table_of(Regularizer, L1, L2, L1L2, OrthogonalRegularizer, l1_l2=L1L2)


def get(identifier):
    """The regularizer that a name, a configuration, a class or a callable stands for; `None` for `None`."""
    return None if identifier is None else resolve("regularizer", identifier, TABLE)


def serialize(regularizer):
    """The configuration of a regularizer, with its class."""
    return serialize_keras_object(regularizer)


def deserialize(config, custom_objects=None):
    """The regularizer that `serialize` wrote."""
    with custom_object_scope(custom_objects):
        return get(config)
