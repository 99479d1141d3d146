"""Normalisation as functions: to length 1, or to mean 0 and variance 1."""

import math

from nbkeras import config
from nbkeras.ops.dispatch import fused, op, run
from nbkeras.ops.dtypes import as_float, as_tensor
from nbkeras.ops.elementwise import absolute, maximum
from nbkeras.ops.reductions import axes_of, max, mean, sum, var
from nbkeras.ops.shaping import reshape

__all__ = [
    "batch_normalization", "layer_norm", "layer_normalization", "moments", "normalize", "normalize_columns",
    "rms_norm", "rms_normalization",
]  # fmt: skip


@op
def normalize(x, axis=-1, order=2, epsilon=None):
    """`x` divided by its norm of the given `order` along `axis`, which is taken as at least `epsilon`."""
    x = as_float(x)
    epsilon = config.epsilon() if epsilon is None else epsilon
    axis = axes_of(axis, len(x.shape))
    if order == 2:
        square_sum = sum(x * x, axis, keepdims=True)
        return x * run("rsqrt", maximum(square_sum, epsilon**2))
    if order == math.inf:
        norm = max(absolute(x), axis, keepdims=True)
    else:
        norm = sum(absolute(x) ** order, axis, keepdims=True) ** (1 / order)
    return x / maximum(norm, epsilon)


@op
def moments(x, axes, keepdims=False, synchronized=False):
    """The mean and the variance over `axes`."""
    x = as_float(x)
    return mean(x, axes, keepdims), var(x, axes, keepdims)


@op
def batch_normalization(x, mean, variance, axis, offset=None, scale=None, epsilon=1e-3):
    """`(x - mean) / sqrt(variance + epsilon) * scale + offset`, the vectors lying along `axis`."""
    x = as_float(x)
    shape = [1] * len(x.shape)
    shape[axis] = -1
    factor = run("rsqrt", as_tensor(variance) + epsilon)
    factor = factor if scale is None else factor * scale
    shift = -as_tensor(mean) * factor
    shift = shift if offset is None else shift + offset
    return x * reshape(factor, shape) + reshape(shift, shape)


@op
def layer_normalization(x, gamma=None, beta=None, axis=-1, epsilon=None, **kwargs):
    """`gamma * (x - mean) / sqrt(variance + epsilon) + beta` over `axis`, an int or several."""
    x = as_float(x)
    epsilon = config.epsilon() if epsilon is None else epsilon
    axes = axes_of(axis if isinstance(axis, (list, tuple)) else (axis,), len(x.shape))
    if axes == (len(x.shape) - 1,) and all(v is None or len(v.shape) == 1 for v in (gamma, beta)):
        return layer_norm(x, gamma, beta, epsilon=float(epsilon))
    centred = x - mean(x, axes, keepdims=True)
    y = centred * run("rsqrt", mean(centred * centred, axes, keepdims=True) + epsilon)
    shape = [n if a in axes else 1 for a, n in enumerate(x.shape)]
    y = y if gamma is None else y * reshape(gamma, shape)
    return y if beta is None else y + reshape(beta, shape)


@fused
def layer_norm(x, gamma, beta, *, epsilon):
    """Layer normalisation over the last axis; `gamma` and `beta` may be None."""
    centred = x - mean(x, -1, keepdims=True)
    y = centred * run("rsqrt", mean(centred * centred, -1, keepdims=True) + epsilon)
    y = y if gamma is None else y * gamma
    return y if beta is None else y + beta


@op
def rms_normalization(x, scale=None, axis=-1, epsilon=None):
    """`scale * x / sqrt(mean(x²) + epsilon)` over `axis`."""
    x = as_float(x)
    epsilon = config.epsilon() if epsilon is None else epsilon
    axes = axes_of(axis if isinstance(axis, (list, tuple)) else (axis,), len(x.shape))
    if axes == (len(x.shape) - 1,) and (scale is None or len(scale.shape) == 1):
        return rms_norm(x, scale, epsilon=float(epsilon))
    y = x * run("rsqrt", mean(x * x, axes, keepdims=True) + epsilon)
    return y if scale is None else y * reshape(scale, [n if a in axes else 1 for a, n in enumerate(x.shape)])


@fused
def rms_norm(x, scale, *, epsilon):
    """RMS normalisation over the last axis; `scale` may be None."""
    y = x * run("rsqrt", mean(x * x, -1, keepdims=True) + epsilon)
    return y if scale is None else y * scale


@fused
def normalize_columns(x, gamma, beta, *, epsilon):
    """Batch normalisation in training: over all axes but the last. Also returns the mean and the variance."""
    axes = tuple(range(len(x.shape) - 1))
    average = mean(x, axes)
    variance = mean(run("square", x - average), axes)
    y = (x - average) * run("rsqrt", variance + epsilon)
    y = y if gamma is None else y * gamma
    y = y if beta is None else y + beta
    return y, average, variance
