"""Layers that make training harder on purpose: noise, dropout, and a penalty on what passes through."""

from numbers import Real

from nbkeras import config, ops, random, regularizers
from nbkeras.layers.arguments import fraction
from nbkeras.layers.layer import Layer
from nbkeras.layers.layouts import channels_spec

__all__ = [
    "ActivityRegularization",
    "AlphaDropout",
    "Dropout",
    "GaussianDropout",
    "GaussianNoise",
    "SpatialDropout1D",
    "SpatialDropout2D",
    "SpatialDropout3D",
]


class Noise(Layer):
    """A layer that is random in training and does nothing otherwise; with strength 0 it has no random state."""

    def __init__(self, strength, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.strength = strength
        self.seed = seed
        self.supports_masking = True
        if strength > 0:
            self.seed_generator = random.SeedGenerator(seed)

    def call(self, inputs, training=False):
        return self.disturb(inputs) if training and self.strength > 0 else inputs

    def disturb(self, x):
        """`x` in training; override it."""
        raise NotImplementedError


class DropoutNoise(Noise):
    """What the layers with a `rate` share."""

    def __init__(self, rate, seed=None, **kwargs):
        super().__init__(fraction("rate", rate), seed, **kwargs)
        self.rate = rate


class Dropout(DropoutNoise):
    """In training, sets a fraction `rate` of its inputs to 0 and scales the rest by 1 / (1 - rate).

    Srivastava et al. (2014), https://jmlr.org/papers/v15/srivastava14a.html.

    Args:
        rate: from 0 to 1.
        noise_shape: the shape of the random mask, 1 where it is to be the same along an axis; `None` entries are the
            input's sizes.
        seed: an integer, for a stream of its own.

    Example:
        >>> Dropout(0.5)(np.ones((1, 3), "float32"))  # not in training: nothing happens
        array([[1., 1., 1.]], dtype=float32)
    """

    def __init__(self, rate, noise_shape=None, seed=None, **kwargs):
        super().__init__(rate, seed, **kwargs)
        self.noise_shape = noise_shape if noise_shape is None else tuple(noise_shape)

    def disturb(self, x):
        return random.dropout(x, self.rate, noise_shape=self.mask_shape(x.shape), seed=self.seed_generator)

    def mask_shape(self, shape):
        """The shape of the random mask for inputs of `shape`."""
        return _filled(self.noise_shape, shape)


class SpatialDropout(Dropout):
    """Dropout of whole channels; `rank` is the number of spatial axes."""

    rank: int

    def __init__(self, rate, data_format=None, seed=None, name=None, dtype=None, **kwargs):
        super().__init__(rate, seed=seed, name=name, dtype=dtype, **kwargs)
        self.data_format = config.standardize_data_format(data_format)
        self.input_spec = channels_spec(self.rank, self.data_format)

    def get_config(self):
        config = super().get_config()
        del config["trainable"]  # Keras' constructor takes none
        return config

    def mask_shape(self, shape):
        ones = (1,) * self.rank
        return (shape[0], *ones, shape[-1]) if self.data_format == "channels_last" else (*shape[:2], *ones)


class SpatialDropout1D(SpatialDropout):
    """In training, drops whole channels of a sequence (batch, steps, channels), all steps alike.

    Args:
        rate: the fraction of channels, from 0 to 1.
        seed: an integer, for a stream of its own.
    """

    rank = 1

    def __init__(self, rate, seed=None, name=None, dtype=None, **kwargs):
        super().__init__(rate, "channels_last", seed, name, dtype, **kwargs)


class SpatialDropout2D(SpatialDropout):
    """In training, drops whole channels of an image (batch, height, width, channels): Tompson et al. (2014).

    Args:
        rate: the fraction of channels, from 0 to 1.
        data_format: `"channels_last"` or `"channels_first"`.
        seed: an integer, for a stream of its own.
    """

    rank = 2


class SpatialDropout3D(SpatialDropout):
    """In training, drops whole channels of a volume; arguments as `SpatialDropout2D`."""

    rank = 3


class GaussianDropout(DropoutNoise):
    """In training, multiplies by normal noise of mean 1 and variance rate / (1 - rate): Srivastava et al. (2014).

    Args:
        rate: as of `Dropout`, whose noise has the same variance.
        seed: an integer, for a stream of its own.
    """

    def disturb(self, x):
        stddev = (self.rate / (1.0 - self.rate)) ** 0.5
        return x * random.normal(x.shape, mean=1.0, stddev=stddev, dtype=x.dtype, seed=self.seed_generator)


class GaussianNoise(Noise):
    """In training, adds normal noise.

    Args:
        stddev: its standard deviation, from 0 to 1.
        seed: an integer, for a stream of its own.
    """

    def __init__(self, stddev, seed=None, **kwargs):
        super().__init__(fraction("stddev", stddev), seed, **kwargs)
        self.stddev = stddev

    def disturb(self, x):
        return x + random.normal(x.shape, stddev=self.stddev, dtype=x.dtype, seed=self.seed_generator)


class AlphaDropout(DropoutNoise):
    """Dropout that keeps mean 0 and variance 1, for SELU networks: Klambauer et al. (2017), arXiv:1706.02515.

    Args:
        rate: the fraction of inputs that get SELU's lowest value, -1.758…, before all are shifted and scaled.
        noise_shape: as of `Dropout`.
        seed: an integer, for a stream of its own.
    """

    _lowest = -1.0507009873554805 * 1.6732632423543772  # SELU's scale times its alpha

    def __init__(self, rate, noise_shape=None, seed=None, **kwargs):
        super().__init__(rate, seed, **kwargs)
        self.noise_shape = noise_shape if noise_shape is None else tuple(noise_shape)

    def disturb(self, x):
        lowest, rate = self._lowest, self.rate
        draws = random.uniform(_filled(self.noise_shape, x.shape) or x.shape, seed=self.seed_generator)
        kept = ops.cast(ops.greater_equal(draws, rate), x.dtype)
        scale = ((1 - rate) * (1 + rate * lowest**2)) ** -0.5
        return scale * (x * kept + lowest * (1 - kept) - rate * lowest)


class ActivityRegularization(Layer):
    """Passes its input on and adds `l1 · Σ|x| + l2 · Σx²` of it, by sample, to the loss."""

    def __init__(self, l1=0.0, l2=0.0, **kwargs):
        for name, value in (("l1", l1), ("l2", l2)):
            if not isinstance(value, Real) or value < 0:
                raise ValueError(f"{name} must be a number of at least 0, got {value!r}")
        super().__init__(activity_regularizer=regularizers.L1L2(l1, l2), **kwargs)
        self.l1 = l1
        self.l2 = l2
        self.supports_masking = True

    def call(self, x):
        return x


def _filled(noise_shape, shape):
    """`noise_shape` with the input's sizes for `None`."""
    if noise_shape is None:
        return None
    if len(noise_shape) != len(shape):
        raise ValueError(f"noise_shape must have an entry for each of the input's {len(shape)} axes, got {noise_shape}")
    return tuple(size if wanted is None else wanted for wanted, size in zip(noise_shape, shape))
