"""Muon."""

import math
import re

from nbkeras import ops
from nbkeras.optimizers.base import Optimizer

__all__ = ["Muon"]


class Muon(Optimizer):
    """Makes the momentum of each matrix orthogonal before it moves by it (Jordan, 2024).

    https://kellerjordan.github.io/posts/muon; the scale of the move is that of Liu et al. (2025), arXiv:2502.16982.
    Weights that are no matrices, embeddings, and those of `exclude_layers` are moved by Adam.

    Args:
        learning_rate: a number, a schedule, or a function without arguments.
        adam_beta_1, adam_beta_2, epsilon: of Adam.
        adam_weight_decay: as `weight_decay`, for the weights that Adam moves.
        exclude_layers: patterns; a weight with one of them in its path is moved by Adam.
        exclude_embeddings: whether a weight with "embedding" in its path is, too.
        muon_a, muon_b, muon_c: the coefficients of the iteration's polynomial.
        adam_lr_ratio: Adam's learning rate as a multiple of `learning_rate`.
        momentum: how much of the momentum stays in each step.
        ns_steps: the number of Newton–Schulz iterations.
        nesterov: whether the gradient is taken as if the momentum had been applied already.
        rms_rate: the size of a move, as a root mean square per unit of learning rate; `None`: not scaled.
        **base: as in `Optimizer`; `weight_decay` is 0.004 unless given.

    Example:
        >>> optimizer = nbkeras.optimizers.Muon(learning_rate=0.01, exclude_layers=["head"])
    """

    elementwise = False

    def __init__(
        self,
        learning_rate=0.001,
        adam_beta_1=0.9,
        adam_beta_2=0.999,
        adam_weight_decay=0.004,
        epsilon=1e-7,
        weight_decay=0.004,
        clipnorm=None,
        clipvalue=None,
        global_clipnorm=None,
        use_ema=False,
        ema_momentum=0.99,
        ema_overwrite_frequency=None,
        loss_scale_factor=None,
        gradient_accumulation_steps=None,
        name=None,
        exclude_layers=None,
        exclude_embeddings=True,
        muon_a=3.4445,
        muon_b=-4.775,
        muon_c=2.0315,
        adam_lr_ratio=1,
        momentum=0.95,
        ns_steps=5,
        nesterov=True,
        rms_rate=0.2,
        **kwargs,
    ):
        super().__init__(
            learning_rate, weight_decay, clipnorm, clipvalue, global_clipnorm, use_ema, ema_momentum,
            ema_overwrite_frequency, loss_scale_factor, gradient_accumulation_steps, name, **kwargs,
        )  # fmt: skip
        self.adam_beta_1 = adam_beta_1
        self.adam_beta_2 = adam_beta_2
        self.adam_weight_decay = adam_weight_decay
        self.epsilon = epsilon
        self.exclude_layers = list(exclude_layers or [])
        self.exclude_embeddings = exclude_embeddings
        self.muon_a, self.muon_b, self.muon_c = muon_a, muon_b, muon_c
        self.adam_lr_ratio = adam_lr_ratio
        self.momentum = momentum
        self.ns_steps = ns_steps
        self.nesterov = nesterov
        self.rms_rate = rms_rate

    def uses_adam(self, variable):
        """Whether Adam moves `variable`."""
        if len(variable.shape) != 2 or (self.exclude_embeddings and "embedding" in variable.path.lower()):
            return True
        return any(re.search(pattern, variable.path) for pattern in self.exclude_layers)

    def decay_of(self, variable):
        decay = self.adam_weight_decay if self.uses_adam(variable) else self.weight_decay
        return decay if self.decays(variable) else None

    def make_slots(self, variables):
        self._slots = {"momentum": [], "velocity": []}
        for variable in variables:
            self._slots["momentum"].append(self.add_variable_from_reference(variable, "momentum"))
            velocity = self.add_variable_from_reference(variable, "velocity") if self.uses_adam(variable) else None
            self._slots["velocity"].append(velocity)

    def update(self, step, learning_rate, weight, grad, momentum, velocity):
        if velocity is not None:
            return self._by_adam(step, learning_rate * self.adam_lr_ratio, weight, grad, momentum, velocity)
        momentum = self.momentum * momentum + grad
        ahead = grad + self.momentum * momentum if self.nesterov else momentum
        move = learning_rate * self.zeropower_via_newtonschulz5(ahead, self.ns_steps)
        return weight - self.lr_adjust(move), momentum, None

    def _by_adam(self, step, rate, weight, grad, momentum, velocity):
        rate = rate * ops.sqrt(1 - self.adam_beta_2**step) / (1 - self.adam_beta_1**step)
        momentum = momentum + (grad - momentum) * (1 - self.adam_beta_1)
        velocity = velocity + (grad * grad - velocity) * (1 - self.adam_beta_2)
        return weight - momentum * rate / (ops.sqrt(velocity) + self.epsilon), momentum, velocity

    def transpose_last_axis(self, X):
        """`X` with its last two axes exchanged."""
        return ops.swapaxes(X, -1, -2)

    def lr_adjust(self, x):
        """The move `x` of a matrix, scaled to have about the size of Adam's."""
        return x if self.rms_rate is None else x * (math.sqrt(max(x.shape[0], x.shape[1])) * self.rms_rate)

    def zeropower_via_newtonschulz5(self, x, steps):
        """About `U V^T`, where `x = U S V^T`: a quintic iteration that pulls all singular values towards 1.

        Raises:
            ValueError: if `x` has less than two axes.
        """
        if len(x.shape) < 2:
            raise ValueError(f"Muon makes matrices orthogonal, got an array of shape {tuple(x.shape)}")
        tall = x.shape[-2] > x.shape[-1]
        x = self.transpose_last_axis(x) if tall else x
        x = x / (ops.sqrt(ops.sum(x * x, axis=(-2, -1), keepdims=True)) + 1e-7)
        for _ in range(steps):
            gram = ops.matmul(x, self.transpose_last_axis(x))
            x = self.muon_a * x + ops.matmul(self.muon_b * gram + ops.matmul(self.muon_c * gram, gram), x)
        return self.transpose_last_axis(x) if tall else x
