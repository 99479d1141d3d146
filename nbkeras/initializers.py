"""Initializers: functions `(shape, dtype) -> array` that give weights their first values.

They compute on the host with NumPy, whatever backend trains. An initializer draws the same numbers each time it is
called with the same shape; without a seed, each new one draws its own.
"""

import math

import numpy as np

from nbkeras import random
from nbkeras.backends import use_backend
from nbkeras.serialization import (
    Configurable,
    custom_object_scope,
    resolve,
    serialize_keras_object,
    table_of,
)
from nbkeras.variables import computed_dtype

__all__ = [
    "STFT",
    "Constant",
    "GlorotNormal",
    "GlorotUniform",
    "HeNormal",
    "HeUniform",
    "Identity",
    "IdentityInitializer",
    "Initializer",
    "LecunNormal",
    "LecunUniform",
    "Ones",
    "Orthogonal",
    "OrthogonalInitializer",
    "RandomNormal",
    "RandomUniform",
    "STFTInitializer",
    "TruncatedNormal",
    "VarianceScaling",
    "Zeros",
    "constant",
    "deserialize",
    "get",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "identity",
    "lecun_normal",
    "lecun_uniform",
    "ones",
    "orthogonal",
    "random_normal",
    "random_uniform",
    "serialize",
    "stft",
    "truncated_normal",
    "variance_scaling",
    "zeros",
]


class Initializer(Configurable):
    """Subclass it and write `__call__(self, shape, dtype=None)`, which returns an array.

    Example:
        >>> class Half(Initializer):
        ...     def __call__(self, shape, dtype=None):
        ...         return np.full(shape, 0.5, dtype)
        >>> layer = nbkeras.layers.Dense(2, kernel_initializer=Half())
    """

    def __call__(self, shape, dtype=None):
        """An array of `shape` and `dtype` (default `floatx()`)."""
        raise NotImplementedError(f"{type(self).__name__} has no __call__(self, shape, dtype=None); write it")

    def clone(self):
        """A new initializer of the same configuration."""
        return type(self).from_config(self.get_config())


class Zeros(Initializer):
    """All zeros."""

    def __call__(self, shape, dtype=None):
        return np.zeros(shape, computed_dtype(dtype))


class Ones(Initializer):
    """All ones."""

    def __call__(self, shape, dtype=None):
        return np.ones(shape, computed_dtype(dtype))


class Constant(Initializer):
    """One value everywhere.

    Args:
        value: a number, or an array that broadcasts to the shape.
    """

    def __init__(self, value=0.0):
        self.value = value

    def __call__(self, shape, dtype=None):
        return np.full(shape, self.value, computed_dtype(dtype))


class Identity(Initializer):
    """The identity matrix times `gain`, for matrices only; not square: ones on the diagonal."""

    def __init__(self, gain=1.0):
        self.gain = gain

    def __call__(self, shape, dtype=None):
        if len(shape) != 2:
            raise ValueError(f"Identity expects the shape of a matrix, got {tuple(shape)}")
        return self.gain * np.eye(*shape, dtype=computed_dtype(dtype))


