"""Schedules that decay by a rate or along a polynomial."""

from nbkeras import ops
from nbkeras.optimizers.schedules.schedule import LearningRateSchedule, as_float, checked_steps

__all__ = ["ExponentialDecay", "InverseTimeDecay", "PolynomialDecay"]


class ExponentialDecay(LearningRateSchedule):
    """`initial_learning_rate * decay_rate ** (step / decay_steps)`.

    Args:
        initial_learning_rate: the rate at step 0.
        decay_steps: steps in which the rate is multiplied by `decay_rate` once.
        decay_rate: the factor.
        staircase: whether the exponent is rounded down, so that the rate falls in jumps.
        name: for messages.

    Example:
        >>> rate = ExponentialDecay(0.1, decay_steps=1000, decay_rate=0.5)
        >>> float(rate(2000))
        0.025
    """

    def __init__(self, initial_learning_rate, decay_steps, decay_rate, staircase=False, name="ExponentialDecay"):
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = checked_steps("decay_steps", decay_steps)
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def __call__(self, step):
        p = as_float(step) / self.decay_steps
        p = ops.floor(p) if self.staircase else p
        return self.initial_learning_rate * ops.power(self.decay_rate, p)  # `**` of a NumPy scalar has other last bits


class InverseTimeDecay(LearningRateSchedule):
    """`initial_learning_rate / (1 + decay_rate * step / decay_steps)`.

    Args:
        initial_learning_rate: the rate at step 0.
        decay_steps: the unit of time.
        decay_rate: how much is added to the divisor in that time.
        staircase: whether the time is rounded down, so that the rate falls in jumps.
        name: for messages.
    """

    def __init__(self, initial_learning_rate, decay_steps, decay_rate, staircase=False, name="InverseTimeDecay"):
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = checked_steps("decay_steps", decay_steps)
        self.decay_rate = decay_rate
        self.staircase = staircase
        self.name = name

    def __call__(self, step):
        p = as_float(step) / self.decay_steps
        return self.initial_learning_rate / (1 + self.decay_rate * (ops.floor(p) if self.staircase else p))


class PolynomialDecay(LearningRateSchedule):
    """From `initial_learning_rate` to `end_learning_rate` along `(1 - step / decay_steps) ** power`.

    Args:
        initial_learning_rate: the rate at step 0.
        decay_steps: steps to the end; afterwards the rate stays.
        end_learning_rate: the rate at the end.
        power: 1 is a straight line.
        cycle: whether to begin again, over twice as many steps, three times as many, … instead of staying.
        name: for messages.
    """

    def __init__(
        self,
        initial_learning_rate,
        decay_steps,
        end_learning_rate=0.0001,
        power=1.0,
        cycle=False,
        name="PolynomialDecay",
    ):
        self.initial_learning_rate = initial_learning_rate
        self.decay_steps = checked_steps("decay_steps", decay_steps)
        self.end_learning_rate = end_learning_rate
        self.power = power
        self.cycle = cycle
        self.name = name

    def __call__(self, step):
        step = as_float(step)
        if self.cycle:
            rounds = ops.maximum(ops.ceil(step / self.decay_steps), 1.0)
            p = step / (self.decay_steps * rounds)
        else:
            p = ops.minimum(step, float(self.decay_steps)) / self.decay_steps
        span = self.initial_learning_rate - self.end_learning_rate
        return span * ops.power(1 - p, self.power) + self.end_learning_rate
