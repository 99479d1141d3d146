"""Colour spaces."""

import numpy as np

from nbkeras.backends.abstract import shown
from nbkeras.ops.dispatch import op
from nbkeras.ops.dtypes import as_dtype, as_float, is_float, name_of
from nbkeras.ops.elementwise import absolute, clip, logical_and, maximum, minimum, mod, where
from nbkeras.ops.image.layout import image_axes, image_tensor
from nbkeras.ops.reductions import sum
from nbkeras.ops.shaping import stack, unstack

__all__ = ["hsv_to_rgb", "rgb_to_grayscale", "rgb_to_hsv"]

LUMA = (0.2989, 0.5870, 0.1140)  # the weights of ITU-R BT.601, as Keras rounds them


@op
def rgb_to_grayscale(images, data_format=None):
    """The brightness of colour images, `0.2989 R + 0.5870 G + 0.1140 B`, in one channel.

    Args:
        images: with 3 channels; with 1 they are returned as they are. Integers are cut to integers again.

    Example:
        >>> rgb_to_grayscale(np.ones((1, 1, 3), "float32")).shape
        (1, 1, 1)
    """
    images = image_tensor("rgb_to_grayscale", images)
    axis = image_axes(images, data_format)[2]
    if images.shape[axis] not in (1, 3):
        raise ValueError(f"rgb_to_grayscale expects 1 or 3 channels on axis {axis}, got shape {shown(images.shape)}")
    if images.shape[axis] == 1:
        return images
    x = as_float(images)
    sizes = [1] * len(images.shape)
    sizes[axis] = 3
    weights = as_dtype(np.reshape(np.float32(LUMA), sizes), name_of(x.dtype))
    return as_dtype(sum(x * weights, axis, keepdims=True), name_of(images.dtype))


@op
def rgb_to_hsv(images, data_format=None):
    """Hue, saturation and value of colour images whose channels lie between 0 and 1; hue is in turns, from 0 to 1.

    Smith (1978), https://doi.org/10.1145/965139.807361. The images must be floats. Where a colour is grey, hue is 0.

    Example:
        >>> rgb_to_hsv(np.array([[[0.0, 0.5, 0.0]]], "float32")).round(3)
        array([[[0.333, 1.   , 0.5  ]]], dtype=float32)
    """
    images, axis = _float_colours("rgb_to_hsv", images, data_format)
    smallest = float(np.finfo(_numpy_name(images)).eps)
    r, g, b = unstack(where(absolute(images) < smallest, 0.0, images), axis=axis)
    value = maximum(maximum(r, g), b)
    spread = value - minimum(minimum(r, g), b)
    saturation = where(value > 0, spread / where(value > 0, value, 1.0), 0.0)
    sixth = 1.0 / (6.0 * where(spread > 0, spread, 1.0))
    hue = where(value == g, sixth * (b - r) + 2 / 6, sixth * (r - g) + 4 / 6)
    hue = where(value == r, sixth * (g - b), hue)
    hue = where(logical_and(spread > 0, hue < 0), hue + 1.0, hue)
    return stack([where(spread > 0, hue, 0.0), saturation, value], axis)


@op
def hsv_to_rgb(images, data_format=None):
    """Colours from hue (in turns), saturation and value: the inverse of `rgb_to_hsv`. The images must be floats."""
    images, axis = _float_colours("hsv_to_rgb", images, data_format)
    hue, saturation, value = unstack(images, axis=axis)
    sixths = mod(hue, 1.0) * 6.0
    shares = (absolute(sixths - 3.0) - 1.0, 2.0 - absolute(sixths - 2.0), 2.0 - absolute(sixths - 4.0))
    white = 1.0 - saturation
    return stack([value * (white + saturation * clip(share, 0.0, 1.0)) for share in shares], axis)


def _float_colours(op, images, data_format):
    """The images and their channels' axis; raises ValueError unless they are floats with 3 channels."""
    images = image_tensor(op, images)
    axis = image_axes(images, data_format)[2]
    name = name_of(images.dtype)
    if not is_float(name):
        raise ValueError(f"{op} expects floats, got {name}; bring bytes to the range from 0 to 1 by `images / 255`")
    if images.shape[axis] != 3:
        raise ValueError(f"{op} expects 3 channels on axis {axis}, got shape {shown(images.shape)}")
    return images, axis


def _numpy_name(images):
    name = name_of(images.dtype)
    return "float32" if name == "bfloat16" else name
