"""What both versions of EfficientNet share: initial weights, squeezing and exciting, and dropped residuals."""

from typing import NamedTuple

from nbkeras import initializers, layers
from nbkeras.applications.architecture import channel_axis

__all__ = ["ACTIVATION", "Block", "convolution", "dense_start", "excited", "kernel_start", "residual"]

ACTIVATION = "swish"


class Block(NamedTuple):
    """The numbers of one block.

    Args:
        prefix: what the names of its layers begin with.
        channels: that come in.
        filters: channels that go out.
        expansion: factor by which it is wider within.
        kernel_size: of the convolution over the image.
        stride: of that convolution.
        squeeze: share of the incoming channels through which the factors of excitation are computed; 0 for none.
        drop: rate at which the block is left out of whole images in training.
    """

    prefix: str
    channels: int
    filters: int
    expansion: int
    kernel_size: int
    stride: int
    squeeze: float
    drop: float

    @property
    def width(self):
        """The channels within."""
        return self.channels * self.expansion


def kernel_start():
    """What the kernels of convolutions begin with."""
    return initializers.VarianceScaling(2.0, "fan_out", "truncated_normal")


def dense_start():
    """What the classifier begins with."""
    return initializers.VarianceScaling(1.0 / 3.0, "fan_out", "uniform")


def convolution(x, filters, name, kernel_size=1, strides=1):
    """A convolution without a bias."""
    return layers.Conv2D(
        filters,
        kernel_size,
        strides=strides,
        padding="same",
        use_bias=False,
        kernel_initializer=kernel_start(),
        name=name,
    )(x)


def excited(x, block):
    """Each channel times a factor between 0 and 1 that depends on the means of all: Hu et al. (2018)."""
    shape = (block.width, 1, 1) if channel_axis() == 1 else (1, 1, block.width)
    factor = layers.GlobalAveragePooling2D(name=f"{block.prefix}se_squeeze")(x)
    factor = layers.Reshape(shape, name=f"{block.prefix}se_reshape")(factor)
    narrow = max(1, int(block.channels * block.squeeze))
    for filters, activation, name in ((narrow, ACTIVATION, "se_reduce"), (block.width, "sigmoid", "se_expand")):
        factor = layers.Conv2D(
            filters,
            1,
            padding="same",
            activation=activation,
            kernel_initializer=kernel_start(),
            name=f"{block.prefix}{name}",
        )(factor)
    return layers.multiply([x, factor], name=f"{block.prefix}se_excite")


def residual(x, shortcut, block):
    """The block's result added to what came in, where the shapes agree; in training, left out at random."""
    if block.stride != 1 or block.channels != block.filters:
        return x
    if block.drop:
        x = layers.Dropout(block.drop, noise_shape=(None, 1, 1, 1), name=f"{block.prefix}drop")(x)
    return layers.add([x, shortcut], name=f"{block.prefix}add")
