"""Adafactor."""

from nbkeras import ops
from nbkeras.optimizers.base import Optimizer, takes_base_arguments

__all__ = ["Adafactor"]


class Adafactor(Optimizer):
    """Keeps of a matrix's mean squares only those of rows and columns (Shazeer & Stern, 2018, arXiv:1804.04235).

    The step is a share of the weight's own size, so it suits models whose weights are of many sizes.

    Args:
        learning_rate: a number, a schedule, or a function without arguments; never above `1 / sqrt(step)`.
        beta_2_decay: the power of the step by which the share of the newest squares shrinks, negative.
        epsilon_1: added to the squares.
        epsilon_2: the least size a weight counts as.
        clip_threshold: the largest root mean square of a move, before the learning rate.
        relative_step: accepted as in Keras, where the rate is bounded by `1 / sqrt(step)` in any case.
        **base: as in `Optimizer`.

    Example:
        >>> optimizer = nbkeras.optimizers.Adafactor(learning_rate=0.01)
    """

    elementwise = False

    @takes_base_arguments
    def __init__(
        self,
        learning_rate=0.001,
        beta_2_decay=-0.8,
        epsilon_1=1e-30,
        epsilon_2=1e-3,
        clip_threshold=1.0,
        relative_step=True,
        **base,
    ):
        super().__init__(learning_rate, **base)
        self.beta_2_decay = beta_2_decay
        self.epsilon_1 = epsilon_1
        self.epsilon_2 = epsilon_2
        self.clip_threshold = clip_threshold
        self.relative_step = relative_step

    def make_slots(self, variables):
        self._slots = {"row": [], "column": [], "velocity": []}
        for variable in variables:
            rows, columns = _factors(variable.shape)
            row = self.add_variable(rows, dtype=variable.dtype, name=f"{variable.name}_row")
            column = self.add_variable(columns, dtype=variable.dtype, name=f"{variable.name}_column")
            velocity = self.add_variable_from_reference(variable, "velocity")
            for name, slot in (("row", row), ("column", column), ("velocity", velocity)):
                self._slots[name].append(slot)

    def update(self, step, learning_rate, weight, grad, row, column, velocity):
        rate = ops.minimum(learning_rate, 1 / ops.sqrt(step)) * ops.maximum(self.epsilon_2, _size(weight))
        kept = 1 - ops.power(step, self.beta_2_decay)
        squares = grad * grad + self.epsilon_1
        if len(weight.shape) < 2:
            velocity = kept * velocity + (1 - kept) * squares
        else:
            row = kept * row + (1 - kept) * ops.mean(squares, axis=-1)
            column = kept * column + (1 - kept) * ops.mean(squares, axis=-2)
            share = row / ops.mean(row, axis=-1, keepdims=True)
            velocity = ops.expand_dims(share, -1) * ops.expand_dims(column, -2)
        move = grad / ops.sqrt(velocity)
        move = move / ops.maximum(1.0, _size(move) / self.clip_threshold)
        return weight - rate * move, row, column, velocity


def _factors(shape):
    """The shapes of what is kept for rows and for columns; without either, a number that nobody reads, as in Keras."""
    return ((*shape[:-1],), (*shape[:-2], shape[-1])) if len(shape) > 1 else ((), ())


def _size(x):
    """The root mean square."""
    return ops.sqrt(ops.mean(x * x))
