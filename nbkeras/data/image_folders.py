"""Images in folders as a dataset."""

import numpy as np

from nbkeras import config, ops
from nbkeras.backends import use_backend
from nbkeras.data.folders import Folder
from nbkeras.data.images import MODES, pillow

__all__ = ["image_dataset_from_directory"]

ENDINGS = (".bmp", ".gif", ".jpeg", ".jpg", ".png")
INTERPOLATIONS = ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5")


def image_dataset_from_directory(
    directory,
    labels="inferred",
    label_mode="int",
    class_names=None,
    color_mode="rgb",
    batch_size=32,
    image_size=(256, 256),
    shuffle=True,
    seed=None,
    validation_split=None,
    subset=None,
    interpolation="bilinear",
    follow_links=False,
    crop_to_aspect_ratio=False,
    pad_to_aspect_ratio=False,
    data_format=None,
    format="tf",
    verbose=True,
):
    """The images in a folder, where each folder within is a class, as a `Dataset` of batches `(images, labels)`.

    Images are read when they are asked for: floats from 0 to 255, of shape `(rows, height, width, channels)`.

    Args:
        directory: where the folders are.
        labels: `"inferred"`: numbers of folders; `None`: none; or a list, one for each file in the order of paths.
        label_mode: `"int"`: int32 of shape (rows,); `"categorical"`: one-hot; `"binary"`: 0.0 or 1.0, of (rows, 1).
        class_names: the folders to take, in the order of their numbers; default all by name.
        color_mode: `"rgb"`, `"rgba"` or `"grayscale"`.
        batch_size: `None` for single images.
        image_size: the height and width that all images are brought to.
        shuffle: whether files come in random order, another one in each pass; else in that of their paths.
        seed: of the order. Equal seeds make equal subsets, and the same ones as in Keras.
        validation_split, subset: a share of the files to hold out; `"training"`, `"validation"` or `"both"`.
        interpolation: `"bilinear"`, `"nearest"`, `"bicubic"`, `"lanczos3"` or `"lanczos5"`.
        follow_links: whether to follow links to folders.
        crop_to_aspect_ratio, pad_to_aspect_ratio: to cut images, or to add black margins, rather than to stretch them.
        data_format: `"channels_first"` for (rows, channels, height, width).
        format: accepted for Keras' sake; the dataset is of this library.
        verbose: whether to print how many files there are.

    Returns:
        A dataset with the attributes `class_names` and `file_paths`; for `subset="both"` a list of two.

    Raises:
        ImportError: without Pillow.
        ValueError: for a folder without images.

    Example:
        >>> train, held_out = image_dataset_from_directory("flowers", validation_split=0.2, subset="both", seed=1)
    """
    load = _loader(color_mode, image_size, interpolation, crop_to_aspect_ratio, pad_to_aspect_ratio, data_format)
    folder = Folder(
        directory, labels, label_mode, class_names, batch_size, shuffle, seed, validation_split, subset, follow_links,
        verbose,
    )  # fmt: skip
    return folder.datasets(ENDINGS, load)


def _loader(color_mode, image_size, interpolation, crop, pad, data_format):
    """The function that reads a file as `image_dataset_from_directory` is told to."""
    pillow()
    if color_mode not in MODES:
        raise ValueError(f"color_mode must be 'rgb', 'rgba' or 'grayscale', got {color_mode!r}")
    size = (image_size, image_size) if isinstance(image_size, int) else tuple(image_size)
    if len(size) != 2:
        raise ValueError(f"image_size expects a height and a width, got {image_size!r}")
    interpolation = interpolation.lower()
    if interpolation not in INTERPOLATIONS:
        raise ValueError(f"interpolation must be one of {', '.join(INTERPOLATIONS)}, got {interpolation!r}")
    if crop and pad:
        raise ValueError("of crop_to_aspect_ratio and pad_to_aspect_ratio at most one can be True, got both")
    first = config.standardize_data_format(data_format) == "channels_first"

    def load(path):
        pixels = _pixels(path, color_mode)
        with use_backend("numpy"):  # images of many sizes, for each of which another backend would compile
            image = ops.image.resize(pixels, size, interpolation, False, crop, pad, data_format="channels_last")
        return np.moveaxis(image, -1, 0) if first else image

    return load


def _pixels(path, color_mode):
    """The numbers of an image, from 0 to 255, as floats of shape (height, width, channels)."""
    with pillow().open(path) as image:
        if image.mode.startswith("I;16"):  # 16 bits, of which Pillow would cut off all above 255
            image = pillow().fromarray((np.asarray(image) >> 8).astype("uint8"))
        array = np.asarray(image.convert(MODES[color_mode]), "float32")
    return array[..., None] if array.ndim == 2 else array
