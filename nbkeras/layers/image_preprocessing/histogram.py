"""Contrast from the histogram of each image; no chance is involved."""

import math

import numpy as np

from nbkeras import ops
from nbkeras.layers.arguments import integer_tuple, positive_integer
from nbkeras.layers.image_preprocessing.base import BaseImagePreprocessingLayer, rescaled
from nbkeras.layers.image_preprocessing.ranges import value_range_of
from nbkeras.symbolic import is_abstract

__all__ = ["AutoContrast", "ContrastLimitedAdaptiveHistogramEqualization", "Equalization"]

BYTES = (0, 255)


class AutoContrast(BaseImagePreprocessingLayer):
    """Stretches each channel of each image so that it fills the range of values, in inference too.

    Args:
        value_range: the least and the largest value of the images. A channel of one value stays.

    Example:
        >>> AutoContrast()(np.array([[[100.0], [125.0], [150.0]]], "float32")).ravel()
        array([  0. , 127.5, 255. ], dtype=float32)
    """

    def __init__(self, value_range=(0, 255), **kwargs):
        super().__init__(**kwargs)
        self.value_range = value_range_of(value_range)

    def transform_images(self, images, transformation=None, training=True):
        return self._in_floats(images, self.alter)

    def alter(self, images):
        """Each channel from its least and largest value to the ends of the range."""
        low = ops.min(images, axis=self._axes[:2], keepdims=True)
        high = ops.max(images, axis=self._axes[:2], keepdims=True)
        flat = high == low
        least, most = self.value_range
        stretched = (images - low) / ops.where(flat, 1.0, high - low) * (most - least) + least
        return ops.where(flat, images, stretched)


