"""Learning rates that change with the step; an optimizer takes one in the place of a number."""

from nbkeras.optimizers.schedules.cosine import CosineDecay, CosineDecayRestarts
from nbkeras.optimizers.schedules.decay import ExponentialDecay, InverseTimeDecay, PolynomialDecay
from nbkeras.optimizers.schedules.piecewise import PiecewiseConstantDecay
from nbkeras.optimizers.schedules.schedule import LearningRateSchedule
from nbkeras.serialization import deserialize_keras_object, serialize_keras_object

__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
    "deserialize",
    "serialize",
]


def serialize(learning_rate_schedule):
    """The configuration of a schedule, with its class."""
    return serialize_keras_object(learning_rate_schedule)


def deserialize(config, custom_objects=None):
    """The schedule that `serialize` wrote."""
    return deserialize_keras_object(config, custom_objects=custom_objects)
