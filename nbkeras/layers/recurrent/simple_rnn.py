"""The fully connected recurrence."""

from nbkeras import activations
from nbkeras.layers.recurrent.gated import GatedCell, GatedRNN, cell_keywords
from nbkeras.ops import recurrent

__all__ = ["SimpleRNN", "SimpleRNNCell"]


class SimpleRNNCell(GatedCell):
    """One step of `SimpleRNN`: `h = activation(x @ kernel + h @ recurrent_kernel + bias)`.

    Arguments as of `SimpleRNN`. Called as `cell(inputs, states) -> (h, [h])`.
    """

    def __init__(
        self,
        units,
        activation="tanh",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
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

    def step(self, z, states, dropout=None):
        return recurrent.simple_rnn_step(z, states, self.recurrent_kernel, dropout, self.activation)

    def all_steps(self, z, states, mask, dropout, **options):
        if self.activation is not activations.tanh:
            return super().all_steps(z, states, mask, dropout, **options)
        return recurrent.simple_rnn(z, *states, self.recurrent_kernel, mask, dropout, **options)


class SimpleRNN(GatedRNN):
    """A fully connected recurrence: (batch, steps, features) → (batch, units), or (batch, steps, units).

    Args:
        units: the size of the state, which is the output.
        activation: a name or a function.
        use_bias: whether to add a bias.
        kernel_initializer, recurrent_initializer, bias_initializer: what the weights start with.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: penalties on the weights, added to the loss.
        kernel_constraint, recurrent_constraint, bias_constraint: projections of the weights after each update.
        dropout, recurrent_dropout: in training, the fraction of the inputs and of the state that each gate does not
            see; the choice is the same at all steps.
        seed: an integer, for a stream of random numbers of its own.
        activity_regularizer: a penalty on the output, added to the loss.
        return_sequences, return_state, go_backwards, stateful, unroll: as of `RNN`.

    Example:
        >>> SimpleRNN(3, return_sequences=True)(np.ones((2, 5, 4), "float32")).shape
        (2, 5, 3)
    """

    def __init__(
        self,
        units,
        activation="tanh",
        use_bias=True,
        kernel_initializer="glorot_uniform",
        recurrent_initializer="orthogonal",
        bias_initializer="zeros",
        kernel_regularizer=None,
        recurrent_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        recurrent_constraint=None,
        bias_constraint=None,
        dropout=0.0,
        recurrent_dropout=0.0,
        return_sequences=False,
        return_state=False,
        go_backwards=False,
        stateful=False,
        unroll=False,
        seed=None,
        **kwargs,
    ):
        cell = SimpleRNNCell(
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
            name="simple_rnn_cell",
            **cell_keywords(kwargs),
        )
        options = (return_sequences, return_state, go_backwards, stateful, unroll)
        super().__init__(cell, *options, activity_regularizer=activity_regularizer, **kwargs)
