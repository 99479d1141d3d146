"""Images as files, as objects of Pillow, and as arrays."""

import io
import os
from pathlib import Path
from typing import Any

import numpy as np

from nbkeras import config, ops
from nbkeras.ops.dtypes import as_float
from nbkeras.warning import warn

__all__ = ["array_to_img", "img_to_array", "load_img", "pillow", "save_img", "smart_resize"]

MODES = {"grayscale": "L", "rgb": "RGB", "rgba": "RGBA"}
INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "hamming", "box", "lanczos")


def pillow() -> Any:
    """`PIL.Image`; raises ImportError with what installs it."""
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError('images need Pillow, which is not installed: pip install "nbkeras[image]"') from error
    return Image


def load_img(path, color_mode="rgb", target_size=None, interpolation="nearest", keep_aspect_ratio=False):
    """The image in a file, as an object of Pillow.

    Args:
        path: of the file, or its content as `io.BytesIO`.
        color_mode: `"rgb"`, `"rgba"` or `"grayscale"`.
        target_size: height and width to bring it to; default its own.
        interpolation: `"nearest"`, `"bilinear"`, `"bicubic"`, `"lanczos"`, `"box"` or `"hamming"`.
        keep_aspect_ratio: whether to cut it to the new proportions, about the middle, before.

    Raises:
        ImportError: without Pillow.
        PIL.UnidentifiedImageError: for a file that is no image.

    Example:
        >>> image = load_img("cat.png", target_size=(224, 224))
        >>> img_to_array(image).shape
        (224, 224, 3)
    """
    Image = pillow()
    if color_mode not in MODES:
        raise ValueError(f"color_mode must be 'grayscale', 'rgb' or 'rgba', got {color_mode!r}")
    if interpolation not in INTERPOLATIONS:
        raise ValueError(f"interpolation must be one of {', '.join(INTERPOLATIONS)}, got {interpolation!r}")
    content = path if isinstance(path, io.BytesIO) else io.BytesIO(Path(os.fsdecode(path)).read_bytes())
    image = Image.open(content)
    if color_mode != "grayscale" or image.mode not in ("I;16", "I"):
        image = image.convert(MODES[color_mode])
    if target_size is None or image.size == (target_size[1], target_size[0]):
        return image
    height, width = target_size
    resample = getattr(Image.Resampling, interpolation.upper())
    return image.resize(
        (width, height), resample, box=_middle(image.size, width, height) if keep_aspect_ratio else None
    )


def _middle(size, width, height):
    """The largest part of the proportions `width` to `height` in the middle of an image: left, top, right, bottom."""
    part = min(size[0], size[1] * width // height), min(size[1], size[0] * height // width)
    left, top = (size[0] - part[0]) // 2, (size[1] - part[1]) // 2
    return left, top, left + part[0], top + part[1]


def img_to_array(img, data_format=None, dtype=None):
    """An object of Pillow as an array of shape `(height, width, channels)`.

    Args:
        img: the image.
        data_format: `"channels_first"` for `(channels, height, width)`; default `config.image_data_format()`.
        dtype: default `floatx()`.
    """
    array = np.asarray(img, dtype=dtype or config.floatx())
    if array.ndim == 2:
        array = array[..., None]
    if array.ndim != 3:
        raise ValueError(f"img_to_array expects an image of two or three axes, got {array.shape}")
    return array.transpose(2, 0, 1) if _is_first(data_format) else array


def array_to_img(x, data_format=None, scale=True, dtype=None):
    """An array of shape `(height, width, channels)` as an object of Pillow.

    Args:
        x: 1, 3 or 4 channels.
        data_format: as in `img_to_array`.
        scale: whether the smallest number becomes 0 and the largest 255; else the numbers are from 0 to 255.
        dtype: in which to compute; default `floatx()`.
    """
    Image = pillow()
    x = np.asarray(x, dtype=dtype or config.floatx())
    if x.ndim != 3:
        raise ValueError(f"array_to_img expects one image, of three axes, got shape {x.shape}")
    if _is_first(data_format):
        x = x.transpose(1, 2, 0)
    if x.shape[2] not in (1, 3, 4):
        raise ValueError(f"array_to_img expects 1, 3 or 4 channels, got {x.shape[2]}")
    if scale:
        x = x - x.min()
        x = x / (x.max() or 1) * 255
    if x.shape[2] > 1:
        return Image.fromarray(x.astype("uint8"))
    return Image.fromarray(x[..., 0].astype("int32" if x.max() > 255 else "uint8"))


def save_img(path, x, data_format=None, file_format=None, scale=True, **kwargs):
    """Writes an array to a file as an image.

    Args:
        path: of the file, or an open one.
        x, data_format, scale: as in `array_to_img`.
        file_format: `"png"`, `"jpeg"`, …; default what the ending of `path` says.
        **kwargs: for `PIL.Image.Image.save`.
    """
    if file_format is None and isinstance(path, (str, os.PathLike)):
        file_format = Path(path).suffix[1:]
    file_format = {"jpg": "jpeg"}.get(str(file_format).lower(), file_format)
    image = array_to_img(x, data_format=data_format, scale=scale)
    if image.mode == "RGBA" and file_format == "jpeg":
        warn("a JPEG file holds no transparency, so the fourth channel is left out; PNG keeps it")
        image = image.convert("RGB")
    image.save(path, format=file_format, **kwargs)


def smart_resize(x, size, interpolation="bilinear", data_format="channels_last", **kwargs):
    """Images of another size, cut to its proportions about the middle before, so that nothing is stretched.

    Args:
        x: `(height, width, channels)` or `(batch, height, width, channels)`.
        size: the new height and width.
        interpolation: `"bilinear"`, `"nearest"`, `"bicubic"`, `"lanczos3"` or `"lanczos5"`.
        data_format: `"channels_first"` if the channels come before height and width.

    Returns:
        Floats, of `"nearest"` the dtype of `x`; as a NumPy array if `x` is one.

    Example:
        >>> smart_resize(np.zeros((20, 30, 3), "uint8"), (8, 8)).shape
        (8, 8, 3)
    """
    if kwargs:
        raise TypeError(f"smart_resize has no argument {', '.join(map(repr, kwargs))}")
    images = x if interpolation == "nearest" else as_float(x)
    images = ops.image.resize(images, size, interpolation, crop_to_aspect_ratio=True, data_format=data_format)
    return ops.convert_to_numpy(images) if isinstance(x, np.ndarray) else images


def _is_first(data_format):
    return config.standardize_data_format(data_format) == "channels_first"
