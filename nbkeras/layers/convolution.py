"""Convolutions: ordinary, depthwise, separable and transposed, of sequences, images and volumes.

One class for each kind holds the arithmetic; the number of spatial axes is its subclasses' `rank`.
"""

from nbkeras import activations, config, constraints, initializers, ops, regularizers
from nbkeras.layers.arguments import choice, integer_tuple, positive_integer
from nbkeras.layers.fusing import name_in_kernel
from nbkeras.layers.layer import Layer
from nbkeras.layers.layouts import channel_axis, channels_spec, spatial_shape
from nbkeras.layers.low_rank import LowRankAdaptable, adaptable_weight
from nbkeras.symbolic import shown

__all__ = [
    "Conv1D",
    "Conv1DTranspose",
    "Conv2D",
    "Conv2DTranspose",
    "Conv3D",
    "Conv3DTranspose",
    "Convolution1D",
    "Convolution1DTranspose",
    "Convolution2D",
    "Convolution2DTranspose",
    "Convolution3D",
    "Convolution3DTranspose",
    "DepthwiseConv1D",
    "DepthwiseConv2D",
    "SeparableConv1D",
    "SeparableConv2D",
    "SeparableConvolution1D",
    "SeparableConvolution2D",
]


class Windowed(Layer):
    """What all convolutions share: windows, the layout of the channels, bias and activation."""

    rank: int
    paddings: tuple = ("valid", "same")

    def __init__(self, kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias, bias, **kwargs):
        super().__init__(**kwargs)
        self.kernel_size = integer_tuple("kernel_size", kernel_size, self.rank)
        self.strides = integer_tuple("strides", strides, self.rank)
        self.padding = choice("padding", padding, self.paddings)
        self.data_format = config.standardize_data_format(data_format)
        self.dilation_rate = integer_tuple("dilation_rate", dilation_rate, self.rank)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        initializer, regularizer, constraint = bias
        self.bias_initializer = initializers.get(initializer)
        self.bias_regularizer = regularizers.get(regularizer)
        self.bias_constraint = constraints.get(constraint)
        self.input_spec = channels_spec(self.rank, self.data_format)
        self.bias = None

    def channels_of(self, input_shape):
        """The number of input channels, which from now on is required."""
        channels = input_shape[channel_axis(self.data_format)]
        if channels is None:
            raise ValueError(f"{self.title} expects a known number of channels, got inputs of shape {input_shape}")
        self.input_spec = channels_spec(self.rank, self.data_format, channels)
        return channels

    def add_bias(self, channels):
        """Makes the bias, if there is to be one."""
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=(channels,),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )

    def convolved(self, op, *args):
        """`activation(op(*args) + bias)`, in one kernel where the activation is one that it knows."""
        name = name_in_kernel(self.activation)
        y = op(*args, bias=self.bias, activation=name)
        return y if name else self.activation(y)

    def broadcast_bias(self):
        """The bias in a shape that is added to each channel."""
        last = self.data_format == "channels_last"
        return self.bias if last else ops.reshape(self.bias, (1, -1, *(1,) * self.rank))

    def check_fit(self, shape):
        """Raises ValueError where no window fits into an input of `shape`."""
        extent = tuple((k - 1) * step + 1 for k, step in zip(self.kernel_size, self.dilation_rate))
        space = spatial_shape(shape, self.data_format)
        if self.padding == "valid" and any(n < size for n, size in zip(space, extent)):
            raise ValueError(
                f"{self.title} with windows of {extent} cells expects inputs at least that large, got {shown(space)} "
                f"in {shown(shape)}; use padding='same', or pool less before"
            )

    def check_steps(self):
        """Raises ValueError for strides together with dilation."""
        if max(self.strides) > 1 and max(self.dilation_rate) > 1:
            raise ValueError(
                f"strides and dilation_rate cannot both be above 1, got {self.strides} and {self.dilation_rate}"
            )


