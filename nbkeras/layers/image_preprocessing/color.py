"""Colours, brightness and contrast at random."""

from nbkeras import config, ops
from nbkeras.layers.arguments import fraction
from nbkeras.layers.image_preprocessing.base import ColorLayer, RandomImageLayer, per_image, rescaled
from nbkeras.layers.image_preprocessing.ranges import around_zero, interval, unsigned, value_range_of

__all__ = [
    "RandomBrightness", "RandomColorDegeneration", "RandomColorJitter", "RandomContrast", "RandomGrayscale",
    "RandomHue", "RandomSaturation",
]  # fmt: skip


class RandomBrightness(ColorLayer):
    """In training, adds to each image a random share of the range of values, and cuts at its ends.

    Args:
        factor: the share, drawn evenly from a pair within -1 and 1, or from `-factor` to `factor`.
        value_range: the least and the largest value of the images.
        seed: an integer, for a stream of its own.

    Example:
        >>> RandomBrightness((0.2, 0.2))(np.array([[[100.0], [250.0]]], "float32")).ravel()
        array([151., 255.], dtype=float32)
    """

    def __init__(self, factor, value_range=(0, 255), seed=None, **kwargs):
        super().__init__(value_range, seed, **kwargs)
        self.factor = around_zero("factor", factor)

    def draw(self, shape, seed):
        low, high = self.value_range
        return {"rgb_delta": self._uniform((self._sizes(shape)[0], 1, 1, 1), self.factor, seed) * (high - low)}

    def alter(self, images, transformation):
        return self._clipped(images + ops.cast(transformation["rgb_delta"], images.dtype))


class RandomContrast(ColorLayer):
    """In training, `(x - mean) * factor + mean` with the mean of each channel of each image and a random factor.

    Args:
        factor: a pair (lower, upper), or one number for both: factors lie between `1 - lower` and `1 + upper`.
        value_range: the least and the largest value of the images; results are cut there.
        seed: an integer, for a stream of its own.

    Example:
        >>> RandomContrast(0.0)(np.array([[[100.0], [200.0]]], "float32")).ravel()
        array([100., 200.], dtype=float32)
    """

    def __init__(self, factor, value_range=(0, 255), seed=None, **kwargs):
        super().__init__(value_range, seed, **kwargs)
        self.factor = interval("factor", factor, 0, 1, lower=lambda f: f)

    def draw(self, shape, seed):
        lower, upper = self.factor
        factors = self._uniform((self._sizes(shape)[0], 1, 1, 1), (1.0 - lower, 1.0 + upper), seed)
        return {"contrast_factor": factors}

    def alter(self, images, transformation):
        mean = ops.mean(images, axis=self._axes[:2], keepdims=True)
        return self._clipped((images - mean) * ops.cast(transformation["contrast_factor"], images.dtype) + mean)


class RandomColorDegeneration(ColorLayer):
    """In training, mixes each colour image with its grey version.

    Args:
        factor: the share of grey, drawn from a pair within 0 and 1, or from 0 to `factor`.
        value_range: the least and the largest value of the images.
        seed: an integer, for a stream of its own.

    Example:
        >>> RandomColorDegeneration((1.0, 1.0))(np.array([[[0.0, 100.0, 0.0]]], "float32")).round(1)
        array([[[58.7, 58.7, 58.7]]], dtype=float32)
    """

    def __init__(self, factor, value_range=(0, 255), data_format=None, seed=None, **kwargs):
        super().__init__(value_range, seed, data_format=data_format, **kwargs)
        self.factor = interval("factor", unsigned(factor), 0, 1)

    def draw(self, shape, seed):
        return {"factor": self._uniform((self._sizes(shape)[0], 1, 1, 1), self.factor, seed)}

    def alter(self, images, transformation):
        grey = ops.image.rgb_to_grayscale(images, data_format=self.data_format)
        return self._clipped(images + ops.cast(transformation["factor"], images.dtype) * (grey - images))


class RandomGrayscale(RandomImageLayer):
    """In training, makes some images grey, with three equal channels.

    Args:
        factor: the probability, from 0 to 1.
        seed: an integer, for a stream of its own.

    Example:
        >>> RandomGrayscale(1.0)(np.array([[[0.0, 100.0, 0.0]]], "float32")).round(1)
        array([[[58.7, 58.7, 58.7]]], dtype=float32)
    """

    def __init__(self, factor=0.5, data_format=None, seed=None, **kwargs):
        super().__init__(seed, data_format=data_format, **kwargs)
        self.factor = fraction("factor", factor)

    def draw(self, shape, seed):
        return per_image(self._chosen(self._sizes(shape)[0], (self.factor, self.factor), seed))

    def alter(self, images, transformation):
        return ops.where(transformation, ops.image.rgb_to_grayscale(images, data_format=self.data_format), images)


