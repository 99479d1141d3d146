"""Activation functions with settings or weights, as layers."""

from numbers import Real

from nbkeras import activations, constraints, initializers, ops, regularizers
from nbkeras.layers.layer import InputSpec, Layer

__all__ = ["ELU", "LeakyReLU", "PReLU", "ReLU", "Softmax"]


class ReLU(Layer):
    """`x` where it is at least `threshold`, and `negative_slope * (x - threshold)` below; never above `max_value`.

    Args:
        max_value: the largest output; default no limit.
        negative_slope: of the line below the threshold.
        threshold: where the line begins.

    Example:
        >>> ReLU(max_value=2.0)(np.array([-1.0, 1.0, 3.0], "float32"))
        array([0., 1., 2.], dtype=float32)
    """

    def __init__(self, max_value=None, negative_slope=0.0, threshold=0.0, **kwargs):
        super().__init__(**kwargs)
        self.max_value = None if max_value is None else _not_negative("max_value", max_value)
        self.negative_slope = _not_negative("negative_slope", negative_slope)
        self.threshold = _not_negative("threshold", threshold)
        self.supports_masking = True

    def call(self, x):
        return activations.relu(
            x, negative_slope=self.negative_slope, max_value=self.max_value, threshold=self.threshold
        )


class LeakyReLU(Layer):
    """`x` where it is positive and `negative_slope * x` below (Maas et al., 2013).

    Args:
        negative_slope: 0.3 by default; the older name `alpha` is accepted too.
    """

    def __init__(self, negative_slope=0.3, **kwargs):
        negative_slope = kwargs.pop("alpha", negative_slope)
        super().__init__(**kwargs)
        self.negative_slope = _not_negative("negative_slope", negative_slope)
        self.supports_masking = True

    def call(self, x):
        return ops.leaky_relu(x, self.negative_slope)


class PReLU(Layer):
    """A leaky ReLU whose slopes below zero are weights, one for each feature (He et al., 2015, arXiv:1502.01852).

    Args:
        alpha_initializer, alpha_regularizer, alpha_constraint: of the slopes.
        shared_axes: axes along which the slopes are the same, `[1, 2]` for images.
    """

    def __init__(
        self, alpha_initializer="Zeros", alpha_regularizer=None, alpha_constraint=None, shared_axes=None, **kwargs
    ):
        super().__init__(**kwargs)
        self.alpha_initializer = initializers.get(alpha_initializer)
        self.alpha_regularizer = regularizers.get(alpha_regularizer)
        self.alpha_constraint = constraints.get(alpha_constraint)
        self.shared_axes = [shared_axes] if isinstance(shared_axes, int) else shared_axes and list(shared_axes)
        self.supports_masking = True

    def build(self, input_shape):
        shared = [axis % len(input_shape) for axis in self.shared_axes or ()]
        own = {axis: size for axis, size in enumerate(input_shape) if axis and axis not in shared}
        self.alpha = self.add_weight(
            name="alpha",
            shape=[own.get(axis, 1) for axis in range(1, len(input_shape))],
            initializer=self.alpha_initializer,
            regularizer=self.alpha_regularizer,
            constraint=self.alpha_constraint,
        )
        self.input_spec = InputSpec(ndim=len(input_shape), axes=own)

    def call(self, x):
        return ops.relu(x) - self.alpha * ops.relu(-x)


class ELU(Layer):
    """`x` where it is positive and `alpha * (exp(x) - 1)` below (Clevert et al., 2016, arXiv:1511.07289)."""

    def __init__(self, alpha=1.0, **kwargs):
        super().__init__(**kwargs)
        self.alpha = alpha
        self.supports_masking = True

    def call(self, x):
        return ops.elu(x, self.alpha)


class Softmax(Layer):
    """Exponentials that sum to 1 along `axis`.

    Args:
        axis: an axis, or several that are normalised together.

    Called with `mask`, of the shape of the input, the entries that are False get 0.
    """

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.axis = list(axis) if isinstance(axis, tuple) else axis
        self.supports_masking = True

    def call(self, inputs, mask=None):
        if mask is not None:
            keep = ops.cast(mask, inputs.dtype)
            return self._softmax(inputs + (1.0 - keep) * _large_negative(inputs.dtype)) * keep
        return self._softmax(inputs)

    def _softmax(self, x):
        if not isinstance(self.axis, list):
            return ops.softmax(x, axis=self.axis)
        if len(self.axis) == 1:
            return ops.softmax(x, axis=self.axis[0])
        return ops.exp(x - ops.logsumexp(x, axis=tuple(self.axis), keepdims=True))


def _large_negative(dtype):
    """What takes a logit out of a softmax without overflow."""
    return -3e4 if str(dtype) == "float16" else -1e9


def _not_negative(name, value):
    if not isinstance(value, Real) or value < 0:
        raise ValueError(f"{name} must be a number of at least 0, got {value!r}")
    return value
