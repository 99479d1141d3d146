"""Adamax."""

from nbkeras import ops
from nbkeras.optimizers.base import Optimizer, takes_base_arguments

__all__ = ["Adamax"]


class Adamax(Optimizer):
    """Adam with the largest magnitude in the place of the root mean square (Kingma & Ba, 2015, section 7.1).

    https://arxiv.org/abs/1412.6980

    Args:
        learning_rate: a number, a schedule, or a function without arguments.
        beta_1: how much of the mean stays in each step.
        beta_2: how much of the largest magnitude stays in each step.
        epsilon: added to the largest magnitude.
        **base: as in `Optimizer`.
    """

    slots = (("momentum", "norm"),)

    @takes_base_arguments
    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, **base):
        super().__init__(learning_rate, **base)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def update(self, step, learning_rate, weight, grad, momentum, norm):
        momentum = momentum + (grad - momentum) * (1 - self.beta_1)
        norm = ops.maximum(self.beta_2 * norm, ops.absolute(grad))
        return weight - learning_rate * momentum / ((1 - self.beta_1**step) * (norm + self.epsilon)), momentum, norm
