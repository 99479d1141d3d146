"""Where an image keeps its rows, columns and channels."""

from nbkeras import config
from nbkeras.backends.abstract import shown
from nbkeras.ops.dtypes import as_tensor
from nbkeras.ops.shaping import moveaxis, reshape

__all__ = ["channels_last_batch", "image_axes", "image_tensor"]


def image_tensor(op, images):
    """`images` as a tensor of rank 3 or 4; raises ValueError for another rank."""
    images = as_tensor(images)
    if len(images.shape) not in (3, 4):
        raise ValueError(
            f"{op} expects one image, of rank 3, or a batch of them, of rank 4, got shape {shown(images.shape)}"
        )
    return images


def image_axes(images, data_format):
    """The axes of rows, of columns and of channels, counted from the front."""
    first = len(images.shape) - 3
    if config.standardize_data_format(data_format) == "channels_last":
        return first, first + 1, first + 2
    return first + 1, first + 2, first


def channels_last_batch(op, images, data_format):
    """`images` as (batch, height, width, channels), and the function that takes such a batch back to their layout."""
    images = image_tensor(op, images)
    alone = len(images.shape) == 3
    channels = image_axes(images, data_format)[2]
    if alone:
        images = reshape(images, (1, *images.shape))
        channels += 1

    def restored(batch):
        batch = moveaxis(batch, 3, channels)
        return reshape(batch, batch.shape[1:]) if alone else batch

    return moveaxis(images, channels, 3), restored