class RandomHue(ColorLayer):
    """In training, turns the hue of each colour image by a random angle, in a random direction.

    Args:
        factor: drawn from a pair within 0 and 1, or from 0 to `factor`; 1 is half a turn.
        value_range: the least and the largest value of the images.
        seed: an integer, for a stream of its own.

    Example:
        >>> RandomHue((1.0, 1.0))(np.array([[[255.0, 0.0, 0.0]]], "float32")).round(1)
        array([[[  0., 255., 255.]]], dtype=float32)
    """

    def __init__(self, factor, value_range=(0, 255), data_format=None, seed=None, **kwargs):
        super().__init__(value_range, seed, data_format=data_format, **kwargs)
        self.factor = interval("factor", factor, 0, 1)

    def draw(self, shape, seed):
        count = self._sizes(shape)[0]
        direction = ops.where(self._uniform((count,), (0.0, 1.0), seed) > 0.5, -0.5, 0.5)
        return {"factor": direction * self._uniform((count,), self.factor, seed)}

    def alter(self, images, transformation):
        turn = ops.cast(ops.reshape(transformation["factor"], (-1, 1, 1)), images.dtype)
        colours = ops.image.rgb_to_hsv(rescaled(images, self.value_range, (0, 1)), data_format=self.data_format)
        axis = self._axes[2]
        hue, saturation, value = ops.unstack(colours, axis=axis)
        colours = ops.stack([ops.mod(hue + turn, 1.0), saturation, value], axis=axis)
        images = ops.clip(ops.image.hsv_to_rgb(colours, data_format=self.data_format), 0, 1)
        return rescaled(images, (0, 1), self.value_range)


class RandomSaturation(ColorLayer):
    """In training, multiplies the saturation of each colour image by `factor / (1 - factor)`.

    Args:
        factor: drawn from a pair within 0 and 1, or from 0 to `factor`: 0 is grey, 0.5 as it is, 1 the most colourful.
        value_range: the least and the largest value of the images.
        seed: an integer, for a stream of its own.

    Example:
        >>> RandomSaturation((0.0, 0.0))(np.array([[[0.0, 100.0, 0.0]]], "float32"))
        array([[[100., 100., 100.]]], dtype=float32)
    """

    def __init__(self, factor, value_range=(0, 255), data_format=None, seed=None, **kwargs):
        super().__init__(value_range, seed, data_format=data_format, **kwargs)
        self.factor = interval("factor", unsigned(factor), 0, 1)

    def draw(self, shape, seed):
        share = self._uniform((self._sizes(shape)[0],), self.factor, seed)
        return {"factor": share / (1.0 - share + config.epsilon())}

    def alter(self, images, transformation):
        factor = ops.cast(ops.reshape(transformation["factor"], (-1, 1, 1)), images.dtype)
        axis = self._axes[2]
        hue, saturation, value = ops.unstack(ops.image.rgb_to_hsv(images, data_format=self.data_format), axis=axis)
        colours = ops.stack([hue, ops.clip(saturation * factor, 0, 1), value], axis=axis)
        return ops.image.hsv_to_rgb(colours, data_format=self.data_format)


class RandomColorJitter(RandomImageLayer):
    """In training, random brightness, contrast, saturation and hue, in this order, each if its factor is given.

    Args:
        value_range: the least and the largest value of the images.
        brightness_factor, contrast_factor, saturation_factor, hue_factor: as of `RandomBrightness`, `RandomContrast`,
            `RandomSaturation` and `RandomHue`.
        seed: an integer, for a stream of its own.

    Example:
        >>> RandomColorJitter(brightness_factor=(0.2, 0.2))(np.array([[[100.0]]], "float32"))
        array([[[151.]]], dtype=float32)
    """

    def __init__(
        self,
        value_range=(0, 255),
        brightness_factor=None,
        contrast_factor=None,
        saturation_factor=None,
        hue_factor=None,
        seed=None,
        data_format=None,
        **kwargs,
    ):
        super().__init__(seed, data_format=data_format, **kwargs)
        self.value_range = value_range_of(value_range)
        kinds = {"brightness": RandomBrightness, "contrast": RandomContrast}
        kinds |= {"saturation": RandomSaturation, "hue": RandomHue}
        factors = (brightness_factor, contrast_factor, saturation_factor, hue_factor)
        settings = {"value_range": value_range, "data_format": data_format, "dtype": kwargs.get("dtype")}
        self.parts = {
            name: kind(factor, seed=seed, **settings)
            for (name, kind), factor in zip(kinds.items(), factors)
            if factor is not None
        }

    def draw(self, shape, seed):
        return {name: layer.draw(shape, seed) for name, layer in self.parts.items()}

    def alter(self, images, transformation):
        for name, layer in self.parts.items():
            images = layer.alter(images, transformation[name])
        return images
