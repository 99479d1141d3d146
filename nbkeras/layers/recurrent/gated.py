"""What SimpleRNN, LSTM and GRU share: cells of a number of gates, and layers that compute all steps at once."""

import operator

from nbkeras import activations, constraints, initializers, ops, random, regularizers
from nbkeras.backends.abstract import AbstractArray, Unknown
from nbkeras.layers.arguments import fraction, positive_integer
from nbkeras.layers.layer import InputSpec, Layer
from nbkeras.layers.recurrent.rnn import RNN
from nbkeras.ops.recurrent import recurrence

__all__ = ["GatedCell", "GatedRNN", "cell_keywords", "reads_from_cell"]


class GatedCell(Layer):
    """A cell whose gates are functions of `x @ kernel + bias` and `h @ recurrent_kernel`.

    A subclass says how many gates and states it has, and writes `step` and, where its activations are those of an op
    over all time steps, `all_steps`.
    """

    gates = 1
    state_count = 1

    def __init__(
        self,
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
    ):
        kwargs.pop("implementation", None)  # which of two ways Keras computes the same numbers
        super().__init__(**kwargs)
        self.units = positive_integer("units", units)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.recurrent_initializer = initializers.get(recurrent_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.recurrent_regularizer = regularizers.get(recurrent_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.recurrent_constraint = constraints.get(recurrent_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.dropout = fraction("dropout", dropout)
        self.recurrent_dropout = fraction("recurrent_dropout", recurrent_dropout)
        self.seed = seed
        if dropout or recurrent_dropout:
            self.seed_generator = random.SeedGenerator(seed)
        self.state_size = self.units if self.state_count == 1 else [self.units] * self.state_count
        self.output_size = self.units
        self.bias = None
        self.reset_dropout_mask()
        self.reset_recurrent_dropout_mask()

    def get_initial_state(self, batch_size=None):
        """Zeros, one array for each state."""
        shape = (batch_size, *self.state_axes)
        if isinstance(batch_size, Unknown):  # zeros would take memory, of films much of it
            return [AbstractArray(shape, self.compute_dtype) for _ in range(self.state_count)]
        return [ops.zeros(shape, self.compute_dtype) for _ in range(self.state_count)]

    def build(self, input_shape):
        columns = self.gates * self.units
        self.kernel = self.add_weight(
            name="kernel",
            shape=(input_shape[-1], columns),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.recurrent_kernel = self.add_weight(
            name="recurrent_kernel",
            shape=(self.units, columns),
            initializer=self.recurrent_initializer,
            regularizer=self.recurrent_regularizer,
            constraint=self.recurrent_constraint,
        )
        if self.use_bias:
            self.bias = self._add_bias((columns,), self.bias_initializer)

    def _add_bias(self, shape, initializer):
        return self.add_weight(
            name="bias",
            shape=shape,
            initializer=initializer,
            regularizer=self.bias_regularizer,
            constraint=self.bias_constraint,
        )

    @property
    def input_axes(self):
        """The sizes of what one row of a step is given."""
        return (self.kernel.shape[0],)

    @property
    def state_axes(self):
        """The sizes of the state of one row."""
        return (self.units,)

    @property
    def input_bias(self):
        """What is added to `x @ kernel`."""
        return self.bias

    def project(self, x, dropout=None):
        """`x @ kernel + bias`, of one step or of all; with dropout, each gate sees `x` through its own mask."""
        x = ops.cast(x, self.compute_dtype)
        if dropout is None:
            return ops.dense(x, self.kernel, self.input_bias)
        kernels = ops.split(self.kernel, self.gates, axis=-1)
        z = ops.concatenate([ops.matmul(x * dropout[k], kernel) for k, kernel in enumerate(kernels)], axis=-1)
        return z if self.input_bias is None else z + self.input_bias

    def step(self, z, states, dropout=None):
        """The output and the new states, from the gates' inputs; override it."""
        raise NotImplementedError

    def all_steps(self, z, states, mask, dropout, **options):
        """The output or outputs over the leading axis of `z`, and the last states."""
        output, states = recurrence(
            lambda z, states: self.step(z, states, dropout), z, states, mask, output_before=states[0], **options
        )
        return output, *states

    def call(self, inputs, states, training=False):
        many = isinstance(states, (list, tuple))
        states = list(states) if many else [states]
        z = self.project(inputs, self.get_dropout_mask(inputs) if training else None)
        output, new = self.step(z, states, self.get_recurrent_dropout_mask(states[0]) if training else None)
        return output, new if many else new[0]

    def hold_dropout(self, batch):
        """Draws the masks that calls use until they are reset, and returns them: (gates, batch, size), or `None`."""
        if self._dropout_mask is None and self.dropout:
            self._dropout_mask = self._draw(self.dropout, batch, self.input_axes)
        if self._recurrent_dropout_mask is None and self.recurrent_dropout:
            self._recurrent_dropout_mask = self._draw(self.recurrent_dropout, batch, self.state_axes)
        return self._dropout_mask, self._recurrent_dropout_mask

    def _draw(self, rate, batch, axes):
        ones = ops.ones((self.gates, batch, *axes), self.compute_dtype)
        return random.dropout(ones, rate, seed=self.seed_generator)

    def get_dropout_mask(self, step_input):
        """What multiplies the input on its way into each gate, (gates, batch, features), or `None`."""
        return self.hold_dropout(step_input.shape[0])[0]

    def get_recurrent_dropout_mask(self, step_input):
        """What multiplies the state on its way into each gate, (gates, batch, units), or `None`."""
        return self.hold_dropout(step_input.shape[0])[1]

    def reset_dropout_mask(self):
        """Makes the next call in training draw a new mask for the input."""
        self._dropout_mask = None

    def reset_recurrent_dropout_mask(self):
        """Makes the next call in training draw a new mask for the state."""
        self._recurrent_dropout_mask = None


class GatedRNN(RNN):
    """A layer over a `GatedCell`: the inputs of all gates at all steps are one matrix product."""

    unwritten = ("use_cudnn",)

    def __init__(self, cell, *options, **kwargs):
        kwargs.pop("implementation", None)
        super().__init__(cell, *options, **kwargs)
        self.input_spec = InputSpec(ndim=3, layout="(batch, steps, features)")

    def build(self, sequences_shape, initial_state_shape=None):
        super().build(sequences_shape)
        self.input_spec = InputSpec(ndim=3, axes={-1: sequences_shape[-1]}, layout="(batch, steps, features)")

    def inner_loop(self, sequences, initial_state, mask, training=False):
        with self._constant_dropout(sequences.shape[0], training):
            dropout = self.cell.hold_dropout(sequences.shape[0]) if training else (None, None)
            output, *states = self.cell.all_steps(
                self.cell.project(self._over_time(sequences), dropout[0]),
                initial_state,
                None if mask is None else self._over_time(mask),
                dropout[1],
                return_sequences=self.return_sequences,
                zero_output_for_mask=self.zero_output_for_mask,
            )
        return (ops.swapaxes(output, 0, 1) if self.return_sequences else output), states


def cell_keywords(kwargs):
    """What a layer's cell inherits of the layer's own keywords."""
    return {name: kwargs[name] for name in ("dtype", "trainable") if name in kwargs}


_SETTINGS = (
    "units", "activation", "use_bias", "kernel_initializer", "recurrent_initializer", "bias_initializer",
    "kernel_regularizer", "recurrent_regularizer", "bias_regularizer", "kernel_constraint", "recurrent_constraint",
    "bias_constraint", "dropout", "recurrent_dropout", "seed",
)  # fmt: skip


def reads_from_cell(*names):
    """A class decorator: attributes of the layer that are its cell's."""

    def decorate(cls):
        for name in names:
            setattr(cls, name, property(operator.attrgetter(f"cell.{name}")))
        return cls

    return decorate


reads_from_cell(*_SETTINGS)(GatedRNN)
