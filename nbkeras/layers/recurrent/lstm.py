"""Long short-term memory."""

import numpy as np

from nbkeras import activations
from nbkeras.layers.recurrent.gated import GatedCell, GatedRNN, cell_keywords, reads_from_cell
from nbkeras.ops import recurrent

__all__ = ["LSTM", "LSTMCell"]


class LSTMCell(GatedCell):
    """One step of `LSTM`, with the gates in the order input, forget, candidate, output.

    Arguments as of `LSTM`. Called as `cell(inputs, [h, c]) -> (h, [h, c])`.
    """

    gates = 4
    state_count = 2

    def __init__(
        self,
        units,
        activation="tanh",
        recurrent_activation="sigmoid",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        unit_forget_bias=True,
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        seed=None,
        **kwargs,
    ):
        super().__init__(
            units,
            activation,
            use_bias,
            kernel_initializer,
            recurrent_initializer,
            bias_initializer,
            kernel_regularizer,
            recurrent_regularizer,
            bias_regularizer,
            kernel_constraint,
            recurrent_constraint,
            bias_constraint,
            dropout,
            recurrent_dropout,
            seed,
            **kwargs,
        )
        self.recurrent_activation = activations.get(recurrent_activation)
        self.unit_forget_bias = unit_forget_bias

    def _add_bias(self, shape, initializer):
        return super()._add_bias(shape, self._with_open_forget_gate if self.unit_forget_bias else initializer)

    def _with_open_forget_gate(self, shape, dtype=None):
        """The bias initializer, but 1 for the forget gate: Jozefowicz et al. (2015)."""
        bias = np.array(self.bias_initializer(shape, dtype=dtype))
        bias[self.units : 2 * self.units] = 1
        return bias

    def step(self, z, states, dropout=None):
        return recurrent.lstm_step(
            z, states, self.recurrent_kernel, dropout, self.activation, self.recurrent_activation
        )

    def all_steps(self, z, states, mask, dropout, **options):
        if self.activation is not activations.tanh or self.recurrent_activation is not activations.sigmoid:
            return super().all_steps(z, states, mask, dropout, **options)
        return recurrent.lstm(z, *states, self.recurrent_kernel, mask, dropout, **options)


@reads_from_cell("recurrent_activation", "unit_forget_bias")
class LSTM(GatedRNN):
    """Long short-term memory: (batch, steps, features) → (batch, units), or (batch, steps, units).

    Hochreiter & Schmidhuber (1997), with the forget gate of Gers et al. (2000). Its states are h, which is the output,
    and c.

    Args:
        units: the size of the states.
        activation: of the candidate and of c on its way out; a name or a function.
        recurrent_activation: of the gates.
        use_bias: whether to add a bias.
        kernel_initializer, recurrent_initializer, bias_initializer: what the weights start with.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: penalties on the weights, added to the loss.
        kernel_constraint, recurrent_constraint, bias_constraint: projections of the weights after each update.
        dropout, recurrent_dropout: in training, the fraction of the inputs and of the state that each gate does not
            see; the choice is the same at all steps.
        seed: an integer, for a stream of random numbers of its own.
        unit_forget_bias: whether the bias of the forget gate starts with 1.
        activity_regularizer: a penalty on the output, added to the loss.
        return_sequences, return_state, go_backwards, stateful, unroll: as of `RNN`.
        use_cudnn: accepted; it changes no result.

    Example:
        >>> output, h, c = LSTM(3, return_state=True)(np.ones((2, 5, 4), "float32"))
        >>> output.shape, c.shape
        ((2, 3), (2, 3))
    """

    def __init__(
        self,
        units,
        activation="tanh",
        recurrent_activation="sigmoid",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        unit_forget_bias=True,
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        seed=None,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        stateful=False,
        unroll=False,
        use_cudnn="auto",
        **kwargs,
    ):
        cell = LSTMCell(
            units,
            activation,
            recurrent_activation,
            use_bias,
            kernel_initializer,
            recurrent_initializer,
            bias_initializer,
            unit_forget_bias,
            kernel_regularizer,
            recurrent_regularizer,
            bias_regularizer,
            kernel_constraint,
            recurrent_constraint,
            bias_constraint,
            dropout,
            recurrent_dropout,
            seed,
            name="lstm_cell",
            **cell_keywords(kwargs),
        )
        options = (return_sequences, return_state, go_backwards, stateful, unroll)
        super().__init__(cell, *options, activity_regularizer=activity_regularizer, **kwargs)
