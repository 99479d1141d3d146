"""Layers that bring numbers into a range that networks like."""

import numpy as np

from nbkeras import config, ops
from nbkeras.layers.layer import Layer
from nbkeras.layers.preprocessing.batches import batches_of

__all__ = ["Normalization", "Rescaling"]


class Rescaling(Layer):
    """`x * scale + offset`: `Rescaling(1 / 255)` brings the bytes of an image to the range from 0 to 1.

    Args:
        scale, offset: numbers, or a list with one for each channel.
    """

    def __init__(self, scale, offset=0.0, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale
        self.offset = offset
        self.supports_masking = True

    def call(self, inputs):
        scale, offset = (np.asarray(value, self.compute_dtype) for value in (self.scale, self.offset))
        return ops.cast(inputs, self.compute_dtype) * scale + offset


class Normalization(Layer):
    """`(x - mean) / sqrt(variance)`, with mean and variance of the data: call `adapt(data)`, or give them.

    Args:
        axis: the axis or axes that have a mean each; `None`: one mean for all. The default, the last axis, gives each
            column of a table its own.
        mean, variance: known beforehand; both or neither, and of the same shape.
        invert: whether to compute `x * sqrt(variance) + mean` instead.

    Example:
        >>> layer = Normalization()
        >>> layer.adapt(np.array([[1.0, 10.0], [3.0, 30.0]]))
        >>> layer(np.array([[3.0, 10.0]]))
        array([[ 1., -1.]], dtype=float32)
    """

    def __init__(self, axis=-1, mean=None, variance=None, invert=False, **kwargs):
        super().__init__(**kwargs)
        self.axis = () if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
        if (mean is None) != (variance is None):
            raise ValueError(f"mean and variance must be given both or neither, got {mean!r} and {variance!r}")
        if mean is not None and np.shape(mean) != np.shape(variance):
            raise ValueError(
                f"mean and variance must be of the same shape, got {np.shape(mean)} and {np.shape(variance)}"
            )
        self._given = None if mean is None else (np.asarray(mean), np.asarray(variance))
        self._arguments = {"mean": mean, "variance": variance}
        self.invert = invert
        self.supports_masking = True

    def build(self, input_shape):
        self._kept = tuple(sorted(axis % len(input_shape) for axis in self.axis))
        sizes = tuple(input_shape[axis] for axis in self._kept)
        if None in sizes:
            raise ValueError(f"{self.title} expects known sizes along axis {self.axis}, got inputs of {input_shape}")
        self._build_config = {"input_shape": [None, *input_shape[1:]]}  # by which a file of weights finds them made
        self._broadcast = tuple(size if i in self._kept else 1 for i, size in enumerate(input_shape))
        if self._given is None:
            self.adapt_mean = self.add_weight(name="mean", shape=sizes, initializer="zeros", trainable=False)
            self.adapt_variance = self.add_weight(name="variance", shape=sizes, initializer="ones", trainable=False)
            self.count = self.add_weight(name="count", shape=(), dtype="int32", initializer="zeros", trainable=False)

    def adapt(self, data):
        """Takes mean and variance from `data`, forgetting earlier ones.

        Args:
            data: an array, or an iterable of batches; of (inputs, targets) batches, the inputs count.

        Raises:
            ValueError: if mean and variance were given, or there is no data.
        """
        if self._given is not None:
            raise ValueError(f"{self.title} was given its mean and variance, so there is nothing to adapt")
        count, mean, squares = 0, 0.0, 0.0
        for batch in batches_of(data):
            x = np.asarray(batch, "float64")  # sums of many squares need the digits
            if not self.built:
                self.build(x.shape)
                self.built = True
            others = tuple(axis for axis in range(x.ndim) if axis not in self._kept)
            size = x.size // max(1, int(np.prod([x.shape[axis] for axis in self._kept])))
            shift = x.mean(others) - mean
            squares = squares + x.var(others) * size + shift**2 * (count * size / (count + size))
            count += size
            mean = mean + shift * (size / count)
        if not count:
            raise ValueError(f"{self.title} expects data to adapt to, got none")
        self.adapt_mean.assign(mean)
        self.adapt_variance.assign(squares / count)

    @property
    def mean(self):
        """The mean, in a shape that broadcasts with the inputs; once built, what was given before."""
        return self._statistic(0) if self.built else self._arguments["mean"]

    @property
    def variance(self):
        """The variance, in a shape that broadcasts with the inputs; once built, what was given before."""
        return self._statistic(1) if self.built else self._arguments["variance"]

    def _statistic(self, index):
        if self._given is None:
            return ops.reshape((self.adapt_mean, self.adapt_variance)[index], self._broadcast)
        value = self._given[index].astype(self.compute_dtype)
        sizes = tuple(self._broadcast[axis] for axis in self._kept)
        return np.broadcast_to(value, sizes).reshape(self._broadcast) if value.ndim <= len(sizes) else value

    def call(self, inputs):
        x = ops.cast(inputs, self.compute_dtype)
        spread = ops.maximum(ops.sqrt(self.variance), config.epsilon())
        return x * spread + self.mean if self.invert else (x - self.mean) / spread

    def get_config(self):
        given = {key: None if value is None else np.asarray(value).tolist() for key, value in self._arguments.items()}
        return {**super().get_config(), **given}
