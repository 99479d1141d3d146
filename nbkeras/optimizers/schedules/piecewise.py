"""A schedule in steps."""

from nbkeras import config, ops
from nbkeras.optimizers.schedules.schedule import LearningRateSchedule

__all__ = ["PiecewiseConstantDecay"]


class PiecewiseConstantDecay(LearningRateSchedule):
    """`values[0]` up to and including step `boundaries[0]`, then `values[1]` up to `boundaries[1]`, ….

    Args:
        boundaries: steps, rising.
        values: rates, one more than there are boundaries.
        name: for messages.
    """

    def __init__(self, boundaries, values, name="PiecewiseConstant"):
        if len(boundaries) != len(values) - 1:
            raise ValueError(
                f"PiecewiseConstantDecay expects one value more than boundaries, "
                f"got {len(boundaries)} boundaries and {len(values)} values"
            )
        self.boundaries = boundaries
        self.values = values
        self.name = name

    def __call__(self, step):
        rate = ops.cast(self.values[-1], config.floatx())
        for boundary, value in zip(reversed(self.boundaries), reversed(self.values[:-1])):
            rate = ops.where(step <= boundary, value, rate)
        return rate
