"""Activations, softmax, normalisation and losses as functions."""

import math

from nbkeras import config
from nbkeras.ops.dispatch import fused, op, run
from nbkeras.ops.dtypes import as_dtype, as_float, as_tensor, promoted
from nbkeras.ops.elementwise import absolute, clip, erf, exp, expm1, log, log1p, maximum, minimum, sqrt, tanh, where
from nbkeras.ops.indexing import one_hot
from nbkeras.ops.reductions import axes_of, cumsum, logsumexp, max, mean, sort, sum, var
from nbkeras.ops.shaping import expand_dims, moveaxis, reshape, split, squeeze, swapaxes
from nbkeras.symbolic import shown

__all__ = [
    "batch_normalization", "binary_crossentropy", "categorical_crossentropy", "celu", "dot_product_attention",
    "elu", "gelu", "glu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh", "layer_norm",
    "layer_normalization", "leaky_relu", "log_sigmoid", "log_softmax", "moments", "normalize", "normalize_columns",
    "psnr", "relu", "relu6", "rms_norm", "rms_normalization", "selu", "sigmoid", "sigmoid_cross_entropy", "silu",
    "soft_shrink", "softmax", "softmax_cross_entropy", "softplus", "softsign", "sparse_categorical_crossentropy",
    "sparse_plus", "sparse_sigmoid", "sparse_softmax_cross_entropy", "sparsemax", "squareplus", "swish", "tanh_shrink",
    "threshold",
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


@fused
def softmax_cross_entropy(target, logits):
    """The cross-entropy of the distributions `target` under `softmax(logits)`, over the last axis."""
    return -sum(target * _log_softmax(logits, axis=len(logits.shape) - 1), -1)


@fused
def sparse_softmax_cross_entropy(target, logits):
    """The cross-entropy of the integer classes `target` under `softmax(logits)`, over the last axis."""
    score = run("take_along_axis", logits, expand_dims(target, -1), axis=len(logits.shape) - 1)
    return logsumexp(logits, -1) - squeeze(score, -1)


@fused
def sigmoid_cross_entropy(target, logits):
    """The cross-entropy of the probabilities `target` under `sigmoid(logits)`, elementwise."""
    return maximum(logits, 0.0) - logits * target + log1p(exp(-absolute(logits)))


@op
def binary_crossentropy(target, output, from_logits=False):
    """`-(t log(y) + (1 - t) log(1 - y))`, elementwise; the probabilities are kept `epsilon()` away from 0 and 1."""
    target, output = promoted(as_float(target), as_float(output))
    _same_shape("binary_crossentropy", target, output)
    if from_logits:
        return sigmoid_cross_entropy(target, output)
    return _binary_crossentropy(target, output, epsilon=config.epsilon())


@fused
def _binary_crossentropy(target, output, *, epsilon):
    y = clip(output, epsilon, 1 - epsilon)
    return -(target * log(y) + (1 - target) * log(1 - y))


@op
def categorical_crossentropy(target, output, from_logits=False, axis=-1):
    """`-sum(t log(y))` over `axis`; probabilities are first divided by their sum."""
    target, output = promoted(as_float(target), as_float(output))
    _same_shape("categorical_crossentropy", target, output)
    target, output = moveaxis(target, axis, -1), moveaxis(output, axis, -1)
    if from_logits:
        return softmax_cross_entropy(target, output)
    return _categorical_crossentropy(target, output, epsilon=config.epsilon())


@fused
def _categorical_crossentropy(target, output, *, epsilon):
    y = clip(output / sum(output, -1, keepdims=True), epsilon, 1 - epsilon)
    return -sum(target * log(y), -1)


@op
def sparse_categorical_crossentropy(target, output, from_logits=False, axis=-1):
    """`-log(y[t])` for integer classes `t`, the probabilities `y` lying along `axis`."""
    output = moveaxis(as_float(output), axis, -1)
    target = as_dtype(as_tensor(target), "int32")
    if len(target.shape) == len(output.shape) and target.shape[-1] == 1:
        target = squeeze(target, -1)
    if tuple(target.shape) != tuple(output.shape[:-1]):
        raise ValueError(
            "sparse_categorical_crossentropy expects integer classes of shape "
            f"{shown(output.shape[:-1])} for an output of shape {shown(output.shape)}, "
            f"got {shown(target.shape)}"
        )
    if from_logits:
        return sparse_softmax_cross_entropy(target, output)
    return _sparse_categorical_crossentropy(target, output, epsilon=config.epsilon())


@fused
def _sparse_categorical_crossentropy(target, output, *, epsilon):
    y = clip(output / sum(output, -1, keepdims=True), epsilon, 1 - epsilon)
    return -sum(one_hot(target, output.shape[-1], dtype=y.dtype) * log(y), -1)


def _same_shape(name, target, output):
    if tuple(target.shape) != tuple(output.shape):
        raise ValueError(
            f"{name} expects a target of shape {shown(output.shape)}, like the output, got {shown(target.shape)}"
        )


@op
def dot_product_attention(
    query,
    key,
    value,
    bias=None,
    mask=None,
    scale=None,
    is_causal=False,
    flash_attention=None,
    attn_logits_soft_cap=None,
):
    """`softmax(query · keyᵀ * scale + bias) · value` for each head.

    Args:
        query, key, value: of shape `(batch, length, heads, size)`.
        bias: added to the scores `(batch, heads, query length, key length)`.
        mask: where it is false, a key is not attended to; broadcasts with the scores.
        scale: default `1 / sqrt(size)`.
        is_causal: whether a query sees only keys up to its own position.
    """
    query, key = promoted(as_float(query), as_float(key))
    scale = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    q, k, v = (swapaxes(x, 1, 2) for x in (query, key, as_float(value)))
    scores = run("matmul", q, swapaxes(k, -1, -2)) * scale
    scores = scores if bias is None else scores + bias
    if attn_logits_soft_cap is not None:
        scores = tanh(scores / attn_logits_soft_cap) * attn_logits_soft_cap
    scores = _hide(scores, mask, is_causal)
    return swapaxes(run("matmul", softmax(scores), v), 1, 2)


def _hide(scores, mask, is_causal):
    hidden = -0.7 * 3.4028235e38 if str(scores.dtype) != "float16" else -3e4
    if mask is not None:
        scores = where(as_dtype(mask, "bool"), scores, hidden)
    if is_causal:
        rows, columns = (run("arange", start=0, stop=int(n), step=1, dtype="int32") for n in scores.shape[-2:])
        scores = where(expand_dims(rows, -1) >= columns, scores, hidden)
    return scores


@op
def psnr(x1, x2, max_val):
    """The peak signal-to-noise ratio of two images, in decibels."""
    x1, x2 = promoted(as_float(x1), as_float(x2))
    error = mean(run("square", x1 - x2))
    return 20 * run("log10", as_tensor(float(max_val))) - 10 * run("log10", error)


swish = silu
hard_swish = hard_silu
