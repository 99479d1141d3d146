"""Ftrl."""

from nbkeras import ops
from nbkeras.optimizers.base import Optimizer, takes_base_arguments

__all__ = ["Ftrl"]


class Ftrl(Optimizer):
    """Follow the regularized leader, which sets weights to exactly 0 with an L1 term (McMahan et al., 2013).

    https://research.google.com/pubs/archive/41159.pdf; made for wide and sparse linear models.

    Args:
        learning_rate: a number, a schedule, or a function without arguments.
        learning_rate_power: how the rate falls with the sum of squares, at most 0; 0 keeps it.
        initial_accumulator_value: what that sum begins with, not negative.
        l1_regularization_strength, l2_regularization_strength: of the terms that the leader minimises, not negative.
        l2_shrinkage_regularization_strength: of a penalty on the magnitude that is added to the gradient alone.
        beta: the paper's smoothing of the rate.
        **base: as in `Optimizer`.

    Example:
        >>> optimizer = nbkeras.optimizers.Ftrl(0.1, l1_regularization_strength=0.01)
    """

    slots = (("accumulator", "linear"),)

    @takes_base_arguments
    def __init__(
        self,
        learning_rate=0.001,
        learning_rate_power=-0.5,
        initial_accumulator_value=0.1,
        l1_regularization_strength=0.0,
        l2_regularization_strength=0.0,
        l2_shrinkage_regularization_strength=0.0,
        beta=0.0,
        **base,
    ):
        super().__init__(learning_rate, **base)
        if learning_rate_power > 0:
            raise ValueError(f"Ftrl expects learning_rate_power to be at most 0, got {learning_rate_power!r}")
        self.learning_rate_power = learning_rate_power
        self.initial_accumulator_value = _not_negative("initial_accumulator_value", initial_accumulator_value)
        self.l1_regularization_strength = _not_negative("l1_regularization_strength", l1_regularization_strength)
        self.l2_regularization_strength = _not_negative("l2_regularization_strength", l2_regularization_strength)
        self.l2_shrinkage_regularization_strength = _not_negative(
            "l2_shrinkage_regularization_strength", l2_shrinkage_regularization_strength
        )
        self.beta = beta
        self.initial = {"accumulator": initial_accumulator_value}

    def update(self, step, learning_rate, weight, grad, accumulator, linear):
        power, limit = -self.learning_rate_power, self.l1_regularization_strength
        l2 = self.l2_regularization_strength + self.beta / (2.0 * learning_rate)
        new = accumulator + grad * grad
        scale = ops.power(new, power)
        shrunk = grad + 2 * self.l2_shrinkage_regularization_strength * weight
        linear = linear + shrunk - (scale - ops.power(accumulator, power)) / learning_rate * weight
        return (ops.clip(linear, -limit, limit) - linear) / (scale / learning_rate + 2 * l2), new, linear


def _not_negative(name, value):
    if value < 0:
        raise ValueError(f"Ftrl expects {name} not to be negative, got {value!r}")
    return value
