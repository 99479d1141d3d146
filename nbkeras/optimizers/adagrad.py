"""Adagrad and Adadelta."""

from nbkeras.optimizers.base import Optimizer, takes_base_arguments

__all__ = ["Adadelta", "Adagrad"]


class Adagrad(Optimizer):
    """Divides the gradient by the root of the sum of all its squares so far (Duchi et al., 2011).

    http://www.jmlr.org/papers/volume12/duchi11a/duchi11a.pdf

    Args:
        learning_rate: a number, a schedule, or a function without arguments.
        initial_accumulator_value: what the sum begins with, not negative.
        epsilon: added to the sum before its root is taken.
        **base: as in `Optimizer`.
    """

    slots = ("accumulator",)

    @takes_base_arguments
    def __init__(self, learning_rate=0.001, initial_accumulator_value=0.1, epsilon=1e-7, **base):
        super().__init__(learning_rate, **base)
        self.initial_accumulator_value = initial_accumulator_value
        self.epsilon = epsilon
        self.initial = {"accumulator": initial_accumulator_value}

    def update(self, step, learning_rate, weight, grad, accumulator):
        accumulator = accumulator + grad * grad
        return weight - learning_rate * grad / (accumulator + self.epsilon) ** 0.5, accumulator


class Adadelta(Optimizer):
    """Scales the gradient by the ratio of the sizes of past moves and past gradients (Zeiler, 2012, arXiv:1212.5701).

    The paper's method has a learning rate of 1.

    Args:
        learning_rate: a number, a schedule, or a function without arguments.
        rho: how much of the mean squares stays in each step.
        epsilon: added to the mean squares before their roots are taken.
        **base: as in `Optimizer`.
    """

    slots = (("accumulated_grad", "accumulated_delta_var"),)

    @takes_base_arguments
    def __init__(self, learning_rate=0.001, rho=0.95, epsilon=1e-7, **base):
        super().__init__(learning_rate, **base)
        self.rho = rho
        self.epsilon = epsilon

    def update(self, step, learning_rate, weight, grad, squares, moves):
        squares = self.rho * squares + (1 - self.rho) * (grad * grad)
        move = (moves + self.epsilon) ** 0.5 * grad / (squares + self.epsilon) ** 0.5
        moves = self.rho * moves + (1 - self.rho) * (move * move)
        return weight - learning_rate * move, squares, moves
