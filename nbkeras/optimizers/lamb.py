"""Lamb."""

from nbkeras import ops
from nbkeras.optimizers.base import Optimizer, takes_base_arguments

__all__ = ["Lamb"]


class Lamb(Optimizer):
    """Adam whose step on each weight is as long as a share of that weight (You et al., 2020, arXiv:1904.00962).

    It keeps training stable with very large batches.

    Args:
        learning_rate: a number, a schedule, or a function without arguments.
        beta_1: how much of the mean stays in each step.
        beta_2: how much of the mean square stays in each step.
        epsilon: added to the root.
        **base: as in `Optimizer`.

    Example:
        >>> optimizer = nbkeras.optimizers.Lamb(learning_rate=0.01, weight_decay=0.01)
    """

    slots = (("momentum", "velocity"),)
    elementwise = False

    @takes_base_arguments
    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, **base):
        super().__init__(learning_rate, **base)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def update(self, step, learning_rate, weight, grad, momentum, velocity):
        momentum = momentum + (grad - momentum) * (1 - self.beta_1)
        velocity = velocity + (grad * grad - velocity) * (1 - self.beta_2)
        move = momentum / (1 - self.beta_1**step)
        move = move / (ops.sqrt(velocity / (1 - self.beta_2**step)) + self.epsilon)
        own, moved = ops.sqrt(ops.sum(weight * weight)), ops.sqrt(ops.sum(move * move))
        both = ops.logical_and(own > 0, moved > 0)
        ratio = ops.where(both, own / ops.where(both, moved, 1.0), 1.0)
        return weight - ratio * learning_rate * move, momentum, velocity
