"""ScheduleFreeAdamW."""

from nbkeras import ops
from nbkeras.optimizers.base import Optimizer, takes_base_arguments

__all__ = ["ScheduleFreeAdamW"]


class ScheduleFreeAdamW(Optimizer):
    """AdamW that averages its iterates in the place of a learning rate schedule (Defazio et al., 2024).

    https://arxiv.org/abs/2405.15682. The weights are the point at which gradients are taken: an interpolation between
    the fast iterate, kept in `momentum`, and the mean of all of these.

    Args:
        learning_rate: a number, a schedule, or a function without arguments; commonly larger than Adam's.
        beta_1: the share of the mean, against the fast iterate, in the weights.
        beta_2: how much of the mean square stays in each step.
        epsilon: added to the root.
        warmup_steps: steps in which the rate grows from 0.
        **base: as in `Optimizer`.

    Example:
        >>> optimizer = nbkeras.optimizers.ScheduleFreeAdamW(0.0025, warmup_steps=100)
    """

    slots = (("momentum", "velocity"),)

    @takes_base_arguments
    def __init__(self, learning_rate=0.0025, beta_1=0.9, beta_2=0.999, epsilon=1e-8, warmup_steps=0, **base):
        super().__init__(learning_rate, **base)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.warmup_steps = warmup_steps

    def make_slots(self, variables):
        super().make_slots(variables)
        for iterate, variable in zip(self._slots["momentum"], variables):
            iterate.assign(variable)

    def update(self, step, learning_rate, weight, grad, iterate, velocity):
        rate = learning_rate
        if self.warmup_steps > 0:
            rate = rate * ops.minimum(step / self.warmup_steps, 1.0)
        velocity = velocity + (grad * grad - velocity) * (1 - self.beta_2)
        mean = (weight - (1 - self.beta_1) * iterate) / self.beta_1  # of the iterates before this one
        iterate = iterate - rate * grad / (ops.sqrt(velocity / (1 - self.beta_2**step)) + self.epsilon)
        mean = (1 - 1 / step) * mean + 1 / step * iterate
        return (1 - self.beta_1) * iterate + self.beta_1 * mean, iterate, velocity