class Equalization(BaseImagePreprocessingLayer):
    """In training, spreads the values of each channel of each image evenly: histogram equalization.

    Args:
        value_range: the least and the largest value of the images.
        bins: of the histogram.

    Example:
        >>> Equalization()(np.array([[[0.0], [1.0], [2.0], [3.0]]], "float32")).ravel()
        array([  0.,  85., 170., 255.], dtype=float32)
    """

    def __init__(self, value_range=(0, 255), bins=256, data_format=None, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        self.value_range = value_range_of(value_range)
        self.bins = positive_integer("bins", bins)

    def transform_images(self, images, transformation=None, training=True):
        return self._in_floats(images, self.alter) if training else images

    def alter(self, images):
        """The share of the pixels that are no brighter, less the darkest ones', in place of each value."""
        channels = self._axes[2] + 4
        x = ops.moveaxis(images, channels, 1)
        lines = ops.reshape(x, (x.shape[0] * x.shape[1], x.shape[2] * x.shape[3]))
        lines = rescaled(lines, self.value_range, BYTES)
        places = ops.clip(ops.cast(lines * (self.bins - 1) / 255.0, "int32"), 0, self.bins - 1)
        counts = histograms(places, self.bins)
        totals = ops.cumsum(counts, axis=1)
        darkest = ops.min(ops.where(totals > 0, totals, float(lines.shape[1])), axis=1, keepdims=True)
        brighter = lines.shape[1] - darkest
        table = ops.round((totals - darkest) * 255.0 / ops.where(brighter == 0, 1.0, brighter))
        spread = ops.take_along_axis(ops.clip(table, 0, 255), places, axis=1)
        y = rescaled(ops.where(brighter == 0, lines, spread), BYTES, self.value_range)
        return ops.moveaxis(ops.reshape(y, x.shape), 1, channels)


class ContrastLimitedAdaptiveHistogramEqualization(BaseImagePreprocessingLayer):
    """Equalizes each part of an image by its own histogram, whose peaks are cut, in inference too: CLAHE.

    Zuiderveld (1994), "Contrast limited adaptive histogram equalization", Graphics Gems IV. Between the middles of the
    tiles the results of the four nearest are blended.

    Args:
        value_range: the least and the largest value of the images.
        clip_limit: how many times its even share a bin may hold; what is beyond goes to all bins. 0 for no limit.
        tile_grid_size: the number of tiles, vertically and horizontally.

    Example:
        >>> ContrastLimitedAdaptiveHistogramEqualization()(np.zeros((1, 16, 16, 3), "float32")).shape
        (1, 16, 16, 3)
    """

    def __init__(self, value_range=(0, 255), clip_limit=4.0, tile_grid_size=(8, 8), data_format=None, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        self.value_range = value_range_of(value_range)
        self.clip_limit = clip_limit
        self.tile_grid_size = integer_tuple("tile_grid_size", tile_grid_size, 2)

    def transform_images(self, images, transformation=None, training=True):
        return self._in_floats(images, self.alter)

    def alter(self, images):
        """Each value looked up in the tables of the four tiles around its pixel."""
        if is_abstract(images):
            return images  # the tables of places take 80 bytes a pixel, and the shape is known
        channels = self._axes[2] + 4
        x = rescaled(ops.moveaxis(images, channels, 3), self.value_range, BYTES)
        batch, height, width, depth = x.shape
        tile = [-(-size // count) for size, count in zip((height, width), self.tile_grid_size)]
        rest = [side * count - size for side, count, size in zip(tile, self.tile_grid_size, (height, width))]
        pixels = ops.pad(x, ((0, 0), (0, rest[0]), (0, rest[1]), (0, 0)), mode="symmetric")
        pixels = ops.cast(ops.clip(pixels, *BYTES), "int32")
        tables = self._tables(pixels, tile)
        pixels = pixels[:, :height, :width]
        rows = np.arange(batch).reshape(-1, 1, 1, 1)
        planes = np.arange(depth).reshape(1, 1, 1, -1)
        y = 0.0
        for i, share_i in _two_nearest(height, tile[0], self.tile_grid_size[0]):
            for j, share_j in _two_nearest(width, tile[1], self.tile_grid_size[1]):
                table = (rows * self.tile_grid_size[0] + i[:, None, None]) * self.tile_grid_size[1] + j[:, None]
                places = (table * depth + planes).astype("int32") * np.int32(256) + pixels
                share = np.float32(share_i[:, None, None] * share_j[:, None])
                y = y + ops.take(tables, places) * ops.cast(share, x.dtype)
        return ops.moveaxis(rescaled(y, BYTES, self.value_range), 3, channels)

    def _tables(self, pixels, tile):
        """For each tile and channel the new value of each byte, all in one line."""
        down, across = self.tile_grid_size
        batch, _, _, depth = pixels.shape
        tiles = ops.reshape(pixels, (batch, down, tile[0], across, tile[1], depth))
        tiles = ops.transpose(tiles, (0, 1, 3, 5, 2, 4))
        area = math.prod(tile)
        counts = histograms(ops.reshape(tiles, (batch * down * across * depth, area)), 256)
        if self.clip_limit > 0:
            kept = ops.minimum(counts, self.clip_limit * area / 256.0)
            counts = kept + ops.sum(counts - kept, axis=1, keepdims=True) / 256.0
        totals = ops.cumsum(counts, axis=1)
        first = totals[:, :1]
        rest = area - first
        table = (totals - first) * 255.0 / ops.where(rest == 0, 1.0, rest)
        return ops.reshape(ops.clip(table, *BYTES), (-1,))


def histograms(places, bins):
    """How often each of `bins` numbers occurs in each row of `places`, as floats (rows, bins)."""
    rows, length = places.shape
    ids = places + np.arange(rows, dtype=np.int32)[:, None] * np.int32(bins)
    ones = np.ones(rows * length, "float32")
    return ops.reshape(ops.segment_sum(ones, ops.reshape(ids, (-1,)), num_segments=rows * bins), (rows, bins))


def _two_nearest(size, tile, count):
    """For each pixel along an axis the two tiles whose middles are nearest, with their shares."""
    position = (np.arange(size) - tile / 2.0) / tile
    before = np.floor(position).astype(int)
    share = position - before
    return [(np.clip(before + k, 0, count - 1), share if k else 1.0 - share) for k in (0, 1)]
