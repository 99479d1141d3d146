"""Pooling to a given size, whatever that of the input."""

from nbkeras import config, ops
from nbkeras.layers.arguments import integer_tuple
from nbkeras.layers.layer import Layer
from nbkeras.layers.layouts import channels_spec

__all__ = [
    "AdaptiveAveragePooling1D",
    "AdaptiveAveragePooling2D",
    "AdaptiveAveragePooling3D",
    "AdaptiveMaxPooling1D",
    "AdaptiveMaxPooling2D",
    "AdaptiveMaxPooling3D",
]


class AdaptivePooling(Layer):
    """What adaptive pooling layers share; `rank` is the number of spatial axes, `pool` the op."""

    rank: int

    def __init__(self, output_size, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.output_size = integer_tuple("output_size", output_size, self.rank)
        self.data_format = config.standardize_data_format(data_format)
        self.input_spec = channels_spec(self.rank, self.data_format)


class AdaptiveAveragePooling(AdaptivePooling):
    """The mean of each part."""

    def call(self, inputs):
        return ops.adaptive_average_pool(inputs, self.output_size, self.data_format)


class AdaptiveMaxPooling(AdaptivePooling):
    """The largest number of each part."""

    def call(self, inputs):
        return ops.adaptive_max_pool(inputs, self.output_size, self.data_format)


class AdaptiveAveragePooling1D(AdaptiveAveragePooling):
    """The means of `output_size` parts of a sequence: (batch, steps, channels) → (batch, output_size, channels).

    Args:
        output_size: how many steps come out. Part i reaches from ⌊i · steps / output_size⌋ up to, without, ⌈(i + 1) ·
            steps / output_size⌉, so that parts may overlap.
        data_format: `"channels_last"` or `"channels_first"`.

    Example:
        >>> AdaptiveAveragePooling1D(2)(np.array([[[1.0], [3.0], [5.0], [7.0]]], "float32"))[0, :, 0]
        array([2., 6.], dtype=float32)
    """

    rank = 1


class AdaptiveAveragePooling2D(AdaptiveAveragePooling):
    """The means of parts of an image: (batch, height, width, channels) → (batch, *output_size, channels).

    Args:
        output_size: height and width of what comes out, or one integer for both; parts as in one dimension.
        data_format: `"channels_last"` or `"channels_first"`.
    """

    rank = 2


class AdaptiveAveragePooling3D(AdaptiveAveragePooling):
    """The means of parts of a volume; arguments as `AdaptiveAveragePooling2D`, with three axes."""

    rank = 3


class AdaptiveMaxPooling1D(AdaptiveMaxPooling):
    """The largest numbers of parts of a sequence; arguments as `AdaptiveAveragePooling1D`."""

    rank = 1


class AdaptiveMaxPooling2D(AdaptiveMaxPooling):
    """The largest numbers of parts of an image; arguments as `AdaptiveAveragePooling2D`."""

    rank = 2


class AdaptiveMaxPooling3D(AdaptiveMaxPooling):
    """The largest numbers of parts of a volume; arguments as `AdaptiveAveragePooling2D`, with three axes."""

    rank = 3
