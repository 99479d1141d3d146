"""Sharper and softer at random."""

import numpy as np

from nbkeras import ops
from nbkeras.layers.arguments import integer_tuple
from nbkeras.layers.image_preprocessing.base import ColorLayer, per_image
from nbkeras.layers.image_preprocessing.ranges import interval

__all__ = ["RandomGaussianBlur", "RandomSharpness"]

SMOOTH = np.array([[1, 1, 1], [1, 5, 1], [1, 1, 1]], "float32") / 13  # the filter of Pillow's `SMOOTH`


class RandomSharpness(ColorLayer):
    """In training, moves each image from its smoothed version, or towards it.

    Args:
        factor: drawn from a pair within 0 and 1, or from 0 to `factor`: 0 is smoothed, 0.5 as it is, 1 sharpened.
        value_range: the least and the largest value of the images; results are cut there.
        seed: an integer, for a stream of its own.

    Example:
        >>> RandomSharpness((0.5, 0.5))(np.array([[[100.0], [200.0]]], "float32")).ravel()
        array([100., 200.], dtype=float32)
    """

    def __init__(self, factor, value_range=(0, 255), data_format=None, seed=None, **kwargs):
        super().__init__(value_range, seed, data_format=data_format, **kwargs)
        self.factor = interval("factor", factor, 0, 1)

    def draw(self, shape, seed):
        return {"factor": self._uniform((self._sizes(shape)[0],), self.factor, seed)}

    def alter(self, images, transformation):
        strength = ops.cast(per_image(transformation["factor"]), images.dtype) * 2.0
        kernel = np.repeat(SMOOTH[:, :, None, None], images.shape[self._axes[2]], axis=2)
        kernel = ops.cast(kernel, images.dtype)
        smooth = ops.depthwise_conv(images, kernel, padding="same", data_format=self.data_format)
        return self._clipped(images + (1.0 - strength) * (smooth - images))


class RandomGaussianBlur(ColorLayer):
    """In training, blurs some images by a normal density.

    Args:
        factor: the probability, drawn from a pair within 0 and 1, or from 0 to `factor`.
        kernel_size: how many columns and rows the density covers, odd numbers, or one for both.
        sigma: its standard deviation, drawn for each direction from a pair within 0 and 1, or from 0 to `sigma`.
        value_range: the least and the largest value of the images; results are cut there.
        seed: an integer, for a stream of its own.

    Example:
        >>> RandomGaussianBlur(kernel_size=5)(np.zeros((1, 8, 8, 3), "float32")).shape
        (1, 8, 8, 3)
    """

    def __init__(
        self, factor=1.0, kernel_size=3, sigma=1.0, value_range=(0, 255), data_format=None, seed=None, **kwargs
    ):
        super().__init__(value_range, seed, data_format=data_format, **kwargs)
        self.factor = interval("factor", factor, 0, 1)
        self.kernel_size = integer_tuple("kernel_size", kernel_size, 2)
        if any(size % 2 == 0 for size in self.kernel_size):
            raise ValueError(f"kernel_size must be odd, got {kernel_size!r}")
        self.sigma = interval("sigma", sigma, 0, 1)

    def draw(self, shape, seed):
        return {
            "should_apply_blur": self._chosen(self._sizes(shape)[0], self.factor, seed),
            "blur_factor": self._uniform((2,), self.sigma, seed) + 1e-6,  # a density of width 0 has no values
        }

    def alter(self, images, transformation):
        blurred = ops.image.gaussian_blur(
            images, self.kernel_size, transformation["blur_factor"], data_format=self.data_format
        )
        return self._clipped(ops.where(per_image(transformation["should_apply_blur"]), blurred, images))
