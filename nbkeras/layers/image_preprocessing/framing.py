"""Images of one size: resized, or cut out."""

import numpy as np

from nbkeras import ops, random
from nbkeras.bounding_boxes import clip_to_image_size, convert_format
from nbkeras.bounding_boxes.geometry import crop, pad
from nbkeras.layers.arguments import choice, positive_integer
from nbkeras.layers.image_preprocessing.base import BaseImagePreprocessingLayer, RandomImageLayer, images_of
from nbkeras.ops.image.resizing import aspect_crop

__all__ = ["CenterCrop", "RandomCrop", "Resizing"]


class Resizing(BaseImagePreprocessingLayer):
    """Images of another size, by `ops.image.resize`, whose arguments it takes; dtypes stay.

    Args:
        height, width: of the result.
        interpolation: of images; masks always take the nearest pixel.

    Example:
        >>> Resizing(4, 4)(np.zeros((2, 8, 6, 3), "uint8")).shape
        (2, 4, 4, 3)
    """

    def __init__(
        self,
        height,
        width,
        interpolation="bilinear",
        crop_to_aspect_ratio=False,
        pad_to_aspect_ratio=False,
        fill_mode="constant",
        fill_value=0.0,
        antialias=False,
        data_format=None,
        **kwargs,
    ):
        super().__init__(data_format=data_format, **kwargs)
        self.height = positive_integer("height", height)
        self.width = positive_integer("width", width)
        self.interpolation = interpolation
        self.crop_to_aspect_ratio = crop_to_aspect_ratio
        self.pad_to_aspect_ratio = pad_to_aspect_ratio
        self.fill_mode = choice("fill_mode", fill_mode, ("constant",))
        self.fill_value = fill_value
        self.antialias = bool(antialias)

    def get_random_transformation(self, data, training=True, seed=None):
        return self._sizes(images_of(data).shape)[1:3]

    def transform_images(self, images, transformation=None, training=True):
        return self._resized(images, self.interpolation)

    def transform_segmentation_masks(self, segmentation_masks, transformation=None, training=True):
        return self._resized(segmentation_masks, "nearest")

    def _resized(self, images, interpolation):
        return ops.image.resize(
            images,
            (self.height, self.width),
            interpolation=interpolation,
            antialias=self.antialias,
            crop_to_aspect_ratio=self.crop_to_aspect_ratio,
            pad_to_aspect_ratio=self.pad_to_aspect_ratio,
            fill_mode=self.fill_mode,
            fill_value=self.fill_value,
            data_format=self.data_format,
        )

    def transform_bounding_boxes(self, bounding_boxes, transformation, training=True):
        old, new = transformation, (self.height, self.width)
        boxes = bounding_boxes["boxes"]
        absent = ops.logical_or(ops.all(boxes == -1, -1, keepdims=True), ops.all(boxes == 0, -1, keepdims=True))
        boxes = convert_format(boxes, self.bounding_box_format, "xyxy", *old)
        part = old
        if self.crop_to_aspect_ratio:
            corner, part = aspect_crop(old, new)
            boxes = crop(boxes, *corner, *part)
        elif self.pad_to_aspect_ratio:
            margins = [max(int(b * n / m) - a, 0) // 2 for a, b, n, m in zip(old, old[::-1], new, new[::-1])]
            part = [size + 2 * margin for size, margin in zip(old, margins)]
            boxes = pad(boxes, *margins)
        boxes = ops.where(absent, 0.0, _scaled(boxes, part, new))
        return _in_format({**bounding_boxes, "boxes": boxes}, self.bounding_box_format, new)


class CenterCrop(BaseImagePreprocessingLayer):
    """The middle of images; smaller ones are resized so that their largest part of the right proportions fills it.

    Args:
        height, width: of the result.

    Example:
        >>> CenterCrop(1, 1)(np.arange(9, dtype="float32").reshape(3, 3, 1))
        array([[[4.]]], dtype=float32)
    """

    def __init__(self, height, width, data_format=None, **kwargs):
        super().__init__(data_format=data_format, **kwargs)
        self.height = positive_integer("height", height)
        self.width = positive_integer("width", width)

    def get_random_transformation(self, data, training=True, seed=None):
        return {"input_shape": images_of(data).shape}

    def transform_images(self, images, transformation=None, training=True):
        return self._in_floats(images, lambda x: self._framed(x, "bilinear"))

    def transform_segmentation_masks(self, segmentation_masks, transformation=None, training=True):
        return self._framed(segmentation_masks, "nearest")

    def _framed(self, images, interpolation):
        _, height, width, _ = self._sizes(images.shape)
        return _part(self, images, self._corner(height, width), interpolation)

    def _corner(self, height, width):
        """Where the middle begins; `None` if the images are too small."""
        if height < self.height or width < self.width:
            return None
        return (height - self.height) // 2, (width - self.width) // 2

    def transform_bounding_boxes(self, bounding_boxes, transformation, training=True):
        old = self._sizes(transformation["input_shape"])[1:3]
        return _boxes_in_part(self, bounding_boxes, old, self._corner(*old))


class RandomCrop(RandomImageLayer):
    """In training, a random part of the images, the same of all in a batch.

    In inference, and of images that are too small, it is the largest middle part of the right proportions, resized.

    Args:
        height, width: of the result.
        seed: an integer, for a stream of its own.

    Example:
        >>> RandomCrop(4, 4)(np.zeros((2, 8, 6, 3), "float32")).shape
        (2, 4, 4, 3)
    """

    def __init__(self, height, width, seed=None, data_format=None, name=None, **kwargs):
        seed = random.default_seed() if seed is None else seed
        super().__init__(seed, data_format=data_format, name=name, **kwargs)
        self.height = positive_integer("height", height)
        self.width = positive_integer("width", width)

    def get_random_transformation(self, data, training=True, seed=None):
        """Where the part begins, a row and a column; both `None` where the whole image is resized."""
        shape = images_of(data).shape
        _, height, width, _ = self._sizes(shape)
        corner = (None, None)
        if training and height >= self.height and width >= self.width:
            seed = self.generator if seed is None else seed
            spare = height - self.height, width - self.width
            corner = tuple(random.randint((), 0, n + 1, seed=seed) for n in spare)
        return (*corner, shape)

    def transform_images(self, images, transformation, training=True):
        return self._in_floats(images, lambda x: self._framed(x, transformation, "bilinear"))

    def transform_segmentation_masks(self, segmentation_masks, transformation, training=True):
        return self._framed(segmentation_masks, transformation, "nearest")

    def _framed(self, images, transformation, interpolation):
        return _part(self, images, _known(transformation), interpolation)

    def transform_bounding_boxes(self, bounding_boxes, transformation, training=True):
        old = self._sizes(transformation[2])[1:3]
        return _boxes_in_part(self, bounding_boxes, old, _known(transformation))


def _known(transformation):
    return None if transformation[0] is None else transformation[:2]


def _part(layer, images, corner, interpolation):
    """The part of `images` of the layer's size at `corner`; with none, the largest middle part, resized."""
    size = layer.height, layer.width
    if corner is None:
        return ops.image.resize(images, size, interpolation, crop_to_aspect_ratio=True, data_format=layer.data_format)
    for axis, start, n in zip(layer._axes, corner, size):
        images = ops.take(images, start + np.arange(n, dtype=np.int32), axis)
    return images


def _boxes_in_part(layer, bounding_boxes, old, corner):
    """Boxes of images of size `old` as they lie in what `_part` gives."""
    part = new = layer.height, layer.width
    if corner is None:
        corner, part = aspect_crop(old, new)
    boxes = convert_format(bounding_boxes["boxes"], layer.bounding_box_format, "xyxy", *old)
    corner = [ops.cast(start, boxes.dtype) for start in corner]
    boxes = _scaled(crop(boxes, *corner, *part), part, new)
    return _in_format({**bounding_boxes, "boxes": boxes}, layer.bounding_box_format, new)


def _scaled(boxes, old, new):
    """Boxes in an image resized from `old` to `new`, both (height, width)."""
    down, across = (float(n) / m for n, m in zip(new, old))
    return boxes * ops.cast([across, down, across, down], boxes.dtype)


def _in_format(bounding_boxes, target, size):
    """Boxes of left, top, right and bottom cut at the border and written in `target`."""
    return convert_format(clip_to_image_size(bounding_boxes, *size), "xyxy", target, *size)
