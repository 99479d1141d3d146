"""Images read elsewhere, and their boxes and masks with them: what warps have in common, flips, and perspective."""

from nbkeras import ops
from nbkeras.bounding_boxes import clip_to_image_size, convert_format
from nbkeras.bounding_boxes.geometry import follow
from nbkeras.layers.arguments import choice, fraction
from nbkeras.layers.image_preprocessing.base import RandomImageLayer, per_image
from nbkeras.layers.image_preprocessing.ranges import INTERPOLATIONS, interval
from nbkeras.ops.image.sampling import homography

__all__ = ["RandomFlip", "RandomPerspective"]

FILL_MODES = ("reflect", "wrap", "constant", "nearest")


class Warp(RandomImageLayer):
    """A layer that reads images elsewhere: `matrix` says where, as `ops.image.affine_transform` takes it.

    Boxes become the smallest ones around what has become of them, cut at the border; masks take the nearest pixel.
    """

    def __init__(self, interpolation, fill_mode, fill_value, seed, **kwargs):
        super().__init__(seed, **kwargs)
        self.interpolation = choice("interpolation", interpolation, INTERPOLATIONS)
        self.fill_mode = choice("fill_mode", fill_mode, FILL_MODES)
        self.fill_value = fill_value

    def matrix(self, transformation):
        """The eight numbers for each image, (batch, 8); override it."""
        raise NotImplementedError

    def alter(self, images, transformation):
        return self.warp(images, transformation, self.interpolation)

    def warp(self, images, transformation, interpolation):
        """A batch of images or masks, read anew."""
        matrix = self.matrix(transformation)
        return ops.image.affine_transform(
            images, matrix, interpolation, self.fill_mode, self.fill_value, data_format=self.data_format
        )

    def alter_masks(self, segmentation_masks, transformation):
        return self.warp(segmentation_masks, transformation, "nearest")

    def alter_boxes(self, bounding_boxes, transformation):
        _, height, width, _ = self._sizes(transformation["input_shape"])
        boxes = convert_format(bounding_boxes, self.bounding_box_format, "xyxy", height, width)
        boxes = {**boxes, "boxes": self.move_boxes(boxes["boxes"], transformation, height, width)}
        boxes = clip_to_image_size(boxes, height, width)
        return convert_format(boxes, "xyxy", self.bounding_box_format, height, width)

    def move_boxes(self, boxes, transformation, height, width):
        """Where boxes (batch, boxes, 4) come to lie, in pixels."""
        return follow(boxes, self.matrix(transformation))


class RandomFlip(Warp):
    """In training, mirrors half of the images.

    Args:
        mode: `"horizontal"` (left and right change places), `"vertical"`, or `"horizontal_and_vertical"`: both at once.
        seed: an integer, for a stream of its own.

    Example:
        >>> RandomFlip("horizontal", seed=0)(np.zeros((4, 8, 8, 3), "float32")).shape
        (4, 8, 8, 3)
    """

    def __init__(self, mode="horizontal_and_vertical", seed=None, data_format=None, **kwargs):
        super().__init__("nearest", "constant", 0.0, seed, data_format=data_format, **kwargs)
        self.mode = choice("mode", mode, ("horizontal", "vertical", "horizontal_and_vertical"))

    def draw(self, shape, seed):
        flips = self._uniform((self._sizes(shape)[0], 1, 1, 1), (0.0, 1.0), seed) <= 0.5
        return {"flips": flips, "input_shape": shape}

    def warp(self, images, transformation, interpolation):
        axes = [axis for axis, word in zip(self._axes, ("vertical", "horizontal")) if word in self.mode]
        return ops.where(transformation["flips"], ops.flip(images, axis=axes), images)

    def move_boxes(self, boxes, transformation, height, width):
        left, top, right, bottom = ops.split(boxes, 4, axis=-1)
        if "horizontal" in self.mode:
            left, right = width - right, width - left
        if "vertical" in self.mode:
            top, bottom = height - bottom, height - top
        flipped = ops.concatenate([left, top, right, bottom], axis=-1)
        return ops.where(ops.reshape(transformation["flips"], (-1, 1, 1)), flipped, boxes)


class RandomPerspective(Warp):
    """In training, shows some images as seen from aside.

    Args:
        factor: the probability, drawn from a pair within 0 and 1, or from 0 to `factor`.
        scale: how far the corners go, as a share of their coordinates, from 0 to 1.
        interpolation, fill_value: as of `RandomRotation`; beyond the border there is `fill_value`.
        seed: an integer, for a stream of its own.

    Example:
        >>> RandomPerspective(scale=0.5)(np.zeros((8, 8, 3), "float32")).shape
        (8, 8, 3)
    """

    def __init__(
        self, factor=1.0, scale=1.0, interpolation="bilinear", fill_value=0.0, seed=None, data_format=None, **kwargs
    ):
        super().__init__(interpolation, "constant", fill_value, seed, data_format=data_format, **kwargs)
        self.factor = interval("factor", factor, 0, 1)
        self.scale = fraction("scale", scale)

    def draw(self, shape, seed):
        count, height, width, _ = self._sizes(shape)
        right, bottom = float(width - 1), float(height - 1)
        start = ops.convert_to_tensor([[[0.0, 0.0], [right, 0.0], [0.0, bottom], [right, bottom]]])
        start = ops.repeat(start, count, axis=0)
        chosen = self._chosen(count, self.factor, seed)
        shift = self._uniform((count, 4, 2), (-0.5 * self.scale, 0.5 * self.scale), seed)
        return {
            "apply_perspective": chosen,
            "start_points": start,
            "end_points": start + start * shift,
            "input_shape": shape,
        }

    def warp(self, images, transformation, interpolation):
        points = transformation["start_points"], transformation["end_points"]
        seen = ops.image.perspective_transform(
            images, *points, interpolation, self.fill_value, data_format=self.data_format
        )
        return ops.where(per_image(transformation["apply_perspective"]), seen, images)

    def move_boxes(self, boxes, transformation, height, width):
        matrix = homography(transformation["start_points"], transformation["end_points"])
        chosen = ops.reshape(transformation["apply_perspective"], (-1, 1, 1))
        return ops.where(chosen, follow(boxes, matrix), boxes)
