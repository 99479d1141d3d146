"""Adam and AdamW."""

from nbkeras import ops
from nbkeras.optimizers.base import Optimizer, takes_base_arguments

__all__ = ["Adam", "AdamW"]


class Adam(Optimizer):
    """Moves along a moving mean of the gradient, divided by the root of one of its square (Kingma & Ba, 2015).

    https://arxiv.org/abs/1412.6980; `amsgrad`: Reddi et al. (2018), https://openreview.net/forum?id=ryQu7f-RZ.

    Args:
        learning_rate: a number, a schedule, or a function without arguments.
        beta_1: how much of the mean stays in each step.
        beta_2: how much of the mean square stays in each step.
        epsilon: added to the root (the paper's "epsilon hat").
        amsgrad: whether to divide by the largest root so far.
        **base: as in `Optimizer`.

    Example:
        >>> model.compile(optimizer=nbkeras.optimizers.Adam(learning_rate=0.01), loss="mse")
    """

    @takes_base_arguments
    def __init__(self, learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7, amsgrad=False, **base):
        super().__init__(learning_rate, **base)
        self.beta_1 = beta_1
        self.beta_2 = beta_2
        self.epsilon = epsilon
        self.amsgrad = amsgrad
        self.slots = (("momentum", "velocity"), *(["velocity_hat"] if amsgrad else []))

    def update(self, step, learning_rate, weight, grad, momentum, velocity, *peak):
        rate = learning_rate * (1 - self.beta_2**step) ** 0.5 / (1 - self.beta_1**step)
        momentum = momentum + (grad - momentum) * (1 - self.beta_1)
        velocity = velocity + (grad * grad - velocity) * (1 - self.beta_2)
        peak = [ops.maximum(largest, velocity) for largest in peak]
        root = (peak[0] if peak else velocity) ** 0.5
        return weight - momentum * rate / (root + self.epsilon), momentum, velocity, *peak


class AdamW(Adam):
    """Adam with weight decay that is no part of the gradient (Loshchilov & Hutter, 2019, arXiv:1711.05101).

    Args:
        learning_rate: a number, a schedule, or a function without arguments.
        weight_decay: each step first shrinks the weights by `learning_rate * weight_decay` of themselves.
        beta_1, beta_2, epsilon, amsgrad: as in `Adam`.
        **base: as in `Optimizer`.
    """

    @takes_base_arguments
    def __init__(
        self,
        learning_rate=0.001,
        weight_decay=0.004,
        beta_1=0.9,
        beta_2=0.999,
        epsilon=1e-7,
        amsgrad=False,
        **base,
    ):
        if weight_decay is None:
            raise ValueError("AdamW expects weight_decay to be a number, got None; use Adam without decay")
        super().__init__(learning_rate, beta_1, beta_2, epsilon, amsgrad, weight_decay=weight_decay, **base)
