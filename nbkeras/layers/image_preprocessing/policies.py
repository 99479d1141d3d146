"""Augmentations drawn from a list of them."""

from nbkeras import ops, random
from nbkeras.layers.arguments import choice, positive_integer
from nbkeras.layers.image_preprocessing.affine import RandomRotation, RandomShear, RandomTranslation
from nbkeras.layers.image_preprocessing.base import ColorLayer
from nbkeras.layers.image_preprocessing.color import RandomBrightness, RandomColorDegeneration, RandomContrast
from nbkeras.layers.image_preprocessing.filtering import RandomSharpness
from nbkeras.layers.image_preprocessing.histogram import AutoContrast, Equalization
from nbkeras.layers.image_preprocessing.ranges import INTERPOLATIONS, interval
from nbkeras.layers.image_preprocessing.tone import RandomPosterization, Solarization
from nbkeras.ops.dtypes import as_float

__all__ = ["AugMix", "RandAugment"]


class Policy(ColorLayer):
    """A layer that applies others, `operations`, of which it draws the numbers."""

    def __init__(self, value_range, factor, interpolation, seed, names, **kwargs):
        super().__init__(value_range, seed, **kwargs)
        self.factor = interval("factor", factor, 0, 1)
        self.interpolation = choice("interpolation", interpolation, INTERPOLATIONS)
        shared = {name: kwargs[name] for name in ("bounding_box_format", "data_format", "dtype") if name in kwargs}
        made = _operations(self.factor, self.value_range, self.interpolation, shared)
        self.operations = {name: made[name] for name in names}

    def _drawn(self, shape, seed):
        """A transformation for each operation; those without chance have none."""
        return {
            name: layer.draw(shape, seed) if hasattr(layer, "draw") else None for name, layer in self.operations.items()
        }

    def _apply(self, part, index, transformations, value):
        """`value` as operation number `index` transforms that `part`; unchanged if there is no such operation."""

        def branch(name, layer):
            return lambda x: getattr(layer, f"transform_{part}")(x, transformation=transformations[name])

        branches = [branch(name, layer) for name, layer in self.operations.items()]
        return ops.switch(index, [*branches, lambda x: x], value)


def _operations(factor, value_range, interpolation, shared):
    """The operations by Keras' names, as strong as `factor` says."""
    color = {"value_range": value_range, **shared}
    warp = {"interpolation": interpolation, **shared}
    return {
        "random_shear": RandomShear(factor, factor, **warp),
        "random_translation": RandomTranslation(factor, factor, **warp),
        "random_rotation": RandomRotation(factor, **warp),
        "random_brightness": RandomBrightness(factor, **color),
        "random_color_degeneration": RandomColorDegeneration(factor, **color),
        "random_contrast": RandomContrast(factor, **color),
        "random_sharpness": RandomSharpness(factor, **color),
        "random_posterization": RandomPosterization(max(1, int(8 * factor[1])), **color),
        "solarization": Solarization(factor, factor, **color),
        "auto_contrast": AutoContrast(**color),
        "equalization": Equalization(**color),
    }


GEOMETRY = ("random_shear", "random_translation", "random_rotation")
COLORS = ("random_brightness", "random_color_degeneration", "random_contrast", "random_sharpness")
TONES = ("random_posterization", "solarization", "auto_contrast", "equalization")


