"""What the networks for phones share: widths that are multiples of eight, padding, and sizes that have weights."""

from nbkeras import layers
from nbkeras.applications.architecture import size_of
from nbkeras.warning import warn

__all__ = ["divisible", "padded_for_stride", "size_with_weights", "trained_size"]


def divisible(filters, divisor=8):
    """The multiple of `divisor` nearest to `filters`, at least one of it, and not below nine tenths of `filters`."""
    rounded = max(divisor, int(filters + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * filters else rounded


def padded_for_stride(x, kernel_size, name):
    """Zeros around images so that windows with a stride of two end at the last pixel; unknown sizes count as even."""
    reach = kernel_size // 2
    sides = [(reach - (size is None or size % 2 == 0), reach) for size in size_of(x.shape)]
    return layers.ZeroPadding2D(sides, name=name)(x)


def trained_size(shape, sizes):
    """The size of images to assume for an `input_shape`: its own, if there are weights for that; else 224."""
    if shape is None or len(shape) != 3:
        return 224
    height, width = size_of((None, *shape))
    return height if height == width and height in sizes else 224


def size_with_weights(shape, sizes):
    """The size of the images that the weights to load were trained on; warns if `shape` says another one."""
    height, width = size_of((None, *shape))
    if height == width and height in sizes:
        return height
    if (height, width) != (None, None):
        warn(f"there are weights for squares of {', '.join(map(str, sizes))}, not for {height} × {width}: taking 224's")
    return 224
