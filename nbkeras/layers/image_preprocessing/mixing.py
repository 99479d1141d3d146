"""Parts of images erased, or replaced by others, and images mixed with others."""

import numpy as np

from nbkeras import ops, random
from nbkeras.layers.image_preprocessing.base import ColorLayer, RandomImageLayer, images_of, per_image
from nbkeras.layers.image_preprocessing.ranges import interval
from nbkeras.ops.dtypes import as_float

__all__ = ["CutMix", "MixUp", "RandomErasing"]


class RandomBox(RandomImageLayer):
    """A layer that acts within a random box of each image."""

    def _extent(self, count, length, share, seed):
        """Where boxes of a `share` of `length` begin and end."""
        extent = share * length
        start = self._uniform((count,), (0.0, 1.0), seed) * (length - extent)
        return start, start + extent

    def _inside(self, shape, columns, rows):
        """Flags in the shape of a batch: whether a pixel lies in its image's box."""
        _, height, width, channels = self._sizes(shape)
        grid = np.ogrid[:height, :width]
        if self.data_format == "channels_last":
            rulers = [np.float32(ruler)[..., None] for ruler in grid]
        else:
            rulers = [np.float32(ruler) for ruler in grid]
        inside = None
        for ruler, (start, end) in zip(rulers, (rows, columns)):
            within = ops.logical_and(ruler >= per_image(start), ruler < per_image(end))
            inside = within if inside is None else ops.logical_and(inside, within)
        return ops.repeat(inside, channels, axis=self._axes[2])


class RandomErasing(RandomBox, ColorLayer):
    """In training, covers a random box of some images: Zhong et al. (2020), https://arxiv.org/abs/1708.04896.

    Args:
        factor: the probability, drawn from a pair within 0 and 1, or from 0 to `factor`.
        scale: the squares of the shares of height and width, each drawn from a pair within 0 and 1.
        fill_value: a number, or one for each of three channels; default normal noise.
        value_range: the least and the largest value of the images; what covers them is cut there.
        seed: an integer, for a stream of its own.

    Example:
        >>> RandomErasing(scale=(1.0, 1.0), factor=(1.0, 1.0), fill_value=7)(np.zeros((1, 1, 1), "float32"))
        array([[[7.]]], dtype=float32)
    """

    def __init__(
        self,
        factor=1.0,
        scale=(0.02, 0.33),
        fill_value=None,
        value_range=(0, 255),
        seed=None,
        data_format=None,
        **kwargs,
    ):
        super().__init__(value_range=value_range, seed=seed, data_format=data_format, **kwargs)
        self.factor = interval("factor", factor, 0, 1)
        self.scale = interval("scale", scale, 0, 1)
        if fill_value is not None and np.shape(fill_value) not in ((), (3,)):
            raise ValueError(f"fill_value must be a number or three numbers, got {fill_value!r}")
        self.fill_value = fill_value

    def draw(self, shape, seed):
        count, height, width, _ = self._sizes(shape)
        shares = ops.sqrt(self._uniform((count, 2), self.scale, seed))
        columns = self._extent(count, width, shares[:, 0], seed)
        rows = self._extent(count, height, shares[:, 1], seed)
        return {
            "apply_erasing": self._chosen(count, self.factor, seed),
            "batch_masks": self._inside(shape, columns, rows),
            "fill_value": ops.clip(self._cover((count, *shape[-3:]), seed), *self.value_range),
        }

    def _cover(self, shape, seed):
        if self.fill_value is None:
            return random.normal(shape, dtype="float32", seed=seed) * self.value_range[1]
        colour = np.asarray(self.fill_value, "float32")
        if colour.ndim and self.data_format == "channels_first":
            colour = colour[:, None, None]
        return ops.broadcast_to(colour, shape)

    def alter(self, images, transformation):
        covered = ops.where(transformation["batch_masks"], ops.cast(transformation["fill_value"], images.dtype), images)
        return ops.where(per_image(transformation["apply_erasing"]), covered, images)


