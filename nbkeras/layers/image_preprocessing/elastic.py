"""Images bent at random."""

from nbkeras import ops, random
from nbkeras.layers.arguments import choice
from nbkeras.layers.image_preprocessing.base import ColorLayer, per_image
from nbkeras.layers.image_preprocessing.ranges import INTERPOLATIONS, interval
from nbkeras.ops.image.layout import channels_last_batch
from nbkeras.ops.image.sampling import FILL_MODES
from nbkeras.ops.image.warping import elastically_bent

__all__ = ["RandomElasticTransform"]


class RandomElasticTransform(ColorLayer):
    """In training, bends some images by a smooth random field, as `ops.image.elastic_transform`.

    A `scale` of 1 shifts by up to a tenth of the longer side times the field, smooth over a twentieth of the shorter.
    Boxes stay where they are.

    Args:
        factor: the probability, drawn from a pair within 0 and 1, or from 0 to `factor`.
        scale: how strongly, drawn from a pair within 0 and 1, or from 0 to `scale`.
        interpolation: `"nearest"` or `"bilinear"`.
        fill_mode, fill_value: beyond the border, as of `ops.image.map_coordinates`.
        value_range: the least and the largest value of the images; results are cut there.
        seed: an integer, for a stream of its own.

    Example:
        >>> RandomElasticTransform()(np.zeros((16, 16, 3), "float32")).shape
        (16, 16, 3)
    """

    def __init__(
        self,
        factor=1.0,
        scale=1.0,
        interpolation="bilinear",
        fill_mode="reflect",
        fill_value=0.0,
        value_range=(0, 255),
        seed=None,
        data_format=None,
        **kwargs,
    ):
        super().__init__(value_range, seed, data_format=data_format, **kwargs)
        self.factor = interval("factor", factor, 0, 1)
        self.scale = interval("scale", scale, 0, 1)
        self.interpolation = choice("interpolation", interpolation, INTERPOLATIONS)
        self.fill_mode = choice("fill_mode", fill_mode, tuple(FILL_MODES))
        self.fill_value = fill_value

    def draw(self, shape, seed):
        if self.scale[1] == 0 or self.factor[1] == 0:
            return None
        count, height, width, _ = self._sizes(shape)
        return {
            "apply_transform": self._chosen(count, self.factor, seed),
            "distortion_factor": self._uniform((), self.scale, seed),
            "noise": random.normal((2 * count, height, width, 1), dtype="float32", seed=seed),
        }

    def alter(self, images, transformation):
        return ops.clip(self._bent(images, transformation, self.interpolation), *self.value_range)

    def alter_masks(self, segmentation_masks, transformation):
        return self._bent(segmentation_masks, transformation, "nearest")

    def _bent(self, images, transformation, interpolation):
        batch, restored = channels_last_batch(self.title, images, self.data_format)
        longer, shorter = max(batch.shape[1:3]), min(batch.shape[1:3])
        scale = transformation["distortion_factor"]
        bent = elastically_bent(
            batch,
            transformation["noise"],
            alpha=0.1 * longer * scale,
            sigma=0.05 * shorter * scale + 1e-6,  # a density of width 0 has no values
            reach=0.05 * shorter * self.scale[1],
            interpolation=interpolation,
            fill_mode=self.fill_mode,
            fill_value=self.fill_value,
        )
        return ops.where(per_image(transformation["apply_transform"]), restored(bent), images)
