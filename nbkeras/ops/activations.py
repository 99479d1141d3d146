"""Activations as functions."""

import math

from nbkeras import config
from nbkeras.ops.dispatch import fused, op, run
from nbkeras.ops.dtypes import as_dtype, as_float, as_tensor
from nbkeras.ops.elementwise import absolute, clip, erf, exp, expm1, log, log1p, maximum, minimum, sqrt, tanh, where
from nbkeras.ops.reductions import axes_of, cumsum, max, sort, sum
from nbkeras.ops.shaping import moveaxis, reshape, split

__all__ = [
    "celu", "elu", "gelu", "glu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh", "leaky_relu",
    "log_sigmoid", "log_softmax", "relu", "relu6", "selu", "sigmoid", "silu", "soft_shrink", "softmax", "softplus",
    "softsign", "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus", "swish", "tanh_shrink", "threshold",
]  # fmt: skip


@op
def relu(x):
    """`max(x, 0)`."""
    return _relu(as_tensor(x))


@fused
def _relu(x):
    return where(x <= 0, 0, x)  # unlike `maximum`, no gradient at 0


@op
def relu6(x):
    """`min(max(x, 0), 6)`."""
    return _relu6(as_float(x))


@fused
def _relu6(x):
    return where(x <= 0, 0.0, where(x >= 6, 6.0, x))


@op
def sigmoid(x):
    """`1 / (1 + exp(-x))`."""
    return _sigmoid(as_float(x))


@fused
def _sigmoid(x):
    return 0.5 * tanh(0.5 * x) + 0.5


@op
def softplus(x):
    """`log(1 + exp(x))` without overflow."""
    return _softplus(as_float(x))


@fused
def _softplus(x):
    return log1p(exp(-absolute(x))) + maximum(x, 0.0)


@op
def log_sigmoid(x):
    """`log(sigmoid(x))` without overflow."""
    return _log_sigmoid(as_float(x))


@fused
def _log_sigmoid(x):
    return -_softplus(-x)


@op
def softsign(x):
    """`x / (1 + |x|)`."""
    x = as_float(x)
    return x / (1 + absolute(x))


@op
def silu(x):
    """`x * sigmoid(x)`, also called swish."""
    return _silu(as_float(x))


@fused
def _silu(x):
    return x * _sigmoid(x)


@op
def leaky_relu(x, negative_slope=0.2):
    """`x` where it is positive, `negative_slope * x` elsewhere."""
    return _leaky_relu(as_float(x), negative_slope=float(negative_slope))


@fused
def _leaky_relu(x, *, negative_slope):
    return where(x > 0, x, negative_slope * x)


@op
def hard_sigmoid(x):
    """`x / 6 + 1 / 2`, cut off at 0 and 1."""
    return _hard_sigmoid(as_float(x))


@fused
def _hard_sigmoid(x):
    return where(x <= -3, 0.0, where(x >= 3, 1.0, x / 6 + 0.5))


@op
def hard_silu(x):
    """`x * hard_sigmoid(x)`, also called hard swish."""
    return x * hard_sigmoid(x)


@op
def hard_tanh(x):
    """`x`, cut off at -1 and 1."""
    return clip(as_float(x), -1.0, 1.0)


@op
def elu(x, alpha=1.0):
    """`x` where it is positive, `alpha * (exp(x) - 1)` elsewhere."""
    return _elu(as_float(x), alpha=float(alpha))


@fused
def _elu(x, *, alpha):
    return where(x > 0, x, alpha * expm1(minimum(x, 0.0)))


@op
def selu(x):
    """`scale * elu(x, alpha)` with the constants that keep mean 0 and variance 1 (Klambauer et al., 2017)."""
    return 1.0507009873554805 * elu(x, 1.6732632423543772)


@op
def celu(x, alpha=1.0):
    """`max(x, 0) + min(alpha * (exp(x / alpha) - 1), 0)`."""
    x = as_float(x)
    return where(x > 0, x, alpha * expm1(minimum(x, 0.0) / alpha))


