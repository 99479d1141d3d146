"""Images bent at random."""

import numpy as np

from nbkeras.ops.core import convert_to_numpy
from nbkeras.ops.dispatch import op
from nbkeras.ops.dtypes import as_dtype, as_tensor
from nbkeras.ops.image.filters import blurred
from nbkeras.ops.image.layout import channels_last_batch
from nbkeras.ops.image.sampling import FILL_MODES, ORDERS, sample_images

__all__ = ["elastic_transform", "elastically_bent"]


@op
def elastic_transform(
    images,
    alpha=20.0,
    sigma=5.0,
    interpolation="bilinear",
    fill_mode="reflect",
    fill_value=0.0,
    seed=None,
    data_format=None,
):
    """Images bent by a smooth random field: Simard et al. (2003), doi 10.1109/ICDAR.2003.1227801.

    Every pixel is read at a place that is shifted, along rows and along columns, by normal noise of standard deviation
    `sigma`, blurred by a normal density of the same `sigma`, and multiplied by `alpha`. Each image has its own field.

    Args:
        alpha: how strongly.
        sigma: how smoothly, in pixels.
        interpolation: `"nearest"` or `"bilinear"`.
        fill_mode, fill_value: beyond the border, as of `map_coordinates`.
        seed: an integer, a `SeedGenerator`, or `None`.

    Returns:
        Images of the same shape and dtype.

    Example:
        >>> elastic_transform(np.zeros((8, 8, 3), "float32"), seed=1).shape
        (8, 8, 3)
    """
    if interpolation not in ORDERS:
        raise ValueError(f"elastic_transform expects interpolation 'nearest' or 'bilinear', got {interpolation!r}")
    if fill_mode not in FILL_MODES:
        choices = ", ".join(map(repr, FILL_MODES))
        raise ValueError(f"elastic_transform expects fill_mode to be one of {choices}, got {fill_mode!r}")
    from nbkeras import random  # a room above: chance is made of ops

    batch, restored = channels_last_batch("elastic_transform", images, data_format)
    count, height, width, _ = batch.shape
    noise = random.normal((2 * count, height, width, 1), dtype="float32", seed=seed)
    reach = float(convert_to_numpy(as_tensor(sigma)))
    return restored(elastically_bent(batch, noise, alpha, sigma, reach, interpolation, fill_mode, fill_value))


def elastically_bent(batch, noise, alpha, sigma, reach, interpolation, fill_mode, fill_value):
    """A batch, channels last, bent as `elastic_transform` says.

    Args:
        noise: normal, (2 · batch, height, width, 1): the shifts along rows of all images, then those along columns.
        reach: the largest `sigma`; the blur covers six times as much.
    """
    count, height, width, _ = batch.shape
    sigma = as_dtype(as_tensor(sigma), "float32")
    size = int(6 * reach) | 1
    field = blurred(noise * sigma, (size, size), (sigma, sigma))[..., 0] * alpha
    x = field[:count] + np.arange(width, dtype=np.float32)
    y = field[count:] + np.arange(height, dtype=np.float32)[:, None]
    return sample_images(batch, x, y, interpolation, fill_mode, fill_value)
