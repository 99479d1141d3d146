"""Margins: cutting them off, and adding them."""

from nbkeras.ops.dispatch import op
from nbkeras.ops.image.layout import image_axes, image_tensor
from nbkeras.ops.shaping import pad

__all__ = ["crop_images", "pad_images"]


@op
def crop_images(
    images,
    top_cropping=None,
    left_cropping=None,
    bottom_cropping=None,
    right_cropping=None,
    target_height=None,
    target_width=None,
    data_format=None,
):
    """Images without their margins, given two of top, bottom and target height, and two of left, right and width.

    Raises:
        ValueError: for more or fewer of them, for a negative one, and if the images are too small.

    Example:
        >>> crop_images(np.zeros((4, 5, 3)), 1, 1, target_height=2, target_width=3).shape
        (2, 3, 3)
    """
    images = image_tensor("crop_images", images)
    rows, columns, _ = image_axes(images, data_format)
    vertical = {"top_cropping": top_cropping, "bottom_cropping": bottom_cropping, "target_height": target_height}
    horizontal = {"left_cropping": left_cropping, "right_cropping": right_cropping, "target_width": target_width}
    key = [slice(None)] * len(images.shape)
    for axis, given in ((rows, vertical), (columns, horizontal)):
        before, _, target = _completed("crop_images", given, lambda a, b, size=images.shape[axis]: size - a - b)
        key[axis] = slice(before, before + target)
    return images[tuple(key)]


@op
def pad_images(
    images,
    top_padding=None,
    left_padding=None,
    bottom_padding=None,
    right_padding=None,
    target_height=None,
    target_width=None,
    data_format=None,
):
    """Images with margins of zeros, given two of top, bottom and target height, and two of left, right and width.

    Raises:
        ValueError: for more or fewer of them, for a negative one, and if the images are too large.

    Example:
        >>> pad_images(np.zeros((4, 5, 3)), 1, 1, target_height=8, target_width=9).shape
        (8, 9, 3)
    """
    images = image_tensor("pad_images", images)
    rows, columns, _ = image_axes(images, data_format)
    vertical = {"top_padding": top_padding, "bottom_padding": bottom_padding, "target_height": target_height}
    horizontal = {"left_padding": left_padding, "right_padding": right_padding, "target_width": target_width}
    widths = [(0, 0)] * len(images.shape)
    for axis, given in ((rows, vertical), (columns, horizontal)):
        size = images.shape[axis]
        target = next(reversed(given))
        if given[target] is None:  # it follows, so only the count of the others is checked
            before, after, _ = _completed("pad_images", given, lambda a, b, size=size: size + a + b)
        else:
            before, after, _ = _completed("pad_images", given, lambda a, b, size=size: b - size - a)
        widths[axis] = (before, after)
    return pad(images, widths)


def _completed(op, given, missing):
    """The values of the three in `given`, the absent one being `missing(first, second)` of the others."""
    if list(given.values()).count(None) != 1:
        raise ValueError(f"{op} expects two of {', '.join(given)}, got {given}")
    values = [value for value in given.values() if value is not None]
    absent = next(name for name, value in given.items() if value is None)
    complete = {name: missing(*values) if value is None else value for name, value in given.items()}
    for name, value in complete.items():
        if value < 0:
            how = f", which follows from {given}" if name == absent else ""
            raise ValueError(f"{op} expects a {name} of at least 0, got {int(value)}{how}")
    return complete.values()