class STFT(Initializer):
    """The kernel of a short-time Fourier transform, of shape `(frame_length, 1, fft_length // 2 + 1)`.

    Args:
        side: `"real"` (cosines) or `"imag"` (sines).
        window: `"hann"`, `"hamming"`, `"blackman"`, `"bartlett"`, an array of `frame_length` numbers, or `None`.
        scaling: `"density"` divides by the window's norm, `"spectrum"` by the sum of its magnitudes; or `None`.
        periodic: whether a window given by name is periodic instead of symmetric.
    """

    def __init__(self, side="real", window="hann", scaling="density", periodic=False):
        if side not in ("real", "imag"):
            raise ValueError(f"side must be 'real' or 'imag', got {side!r}")
        if isinstance(window, str) and window not in _WINDOWS:
            raise ValueError(f"window must be an array or one of {', '.join(_WINDOWS)}, got {window!r}")
        if scaling not in (None, "density", "spectrum"):
            raise ValueError(f"scaling must be 'density', 'spectrum' or None, got {scaling!r}")
        self.side = side
        self.window = window
        self.scaling = scaling
        self.periodic = periodic

    def __call__(self, shape, dtype=None):
        frame_length, _, bins = shape
        time = np.arange(frame_length).reshape(-1, 1, 1)
        frequency = np.arange(bins) / (2 * (bins - 1))
        wave = np.cos if self.side == "real" else np.sin
        kernel = wave(-2 * np.pi * time * frequency)
        if self.window is not None:
            window = self._window_values(frame_length)
            kernel = kernel * window.reshape(-1, 1, 1) / self._scale(window)
        return kernel.astype(computed_dtype(dtype))

    def _window_values(self, length):
        if isinstance(self.window, str):
            return _WINDOWS[self.window](length + self.periodic)[:length]
        window = np.asarray(self.window)
        if window.shape != (length,):
            raise ValueError(f"STFT expects a window of shape ({length},), got {window.shape}")
        return window

    def _scale(self, window):
        if self.scaling == "density":
            return np.sqrt(np.sum(window**2))
        return np.sum(np.abs(window)) if self.scaling == "spectrum" else 1.0


_WINDOWS = {"hann": np.hanning, "hamming": np.hamming, "blackman": np.blackman, "bartlett": np.bartlett}


class RandomInitializer(Initializer):
    """A base for what draws random numbers.

    Args:
        seed: an integer or a `SeedGenerator`; `None`: a seed of its own, from the library's (`set_random_seed`).
    """

    def __init__(self, seed=None):
        if seed is not None and not isinstance(seed, (int, np.integer, random.SeedGenerator)):
            raise ValueError(f"seed must be an integer, a SeedGenerator or None, got {seed!r}")
        self.seed = seed
        self._seed = random.default_seed() if seed is None else seed

    def _draw(self, distribution, shape, dtype, **parameters):
        with use_backend("numpy"):
            return np.asarray(distribution(tuple(shape), dtype=computed_dtype(dtype), seed=self._seed, **parameters))


class RandomNormal(RandomInitializer):
    """Normal numbers.

    Args:
        mean, stddev: of the distribution.
        seed: an integer or a `SeedGenerator`.
    """

    def __init__(self, mean=0.0, stddev=0.05, seed=None):
        super().__init__(seed)
        self.mean = mean
        self.stddev = stddev

    def __call__(self, shape, dtype=None):
        return self._draw(random.normal, shape, dtype, mean=self.mean, stddev=self.stddev)


class TruncatedNormal(RandomInitializer):
    """Normal numbers, those further than two standard deviations from the mean left out.

    Args:
        mean, stddev: of the distribution before it is cut.
        seed: an integer or a `SeedGenerator`.
    """

    def __init__(self, mean=0.0, stddev=0.05, seed=None):
        super().__init__(seed)
        self.mean = mean
        self.stddev = stddev

    def __call__(self, shape, dtype=None):
        return self._draw(random.truncated_normal, shape, dtype, mean=self.mean, stddev=self.stddev)


class RandomUniform(RandomInitializer):
    """Uniform numbers.

    Args:
        minval, maxval: the range; `maxval` itself is never drawn.
        seed: an integer or a `SeedGenerator`.
    """

    def __init__(self, minval=-0.05, maxval=0.05, seed=None):
        super().__init__(seed)
        self.minval = minval
        self.maxval = maxval

    def __call__(self, shape, dtype=None):
        return self._draw(random.uniform, shape, dtype, minval=self.minval, maxval=self.maxval)


