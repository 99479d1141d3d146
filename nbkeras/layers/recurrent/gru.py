"""Gated recurrent units."""

from nbkeras import activations
from nbkeras.layers.recurrent.gated import GatedCell, GatedRNN, cell_keywords, reads_from_cell
from nbkeras.ops import recurrent

__all__ = ["GRU", "GRUCell"]


class GRUCell(GatedCell):
    """One step of `GRU`, with the gates in the order update, reset, candidate.

    Arguments as of `GRU`. Called as `cell(inputs, [h]) -> (h, [h])`.
    """

    gates = 3

    def __init__(
        self,
        units,
        activation="tanh",
        recurrent_activation="sigmoid",
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
        reset_after=True,
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
        self.reset_after = bool(reset_after)

    def _add_bias(self, shape, initializer):
        return super()._add_bias((2, *shape) if self.reset_after else shape, initializer)

    @property
    def input_bias(self):
        return self.bias if self.bias is None or not self.reset_after else self.bias[0]

    @property
    def recurrent_bias(self):
        """What is added to `h @ recurrent_kernel`, with `reset_after` only."""
        return self.bias[1] if self.bias is not None and self.reset_after else None

    def step(self, z, states, dropout=None):
        return recurrent.gru_step(
            z,
            states,
            self.recurrent_kernel,
            self.recurrent_bias,
            dropout,
            self.reset_after,
            self.activation,
            self.recurrent_activation,
        )

    def all_steps(self, z, states, mask, dropout, **options):
        if self.activation is not activations.tanh or self.recurrent_activation is not activations.sigmoid:
            return super().all_steps(z, states, mask, dropout, **options)
        return recurrent.gru(
            z,
            *states,
            self.recurrent_kernel,
            self.recurrent_bias,
            mask,
            dropout,
            reset_after=self.reset_after,
            **options,
        )


@reads_from_cell("recurrent_activation", "reset_after")
class GRU(GatedRNN):
    """Gated recurrent units: (batch, steps, features) → (batch, units), or (batch, steps, units).

    Cho et al. (2014), https://arxiv.org/abs/1406.1078.

    Args:
        units: the size of the state, which is the output.
        activation: of the candidate; a name or a function.
        recurrent_activation: of the gates.
        use_bias: whether to add a bias.
        kernel_initializer, recurrent_initializer, bias_initializer: what the weights start with.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: penalties on the weights, added to the loss.
        kernel_constraint, recurrent_constraint, bias_constraint: projections of the weights after each update.
        dropout, recurrent_dropout: in training, the fraction of the inputs and of the state that each gate does not
            see; the choice is the same at all steps.
        seed: an integer, for a stream of random numbers of its own.
        activity_regularizer: a penalty on the output, added to the loss.
        return_sequences, return_state, go_backwards, stateful, unroll: as of `RNN`.
        reset_after: whether the reset gate multiplies the state's part of the candidate after its matrix product, as
            cuDNN does (there are two biases then), instead of the state before it, as in the paper.
        use_cudnn: accepted; it changes no result.

    Example:
        >>> GRU(3, return_sequences=True)(np.ones((2, 5, 4), "float32")).shape
        (2, 5, 3)
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
        reset_after=True,
        use_cudnn="auto",
        **kwargs,
    ):
        cell = GRUCell(
            units,
            activation,
            recurrent_activation,
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
            reset_after,
            seed,
            name="gru_cell",
            **cell_keywords(kwargs),
        )
        options = (return_sequences, return_state, go_backwards, stateful, unroll)
        super().__init__(cell, *options, activity_regularizer=activity_regularizer, **kwargs)
