"""Constraints: functions that map a weight, after each update, to a permitted one."""

from nbkeras import config, ops
from nbkeras.serialization import (
    Configurable,
    custom_object_scope,
    resolve,
    serialize_keras_object,
    table_of,
)

__all__ = [
    "Constraint",
    "MaxNorm",
    "MinMaxNorm",
    "NonNeg",
    "UnitNorm",
    "deserialize",
    "get",
    "max_norm",
    "min_max_norm",
    "non_neg",
    "serialize",
    "unit_norm",
]


class Constraint(Configurable):
    """A projection: subclass it and write `__call__(self, w)`, which returns a weight of the same shape.

    Example:
        >>> class Centered(Constraint):
        ...     def __call__(self, w):
        ...         return w - ops.mean(w)
        >>> layer = nbkeras.layers.Dense(2, kernel_constraint=Centered())
    """

    def __call__(self, w):
        """The weight that takes the place of `w`."""
        return w


class MaxNorm(Constraint):
    """Shrinks vectors whose norm exceeds `max_value`.

    Args:
        max_value: the largest norm.
        axis: the axis, or axes, that vectors lie along: 0 for the kernel of `Dense` (all weights into a unit),
            `[0, 1, 2]` for that of `Conv2D`.
    """

    def __init__(self, max_value=2, axis=0):
        self.max_value = max_value
        self.axis = axis

    def __call__(self, w):
        norms = _norms(w, self.axis)
        return w * (ops.clip(norms, 0, self.max_value) / (config.epsilon() + norms))


class MinMaxNorm(Constraint):
    """Moves the norms of vectors towards the range `[min_value, max_value]`.

    Args:
        min_value, max_value: the range.
        rate: how far to go in one step; 1 goes all the way.
        axis: the axis, or axes, that vectors lie along, as in `MaxNorm`.
    """

    def __init__(self, min_value=0.0, max_value=1.0, rate=1.0, axis=0):
        self.min_value = min_value
        self.max_value = max_value
        self.rate = rate
        self.axis = axis

    def __call__(self, w):
        norms = _norms(w, self.axis)
        wanted = self.rate * ops.clip(norms, self.min_value, self.max_value) + (1 - self.rate) * norms
        return w * (wanted / (config.epsilon() + norms))


class NonNeg(Constraint):
    """Replaces negative numbers by 0."""

    def __call__(self, w):
        return ops.maximum(w, 0)


class UnitNorm(Constraint):
    """Gives vectors the norm 1.

    Args:
        axis: the axis, or axes, that vectors lie along, as in `MaxNorm`.
    """

    def __init__(self, axis=0):
        self.axis = axis

    def __call__(self, w):
        return w / (config.epsilon() + _norms(w, self.axis))


def _norms(w, axis):
    axis = tuple(axis) if isinstance(axis, list) else axis
    return ops.sqrt(ops.sum(ops.square(w), axis=axis, keepdims=True))


max_norm, min_max_norm, non_neg, unit_norm = MaxNorm, MinMaxNorm, NonNeg, UnitNorm

TABLE = table_of(Constraint, MaxNorm, MinMaxNorm, NonNeg, UnitNorm)


def get(identifier):
    """The constraint that a name, a configuration, a class or a callable stands for; `None` for `None`."""
    return None if identifier is None else resolve("constraint", identifier, TABLE)


def serialize(constraint):
    """The configuration of a constraint, with its class."""
    return serialize_keras_object(constraint)


def deserialize(config, custom_objects=None):
    """The constraint that `serialize` wrote."""
    with custom_object_scope(custom_objects):
        return get(config)
