"""Layers that give their outputs mean 0 and variance 1, or length 1, along some axes."""

from nbkeras import config, constraints, initializers, ops, regularizers
from nbkeras.layers.arguments import not_supported
from nbkeras.layers.layer import InputSpec, Layer
from nbkeras.layers.renormalization import Renormalizing, checked_clipping

__all__ = ["BatchNormalization", "GroupNormalization", "LayerNormalization", "RMSNormalization", "UnitNormalization"]


class Affine(Layer):
    """What normalisations with a learned factor `gamma` and offset `beta` share."""

    in_float32 = True

    def __init__(self, axis, epsilon, center, scale, beta, gamma, **kwargs):
        super().__init__(**kwargs)
        self.axis = list(axis) if isinstance(axis, (list, tuple)) else axis
        self.epsilon = epsilon
        self.center = center
        self.scale = scale
        self.beta_initializer, self.beta_regularizer, self.beta_constraint = _getters(*beta)
        self.gamma_initializer, self.gamma_regularizer, self.gamma_constraint = _getters(*gamma)
        self.supports_masking = True
        self.gamma = self.beta = None

    def add_affine(self, shape):
        """Makes `gamma` and `beta` of that shape, as far as they are wanted."""
        if self.scale:
            self.gamma = self.add_weight(
                name="gamma",
                shape=shape,
                initializer=self.gamma_initializer,
                regularizer=self.gamma_regularizer,
                constraint=self.gamma_constraint,
            )
        if self.center:
            self.beta = self.add_weight(
                name="beta",
                shape=shape,
                initializer=self.beta_initializer,
                regularizer=self.beta_regularizer,
                constraint=self.beta_constraint,
            )

    def size_along(self, input_shape, axis):
        """The input's size along `axis`, which must be known."""
        if not -len(input_shape) <= axis < len(input_shape) or input_shape[axis] is None:
            raise ValueError(f"{self.title} expects a known size along axis {axis}, got inputs of shape {input_shape}")
        return input_shape[axis]


