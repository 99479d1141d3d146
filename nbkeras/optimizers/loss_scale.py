"""LossScaleOptimizer."""

from nbkeras import initializers, ops
from nbkeras.backends import backend
from nbkeras.optimizers.base import Optimizer
from nbkeras.serialization import serialize_keras_object

__all__ = ["LossScaleOptimizer"]

# What Keras once wrote in configurations without using it: to be set on the inner optimizer.
_OF_THE_INNER = {
    "weight_decay": None, "clipnorm": None, "global_clipnorm": None, "clipvalue": None, "use_ema": False,
    "ema_momentum": 0.99, "ema_overwrite_frequency": None, "loss_scale_factor": None,
    "gradient_accumulation_steps": None,
}  # fmt: skip


class LossScaleOptimizer(Optimizer):
    """Multiplies the loss by a factor as large as possible, so that gradients in float16 do not vanish.

    A step whose gradients overflow is left out and halves the factor; `dynamic_growth_steps` steps without overflow
    double it (Micikevicius et al., 2018, arXiv:1710.03740). `compile` wraps the optimizer of a model with the policy
    `"mixed_float16"` in one of these.

    Args:
        inner_optimizer: what moves the weights; its own `loss_scale_factor` is taken away.
        initial_scale: the first factor.
        dynamic_growth_steps: steps between two doublings.
        name: default the class name in snake case, made unique.

    Raises:
        ValueError: for an option that belongs to the inner optimizer.

    Example:
        >>> optimizer = nbkeras.optimizers.LossScaleOptimizer(nbkeras.optimizers.Adam(), initial_scale=1024.0)
    """

    def __init__(self, inner_optimizer, initial_scale=2.0**15, dynamic_growth_steps=2000, name=None, **kwargs):
        _check_keywords(kwargs)
        self.inner_optimizer = inner_optimizer
        super().__init__(learning_rate=0.0, name=name)
        self.initial_scale = initial_scale
        self.dynamic_growth_steps = dynamic_growth_steps
        inner_optimizer.loss_scale_factor = None

    def build(self, variables):
        if self.built:
            return
        self.step_counter = self.add_variable((), dtype="int", name="step_counter")
        start = initializers.Constant(self.initial_scale)
        self.dynamic_scale = self.add_variable((), start, "float32", name="dynamic_scale")
        super().build(variables)
        self.inner_optimizer.build(variables)

    @property
    def variables(self):
        """The counter and the factor, then the inner optimizer's state."""
        return self._variables + self.inner_optimizer.variables

    @property
    def iterations(self):
        """The steps that the inner optimizer has taken."""
        return self.inner_optimizer.iterations

    @property
    def learning_rate(self):
        """The inner optimizer's; it can be set."""
        return self.inner_optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, value):
        self.inner_optimizer.learning_rate = value

    def exclude_from_weight_decay(self, var_list=None, var_names=None):
        self.inner_optimizer.exclude_from_weight_decay(var_list, var_names)

    def scale_loss(self, loss):
        """The loss times the factor, whose gradients `apply` expects."""
        return loss * (self.dynamic_scale if self.built else self.initial_scale)

    def check_finite(self, grads):
        """Whether all numbers in all gradients are finite, as a boolean array without axes."""
        finite = [ops.all(ops.isfinite(grad)) for grad in grads if grad is not None]
        return ops.all(ops.stack(finite))

    def _advance(self, state, grads, weights):
        place = {id(variable): i for i, variable in enumerate(self._variables)}
        counting, scaling = place[id(self.step_counter)], place[id(self.dynamic_scale)]
        own, inner = list(state[: len(place)]), list(state[len(place) :])
        count, scale = own[counting], own[scaling]
        grads = [None if grad is None else backend().array(grad) / scale for grad in grads]

        def step():
            new_weights, new_inner = self.inner_optimizer._advance(inner, grads, weights)
            due = count == self.dynamic_growth_steps - 1
            new_count = ops.cast(ops.where(due, 0, count + 1), "int32")
            return list(new_weights), list(new_inner), new_count, ops.where(due, scale * 2, scale)

        def skip():
            return list(weights), inner, 0 * count, scale * 0.5

        weights, inner, own[counting], own[scaling] = ops.cond(self.check_finite(grads), step, skip)
        return weights, [*own, *inner]

    def finalize_variable_values(self, var_list):
        self.inner_optimizer.finalize_variable_values(var_list)

    def get_config(self):
        return {
            "name": self.name,
            "inner_optimizer": serialize_keras_object(self.inner_optimizer),
            "initial_scale": self.initial_scale,
            "dynamic_growth_steps": self.dynamic_growth_steps,
        }


def _check_keywords(keywords):
    if not keywords.pop("dynamic", True):
        raise ValueError("LossScaleOptimizer is always dynamic; for a fixed factor give an optimizer loss_scale_factor")
    for name, value in keywords.items():
        if name not in _OF_THE_INNER:
            raise ValueError(f"LossScaleOptimizer has no argument {name!r}")
        if value != _OF_THE_INNER[name]:
            raise ValueError(f"LossScaleOptimizer does not take {name}, got {value!r}; give it to the inner optimizer")