class CutMix(RandomBox):
    """In training, puts a box of another image of the batch into each one: Yun et al. (2019), arXiv:1905.04899.

    Labels, one-hot or probabilities (batch, classes), are mixed in proportion to the areas.

    Args:
        factor: the parameter of the beta distribution of the area that stays, drawn from a pair within 0 and 1, or
            from 0 to `factor`.
        seed: an integer, for a stream of its own.

    Example:
        >>> batch = {"images": np.zeros((2, 4, 4, 3), "float32"), "labels": np.eye(2, dtype="float32")}
        >>> CutMix(seed=1)(batch)["labels"].sum(1)
        array([1., 1.], dtype=float32)
    """

    def __init__(self, factor=1.0, seed=None, data_format=None, **kwargs):
        super().__init__(seed, data_format=data_format, **kwargs)
        self.factor = interval("factor", factor, 0, 1)

    def get_random_transformation(self, data, training=True, seed=None):
        if len(images_of(data).shape) == 3:
            return None  # one image has no other to be cut from
        return super().get_random_transformation(data, training, seed)

    def draw(self, shape, seed):
        count, height, width, _ = self._sizes(shape)
        alpha = self._uniform((), self.factor, seed) + 1e-6
        share = ops.sqrt(1.0 - random.beta((count,), alpha, alpha, seed=seed))
        columns = self._extent(count, width, share, seed)
        rows = self._extent(count, height, share, seed)
        area = (columns[1] - columns[0]) * (rows[1] - rows[0])
        return {
            "permutation_order": random.shuffle(np.arange(count, dtype=np.int32), seed=seed),
            "batch_masks": self._inside(shape, columns, rows),
            "mix_weight": per_image(1.0 - area / (height * width)),
        }

    def alter(self, images, transformation):
        return _cut(images, transformation["batch_masks"], transformation["permutation_order"])

    def alter_labels(self, labels, transformation):
        return _mixed(labels, transformation)

    def alter_masks(self, segmentation_masks, transformation):
        inside = ops.any(transformation["batch_masks"], axis=self._axes[2], keepdims=True)
        return _cut(segmentation_masks, inside, transformation["permutation_order"])


def _cut(images, inside, order):
    return ops.where(inside, ops.take(images, order, axis=0), images)


class MixUp(RandomImageLayer):
    """In training, mixes each image, label and mask with another of the batch: Zhang et al. (2018), arXiv:1710.09412.

    An image has the boxes of both.

    Args:
        alpha: the parameter of the beta distribution of the weights.
        seed: an integer, for a stream of its own.

    Example:
        >>> batch = {"images": np.zeros((2, 4, 4, 3), "float32"), "labels": np.eye(2, dtype="float32")}
        >>> MixUp(seed=1)(batch)["labels"].sum(1)
        array([1., 1.], dtype=float32)
    """

    def __init__(self, alpha=0.2, data_format=None, seed=None, **kwargs):
        super().__init__(seed, data_format=data_format, **kwargs)
        self.alpha = alpha

    def draw(self, shape, seed):
        count = self._sizes(shape)[0]
        return {
            "mix_weight": random.beta((count,), self.alpha, self.alpha, seed=seed),
            "permutation_order": random.shuffle(np.arange(count, dtype=np.int32), seed=seed),
        }

    def alter(self, images, transformation):
        return _mixed(images, transformation)

    def alter_labels(self, labels, transformation):
        return _mixed(labels, transformation)

    def alter_masks(self, segmentation_masks, transformation):
        return _mixed(segmentation_masks, transformation)

    def alter_boxes(self, bounding_boxes, transformation):
        order = transformation["permutation_order"]
        both = {
            name: ops.concatenate([bounding_boxes[name], ops.take(bounding_boxes[name], order, axis=0)], axis=1)
            for name in ("boxes", "labels")
        }
        return {**bounding_boxes, **both}


def _mixed(x, transformation):
    """The weighted sum of each item of `x` and its partner; integers become floats."""
    weight = ops.reshape(transformation["mix_weight"], (-1, *[1] * (len(x.shape) - 1)))
    x = as_float(x)
    weight = ops.cast(weight, x.dtype)
    return weight * x + (1.0 - weight) * ops.take(x, transformation["permutation_order"], axis=0)