class BatchNormalization(Renormalizing, Affine):
    """Each channel with the mean and variance of its batch: Ioffe & Szegedy (2015), arXiv:1502.03167.

    In training, the batch's own mean and variance are used and moving averages of them are kept; otherwise, and
    where `trainable` is False, the averages.

    Args:
        axis: of the channels; 1 for channels first.
        momentum: of the averages: `average * momentum + batch * (1 - momentum)`.
        epsilon: added to the variance.
        center, scale: whether to add a learned `beta`, and to multiply by a learned `gamma`.
        beta_initializer, beta_regularizer, beta_constraint: of `beta`, and likewise for `gamma`.
        moving_mean_initializer, moving_variance_initializer: of the averages.
        renorm: whether to correct the batch's mean and deviation in training towards averages of them, so that training
            differs less from inference: Ioffe (2017), arXiv:1702.03275.
        renorm_clipping: bounds of the corrections, a dictionary with any of `rmin`, `rmax` and `dmax`.
        renorm_momentum: of these averages.
        synchronized: accepted; there is one device.

    With a mask, only the entries that it keeps count for mean and variance.

    Example:
        >>> y = BatchNormalization()(np.array([[1.0], [3.0]], "float32"), training=True)
        >>> np.round(y, 2)
        array([[-1.],
               [ 1.]], dtype=float32)
    """

    def __init__(
        self,
        axis=-1,
        momentum=0.99,
        epsilon=0.001,
        center=True,
        scale=True,
        beta_initializer="zeros",
        gamma_initializer="ones",
        moving_mean_initializer="zeros",
        moving_variance_initializer="ones",
        beta_regularizer=None,
        gamma_regularizer=None,
        beta_constraint=None,
        gamma_constraint=None,
        renorm=False,
        renorm_clipping=None,
        renorm_momentum=0.99,
        synchronized=False,
        **kwargs,
    ):
        beta = (beta_initializer, beta_regularizer, beta_constraint)
        gamma = (gamma_initializer, gamma_regularizer, gamma_constraint)
        super().__init__(axis, epsilon, center, scale, beta, gamma, **kwargs)
        if not isinstance(axis, int):
            raise ValueError(f"axis must be an integer, got {axis!r}")
        self.momentum = momentum
        self.renorm = renorm
        self.renorm_clipping = checked_clipping(renorm_clipping) if renorm else renorm_clipping
        self.renorm_momentum = renorm_momentum
        self.moving_mean_initializer = initializers.get(moving_mean_initializer)
        self.moving_variance_initializer = initializers.get(moving_variance_initializer)

    def build(self, input_shape):
        channels = self.size_along(input_shape, self.axis)
        self.add_affine((channels,))
        self.moving_mean = self.add_weight(
            name="moving_mean", shape=(channels,), initializer=self.moving_mean_initializer, trainable=False
        )
        self.moving_variance = self.add_weight(
            name="moving_variance", shape=(channels,), initializer=self.moving_variance_initializer, trainable=False
        )
        if self.renorm:
            self.add_averages((channels,))
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: channels})

    def call(self, inputs, training=None, mask=None):
        if not (training and self.trainable):
            return self._normalized(inputs, self.moving_mean, self.moving_variance)
        if self.renorm:
            return self.renormalized(inputs, *self._moments(inputs, mask))
        if mask is not None:
            mean, variance = self._masked_moments(inputs, mask)
            y = self._normalized(inputs, mean, variance)
        else:
            x = ops.moveaxis(inputs, self.axis, -1)
            y, mean, variance = ops.normalize_columns(x, self.gamma, self.beta, epsilon=self.epsilon)
            y = ops.moveaxis(y, -1, self.axis)
        self._follow(self.moving_mean, mean)
        self._follow(self.moving_variance, variance)
        return y

    def _normalized(self, x, mean, variance):
        return ops.batch_normalization(x, mean, variance, self.axis, self.beta, self.gamma, self.epsilon)

    def _moments(self, x, mask):
        if mask is not None:
            return self._masked_moments(x, mask)
        return ops.moments(x, [axis for axis in range(len(x.shape)) if axis != self.axis % len(x.shape)])

    def _masked_moments(self, x, mask):
        weights = ops.reshape(ops.cast(mask, x.dtype), (*mask.shape, *(1,) * (len(x.shape) - len(mask.shape))))
        axes = tuple(axis for axis in range(len(x.shape)) if axis != self.axis % len(x.shape))
        count = ops.sum(ops.broadcast_to(weights, x.shape), axes, keepdims=True) + config.epsilon()
        mean = ops.sum(x * weights, axes, keepdims=True) / count
        variance = ops.sum(weights * ops.square(x - mean), axes, keepdims=True) / count
        return ops.reshape(mean, (-1,)), ops.reshape(variance, (-1,))

    def _follow(self, average, value):
        value = ops.stop_gradient(value)
        average.assign(average * self.momentum + value * (1.0 - self.momentum))


class LayerNormalization(Affine):
    """Each sample with its own mean and variance over `axis`: Ba et al. (2016), arXiv:1607.06450.

    Args:
        axis: one axis or several.
        epsilon: added to the variance.
        center, scale: whether to add a learned `beta`, and to multiply by a learned `gamma`, of the sizes along
            `axis`.
        beta_initializer, beta_regularizer, beta_constraint: of `beta`, and likewise for `gamma`.
    """

    base_parameters = ("rms_scaling",)
    rms_scaling = False  # in Keras' configurations, though no parameter of its constructor: see RMSNormalization

    def __init__(
        self,
        axis=-1,
        epsilon=0.001,
        center=True,
        scale=True,
        beta_initializer="zeros",
        gamma_initializer="ones",
        beta_regularizer=None,
        gamma_regularizer=None,
        beta_constraint=None,
        gamma_constraint=None,
        **kwargs,
    ):
        beta = (beta_initializer, beta_regularizer, beta_constraint)
        gamma = (gamma_initializer, gamma_regularizer, gamma_constraint)
        not_supported(rms_scaling=kwargs.pop("rms_scaling", False))
        super().__init__(axis, epsilon, center, scale, beta, gamma, **kwargs)

    def build(self, input_shape):
        axes = _sorted_axes(self.axis, len(input_shape))
        self.add_affine([self.size_along(input_shape, axis) for axis in axes])

    def call(self, inputs):
        axes = _sorted_axes(self.axis, len(inputs.shape))
        return ops.layer_normalization(inputs, self.gamma, self.beta, axis=axes, epsilon=self.epsilon)


