"""Filters: blurring, edges, and the likeness that is measured through a blur."""

import numpy as np

from nbkeras.backends.abstract import shown
from nbkeras.ops.dispatch import op
from nbkeras.ops.dtypes import as_dtype, as_float, name_of
from nbkeras.ops.elementwise import exp, square
from nbkeras.ops.image.layout import channels_last_batch
from nbkeras.ops.reductions import mean, sum
from nbkeras.ops.shaping import broadcast_to, reshape, stack
from nbkeras.ops.windows import depthwise_conv

__all__ = ["blurred", "gaussian_blur", "sobel_edges", "ssim"]


def gaussian(size, sigma, dtype):
    """`size` weights along the normal density of standard deviation `sigma`, which may be traced; they sum to 1."""
    distances = as_dtype(np.arange(size) - (size - 1) / 2, dtype)
    weights = exp(-0.5 * square(distances / sigma))
    return weights / sum(weights)


def along_both(batch, vertical, horizontal, padding="same"):
    """A batch, channels last, filtered by the vectors `vertical` and `horizontal` along its two axes."""
    channels = batch.shape[3]
    for weights, shape in ((vertical, (-1, 1, 1, 1)), (horizontal, (1, -1, 1, 1))):
        kernel = reshape(as_dtype(weights, name_of(batch.dtype)), shape)
        kernel = broadcast_to(kernel, (*kernel.shape[:2], channels, 1))
        batch = depthwise_conv(batch, kernel, padding=padding, data_format="channels_last")
    return batch


def blurred(batch, size, sigma):
    """A batch, channels last, blurred by normal densities; `size` and `sigma` are those along rows and columns."""
    horizontal, vertical = (gaussian(int(n), s, name_of(batch.dtype)) for n, s in zip(size, sigma))
    return along_both(batch, vertical, horizontal)


@op
def gaussian_blur(images, kernel_size=(3, 3), sigma=(1.0, 1.0), data_format=None):
    """Images blurred by a normal density; beyond the border they count as 0.

    Args:
        kernel_size: how many columns and how many rows the density covers.
        sigma: its standard deviation along rows and along columns, in pixels; two numbers, which may be computed.

    Returns:
        Images of the same shape, integers as floats.

    Example:
        >>> gaussian_blur(np.ones((1, 5, 5, 1), "float32"))[0, 2, 2, 0]
        np.float32(1.0)
    """
    batch, restored = channels_last_batch("gaussian_blur", images, data_format)
    batch = as_float(batch)
    sigma = as_dtype(as_float(sigma), name_of(batch.dtype))
    if len(kernel_size) != 2 or sigma.shape != (2,):
        raise ValueError(f"gaussian_blur expects two sizes and two sigmas, got {kernel_size!r} and {sigma!r}")
    return restored(blurred(batch, kernel_size, (sigma[0], sigma[1])))


@op
def sobel_edges(images, data_format=None):
    """The vertical and the horizontal slope of images: Sobel's filters, (Δy, Δx) on a new last axis.

    Beyond the border the images count as 0.

    Example:
        >>> sobel_edges(np.zeros((1, 4, 4, 3), "float32")).shape
        (1, 4, 4, 3, 2)
    """
    batch, restored = channels_last_batch("sobel_edges", images, data_format)
    batch = as_float(batch)
    slope, smooth = np.float32([-1, 0, 1]), np.float32([1, 2, 1])
    return stack([restored(along_both(batch, slope, smooth)), restored(along_both(batch, smooth, slope))], -1)


@op
def ssim(image1, image2, max_val=1.0, filter_size=11, filter_sigma=1.5, k1=0.01, k2=0.03, data_format=None):
    """The structural similarity of two images, 1 for equal ones: Wang et al. (2004), doi 10.1109/TIP.2003.819861.

    Args:
        image1, image2: of one shape, at least `filter_size` high and wide.
        max_val: the range of the values, 1 or 255.
        filter_size, filter_sigma: the window in which means and variances are taken, in pixels.
        k1, k2: keep the quotients finite where images are dark or flat.

    Returns:
        A number for each image of a batch.

    Example:
        >>> image = np.random.default_rng(0).uniform(size=(16, 16, 3)).astype("float32")
        >>> ssim(image, image)
        np.float32(1.0)
    """
    a, _ = channels_last_batch("ssim", image1, data_format)
    b, _ = channels_last_batch("ssim", image2, data_format)
    if a.shape != b.shape:
        raise ValueError(f"ssim expects two images of one shape, got {shown(image1.shape)} and {shown(image2.shape)}")
    if min(a.shape[1:3]) < filter_size:
        raise ValueError(f"ssim expects images of at least {filter_size} pixels a side, got {shown(image1.shape)}")
    a, b = as_float(a), as_float(b)
    weights = gaussian(filter_size, filter_sigma, name_of(a.dtype))

    def local(x):
        return along_both(x, weights, weights, padding="valid")

    mean_a, mean_b = local(a), local(b)
    variances = local(a * a) - mean_a * mean_a + local(b * b) - mean_b * mean_b
    covariance = local(a * b) - mean_a * mean_b
    c1, c2 = (k1 * max_val) ** 2, (k2 * max_val) ** 2
    likeness = (2.0 * mean_a * mean_b + c1) * (2.0 * covariance + c2)
    likeness = likeness / ((mean_a * mean_a + mean_b * mean_b + c1) * (variances + c2))
    result = mean(likeness, (1, 2, 3))
    return result if len(image1.shape) == 4 else result[0]
