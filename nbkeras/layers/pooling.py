"""Pooling: one number for each window, or for a whole sequence or image."""

from nbkeras import config, ops
from nbkeras.layers.arguments import choice, integer_tuple
from nbkeras.layers.layer import Layer
from nbkeras.layers.layouts import channels_spec, spatial_axes, spatial_shape
from nbkeras.symbolic import shown

__all__ = [
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "AvgPool1D",
    "AvgPool2D",
    "AvgPool3D",
    "GlobalAveragePooling1D",
    "GlobalAveragePooling2D",
    "GlobalAveragePooling3D",
    "GlobalAvgPool1D",
    "GlobalAvgPool2D",
    "GlobalAvgPool3D",
    "GlobalMaxPool1D",
    "GlobalMaxPool2D",
    "GlobalMaxPool3D",
    "GlobalMaxPooling1D",
    "GlobalMaxPooling2D",
    "GlobalMaxPooling3D",
    "MaxPool1D",
    "MaxPool2D",
    "MaxPool3D",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
]


class Pooling(Layer):
    """What windowed pooling layers share; `rank` is the number of spatial axes."""

    rank: int

    def __init__(self, pool_size, strides=None, padding="valid", data_format=None, name=None, **kwargs):
        super().__init__(name=name, **kwargs)
        self.pool_size = integer_tuple("pool_size", pool_size, self.rank)
        self.strides = self.pool_size if strides is None else integer_tuple("strides", strides, self.rank)
        self.padding = choice("padding", padding, ("valid", "same"))
        self.data_format = config.standardize_data_format(data_format)
        self.input_spec = channels_spec(self.rank, self.data_format)

    def check_fit(self, shape):
        """Raises ValueError where no window fits into an input of `shape`."""
        space = spatial_shape(shape, self.data_format)
        if self.padding == "valid" and any(n < size for n, size in zip(space, self.pool_size)):
            raise ValueError(
                f"{self.title} with pool_size {self.pool_size} expects inputs at least that large, got {shown(space)} "
                f"in {shown(shape)}; pool less, or use padding='same'"
            )


class MaxPooling(Pooling):
    """The largest number of each window, channel by channel."""

    def __init__(self, pool_size=2, strides=None, padding="valid", data_format=None, name=None, **kwargs):
        super().__init__(pool_size, strides, padding, data_format, name, **kwargs)

    def call(self, x):
        self.check_fit(x.shape)
        return ops.max_pool(x, self.pool_size, self.strides, self.padding, self.data_format)


class AveragePooling(Pooling):
    """The mean of each window, channel by channel; cells of the padding do not count."""

    def call(self, x):
        self.check_fit(x.shape)
        return ops.average_pool(x, self.pool_size, self.strides, self.padding, self.data_format)


class MaxPooling1D(MaxPooling):
    """The largest number of each window of a sequence: (batch, steps, channels) → (batch, fewer steps, channels).

    Args:
        pool_size: steps in a window.
        strides: steps from one window to the next; default `pool_size`.
        padding: `"valid"`, only windows that fit, or `"same"`, ⌈steps / strides⌉ of them.
        data_format: `"channels_last"` or `"channels_first"`.
    """

    rank = 1


class MaxPooling2D(MaxPooling):
    """The largest number of each window of an image: (batch, height, width, channels) → the same, smaller.

    Args:
        pool_size: height and width of a window, or one integer for both.
        strides: from one window to the next; default `pool_size`.
        padding: `"valid"`, only windows that fit, or `"same"`, ⌈size / strides⌉ of them along each axis.
        data_format: `"channels_last"` or `"channels_first"`.

    Example:
        >>> x = np.arange(16, dtype="float32").reshape(1, 4, 4, 1)
        >>> MaxPooling2D(2)(x)[0, :, :, 0]
        array([[ 5.,  7.],
               [13., 15.]], dtype=float32)
    """

    rank = 2


class MaxPooling3D(MaxPooling):
    """The largest number of each window of a volume; arguments as `MaxPooling2D`, with three axes."""

    rank = 3


