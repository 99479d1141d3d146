"""What the Inception networks share: normalised convolutions, rows of them, and modules of rows side by side."""

from nbkeras import layers
from nbkeras.applications.architecture import channel_axis

__all__ = ["convolved", "joined", "path", "shrunk", "stem"]


def convolved(x, filters, kernel_size, strides=1, padding="same", name=None):
    """A convolution, batch normalisation without a factor, and ReLU."""
    names = [name and f"{name}{ending}" for ending in ("", "_bn", "_ac")]
    x = layers.Conv2D(filters, kernel_size, strides=strides, padding=padding, use_bias=False, name=names[0])(x)
    x = layers.BatchNormalization(axis=channel_axis(), scale=False, name=names[1])(x)
    return layers.Activation("relu", name=names[2])(x)


def path(x, *steps, halves=False):
    """Convolutions one after the other.

    Args:
        steps: of each, the filters and the kernel size.
        halves: whether the last of them halves height and width.
    """
    for number, (filters, kernel_size) in enumerate(steps, 1):
        is_halving = halves and number == len(steps)
        stride, padding = (2, "valid") if is_halving else (1, "same")
        x = convolved(x, filters, kernel_size, stride, padding)
    return x


def joined(paths, name=None):
    """The channels of all paths side by side."""
    return layers.Concatenate(axis=channel_axis(), name=name)(paths)


def shrunk(x):
    """The largest of each 3 × 3 pixels, half as high and wide."""
    return layers.MaxPooling2D(3, strides=2)(x)


def stem(x):
    """The beginning of both networks: from pixels to 192 channels, an eighth as high and wide."""
    x = convolved(x, 32, 3, strides=2, padding="valid")
    x = convolved(x, 32, 3, padding="valid")
    x = shrunk(convolved(x, 64, 3))
    x = convolved(x, 80, 1, padding="valid")
    return shrunk(convolved(x, 192, 3, padding="valid"))
