"""Long short-term memory whose products are convolutions, for sequences of sequences, images and volumes."""

from nbkeras import config, ops
from nbkeras.layers.arguments import choice, integer_tuple
from nbkeras.layers.layer import InputSpec
from nbkeras.layers.layouts import channel_axis, channels_spec, spatial_shape
from nbkeras.layers.recurrent.gated import GatedCell, GatedRNN, cell_keywords, reads_from_cell
from nbkeras.layers.recurrent.lstm import LSTMCell
from nbkeras.layers.recurrent.rnn import RNN
from nbkeras.ops.recurrent import lstm_gates

__all__ = ["ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"]


class ConvLSTMCell(LSTMCell):
    """One step of `ConvLSTM`; the states h and c have the shape of the convolution of the step's input."""

    def __init__(self, rank, filters, kernel_size, strides, padding, data_format, dilation_rate, *settings, **kwargs):
        super().__init__(filters, *settings, **kwargs)
        self.filters = self.units
        self.rank = rank
        self.kernel_size = integer_tuple("kernel_size", kernel_size, rank)
        self.strides = integer_tuple("strides", strides, rank)
        self.padding = choice("padding", padding, ("valid", "same"))
        self.data_format = config.standardize_data_format(data_format)
        self.dilation_rate = integer_tuple("dilation_rate", dilation_rate, rank)
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                f"strides and dilation_rate cannot both be above 1, got {self.strides} and {self.dilation_rate}"
            )

    def build(self, input_shape):
        channels = input_shape[channel_axis(self.data_format)]
        space = spatial_shape(input_shape, self.data_format)
        if channels is None or None in space:
            raise ValueError(f"{self.title} expects steps whose sizes are known, got shape {input_shape}")
        self._input_axes = tuple(input_shape[1:])
        self.output_size = self._with_channels([self._steps(axis, n) for axis, n in enumerate(space)], self.filters)
        self.kernel = self._add_kernel("kernel", channels, self.kernel_initializer, "kernel")
        self.recurrent_kernel = self._add_kernel(
            "recurrent_kernel", self.filters, self.recurrent_initializer, "recurrent"
        )
        if self.use_bias:
            self.bias = self._add_bias((self.gates * self.filters,), self.bias_initializer)

    def _add_kernel(self, name, channels, initializer, role):
        return self.add_weight(
            name=name,
            shape=(*self.kernel_size, channels, self.gates * self.filters),
            initializer=initializer,
            regularizer=getattr(self, f"{role}_regularizer"),
            constraint=getattr(self, f"{role}_constraint"),
        )

    def _steps(self, axis, n):
        """How many windows there are along a spatial axis of length `n`."""
        reach = 0 if self.padding == "same" else (self.kernel_size[axis] - 1) * self.dilation_rate[axis]
        return -(-(n - reach) // self.strides[axis])

    def _with_channels(self, space, channels):
        return (*space, channels) if self.data_format == "channels_last" else (channels, *space)

    @property
    def input_axes(self):
        return self._input_axes

    @property
    def state_axes(self):
        return self.output_size

    def project(self, x, dropout=None):
        """The convolution of the inputs of one step or of all, for all gates."""
        x = ops.cast(x, self.compute_dtype)
        if dropout is None:
            return self._convolved(x, self.kernel, self.bias)
        kernels = ops.split(self.kernel, self.gates, axis=-1)
        biases = [None] * self.gates if self.bias is None else ops.split(self.bias, self.gates)
        parts = [self._convolved(x * dropout[k], kernels[k], biases[k]) for k in range(self.gates)]
        return ops.concatenate(parts, axis=self._gate_axis(parts[0]))

    def _gate_axis(self, z):
        """The axis of the channels of `z`, whether or not it has an axis of steps."""
        return len(z.shape) - 1 if self.data_format == "channels_last" else len(z.shape) - self.rank - 1

    def _convolved(self, x, kernel, bias):
        lead = x.shape[: len(x.shape) - self.rank - 1]
        rows = ops.reshape(x, (-1, *x.shape[len(lead) :]))
        y = ops.conv(rows, kernel, self.strides, self.padding, self.data_format, self.dilation_rate, bias=bias)
        return ops.reshape(y, (*lead, *y.shape[1:]))

    def _recurrent(self, h, dropout):
        if dropout is None:
            return ops.conv(h, self.recurrent_kernel, 1, "same", self.data_format)
        kernels = ops.split(self.recurrent_kernel, self.gates, axis=-1)
        parts = [ops.conv(h * dropout[k], kernels[k], 1, "same", self.data_format) for k in range(self.gates)]
        return ops.concatenate(parts, axis=self._gate_axis(h))

    def step(self, z, states, dropout=None):
        h, c = states
        z = z + self._recurrent(h, dropout)
        return lstm_gates(z, c, self.activation, self.recurrent_activation, axis=self._gate_axis(z))

    all_steps = GatedCell.all_steps


@reads_from_cell(
    "filters", "kernel_size", "strides", "padding", "data_format", "dilation_rate", "recurrent_activation",
    "unit_forget_bias",
)  # fmt: skip
class ConvLSTM(GatedRNN):
    """A `ConvLSTMCell` over time; `rank` is the number of spatial axes."""

    rank: int
    base_parameters = ("unroll", "zero_output_for_mask")

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        dilation_rate=1,
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
        **kwargs,
    ):
        cell = ConvLSTMCell(
            self.rank, filters, kernel_size, strides, padding, data_format, dilation_rate, activation,
            recurrent_activation, use_bias, kernel_initializer, recurrent_initializer, bias_initializer,
            unit_forget_bias, kernel_regularizer, recurrent_regularizer, bias_regularizer, kernel_constraint,
            recurrent_constraint, bias_constraint, dropout, recurrent_dropout, seed,
            name="conv_lstm_cell", **cell_keywords(kwargs),
        )  # fmt: skip
        options = (return_sequences, return_state, go_backwards, stateful)
        super().__init__(cell, *options, activity_regularizer=activity_regularizer, **kwargs)
        self.input_spec = self._spec()

    def build(self, sequences_shape, initial_state_shape=None):
        RNN.build(self, sequences_shape)
        axis = -1 if self.data_format == "channels_last" else 2
        self.input_spec = self._spec({axis: sequences_shape[axis]})

    def _spec(self, axes=None):
        """That of one step, with an axis for the steps."""
        step = channels_spec(self.rank, self.data_format)
        names = step.layout.strip("()").split(", ")
        layout = f"({', '.join([names[0], 'time', *names[1:]])})"
        return InputSpec(ndim=self.rank + 3, axes=axes, layout=layout)


