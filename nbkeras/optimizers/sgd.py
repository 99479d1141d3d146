"""Gradient descent."""

from nbkeras.optimizers.base import Optimizer, takes_base_arguments

__all__ = ["SGD"]


class SGD(Optimizer):
    """Gradient descent, with momentum if wanted: `v = momentum * v - learning_rate * g; w = w + v`.

    Args:
        learning_rate: a number, a schedule, or a function without arguments.
        momentum: how much of the last step is repeated, in [0, 1].
        nesterov: whether the gradient is taken as if the momentum had been applied already.
        **base: as in `Optimizer`.
    """

    @takes_base_arguments
    def __init__(self, learning_rate=0.01, momentum=0.0, nesterov=False, **base):
        super().__init__(learning_rate, **base)
        if not 0 <= momentum <= 1:
            raise ValueError(f"momentum must be in [0, 1], got {momentum!r}")
        self.momentum = momentum
        self.nesterov = nesterov
        self.slots = ("momentum",) if momentum else ()

    def update(self, step, learning_rate, weight, grad, velocity=None):
        move = learning_rate * grad
        if velocity is None:
            return (weight - move,)
        velocity = velocity * self.momentum - move
        ahead = velocity * self.momentum - move if self.nesterov else velocity
        return weight + ahead, velocity
