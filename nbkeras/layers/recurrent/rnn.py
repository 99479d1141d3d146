"""A layer that runs a cell over the steps of a sequence."""

from contextlib import contextmanager

from nbkeras import ops, tree
from nbkeras.layers.building import build_inner
from nbkeras.layers.layer import Layer
from nbkeras.layers.recurrent.stacked_cells import (
    StackedRNNCells,
    as_list,
    as_shape,
    call_cell,
    checked_cell,
    initial_state,
    output_size,
)
from nbkeras.ops.recurrent import recurrence
from nbkeras.variables import Variable

__all__ = ["RNN", "split_states"]


class RNN(Layer):
    """A cell over time: (batch, steps, …) → (batch, …), or (batch, steps, …) with `return_sequences`.

    Args:
        cell: an object with `call(inputs, states) -> (output, new_states)` and `state_size`, an integer or a list of
            one for each state; `states` is a list, even of one. It may have `output_size` (default: the first state's
            size) and `get_initial_state(batch_size)` (default: zeros). A list of cells stacks them.
        return_sequences: whether to return the outputs of all steps, instead of the last.
        return_state: whether to return the last states after the output.
        go_backwards: whether to begin with the last step; the outputs come in the order in which they are computed.
        stateful: whether each batch begins with the states that the one before it ended with, row by row. The batch
            size must then be known; `reset_state()` begins anew.
        unroll: accepted; it changes no result.
        zero_output_for_mask: whether a masked step outputs zeros, instead of what the step before it does (at the
            beginning, the initial state).

    Called as `layer(sequences, initial_state=None, mask=None, training=False)`; also as `layer([sequences, *states])`.
    A masked step leaves the states as they are.

    Example:
        >>> class Sum(nbkeras.layers.Layer):
        ...     state_size = 2
        ...     def call(self, inputs, states):
        ...         total = states[0] + inputs
        ...         return total, [total]
        >>> RNN(Sum())(np.ones((1, 3, 2), "float32"))
        array([[3., 3.]], dtype=float32)
    """

    base_parameters: tuple[str, ...] = ("zero_output_for_mask",)
    _unwalked = Layer._unwalked | {"states"}  # they are no weights

    def __init__(
        self,
        cell,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        stateful=False,
        unroll=False,
        zero_output_for_mask=False,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.cell = StackedRNNCells(cell) if isinstance(cell, (list, tuple)) else checked_cell(self, cell)
        self.return_sequences = return_sequences
        self.return_state = return_state
        self.go_backwards = go_backwards
        self.stateful = stateful
        self.unroll = unroll
        self.zero_output_for_mask = zero_output_for_mask
        self.supports_masking = True
        self.states = None

    @property
    def state_size(self):
        """The sizes of the states, as the cell gives them."""
        return self.cell.state_size

    def get_initial_state(self, batch_size):
        """The states, as a list, that a sequence begins with if it is given none."""
        return as_list(initial_state(self.cell, batch_size, self.compute_dtype))

    def build(self, sequences_shape, initial_state_shape=None):
        if isinstance(self.cell, Layer):
            build_inner(self.cell, (sequences_shape[0], *sequences_shape[2:]))
        if self.stateful:
            self._make_states(sequences_shape)

    def _make_states(self, shape):
        if shape[0] is None:
            raise ValueError(
                f"{self.title} is stateful and expects a batch size that is known, got inputs of shape {shape}: "
                "write Input(…, batch_size=…)"
            )
        self.states = tree.map_structure(
            lambda value: Variable(ops.convert_to_numpy(value), trainable=False, name="rnn_state"),
            self.get_initial_state(shape[0]),
        )

    def _walk_variables(self, states):
        yield from super()._walk_variables(states)
        if states and self.states is not None:
            yield from tree.flatten(self.states)

    def __call__(self, sequences, initial_state=None, mask=None, training=None):
        sequences, initial_state = split_states(sequences, initial_state)
        given = {"initial_state": initial_state, "mask": mask, "training": training}
        return super().__call__(sequences, **{name: value for name, value in given.items() if value is not None})

    def call(self, sequences, initial_state=None, mask=None, training=False):
        states = self._first_states(sequences, initial_state)
        if mask is not None:
            mask = self._checked_mask(mask, sequences)
        output, states = self.inner_loop(sequences, states, mask, training)
        if self.stateful:
            for variable, value in zip(tree.flatten(self.states), tree.flatten(states)):
                variable.assign(value)
        return (output, *states) if self.return_state else output

    def inner_loop(self, sequences, initial_state, mask, training=False):
        """The output or outputs, as `return_sequences` says, and the last states."""

        def step(x, states):
            output, new = call_cell(self.cell, x, states, training)
            return output, tree.pack_sequence_as(states, tree.flatten(new))

        batch = sequences.shape[0]
        with self._constant_dropout(batch, training):
            output, states = recurrence(
                step,
                self._over_time(sequences),
                initial_state,
                None if mask is None else self._over_time(mask),
                output_before=None if mask is None else self._output_before(initial_state),
                return_sequences=self.return_sequences,
                zero_output_for_mask=self.zero_output_for_mask,
            )
        return (ops.swapaxes(output, 0, 1) if self.return_sequences else output), states

    def _output_before(self, states):
        """What masked steps at the beginning output: the state of which later outputs are values, or zeros."""
        shape = (tree.flatten(states)[0].shape[0], *as_shape(output_size(self.cell)))
        last = states[-1] if isinstance(self.cell, StackedRNNCells) else states
        state = tree.flatten(last)[0]
        return state if tuple(state.shape) == shape else ops.zeros(shape, state.dtype)

    def _over_time(self, x):
        """`x` with the steps first, in the order in which they are taken."""
        x = ops.swapaxes(x, 0, 1)
        return ops.flip(x, 0) if self.go_backwards else x

    @contextmanager
    def _constant_dropout(self, batch, training):
        """While it is open, the cells drop the same units at every step."""
        layers = self.cell._flatten_layers() if training and isinstance(self.cell, Layer) else []
        cells = [layer for layer in layers if hasattr(layer, "hold_dropout")]
        _reset_dropout(cells)
        for cell in cells:
            cell.hold_dropout(batch)
        try:
            yield
        finally:
            _reset_dropout(cells)

    def _first_states(self, sequences, given):
        batch = sequences.shape[0]
        if self.stateful and self.states is not None:
            expected = tree.flatten(self.states)[0].shape[0]
            if batch != expected:
                raise ValueError(
                    f"{self.title} is stateful and expects batches of {expected} rows, got {batch}: use a batch size "
                    "that divides the data"
                )
        if given is None:
            stored = self.stateful and self.states is not None
            return tree.map_structure(lambda v: v.value, self.states) if stored else self.get_initial_state(batch)
        default = self.get_initial_state(batch)
        expected = [tuple(map(int, state.shape)) for state in tree.flatten(default)]
        got = [tuple(map(int, state.shape)) for state in tree.flatten(given)]
        if got != expected:
            raise ValueError(f"{self.title} expects initial states of shapes {expected}, got {got}")
        cast = [ops.cast(state, self.compute_dtype) for state in tree.flatten(given)]
        return tree.pack_sequence_as(default, cast)

    def _checked_mask(self, mask, sequences):
        mask = ops.cast(mask, "bool")
        if len(mask.shape) == 3:
            mask = mask[:, :, 0]
        if tuple(mask.shape) != tuple(sequences.shape[:2]):
            raise ValueError(
                f"{self.title} expects a mask of shape (batch, steps) = {tuple(map(int, sequences.shape[:2]))}, "
                f"got {tuple(map(int, mask.shape))}"
            )
        return mask

    def compute_mask(self, inputs, mask):
        mask = tree.flatten(mask)[0]
        output_mask = mask if self.return_sequences else None
        if not self.return_state:
            return output_mask
        return [output_mask] + [None] * len(tree.flatten(self.state_size))

    def reset_state(self):
        """Makes the next batch of a stateful layer begin with zeros."""
        for variable in tree.flatten(self.states) if self.states is not None else ():
            variable.assign(ops.zeros(variable.shape, variable.dtype))

    def reset_states(self):
        """The same as `reset_state`."""
        self.reset_state()


def split_states(sequences, initial_state):
    """The sequences and the list of initial states (or `None`), which may also come as `[sequences, *states]`."""
    if isinstance(sequences, (list, tuple)) and len(sequences) > 1 and hasattr(sequences[0], "shape"):
        sequences, *initial_state = sequences
    return sequences, None if initial_state is None else as_list(initial_state)


def _reset_dropout(cells):
    for cell in cells:
        cell.reset_dropout_mask()
        cell.reset_recurrent_dropout_mask()