class VarianceScaling(RandomInitializer):
    """Random numbers of variance `scale / n`, where `n` counts the connections of a unit.

    Args:
        scale: a positive number.
        mode: what `n` is: `"fan_in"` (inputs of a unit), `"fan_out"` (outputs) or `"fan_avg"` (their mean).
        distribution: `"truncated_normal"` (also `"normal"`), `"untruncated_normal"` or `"uniform"`.
        seed: an integer or a `SeedGenerator`.
        input_axes, output_axes: the axes whose sizes multiply to the fans. By default the last two axes are inputs
            and outputs, and those before them belong to both, as in the kernel of a convolution.
    """

    def __init__(
        self,
        scale=1.0,
        mode="fan_in",
        distribution="truncated_normal",
        seed=None,
        input_axes=None,
        output_axes=None,
    ):
        super().__init__(seed)
        if scale <= 0:
            raise ValueError(f"scale must be positive, got {scale}")
        if mode not in ("fan_in", "fan_out", "fan_avg"):
            raise ValueError(f"mode must be 'fan_in', 'fan_out' or 'fan_avg', got {mode!r}")
        distribution = {"normal": "truncated_normal"}.get(distribution.lower(), distribution.lower())
        if distribution not in ("uniform", "truncated_normal", "untruncated_normal"):
            raise ValueError(
                f"distribution must be 'truncated_normal', 'untruncated_normal' or 'uniform', got {distribution!r}"
            )
        self.scale = scale
        self.mode = mode
        self.distribution = distribution
        self.input_axes = input_axes
        self.output_axes = output_axes

    def __call__(self, shape, dtype=None):
        fan_in, fan_out = fans(shape, self.input_axes, self.output_axes)
        n = {"fan_in": fan_in, "fan_out": fan_out, "fan_avg": (fan_in + fan_out) / 2}[self.mode]
        stddev = math.sqrt(self.scale / max(1.0, n))
        if self.distribution == "uniform":
            limit = math.sqrt(3) * stddev
            return self._draw(random.uniform, shape, dtype, minval=-limit, maxval=limit)
        if self.distribution == "untruncated_normal":
            return self._draw(random.normal, shape, dtype, stddev=stddev)
        return self._draw(random.truncated_normal, shape, dtype, stddev=stddev / _STDDEV_OF_TRUNCATED)


_STDDEV_OF_TRUNCATED = 0.87962566103423978  # of a standard normal cut at two standard deviations


def fans(shape, input_axes=None, output_axes=None):
    """How many inputs and how many outputs a unit has whose weights have `shape`."""
    if input_axes is not None and output_axes is not None:
        return math.prod(shape[axis] for axis in input_axes), math.prod(shape[axis] for axis in output_axes)
    if len(shape) < 2:
        return (shape[0], shape[0]) if shape else (1, 1)
    shared = math.prod(shape[:-2])
    return shape[-2] * shared, shape[-1] * shared


class GlorotUniform(VarianceScaling):
    """Uniform in `±sqrt(6 / (fan_in + fan_out))` (Glorot & Bengio, 2010); the default of most layers.

    Args:
        seed: an integer or a `SeedGenerator`.
        input_axes, output_axes: as in `VarianceScaling`.
    """

    def __init__(self, seed=None, input_axes=None, output_axes=None):
        super().__init__(1.0, "fan_avg", "uniform", seed, input_axes, output_axes)


class GlorotNormal(VarianceScaling):
    """Truncated normal of variance `2 / (fan_in + fan_out)` (Glorot & Bengio, 2010).

    Args:
        seed: an integer or a `SeedGenerator`.
        input_axes, output_axes: as in `VarianceScaling`.
    """

    def __init__(self, seed=None, input_axes=None, output_axes=None):
        super().__init__(1.0, "fan_avg", "truncated_normal", seed, input_axes, output_axes)


class HeUniform(VarianceScaling):
    """Uniform in `±sqrt(6 / fan_in)` (He et al., 2015, arXiv:1502.01852), for ReLU.

    Args:
        seed: an integer or a `SeedGenerator`.
        input_axes, output_axes: as in `VarianceScaling`.
    """

    def __init__(self, seed=None, input_axes=None, output_axes=None):
        super().__init__(2.0, "fan_in", "uniform", seed, input_axes, output_axes)


