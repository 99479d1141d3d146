"""What image preprocessing layers have in common: one random transformation, applied to all that an example holds."""

from nbkeras import config, ops, random, tree
from nbkeras.bounding_boxes.batching import dense_boxes
from nbkeras.layers.image_preprocessing.ranges import value_range_of
from nbkeras.layers.layer import Layer
from nbkeras.ops.dtypes import is_float
from nbkeras.symbolic import shown

__all__ = ["BaseImagePreprocessingLayer", "RandomImageLayer", "images_of", "per_image", "rescaled"]

PARTS = ("images", "labels", "bounding_boxes", "segmentation_masks")


class BaseImagePreprocessingLayer(Layer):
    """A base for layers that prepare or augment images, and with them labels, bounding boxes and masks.

    A call takes one image (height, width, channels), a batch of them, or a dictionary of `"images"` and any of
    `"labels"`, `"bounding_boxes"` (itself of `"boxes"` and `"labels"`) and `"segmentation_masks"`; what else is in it
    passes. `get_random_transformation` draws once, and `transform_images`, `transform_labels`,
    `transform_bounding_boxes` and `transform_segmentation_masks` apply it to each. Where there is a transformation and
    it is training, these leave the work to `alter`, `alter_labels`, `alter_boxes` and `alter_masks`; what a subclass
    does not override passes unchanged. Called outside of a model, these layers augment: `training` is True by default.

    Args:
        bounding_box_format: how boxes are written, as of `utils.bounding_boxes.convert_format`; needed with boxes.
        data_format: `"channels_last"` or `"channels_first"`.
    """

    base_parameters = ("data_format",)

    def __init__(self, bounding_box_format=None, data_format=None, **kwargs):
        super().__init__(**kwargs)
        self.bounding_box_format = bounding_box_format
        self.data_format = config.standardize_data_format(data_format)

    def get_random_transformation(self, data, training=True, seed=None):
        """What the `transform_…` methods get; `None` for nothing to do."""
        return None

    def transform_images(self, images, transformation=None, training=True):
        """A batch of images, transformed, in `compute_dtype`."""
        if not training or transformation is None:
            return ops.cast(images, self.compute_dtype)
        return self._in_floats(images, lambda x: self.alter(x, transformation))

    def alter(self, images, transformation):
        """A batch of float images, transformed; override it."""
        raise NotImplementedError(f"{type(self).__name__} has neither alter() nor transform_images()")

    def transform_labels(self, labels, transformation, training=True):
        """The labels of a batch."""
        if not training or transformation is None:
            return labels
        return self.alter_labels(labels, transformation)

    def transform_bounding_boxes(self, bounding_boxes, transformation, training=True):
        """The boxes of a batch, a dictionary of `"boxes"` (batch, boxes, 4) and `"labels"` (batch, boxes)."""
        if not training or transformation is None:
            return bounding_boxes
        return self.alter_boxes(bounding_boxes, transformation)

    def transform_segmentation_masks(self, segmentation_masks, transformation, training=True):
        """The masks of a batch, (batch, height, width, 1)."""
        if not training or transformation is None:
            return segmentation_masks
        return self.alter_masks(segmentation_masks, transformation)

    def alter_labels(self, labels, transformation):
        """The labels of a batch, transformed."""
        return labels

    def alter_boxes(self, bounding_boxes, transformation):
        """The boxes of a batch, transformed."""
        return bounding_boxes

    def alter_masks(self, segmentation_masks, transformation):
        """The masks of a batch, transformed."""
        return segmentation_masks

    def transform_single_image(self, image, transformation, training=True):
        """`transform_images` for one."""
        return self._alone(self.transform_images, image, transformation, training)

    def transform_single_label(self, label, transformation, training=True):
        """`transform_labels` for one."""
        return self._alone(self.transform_labels, label, transformation, training)

    def transform_single_bounding_box(self, bounding_box, transformation, training=True):
        """`transform_bounding_boxes` for those of one image."""
        return self._alone(self.transform_bounding_boxes, bounding_box, transformation, training)

    def transform_single_segmentation_mask(self, segmentation_mask, transformation, training=True):
        """`transform_segmentation_masks` for one."""
        return self._alone(self.transform_segmentation_masks, segmentation_mask, transformation, training)

    def _alone(self, transform, item, transformation, training):
        batch = tree.map_structure(lambda x: ops.expand_dims(x, 0), item)
        changed = transform(batch, transformation=transformation, training=training)
        return tree.map_structure(lambda x: ops.squeeze(x, 0), changed)

    def call(self, data, training=True):
        transformation = self.get_random_transformation(data, training=training)
        together = data if isinstance(data, dict) else {"images": data}
        batched = self._is_batched(together["images"])
        if "bounding_boxes" in together and not self.bounding_box_format:
            raise ValueError(
                f"{self.title} expects bounding_box_format where there are 'bounding_boxes', got None; tell how "
                "they are written, as bounding_box_format='xyxy'"
            )
        single = dict(zip(PARTS, ("image", "label", "bounding_box", "segmentation_mask")))
        changed = dict(together)
        for part in PARTS:
            if part in together:
                transform = getattr(self, f"transform_{part}" if batched else f"transform_single_{single[part]}")
                changed[part] = transform(together[part], transformation=transformation, training=training)
        return changed if isinstance(data, dict) else changed["images"]

    def compute_output_spec(self, data, training=None):
        """As in inference: shapes do not depend on chance, and there is nothing to draw."""
        return super().compute_output_spec(data, training=False)

    def _converted(self, value):
        """Boxes may come as lists of different lengths."""
        if isinstance(value, dict) and "bounding_boxes" in value:
            value = {**value, "bounding_boxes": dense_boxes(value["bounding_boxes"])}
        return super()._converted(value)

    def _is_batched(self, images):
        rank = len(images.shape)
        if rank not in (3, 4):
            raise ValueError(
                f"{self.title} expects one image, of rank 3, or a batch of them, of rank 4, got shape "
                f"{shown(images.shape)}"
            )
        return rank == 4

    def _in_floats(self, images, function):
        """`function(images)` computed in floats and given in `compute_dtype`, rounded if that is of integers."""
        if is_float(self.compute_dtype):
            return ops.cast(function(ops.cast(images, self.compute_dtype)), self.compute_dtype)
        return ops.saturate_cast(ops.round(function(ops.cast(images, config.floatx()))), self.compute_dtype)

    @property
    def _axes(self):
        """The axes of rows, columns and channels, counted from the end."""
        return (-3, -2, -1) if self.data_format == "channels_last" else (-2, -1, -3)

    def _sizes(self, shape):
        """Batch (1 for one image), height, width and channels of images of `shape`."""
        return (shape[0] if len(shape) == 4 else 1, *(shape[axis] for axis in self._axes))


