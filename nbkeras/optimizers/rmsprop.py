"""RMSprop."""

from nbkeras.optimizers.base import Optimizer, takes_base_arguments

__all__ = ["RMSprop"]


class RMSprop(Optimizer):
    """Divides the gradient by a moving root mean square of it (Tieleman & Hinton, 2012).

    Args:
        learning_rate: a number, a schedule, or a function without arguments.
        rho: how much of the mean square stays in each step.
        momentum: how much of the last step is repeated.
        epsilon: added to the mean square before its root is taken.
        centered: whether to divide by a moving standard deviation instead.
        **base: as in `Optimizer`.
    """

    @takes_base_arguments
    def __init__(self, learning_rate=0.001, rho=0.9, momentum=0.0, epsilon=1e-7, centered=False, **base):
        super().__init__(learning_rate, **base)
        self.rho = rho
        self.momentum = momentum
        self.epsilon = epsilon
        self.centered = centered
        self.slots = (
            "velocity",
            *(["momentum"] if momentum > 0 else []),
            *(["average_gradient"] if centered else []),
        )

    def update(self, step, learning_rate, weight, grad, velocity, *others):
        others = list(others)
        velocity = self.rho * velocity + (1 - self.rho) * (grad * grad)
        variance = velocity
        if self.centered:
            others[-1] = mean = self.rho * others[-1] + (1 - self.rho) * grad
            variance = velocity - mean * mean
        move = learning_rate * grad / (variance + self.epsilon) ** 0.5
        if self.momentum > 0:
            others[0] = move = self.momentum * others[0] + move
        return weight - move, velocity, *others
