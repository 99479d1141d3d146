"""Cells on top of each other, as one cell."""

from nbkeras import ops
from nbkeras.layers.building import build_inner
from nbkeras.layers.layer import Layer

__all__ = ["StackedRNNCells"]


class StackedRNNCells(Layer):
    """Cells of which each gets the output of the one before it: `RNN([LSTMCell(8), LSTMCell(4)])`.

    Args:
        cells: a list of them. Its state is the list of theirs.

    Raises:
        ValueError: for a cell without `call` or `state_size`.
    """

    def __init__(self, cells, **kwargs):
        super().__init__(**kwargs)
        self.cells = [checked_cell(self, cell) for cell in cells]

    @property
    def state_size(self):
        """The sizes of the states, cell by cell."""
        return [cell.state_size for cell in self.cells]

    @property
    def output_size(self):
        """The number of features that come out."""
        return output_size(self.cells[-1])

    def get_initial_state(self, batch_size=None):
        """Where the states begin, cell by cell."""
        return [initial_state(cell, batch_size, self.compute_dtype) for cell in self.cells]

    def build(self, input_shape):
        for cell in self.cells:
            if isinstance(cell, Layer):
                build_inner(cell, input_shape)
            input_shape = (input_shape[0], *as_shape(output_size(cell)))

    def call(self, inputs, states, training=False):
        new_states = []
        for cell, state in zip(self.cells, states):
            inputs, state = call_cell(cell, inputs, state, training)
            new_states.append(state)
        return inputs, new_states


def checked_cell(owner, cell):
    """`cell`, which must have what every cell has."""
    if not callable(getattr(cell, "call", None)):
        raise ValueError(f"{owner.title} expects cells with a call(inputs, states) method, got {cell!r}")
    if not hasattr(cell, "state_size"):
        raise ValueError(
            f"{owner.title} expects cells with a state_size (an integer, or a list of one for each state), got {cell!r}"
        )
    return cell


def call_cell(cell, inputs, states, training):
    """One step of any cell, a layer or not, which gets its states as a list, even of one."""
    states = as_list(states)
    if isinstance(cell, Layer):
        return cell(inputs, states, training=training)
    return cell.call(inputs, states)


def output_size(cell):
    """The size of a cell's output: as it says, or that of its first state."""
    size = getattr(cell, "output_size", None)
    if size is not None:
        return size
    sizes = cell.state_size
    return sizes[0] if isinstance(sizes, (list, tuple)) else sizes


def initial_state(cell, batch_size, dtype):
    """Where a cell's states begin: as it says, or zeros."""
    if hasattr(cell, "get_initial_state"):
        return cell.get_initial_state(batch_size=batch_size)
    sizes = cell.state_size
    many = isinstance(sizes, (list, tuple))
    states = [ops.zeros((batch_size, *as_shape(size)), dtype) for size in (sizes if many else [sizes])]
    return states if many else states[0]


def as_shape(size):
    """A size, which may be an integer, as the axes after the batch."""
    return (size,) if isinstance(size, int) else tuple(size)


def as_list(states):
    """One state or several, as a list."""
    return list(states) if isinstance(states, (list, tuple)) else [states]