class RandomImageLayer(BaseImagePreprocessingLayer):
    """A layer that draws from a stream of its own, `generator`."""

    def __init__(self, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.seed = seed
        self.generator = random.SeedGenerator(seed)

    def get_random_transformation(self, data, training=True, seed=None):
        """A drawing for each image of `data`; `None` if not in training."""
        if not training:
            return None
        self._is_batched(images_of(data))
        return self.draw(images_of(data).shape, self.generator if seed is None else seed)

    def draw(self, shape, seed):
        """The transformation for images of `shape`; override it."""
        raise NotImplementedError(f"{type(self).__name__} has neither draw() nor get_random_transformation()")

    def _uniform(self, shape, bounds, seed):
        return random.uniform(shape, *bounds, dtype=config.floatx(), seed=seed)

    def _chosen(self, count, probability, seed):
        """For each of `count` images whether it is chosen, `probability` being an interval drawn from first."""
        return self._uniform((count,), (0.0, 1.0), seed) < self._uniform((count,), probability, seed)


class ColorLayer(RandomImageLayer):
    """A layer that draws colours anew within `value_range`."""

    def __init__(self, value_range=(0, 255), seed=None, **kwargs):
        super().__init__(seed=seed, **kwargs)
        self.value_range = value_range_of(value_range)

    def _clipped(self, images):
        return ops.clip(images, *self.value_range)


def images_of(data):
    """The images in what a layer is called with."""
    return data["images"] if isinstance(data, dict) else data


def per_image(values):
    """Numbers or flags, one for each image, in a shape that broadcasts with a batch."""
    return ops.reshape(values, (-1, 1, 1, 1))


def rescaled(x, source, target):
    """`x` moved from one range of values to another, each a pair of its ends."""
    if tuple(source) == tuple(target):
        return x
    (low, high), (new_low, new_high) = source, target
    return (x - low) / (high - low) * (new_high - new_low) + new_low