class Conv(LowRankAdaptable, Windowed):
    """A convolution with `filters` kernels over all channels of a group."""

    kernel = adaptable_weight("kernel")

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        dilation_rate=1,
        groups=1,
        activation=None,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        **kwargs,
    ):
        bias = (bias_initializer, bias_regularizer, bias_constraint)
        kwargs["activity_regularizer"] = activity_regularizer
        super().__init__(
            kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias, bias, **kwargs
        )
        self.filters = positive_integer("filters", filters)
        self.groups = positive_integer("groups", groups)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.check_steps()
        if self.filters % self.groups:
            raise ValueError(f"filters must be a multiple of groups, got {self.filters} and {self.groups}")

    def build(self, input_shape):
        channels = self.channels_of(input_shape)
        if channels % self.groups:
            raise ValueError(
                f"{self.title} with {self.groups} groups expects a number of channels that is a multiple of it, "
                f"got {channels}"
            )
        self._kernel = self.add_weight(
            name="kernel",
            shape=(*self.kernel_size, channels // self.groups, self.filters),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.add_bias(self.filters)
        self.begin_lora()

    def call(self, x):
        if type(self).convolution_op is not Conv.convolution_op:
            y = self.convolution_op(x, self.kernel)
            return self.activation(y if self.bias is None else y + self.broadcast_bias())
        return self.convolved(ops.conv, *self._conv_arguments(x, self.kernel))

    def convolution_op(self, inputs, kernel):
        """The convolution alone, without bias and activation; a subclass may override it, to normalise `kernel` say."""
        return ops.conv(*self._conv_arguments(inputs, kernel))

    def _conv_arguments(self, x, kernel):
        padding = self.padding
        if padding == "causal":
            x, padding = self._with_past(x), "valid"
        self.check_fit(x.shape)
        return x, kernel, self.strides, padding, self.data_format, self.dilation_rate

    def _with_past(self, x):
        """Zeros before the first step, as many as a window reaches back."""
        reach = (self.kernel_size[0] - 1) * self.dilation_rate[0]
        steps = (reach, 0)
        return ops.pad(x, ((0, 0), steps, (0, 0)) if self.data_format == "channels_last" else ((0, 0), (0, 0), steps))


class Conv1D(Conv):
    """A convolution along a sequence: (batch, steps, channels) → (batch, new steps, filters).

    Args:
        filters: channels of the output.
        kernel_size: steps in a window.
        strides: steps from one window to the next.
        padding: `"valid"`, only windows that fit; `"same"`, ⌈steps / strides⌉ of them, with zeros around; `"causal"`,
            as many, none of which looks ahead.
        data_format: `"channels_last"` or `"channels_first"`.
        dilation_rate: distance of neighbouring steps within a window.
        groups: into how many groups the channels are split, each with its own filters.
        activation: a name or a function; default none.
        use_bias: whether to add a bias.
        kernel_initializer, bias_initializer: what the weights start with.
        kernel_regularizer, bias_regularizer: penalties on the weights, added to the loss.
        activity_regularizer: a penalty on the output, added to the loss.
        kernel_constraint, bias_constraint: projections of the weights after each update.

    Raises:
        ValueError: for strides together with dilation, groups that divide neither filters nor channels, and inputs
            smaller than a window.
    """

    rank = 1
    paddings = ("valid", "same", "causal")


class Conv2D(Conv):
    """A convolution over an image: (batch, height, width, channels) → (batch, new height, new width, filters).

    Args:
        filters: channels of the output.
        kernel_size: height and width of a window, or one integer for both.
        strides: from one window to the next.
        padding: `"valid"`, only windows that fit, or `"same"`, ⌈size / strides⌉ of them along each axis, with zeros
            around.
        data_format: `"channels_last"` or `"channels_first"`.
        dilation_rate: distance of neighbouring cells within a window.
        groups: into how many groups the channels are split, each with its own filters.
        activation: a name or a function; default none.
        use_bias: whether to add a bias.
        kernel_initializer, bias_initializer: what the weights start with.
        kernel_regularizer, bias_regularizer: penalties on the weights, added to the loss.
        activity_regularizer: a penalty on the output, added to the loss.
        kernel_constraint, bias_constraint: projections of the weights after each update.

    Raises:
        ValueError: for strides together with dilation, groups that divide neither filters nor channels, and inputs
            smaller than a window.

    Example:
        >>> Conv2D(8, 3, activation="relu")(np.zeros((1, 32, 32, 3), "float32")).shape
        (1, 30, 30, 8)
    """

    rank = 2


class Conv3D(Conv):
    """A convolution over a volume (batch, depth, height, width, channels); arguments as `Conv2D`, with three axes."""

    rank = 3


class ConvTranspose(Windowed):
    """The transpose of a convolution, which goes from few windows to many cells."""

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        output_padding=None,
        data_format=None,
        dilation_rate=1,
        activation=None,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        **kwargs,
    ):
        bias = (bias_initializer, bias_regularizer, bias_constraint)
        kwargs["activity_regularizer"] = activity_regularizer
        super().__init__(
            kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias, bias, **kwargs
        )
        self.filters = positive_integer("filters", filters)
        self.output_padding = self._checked_output_padding(output_padding)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.check_steps()

    def _checked_output_padding(self, value):
        if value is None:
            return None
        extra = integer_tuple("output_padding", value, self.rank, least=0)
        if any(more >= stride for more, stride in zip(extra, self.strides)):
            raise ValueError(f"output_padding must be below strides, got {extra} and strides {self.strides}")
        return extra

    def build(self, input_shape):
        channels = self.channels_of(input_shape)
        self.kernel = self.add_weight(
            name="kernel",
            shape=(*self.kernel_size, self.filters, channels),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        self.add_bias(self.filters)

    def call(self, x):
        y = ops.conv_transpose(
            x, self.kernel, self.strides, self.padding, self.output_padding, self.data_format, self.dilation_rate
        )
        return self.activation(y if self.bias is None else y + self.broadcast_bias())


class Conv1DTranspose(ConvTranspose):
    """The transpose of `Conv1D`: (batch, steps, channels) → (batch, more steps, filters).

    Args:
        filters: channels of the output.
        kernel_size: steps that each input step is spread over.
        strides: by how much the sequence grows.
        padding: `"valid"`: all steps that are reached; `"same"`: steps · strides of them.
        output_padding: further steps at the end, fewer than `strides`; default as `padding` says.
        data_format, dilation_rate, activation, use_bias and all further arguments: as of `Conv1D`.
    """

    rank = 1


class Conv2DTranspose(ConvTranspose):
    """The transpose of `Conv2D`: (batch, height, width, channels) → (batch, more height, more width, filters).

    Args:
        filters: channels of the output.
        kernel_size: cells that each input cell is spread over.
        strides: by how much the image grows.
        padding: `"valid"`: all cells that are reached; `"same"`: size · strides of them along each axis.
        output_padding: further cells at the end of each axis, fewer than `strides`; default as `padding` says.
        data_format, dilation_rate, activation, use_bias and all further arguments: as of `Conv2D`.

    Example:
        >>> Conv2DTranspose(4, 3, strides=2, padding="same")(np.zeros((1, 8, 8, 16), "float32")).shape
        (1, 16, 16, 4)
    """

    rank = 2


class Conv3DTranspose(ConvTranspose):
    """The transpose of `Conv3D`; arguments as `Conv2DTranspose`, with three axes, `data_format` one place earlier."""

    rank = 3

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        output_padding=None,
        dilation_rate=1,
        activation=None,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        **kwargs,
    ):
        super().__init__(
            filters,
            kernel_size,
            strides,
            padding,
            output_padding,
            data_format,
            dilation_rate,
            activation,
            use_bias,
            kernel_initializer,
            bias_initializer,
            kernel_regularizer,
            bias_regularizer,
            activity_regularizer,
            kernel_constraint,
            bias_constraint,
            **kwargs,
        )


class DepthwiseConv(Windowed):
    """A convolution of each channel by itself, with `depth_multiplier` kernels."""

    def __init__(
        self,
        kernel_size,
        strides=1,
        padding="valid",
        depth_multiplier=1,
        data_format=None,
        dilation_rate=1,
        activation=None,
        use_bias=True,
        depthwise_initializer="glorot_uniform",
        bias_initializer="zeros",
        depthwise_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        depthwise_constraint=None,
        bias_constraint=None,
        **kwargs,
    ):
        bias = (bias_initializer, bias_regularizer, bias_constraint)
        kwargs["activity_regularizer"] = activity_regularizer
        super().__init__(
            kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias, bias, **kwargs
        )
        self.depth_multiplier = positive_integer("depth_multiplier", depth_multiplier)
        self.depthwise_initializer = initializers.get(depthwise_initializer)
        self.depthwise_regularizer = regularizers.get(depthwise_regularizer)
        self.depthwise_constraint = constraints.get(depthwise_constraint)

    def build(self, input_shape):
        channels = self.channels_of(input_shape)
        self.kernel = self.add_weight(
            name="kernel",
            shape=(*self.kernel_size, channels, self.depth_multiplier),
            initializer=self.depthwise_initializer,
            regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
        )
        self.add_bias(channels * self.depth_multiplier)

    def call(self, x):
        self.check_fit(x.shape)
        return self.convolved(
            ops.depthwise_conv, x, self.kernel, self.strides, self.padding, self.data_format, self.dilation_rate
        )


class DepthwiseConv1D(DepthwiseConv):
    """A convolution of each channel of a sequence by itself: (batch, steps, channels) → (…, more channels).

    Args:
        kernel_size, strides, padding, data_format, dilation_rate: as of `Conv1D`, without `"causal"`.
        depth_multiplier: how many outputs each channel has.
        activation, use_bias: as of `Conv1D`.
        depthwise_initializer, depthwise_regularizer, depthwise_constraint: of the kernel.
        bias_initializer, bias_regularizer, bias_constraint, activity_regularizer: as of `Conv1D`.
    """

    rank = 1


class DepthwiseConv2D(DepthwiseConv):
    """A convolution of each channel of an image by itself: (batch, height, width, channels) → (…, more channels).

    Args:
        kernel_size, strides, padding, data_format, dilation_rate: as of `Conv2D`.
        depth_multiplier: how many outputs each channel has.
        activation, use_bias: as of `Conv2D`.
        depthwise_initializer, depthwise_regularizer, depthwise_constraint: of the kernel.
        bias_initializer, bias_regularizer, bias_constraint, activity_regularizer: as of `Conv2D`.
    """

    rank = 2


class SeparableConv(Windowed):
    """A depthwise convolution followed by a mixing of the channels, cell by cell."""

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        data_format=None,
        dilation_rate=1,
        depth_multiplier=1,
        activation=None,
        use_bias=True,
        depthwise_initializer="glorot_uniform",
        pointwise_initializer="glorot_uniform",
        bias_initializer="zeros",
        depthwise_regularizer=None,
        pointwise_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        depthwise_constraint=None,
        pointwise_constraint=None,
        bias_constraint=None,
        **kwargs,
    ):
        bias = (bias_initializer, bias_regularizer, bias_constraint)
        kwargs["activity_regularizer"] = activity_regularizer
        super().__init__(
            kernel_size, strides, padding, data_format, dilation_rate, activation, use_bias, bias, **kwargs
        )
        self.filters = positive_integer("filters", filters)
        self.depth_multiplier = positive_integer("depth_multiplier", depth_multiplier)
        self.depthwise_initializer = initializers.get(depthwise_initializer)
        self.depthwise_regularizer = regularizers.get(depthwise_regularizer)
        self.depthwise_constraint = constraints.get(depthwise_constraint)
        self.pointwise_initializer = initializers.get(pointwise_initializer)
        self.pointwise_regularizer = regularizers.get(pointwise_regularizer)
        self.pointwise_constraint = constraints.get(pointwise_constraint)

    def build(self, input_shape):
        channels = self.channels_of(input_shape)
        self.depthwise_kernel = self.add_weight(
            name="depthwise_kernel",
            shape=(*self.kernel_size, channels, self.depth_multiplier),
            initializer=self.depthwise_initializer,
            regularizer=self.depthwise_regularizer,
            constraint=self.depthwise_constraint,
        )
        self.pointwise_kernel = self.add_weight(
            name="pointwise_kernel",
            shape=(*(1,) * self.rank, channels * self.depth_multiplier, self.filters),
            initializer=self.pointwise_initializer,
            regularizer=self.pointwise_regularizer,
            constraint=self.pointwise_constraint,
        )
        self.add_bias(self.filters)

    def call(self, x):
        self.check_fit(x.shape)
        return self.convolved(
            ops.separable_conv,
            x,
            self.depthwise_kernel,
            self.pointwise_kernel,
            self.strides,
            self.padding,
            self.data_format,
            self.dilation_rate,
        )


