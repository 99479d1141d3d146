"""The base of learning rate schedules."""

from nbkeras import config, ops
from nbkeras.serialization import Configurable

__all__ = ["LearningRateSchedule"]


class LearningRateSchedule(Configurable):
    """A learning rate that depends on the step: subclass it and write `__call__(self, step)`.

    An optimizer takes it in the place of a number.

    Example:
        >>> class Halving(LearningRateSchedule):
        ...     def __call__(self, step):
        ...         return 0.1 * 0.5 ** (step // 1000)
        >>> optimizer = nbkeras.optimizers.SGD(Halving())
    """

    keras_module = "keras.optimizers.schedules"

    def __call__(self, step):
        """The learning rate at `step`, counted from 0."""
        raise NotImplementedError(f"{type(self).__name__} has no __call__(self, step); write it")


def as_float(step):
    """`step` in the default float type, in which schedules compute."""
    return ops.cast(step, config.floatx())


def checked_steps(name, value):
    """`value`, which must be a positive number of steps."""
    if value <= 0:
        raise ValueError(f"{name} must be positive, got {value}")
    return value