class RandAugment(Policy):
    """In training, a few augmentations of eleven, one after the other: Cubuk et al. (2020), arXiv:1909.13719.

    They are shear, translation, rotation, brightness, grey, contrast, sharpness, posterization, solarization,
    stretching and equalization of the histogram. A batch gets the same ones, each image with its own numbers.

    Args:
        value_range: the least and the largest value of the images.
        num_ops: how many of them.
        factor: how strong they are, a pair within 0 and 1, or from 0 to `factor`.
        interpolation: `"nearest"` or `"bilinear"`.
        seed: an integer, for a stream of its own.

    Example:
        >>> RandAugment(seed=1)(np.zeros((2, 8, 8, 3), "float32")).shape
        (2, 8, 8, 3)
    """

    def __init__(
        self,
        value_range=(0, 255),
        num_ops=2,
        factor=0.5,
        interpolation="bilinear",
        seed=None,
        data_format=None,
        **kwargs,
    ):
        names = (*GEOMETRY, *COLORS, *TONES)
        super().__init__(value_range, factor, interpolation, seed, names, data_format=data_format, **kwargs)
        self.num_ops = positive_integer("num_ops", num_ops)

    def draw(self, shape, seed):
        return {
            "layer_idxes": random.randint((self.num_ops,), 0, len(self.operations), seed=seed),
            "transforms": self._drawn(shape, seed),
        }

    def alter(self, images, transformation):
        return self._in_turn("images", images, transformation)

    def alter_boxes(self, bounding_boxes, transformation):
        return self._in_turn("bounding_boxes", bounding_boxes, transformation)

    def alter_masks(self, segmentation_masks, transformation):
        return self._in_turn("segmentation_masks", segmentation_masks, transformation)

    def _in_turn(self, part, value, transformation):
        for place in range(self.num_ops):
            value = self._apply(part, transformation["layer_idxes"][place], transformation["transforms"], value)
        return value


class AugMix(Policy):
    """In training, a weighted sum of an image and of chains of augmentations of it: Hendrycks et al. (2020).

    https://arxiv.org/abs/1912.02781. The weights of the chains are drawn from a Dirichlet distribution, that of the
    image itself from a beta distribution. A batch gets the same augmentations, each image with its own numbers.

    Args:
        value_range: the least and the largest value of the images.
        num_chains: how many chains.
        chain_depth: how many augmentations in each; one of them may be none.
        factor: how strong they are, a pair within 0 and 1, or from 0 to `factor`.
        alpha: the parameter of both distributions.
        all_ops: whether brightness, grey, contrast and sharpness are among them.
        interpolation: `"nearest"` or `"bilinear"`.
        seed: an integer, for a stream of its own.

    Example:
        >>> AugMix(seed=1)(np.zeros((2, 8, 8, 3), "float32")).shape
        (2, 8, 8, 3)
    """

    def __init__(
        self,
        value_range=(0, 255),
        num_chains=3,
        chain_depth=3,
        factor=0.3,
        alpha=1.0,
        all_ops=True,
        interpolation="bilinear",
        seed=None,
        data_format=None,
        **kwargs,
    ):
        names = (*GEOMETRY, *TONES, *(COLORS if all_ops else ()))
        super().__init__(value_range, factor, interpolation, seed, names, data_format=data_format, **kwargs)
        self.num_chains = positive_integer("num_chains", num_chains)
        self.chain_depth = positive_integer("chain_depth", chain_depth)
        self.alpha = alpha
        self.all_ops = all_ops

    def draw(self, shape, seed):
        weights = random.gamma((self.num_chains,), self.alpha, seed=seed)
        chains = range(self.num_chains), range(self.chain_depth)
        return {
            "chain_mixing_weights": weights / ops.sum(weights),
            "weight_sample": random.beta((), self.alpha, self.alpha, seed=seed),
            # one number more than there are operations: it stands for none
            "layer_idxes": random.randint((self.num_chains, self.chain_depth), 0, len(self.operations) + 1, seed=seed),
            "transforms": [[self._drawn(shape, seed) for _ in chains[1]] for _ in chains[0]],
        }

    def alter(self, images, transformation):
        return self._clipped(self._blended("images", images, transformation))

    def alter_masks(self, segmentation_masks, transformation):
        return self._blended("segmentation_masks", as_float(segmentation_masks), transformation)

    def _blended(self, part, value, transformation):
        total = 0.0
        for chain, row in enumerate(transformation["transforms"]):
            changed = value
            for place, transformations in enumerate(row):
                changed = self._apply(part, transformation["layer_idxes"][chain, place], transformations, changed)
            total = total + changed * transformation["chain_mixing_weights"][chain]
        weight = transformation["weight_sample"]
        return weight * value + (1.0 - weight) * total
