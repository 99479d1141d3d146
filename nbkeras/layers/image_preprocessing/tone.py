"""Tones inverted and coarsened."""

from nbkeras import ops, random
from nbkeras.layers.arguments import positive_integer
from nbkeras.layers.image_preprocessing.base import ColorLayer, per_image, rescaled
from nbkeras.layers.image_preprocessing.ranges import interval

__all__ = ["RandomInvert", "RandomPosterization", "Solarization"]

BYTES = (0, 255)


class RandomInvert(ColorLayer):
    """In training, turns some images into negatives.

    Args:
        factor: the probability, drawn from a pair within 0 and 1, or from 0 to `factor`.
        value_range: the least and the largest value of the images, which are exchanged.
        seed: an integer, for a stream of its own.

    Example:
        >>> RandomInvert((1.0, 1.0))(np.array([[[55.0]]], "float32"))
        array([[[200.]]], dtype=float32)
    """

    def __init__(self, factor=1.0, value_range=(0, 255), seed=None, data_format=None, **kwargs):
        super().__init__(value_range, seed, data_format=data_format, **kwargs)
        self.factor = interval("factor", factor, 0, 1)

    def draw(self, shape, seed):
        return {"apply_inversion": self._chosen(self._sizes(shape)[0], self.factor, seed)}

    def alter(self, images, transformation):
        negative = sum(self.value_range) - images
        return ops.where(per_image(transformation["apply_inversion"]), negative, images)


class RandomPosterization(ColorLayer):
    """In training, keeps the first bits of each value, as of a byte.

    Args:
        factor: how many bits, from 1 to 8, or a pair to draw from, both ends included.
        value_range: the least and the largest value of the images.
        seed: an integer, for a stream of its own.

    Example:
        >>> RandomPosterization(2)(np.array([[[100.0], [200.0]]], "float32")).ravel()
        array([ 64., 192.], dtype=float32)
    """

    def __init__(self, factor, value_range=(0, 255), data_format=None, seed=None, **kwargs):
        super().__init__(value_range, seed, data_format=data_format, **kwargs)
        self.factor = interval("factor", factor, 1, 8, lower=lambda f: f)
        for bits in self.factor:
            positive_integer("factor", bits)

    def draw(self, shape, seed):
        bits = random.randint((self._sizes(shape)[0],), self.factor[0], self.factor[1] + 1, seed=seed)
        return {"shift_factor": 8 - bits}

    def alter(self, images, transformation):
        step = ops.power(2.0, ops.cast(per_image(transformation["shift_factor"]), images.dtype))
        kept = ops.floor(rescaled(images, self.value_range, BYTES) / step) * step
        return rescaled(kept, BYTES, self.value_range)


class Solarization(ColorLayer):
    """In training, inverts the values above a threshold, after something has been added to all of them.

    Args:
        addition_factor, threshold_factor: shares of the range of values, drawn from a pair within 0 and 1, or from 0
            to the number given.
        value_range: the least and the largest value of the images.
        seed: an integer, for a stream of its own.

    Example:
        >>> Solarization(threshold_factor=(0.5, 0.5))(np.array([[[100.0], [200.0]]], "float32")).ravel()
        array([100.,  55.], dtype=float32)
    """

    def __init__(self, addition_factor=0.0, threshold_factor=0.0, value_range=(0, 255), seed=None, **kwargs):
        super().__init__(value_range, seed, **kwargs)
        self.addition_factor = interval("addition_factor", addition_factor, 0, 1)
        self.threshold_factor = interval("threshold_factor", threshold_factor, 0, 1)

    def draw(self, shape, seed):
        count = self._sizes(shape)[0]
        return {
            "additions": self._uniform((count, 1, 1, 1), self.addition_factor, seed) * 255.0,
            "thresholds": self._uniform((count, 1, 1, 1), self.threshold_factor, seed) * 255.0,
        }

    def alter(self, images, transformation):
        additions, thresholds = (ops.cast(transformation[name], images.dtype) for name in ("additions", "thresholds"))
        x = ops.clip(rescaled(images, self.value_range, BYTES) + additions, *BYTES)
        return rescaled(ops.where(x < thresholds, x, 255.0 - x), BYTES, self.value_range)
