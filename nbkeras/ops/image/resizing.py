"""Images of another size."""

import numpy as np

from nbkeras.ops.core import saturate_cast
from nbkeras.ops.dispatch import as_array, op
from nbkeras.ops.dtypes import as_dtype, as_float, as_tensor, is_float, name_of
from nbkeras.ops.elementwise import round
from nbkeras.ops.image.framing import crop_images
from nbkeras.ops.image.layout import image_axes, image_tensor
from nbkeras.ops.indexing import take
from nbkeras.ops.interpolation import INTERPOLATIONS, interpolation_matrix, resize_axis, transform_axis
from nbkeras.ops.shaping import pad, reshape

__all__ = ["aspect_crop", "resize", "scale_and_translate"]

SPELLINGS = {"linear": "bilinear", "trilinear": "bilinear", "cubic": "bicubic", "tricubic": "bicubic"}


@op
def resize(
    images,
    size,
    interpolation="bilinear",
    antialias=False,
    crop_to_aspect_ratio=False,
    pad_to_aspect_ratio=False,
    fill_mode="constant",
    fill_value=0.0,
    data_format=None,
):
    """Images of another height and width.

    Args:
        size: the new height and width.
        interpolation: `"nearest"`, `"bilinear"`, `"bicubic"` (Keys, 1981), `"lanczos3"` or `"lanczos5"`.
        antialias: whether a smaller image is made of all pixels of the larger one, not of the nearest few.
        crop_to_aspect_ratio: whether to take the largest middle part of the new proportions first.
        pad_to_aspect_ratio: whether to add margins of `fill_value` first, to get the new proportions.
        fill_mode: `"constant"` is the only one.

    Returns:
        Images of the same dtype; integers are rounded, and values beyond their range become its ends.

    Example:
        >>> resize(np.zeros((2, 8, 6, 3), "float32"), (4, 4)).shape
        (2, 4, 4, 3)
    """
    images = image_tensor("resize", images)
    _check_resize(size, interpolation, crop_to_aspect_ratio, pad_to_aspect_ratio, fill_mode)
    height, width = (int(n) for n in size)
    rows, columns, _ = image_axes(images, data_format)
    if crop_to_aspect_ratio:
        corner, sizes = aspect_crop((images.shape[rows], images.shape[columns]), (height, width))
        images = crop_images(images, *corner, target_height=sizes[0], target_width=sizes[1], data_format=data_format)
    elif pad_to_aspect_ratio:
        images = _padded_to_aspect(images, (rows, columns), (height, width), fill_value)
    if interpolation == "nearest":
        for axis, n in ((rows, height), (columns, width)):
            images = take(images, _nearest(images.shape[axis], n), axis)
        return images
    y = as_float(images)
    for axis, n in ((rows, height), (columns, width)):
        y = y if y.shape[axis] == n else resize_axis(y, axis, n, interpolation, antialias)
    dtype = name_of(images.dtype)
    return y if is_float(dtype) else saturate_cast(round(y), dtype)


def _check_resize(size, interpolation, crop, padded, fill_mode):
    if len(size) != 2 or min(size) <= 0:
        raise ValueError(f"resize expects size as a positive height and width, got {size!r}")
    if interpolation not in ("nearest", *INTERPOLATIONS):
        choices = ", ".join(map(repr, ("nearest", *INTERPOLATIONS)))
        raise ValueError(f"resize expects interpolation to be one of {choices}, got {interpolation!r}")
    if fill_mode != "constant":
        raise ValueError(f"resize expects fill_mode 'constant', got {fill_mode!r}")
    if crop and padded:
        raise ValueError("resize expects at most one of crop_to_aspect_ratio and pad_to_aspect_ratio, got both")


def _nearest(old, new):
    """The old cell in which the centre of each new one lies."""
    return ((np.arange(new) + 0.5) * old / new).astype(np.int32)


def aspect_crop(size, target):
    """The largest middle part of `size` with the proportions of `target`: its upper left corner, and its size."""
    (height, width), (target_height, target_width) = size, target
    part = (
        max(min(height, int(width * target_height / target_width)), 1),
        max(min(width, int(height * target_width / target_height)), 1),
    )
    return ((height - part[0]) // 2, (width - part[1]) // 2), part


def _padded_to_aspect(images, axes, target, value):
    """`images` with equal margins above and below, or left and right, so that their proportions are `target`'s."""
    height, width = (images.shape[axis] for axis in axes)
    wanted = int(width * target[0] / target[1]), int(height * target[1] / target[0])
    margins = max(wanted[0] - height, 0) // 2, max(wanted[1] - width, 0) // 2
    widths = [(0, 0)] * len(images.shape)
    for axis, margin in zip(axes, margins):
        widths[axis] = (margin, margin)
    return pad(images, widths, constant_values=value) if any(margins) else images


@op
def scale_and_translate(images, output_shape, scale, translation, spatial_dims, method, antialias=True):
    """Images scaled and moved: the pixel at `x` goes to `x * scale + translation`, with centres at halves.

    Args:
        images: of any rank.
        output_shape: the whole shape of the result.
        scale, translation: a number for each of `spatial_dims`; they may be computed, and have gradients.
        spatial_dims: the axes to scale; along the others `output_shape` is that of `images`.
        method: `"linear"`, `"bilinear"`, `"trilinear"`, `"cubic"`, `"bicubic"`, `"tricubic"`, `"lanczos3"` or
            `"lanczos5"`.
        antialias: as of `resize`.

    Example:
        >>> image = np.array([[[0.0], [1.0]]], "float32")
        >>> scale_and_translate(image, (1, 4, 1), [2.0], [0.0], [1], "linear")[0, :, 0]
        array([0.  , 0.25, 0.75, 1.  ], dtype=float32)
    """
    kernel = SPELLINGS.get(method, method)
    if kernel not in INTERPOLATIONS:
        choices = ", ".join(map(repr, (*SPELLINGS, *INTERPOLATIONS)))
        raise ValueError(f"scale_and_translate expects method to be one of {choices}, got {method!r}")
    images = as_float(as_tensor(images))
    scale, translation = (reshape(as_float(as_array(v)), (-1, 1)) for v in (scale, translation))
    for place, axis in enumerate(spatial_dims):
        matrix = interpolation_matrix(
            images.shape[axis], int(output_shape[axis]), scale[place], translation[place], kernel, antialias
        )
        images = transform_axis(images, axis, as_dtype(matrix, name_of(images.dtype)))
    return images