class AveragePooling1D(AveragePooling):
    """The mean of each window of a sequence; arguments as `MaxPooling1D`."""

    rank = 1


class AveragePooling2D(AveragePooling):
    """The mean of each window of an image; arguments as `MaxPooling2D`."""

    rank = 2


class AveragePooling3D(AveragePooling):
    """The mean of each window of a volume; arguments as `MaxPooling2D`, with three axes."""

    rank = 3


class GlobalPooling(Layer):
    """What global pooling layers share: each channel becomes one number."""

    rank: int

    def __init__(self, data_format=None, keepdims=False, **kwargs):
        super().__init__(**kwargs)
        self.data_format = config.standardize_data_format(data_format)
        self.keepdims = keepdims
        self.input_spec = channels_spec(self.rank, self.data_format)
        self.axes = spatial_axes(self.rank, self.data_format)


class GlobalAveragePooling(GlobalPooling):
    """The mean of each channel."""

    def call(self, x):
        return ops.mean(x, axis=self.axes, keepdims=self.keepdims)


class GlobalMaxPooling(GlobalPooling):
    """The largest number of each channel."""

    def call(self, x):
        return ops.max(x, axis=self.axes, keepdims=self.keepdims)


class GlobalAveragePooling1D(GlobalAveragePooling):
    """The mean over the steps of a sequence: (batch, steps, channels) → (batch, channels).

    Args:
        data_format: `"channels_last"` or `"channels_first"`.
        keepdims: keep the axis of the steps, with size 1.

    With a mask, only the steps that it keeps count; the output has no mask.
    """

    rank = 1

    def __init__(self, data_format=None, keepdims=False, **kwargs):
        super().__init__(data_format, keepdims, **kwargs)
        self.supports_masking = True

    def call(self, inputs, mask=None):
        if mask is None:
            return super().call(inputs)
        axis = self.axes[0]
        weights = ops.expand_dims(ops.cast(mask, inputs.dtype), 2 if axis == 1 else 1)
        total = ops.sum(inputs * weights, axis=axis, keepdims=self.keepdims)
        return total / ops.sum(weights, axis=axis, keepdims=self.keepdims)

    def compute_mask(self, inputs, mask=None):
        return None


class GlobalAveragePooling2D(GlobalAveragePooling):
    """The mean of each channel of an image: (batch, height, width, channels) → (batch, channels).

    Args:
        data_format: `"channels_last"` or `"channels_first"`.
        keepdims: keep the spatial axes, with size 1.
    """

    rank = 2


class GlobalAveragePooling3D(GlobalAveragePooling):
    """The mean of each channel of a volume; arguments as `GlobalAveragePooling2D`."""

    rank = 3


class GlobalMaxPooling1D(GlobalMaxPooling):
    """The largest number of each channel of a sequence: (batch, steps, channels) → (batch, channels).

    Args:
        data_format: `"channels_last"` or `"channels_first"`.
        keepdims: keep the axis of the steps, with size 1.
    """

    rank = 1


class GlobalMaxPooling2D(GlobalMaxPooling):
    """The largest number of each channel of an image; arguments as `GlobalAveragePooling2D`."""

    rank = 2


class GlobalMaxPooling3D(GlobalMaxPooling):
    """The largest number of each channel of a volume; arguments as `GlobalAveragePooling2D`."""

    rank = 3


# Keras' short names.
MaxPool1D, MaxPool2D, MaxPool3D = MaxPooling1D, MaxPooling2D, MaxPooling3D
AvgPool1D, AvgPool2D, AvgPool3D = AveragePooling1D, AveragePooling2D, AveragePooling3D
GlobalMaxPool1D, GlobalMaxPool2D, GlobalMaxPool3D = GlobalMaxPooling1D, GlobalMaxPooling2D, GlobalMaxPooling3D
GlobalAvgPool1D, GlobalAvgPool2D, GlobalAvgPool3D = (
    GlobalAveragePooling1D,
    GlobalAveragePooling2D,
    GlobalAveragePooling3D,
)
