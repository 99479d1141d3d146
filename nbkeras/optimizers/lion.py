"""Lion."""

from nbkeras import ops
from nbkeras.optimizers.base import Optimizer, takes_base_arguments

__all__ = ["Lion"]


class Lion(Optimizer):
    """Moves by the sign of an interpolated momentum (Chen et al., 2023, arXiv:2302.06675).

    All moves are of one size, so the learning rate is usually 3 to 10 times smaller than Adam's, and the weight decay
    larger by as much.

    Args:
        learning_rate: a number, a schedule, or a function without arguments.
        beta_1: the share of the momentum, against the gradient, in the direction of the move; in (0, 1].
        beta_2: how much of the momentum stays in each step.
        **base: as in `Optimizer`.
    """

    slots = ("momentum",)

    @takes_base_arguments
    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.99, **base):
        super().__init__(learning_rate, **base)
        if not 0 < beta_1 <= 1:
            raise ValueError(f"beta_1 must be in (0, 1], got {beta_1!r}")
        self.beta_1 = beta_1
        self.beta_2 = beta_2

    def update(self, step, learning_rate, weight, grad, momentum):
        direction = ops.sign(self.beta_1 * momentum + (1 - self.beta_1) * grad)
        return weight - learning_rate * direction, self.beta_2 * momentum + (1 - self.beta_2) * grad