class HeNormal(VarianceScaling):
    """Truncated normal of variance `2 / fan_in` (He et al., 2015, arXiv:1502.01852), for ReLU.

    Args:
        seed: an integer or a `SeedGenerator`.
        input_axes, output_axes: as in `VarianceScaling`.
    """

    def __init__(self, seed=None, input_axes=None, output_axes=None):
        super().__init__(2.0, "fan_in", "truncated_normal", seed, input_axes, output_axes)


class LecunUniform(VarianceScaling):
    """Uniform in `±sqrt(3 / fan_in)` (LeCun et al., 1998).

    Args:
        seed: an integer or a `SeedGenerator`.
        input_axes, output_axes: as in `VarianceScaling`.
    """

    def __init__(self, seed=None, input_axes=None, output_axes=None):
        super().__init__(1.0, "fan_in", "uniform", seed, input_axes, output_axes)


class LecunNormal(VarianceScaling):
    """Truncated normal of variance `1 / fan_in` (LeCun et al., 1998); goes with the activation `selu`.

    Args:
        seed: an integer or a `SeedGenerator`.
        input_axes, output_axes: as in `VarianceScaling`.
    """

    def __init__(self, seed=None, input_axes=None, output_axes=None):
        super().__init__(1.0, "fan_in", "truncated_normal", seed, input_axes, output_axes)


class Orthogonal(RandomInitializer):
    """A matrix with orthonormal columns, or rows if it has fewer (Saxe et al., 2014, arXiv:1312.6120).

    All axes but the last are taken as one.

    Args:
        gain: a factor.
        seed: an integer or a `SeedGenerator`.
    """

    def __init__(self, gain=1.0, seed=None):
        super().__init__(seed)
        self.gain = gain

    def __call__(self, shape, dtype=None):
        if len(shape) < 2:
            raise ValueError(f"Orthogonal expects a shape of two or more axes, got {tuple(shape)}")
        rows, columns = math.prod(shape[:-1]), shape[-1]
        q, r = np.linalg.qr(self._draw(random.normal, (max(rows, columns), min(rows, columns)), "float32"))
        q = q * np.sign(np.diag(r))  # makes the distribution uniform
        return (self.gain * (q.T if rows < columns else q).reshape(shape)).astype(computed_dtype(dtype))


constant, zeros, ones = Constant, Zeros, Ones
identity = IdentityInitializer = Identity
orthogonal = OrthogonalInitializer = Orthogonal
stft = STFTInitializer = STFT
random_normal, random_uniform, truncated_normal = RandomNormal, RandomUniform, TruncatedNormal
variance_scaling = VarianceScaling
glorot_normal, glorot_uniform = GlorotNormal, GlorotUniform
he_normal, he_uniform = HeNormal, HeUniform
lecun_normal, lecun_uniform = LecunNormal, LecunUniform

TABLE = table_of(
    *(Zeros, Ones, Constant, Identity, STFT, RandomNormal, RandomUniform, TruncatedNormal, VarianceScaling),
    *(GlorotNormal, GlorotUniform, HeNormal, HeUniform, LecunNormal, LecunUniform, Orthogonal),
    zero=Zeros,
    one=Ones,
    normal=RandomNormal,
    uniform=RandomUniform,
    IdentityInitializer=Identity,
    OrthogonalInitializer=Orthogonal,
    STFTInitializer=STFT,
)


def get(identifier):
    """The initializer that a name, a configuration, a class, a callable or an array stands for; `None` for `None`.

    Raises:
        ValueError: for an unknown name, with what may have been meant.
    """
    if identifier is None:
        return None
    if hasattr(identifier, "__array__") and not callable(identifier):
        return Constant(np.asarray(identifier))
    return resolve("initializer", identifier, TABLE)


def serialize(initializer):
    """The configuration of an initializer, with its class."""
    return serialize_keras_object(initializer)


def deserialize(config, custom_objects=None):
    """The initializer that `serialize` wrote."""
    with custom_object_scope(custom_objects):
        return get(config)
