"""Nadam."""

from nbkeras import ops
from nbkeras.optimizers.base import Optimizer, takes_base_arguments

__all__ = ["Nadam"]


class Nadam(Optimizer):
    """Adam with Nesterov's momentum (Dozat, 2015, http://cs229.stanford.edu/proj2015/054_report.pdf).

    Args:
        learning_rate: a number, a schedule, or a function without arguments.
        beta_1: how much of the mean stays in each step, in the long run.
        beta_2: how much of the mean square stays in each step.
        epsilon: added to the root.
        **base: as in `Optimizer`.
    """

    slots = (("momentum", "velocity"),)
    shared = {"u_product": 1.0}  # noqa: RUF012

    @takes_base_arguments
    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, **base):
        super().__init__(learning_rate, **base)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon

    def _momentum_at(self, step):
        return self.beta_1 * (1 - 0.5 * ops.power(0.96, step))  # `**` of a NumPy scalar has other last bits

    def advance_shared(self, step, u_product):
        return (u_product * self._momentum_at(step),)

    def update(self, step, learning_rate, weight, grad, momentum, velocity, u_product):
        beta_1, beta_2 = ops.cast(self.beta_1, step.dtype), ops.cast(self.beta_2, step.dtype)
        now, later = self._momentum_at(step), self._momentum_at(step + 1)
        momentum = momentum + (grad - momentum) * (1 - beta_1)
        velocity = velocity + (grad * grad - velocity) * (1 - beta_2)
        ahead = momentum * (later / (1 - u_product * later)) + grad * ((1 - now) / (1 - u_product))
        root = (velocity / (1 - beta_2**step)) ** 0.5
        return weight - ahead * learning_rate / (root + self.epsilon), momentum, velocity