class GroupNormalization(Affine):
    """Each sample with the mean and variance of each of `groups` groups of channels: Wu & He (2018), arXiv:1803.08494.

    Args:
        groups: how many; -1 for as many as there are channels.
        axis: of the channels.
        epsilon, center, scale and what follows: as of `LayerNormalization`, with one number for each channel.

    Raises:
        ValueError: if the groups do not divide the channels.
    """

    def __init__(
        self,
        groups=32,
        axis=-1,
        epsilon=0.001,
        center=True,
        scale=True,
        beta_initializer="zeros",
        gamma_initializer="ones",
        beta_regularizer=None,
        gamma_regularizer=None,
        beta_constraint=None,
        gamma_constraint=None,
        **kwargs,
    ):
        beta = (beta_initializer, beta_regularizer, beta_constraint)
        gamma = (gamma_initializer, gamma_regularizer, gamma_constraint)
        super().__init__(axis, epsilon, center, scale, beta, gamma, **kwargs)
        self.groups = groups

    def build(self, input_shape):
        channels = self.size_along(input_shape, self.axis)
        groups = channels if self.groups == -1 else self.groups
        if groups < 1 or channels % groups:
            raise ValueError(
                f"{self.title} with {groups} groups expects a number of channels that is a multiple of it, "
                f"got {channels}"
            )
        self.add_affine((channels,))
        self.input_spec = InputSpec(ndim=len(input_shape), axes={self.axis: channels})

    def call(self, inputs):
        x = ops.moveaxis(inputs, self.axis, -1)
        channels = x.shape[-1]
        groups = channels if self.groups == -1 else self.groups
        parts = ops.reshape(x, (*x.shape[:-1], groups, channels // groups))
        axes = (*range(1, len(x.shape) - 1), -1)
        centred = parts - ops.mean(parts, axes, keepdims=True)
        variance = ops.mean(ops.square(centred), axes, keepdims=True)
        y = ops.reshape(centred * ops.rsqrt(variance + self.epsilon), x.shape)
        y = y if self.gamma is None else y * self.gamma
        y = y if self.beta is None else y + self.beta
        return ops.moveaxis(y, -1, self.axis)


class RMSNormalization(Layer):
    """Divides by the root of the mean square over `axis`, and multiplies by a learned factor.

    Zhang & Sennrich (2019), arXiv:1910.07467.

    Args:
        axis: one axis or several.
        epsilon: added to the mean square.
    """

    in_float32 = True

    def __init__(self, axis=-1, epsilon=1e-6, **kwargs):
        super().__init__(**kwargs)
        self.axis = list(axis) if isinstance(axis, (list, tuple)) else axis
        self.epsilon = epsilon

    def build(self, input_shape):
        axes = _sorted_axes(self.axis, len(input_shape))
        self.scale = self.add_weight(name="scale", shape=[input_shape[axis] for axis in axes], initializer="ones")

    def call(self, x):
        axes = _sorted_axes(self.axis, len(x.shape))
        return ops.rms_normalization(x, self.scale, axis=axes, epsilon=self.epsilon)


class UnitNormalization(Layer):
    """Scales to Euclidean length 1 along `axis`, one or several."""

    def __init__(self, axis=-1, **kwargs):
        super().__init__(**kwargs)
        self.axis = list(axis) if isinstance(axis, (list, tuple)) else axis
        self.supports_masking = True

    def call(self, inputs):
        axis = self.axis if isinstance(self.axis, int) else tuple(self.axis)
        return ops.normalize(inputs, axis=axis, order=2, epsilon=1e-12)


def _getters(initializer, regularizer, constraint):
    return initializers.get(initializer), regularizers.get(regularizer), constraints.get(constraint)


def _sorted_axes(axis, rank):
    """One axis or several as indices from the front, in order."""
    return tuple(sorted(a % rank for a in (axis if isinstance(axis, list) else [axis])))
