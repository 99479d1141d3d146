"""The state of a model before its first training, to which `%fit --fresh` returns."""

from typing import Any

from nbkeras import random
from nbkeras.models import Model

__all__ = ["Start"]


class Start:
    """Copies of a model's variables, and of its optimizers' as they are before they are used."""

    def __init__(self, model: Model):
        self.values = _copies([*model.variables, random.global_generator().state])
        self.shuffling = random.host_generator().bit_generator.state
        self.optimizers: dict[int, tuple[Any, list[Any]]] = {}

    def note_optimizer(self, model: Model) -> None:
        """Copies the state of the model's optimizer if it is a new one."""
        optimizer = model.optimizer
        if optimizer is not None and id(optimizer) not in self.optimizers:
            optimizer.build(model.trainable_variables)
            self.optimizers[id(optimizer)] = optimizer, _copies(optimizer.variables)

    def restore(self, model: Model) -> None:
        """Brings the model, its optimizer and the library's random state back."""
        _, state = self.optimizers.get(id(model.optimizer), (None, []))
        for variable, value in [*self.values, *state]:
            variable.assign(value)
        random.host_generator().bit_generator.state = self.shuffling


def _copies(variables):
    return [(variable, variable.numpy()) for variable in variables]