class SeparableConv1D(SeparableConv):
    """A depthwise convolution of a sequence, then a mixing of channels: (batch, steps, channels) → (…, filters).

    Args:
        filters: channels of the output.
        kernel_size, strides, padding, data_format, dilation_rate: as of `Conv1D`, without `"causal"`.
        depth_multiplier: how many channels each channel gives before they are mixed.
        activation, use_bias: as of `Conv1D`.
        depthwise_initializer, depthwise_regularizer, depthwise_constraint: of the first kernel.
        pointwise_initializer, pointwise_regularizer, pointwise_constraint: of the kernel that mixes.
        bias_initializer, bias_regularizer, bias_constraint, activity_regularizer: as of `Conv1D`.
    """

    rank = 1


class SeparableConv2D(SeparableConv):
    """A depthwise convolution of an image, then a mixing of channels: (batch, height, width, channels) → (…, filters).

    Args:
        filters: channels of the output.
        kernel_size, strides, padding, data_format, dilation_rate: as of `Conv2D`.
        depth_multiplier: how many channels each channel gives before they are mixed.
        activation, use_bias: as of `Conv2D`.
        depthwise_initializer, depthwise_regularizer, depthwise_constraint: of the first kernel.
        pointwise_initializer, pointwise_regularizer, pointwise_constraint: of the kernel that mixes.
        bias_initializer, bias_regularizer, bias_constraint, activity_regularizer: as of `Conv2D`.
    """

    rank = 2


# Keras' long names.
Convolution1D, Convolution2D, Convolution3D = Conv1D, Conv2D, Conv3D
Convolution1DTranspose, Convolution2DTranspose = Conv1DTranspose, Conv2DTranspose
Convolution3DTranspose = Conv3DTranspose
SeparableConvolution1D, SeparableConvolution2D = SeparableConv1D, SeparableConv2D