@op
def gelu(x, approximate=True):
    """`x` times the normal distribution function of `x`, exactly or by a tanh (Hendrycks & Gimpel, 2016)."""
    return _gelu(as_float(x), approximate=bool(approximate))


@fused
def _gelu(x, *, approximate):
    if approximate:
        return 0.5 * x * (1 + tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))
    return 0.5 * x * (1 + erf(x * math.sqrt(0.5)))


@op
def glu(x, axis=-1):
    """The first half of `x` along `axis` times the sigmoid of the second half."""
    a, b = split(as_float(x), 2, axis)
    return a * sigmoid(b)


@op
def tanh_shrink(x):
    """`x - tanh(x)`."""
    x = as_float(x)
    return x - tanh(x)


@op
def hard_shrink(x, threshold=0.5):
    """`x` where it is farther than `threshold` from 0, else 0."""
    x = as_float(x)
    return where(absolute(x) > threshold, x, 0.0)


@op
def soft_shrink(x, threshold=0.5):
    """`x` moved towards 0 by `threshold`, 0 where it is nearer than that."""
    x = as_float(x)
    return where(x > threshold, x - threshold, where(x < -threshold, x + threshold, 0.0))


@op
def squareplus(x, b=4):
    """`(x + sqrt(x² + b)) / 2`."""
    x = as_float(x)
    return (x + sqrt(x * x + float(b))) / 2


@op
def sparse_plus(x):
    """0 below -1, `x` above 1, `(x + 1)² / 4` between."""
    x = as_float(x)
    return where(x <= -1, 0.0, where(x < 1, (x + 1) * (x + 1) / 4, x))


@op
def sparse_sigmoid(x):
    """0 below -1, 1 above 1, `(x + 1) / 2` between."""
    x = as_float(x)
    return where(x <= -1, 0.0, where(x >= 1, 1.0, (x + 1) / 2))


@op
def threshold(x, threshold, default_value):
    """`x` where it is above `threshold`, else `default_value`."""
    x = as_tensor(x)
    return where(x > threshold, x, default_value)


@op
def softmax(x, axis=-1):
    """`exp(x) / sum(exp(x))` over `axis`, an int or several."""
    return _over_axes(_softmax, as_float(x), axis)


@fused
def _softmax(x, *, axis):
    e = exp(x - run("stop_gradient", max(x, axis, keepdims=True)))
    return e / sum(e, axis, keepdims=True)


@op
def log_softmax(x, axis=-1):
    """`log(softmax(x))` without overflow."""
    return _over_axes(_log_softmax, as_float(x), axis)


@fused
def _log_softmax(x, *, axis):
    shifted = x - run("stop_gradient", max(x, axis, keepdims=True))
    return shifted - log(sum(exp(shifted), axis, keepdims=True))


def _over_axes(function, x, axis):
    """`function` over one axis, or over several made one."""
    axis = axes_of(axis, len(x.shape))
    if axis is not None and not isinstance(axis, tuple):
        return function(x, axis=axis)
    axes = tuple(range(len(x.shape))) if axis is None else axis
    last = tuple(range(-len(axes), 0))
    moved = moveaxis(x, axes, last)
    rows = reshape(moved, (*moved.shape[: len(x.shape) - len(axes)], -1))
    return moveaxis(reshape(function(rows, axis=len(rows.shape) - 1), moved.shape), last, axes)


@op
def sparsemax(x, axis=-1):
    """The projection onto the simplex (Martins & Astudillo, 2016, https://arxiv.org/abs/1602.02068).

    Its rows sum to one; those of Keras 3.15.1 do not where more than one class has a share.
    """
    x = moveaxis(as_float(x), axis, -1)
    n = x.shape[-1]
    falling = run("flip", sort(x, -1), axis=(len(x.shape) - 1,))
    rank = run("arange", start=1, stop=n + 1, step=1, dtype=config.floatx())
    inside = as_dtype(1 + rank * falling > cumsum(falling, -1), x.dtype)
    tau = (sum(inside * falling, -1, keepdims=True) - 1) / sum(inside, -1, keepdims=True)
    return moveaxis(maximum(x - tau, 0.0), -1, axis)


swish = silu
hard_swish = hard_silu