class ConvLSTM1D(ConvLSTM):
    """A convolutional LSTM over sequences of sequences: (batch, time, steps, channels) → (batch, steps, filters).

    Arguments as of `ConvLSTM2D`, with one spatial axis.
    """

    rank = 1


class ConvLSTM2D(ConvLSTM):
    """A convolutional LSTM over films: (batch, time, height, width, channels) → (batch, height, width, filters).

    Shi et al. (2015), arXiv:1506.04214, without connections from c to the gates.

    Args:
        filters: channels of the states and of the output.
        kernel_size: height and width of the windows, both those over the input and those over the state.
        strides, padding, data_format, dilation_rate: of the convolution of the input, as of `Conv2D`; the state's keeps
            its size.
        activation: of the candidate and of c on its way out; a name or a function.
        recurrent_activation: of the gates.
        use_bias: whether to add a bias.
        kernel_initializer, recurrent_initializer, bias_initializer: what the weights start with.
        unit_forget_bias: whether the bias of the forget gate starts with 1.
        kernel_regularizer, recurrent_regularizer, bias_regularizer: penalties on the weights, added to the loss.
        activity_regularizer: a penalty on the output, added to the loss.
        kernel_constraint, recurrent_constraint, bias_constraint: projections of the weights after each update.
        dropout, recurrent_dropout: in training, the fraction of the inputs and of the state that each gate does not
            see; the choice is the same at all times.
        seed: an integer, for a stream of random numbers of its own.
        return_sequences, return_state, go_backwards, stateful: as of `RNN`.

    The sizes of the input must be known, but for batch and time.

    Example:
        >>> ConvLSTM2D(4, 3, padding="same")(np.zeros((2, 5, 8, 8, 3), "float32")).shape
        (2, 8, 8, 4)
    """

    rank = 2


class ConvLSTM3D(ConvLSTM):
    """A convolutional LSTM over volumes that change: arguments as of `ConvLSTM2D`, with three spatial axes."""

    rank = 3
