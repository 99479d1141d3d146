"""Fused kernels: activations, softmax, losses, normalisation."""

import math

import numpy as np

from nbkeras.autodiff import Shortcut
from nbkeras.backends.numpy import native_normalization
from nbkeras.backends.numpy.elementwise import rectified_gradient, rectify, unary
from nbkeras.backends.numpy.recordable import empty, whole
from nbkeras.backends.numpy.registry import KERNELS, kernel


def _sigmoid(x):
    y = np.multiply(x, 0.5)
    y = np.tanh(y, out=y) if isinstance(y, np.ndarray) else np.tanh(y)
    y *= 0.5
    y += 0.5
    return y


def _relu(x):
    return rectify(x, empty(x.shape, x.dtype))


def _softplus(x):
    y = np.log1p(np.exp(-np.abs(x)))
    y += np.maximum(x, 0)
    return y


def _mask(condition, like):
    return condition.astype(like.dtype)


def _between(x, low, high, d):
    return d * _mask((x > low) & (x < high), d)


unary("relu", _relu, lambda d, x, y: rectified_gradient(d, y))
unary("sigmoid", _sigmoid, lambda d, x, y: d * (y - y * y))
unary("log_sigmoid", lambda x: -_softplus(-x), lambda d, x, y: d * _sigmoid(-x))
unary("softplus", _softplus, lambda d, x, y: d * _sigmoid(x))
unary("relu6", lambda x: np.clip(x, 0, 6), lambda d, x, y: _between(x, 0, 6, d))
unary("hard_sigmoid", lambda x: np.clip(x / 6 + 0.5, 0, 1), lambda d, x, y: _between(x, -3, 3, d) / 6)


@kernel
def silu(x):
    s = _sigmoid(x)
    y = x * s
    return y, lambda d: (d * (s + y * (1 - s)),)


@kernel
def leaky_relu(x, *, negative_slope=0.2):
    scale = np.multiply(x > 0, 1 - negative_slope, dtype=x.dtype)
    scale += negative_slope
    return x * scale, lambda d: (d * scale,)


@kernel
def elu(x, *, alpha=1.0):
    negative = alpha * np.expm1(np.minimum(x, 0))
    positive = _mask(x > 0, x)
    return np.maximum(x, 0) + negative, lambda d: (d * (positive + (1 - positive) * (negative + alpha)),)


@kernel
def gelu(x, *, approximate=True):
    if approximate:
        c = math.sqrt(2 / math.pi)
        square = x * x
        t = np.tanh(x * (c + c * 0.044715 * square))
        half = 0.5 * (1 + t)
        return x * half, lambda d: (d * (half + 0.5 * x * (1 - t * t) * (c + 3 * c * 0.044715 * square)),)
    cdf = 0.5 * (1 + KERNELS["erf"](x * math.sqrt(0.5))[0])
    return x * cdf, lambda d: (d * (cdf + x * np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi)),)


@kernel
def softmax(x, *, axis=-1):
    if x.ndim and axis in (-1, x.ndim - 1) and native_normalization.applies("softmax_forward", x):
        return native_normalization.softmax(x)
    y = x - x.max(axis=axis, keepdims=True)
    np.exp(y, out=y)
    y /= y.sum(axis=axis, keepdims=True)

    def vjp(d):
        g = d * y
        g -= y * g.sum(axis=axis, keepdims=True)
        return (g,)

    return y, vjp


@kernel
def log_softmax(x, *, axis=-1):
    y = x - x.max(axis=axis, keepdims=True)
    y -= np.log(np.exp(y).sum(axis=axis, keepdims=True))
    return y, lambda d: (d - np.exp(y) * d.sum(axis=axis, keepdims=True),)


@kernel
def softmax_cross_entropy(target, logits):
    """Cross-entropy of the distributions `target` under `softmax(logits)`, over the last axis."""
    shifted = logits - logits.max(-1, keepdims=True)
    p = np.exp(shifted)
    total = p.sum(-1, keepdims=True)
    log_p = shifted - np.log(total)
    y = -(target * log_p).sum(-1)

    def vjp(d):
        d = d[..., None]
        return (
            lambda: (-d * log_p).astype(target.dtype),
            lambda: (p * (target.sum(-1, keepdims=True) / total) - target) * d,
        )

    return y, vjp


@kernel
def sparse_softmax_cross_entropy(target, logits):
    """Cross-entropy of integer labels `target` under `softmax(logits)`, over the last axis."""
    shifted = logits - logits.max(-1, keepdims=True)
    p = np.exp(shifted)
    total = p.sum(-1, keepdims=True)
    index = _in_range(target, logits.shape[-1])[..., None]
    y = (np.log(total) - np.take_along_axis(shifted, index, -1))[..., 0]

    def vjp(d):
        g = p / total
        rows = g.reshape(-1, g.shape[-1])
        rows[np.arange(len(rows)), target.reshape(-1)] -= 1
        return None, g * d[..., None]

    return y, vjp


@kernel
def sigmoid_cross_entropy(target, logits):
    """Elementwise cross-entropy of probabilities `target` under `sigmoid(logits)`."""
    y = _softplus(-np.abs(logits))  # log(1 + exp(-|z|))
    y = np.maximum(logits, 0) - logits * target + np.log1p(np.exp(-np.abs(logits)))

    def vjp(d):
        return lambda: (-d * logits).astype(target.dtype), (_sigmoid(logits) - target) * d

    return y, vjp


@kernel
def binary_crossentropy(target, output, *, epsilon):
    y = np.clip(output, epsilon, 1 - epsilon)
    rest = 1 - y
    loss = target * np.log(y)
    loss += (1 - target) * np.log(rest)

    def of_logits(d):
        return d * (y - target) * _mask(y == output, output)

    def vjp(d):
        by_output = Shortcut("sigmoid", lambda: of_logits(d) / (y * rest), lambda: of_logits(d))
        return lambda: d * (np.log(rest) - np.log(y)), by_output

    return np.negative(loss), vjp


def _normalised(output, epsilon):
    """Probabilities that sum to one and are kept `epsilon` away from 0 and 1, and the way back of gradients."""
    total = output.sum(-1, keepdims=True)
    p = output / total
    y = np.clip(p, epsilon, 1 - epsilon)

    def back(dy):
        g = dy * _mask(y == p, p)
        g -= (g * p).sum(-1, keepdims=True)
        g /= total
        return g

    return y, back


@kernel
def categorical_crossentropy(target, output, *, epsilon):
    y, back = _normalised(output, epsilon)
    log_y = np.log(y)

    def vjp(d):
        d = d[..., None]
        return lambda: -d * log_y, lambda: back(-d * target / y)

    return -(target * log_y).sum(-1), vjp


@kernel
def sparse_categorical_crossentropy(target, output, *, epsilon):
    y, back = _normalised(output, epsilon)
    index = _in_range(target, output.shape[-1])[..., None]
    chosen = np.take_along_axis(y, index, -1)

    def vjp(d):
        g = np.zeros_like(y)
        np.put_along_axis(g, index, -d[..., None] / chosen, -1)
        return None, back(g)

    return -np.log(chosen)[..., 0], vjp


def _in_range(target, classes):
    _check_range(target, classes)
    return target


@whole
def _check_range(target, classes):
    if target.size and (target.min() < 0 or target.max() >= classes):
        raise ValueError(
            f"integer classes must lie between 0 and {classes - 1}, as the output has {classes} columns, "
            f"got {target.min()} to {target.max()}"
        )


@kernel
def layer_norm(x, gamma, beta, *, epsilon):
    """`gamma * (x - mean) / sqrt(variance + epsilon) + beta` over the last axis."""
    if native_normalization.applies("layer_norm_forward", x, gamma, beta):
        return native_normalization.layer_norm(x, gamma, beta, epsilon)
    n = x.shape[-1]
    average = np.full((n,), 1 / n, x.dtype)
    centred = x - np.dot(x, average)[..., None]
    inverse = 1 / np.sqrt(np.dot(np.square(centred), average) + x.dtype.type(epsilon))[..., None]
    centred *= inverse
    y = centred if gamma is None else centred * gamma
    y = y if beta is None else y + beta

    def vjp(d):
        slopes = d * centred
        weights = average if gamma is None else gamma * average

        def dx():
            g = (d if gamma is None else d * gamma) - np.dot(d, weights)[..., None]
            g -= centred * np.dot(slopes, weights)[..., None]
            g *= inverse
            return g

        return dx, lambda: _over_rows(slopes), lambda: _over_rows(d)

    return y, vjp


def _over_rows(v):
    rows = v.reshape(-1, v.shape[-1])
    return np.dot(np.ones(len(rows), rows.dtype), rows)  # in a fourth of the time of a sum


@kernel
def rms_norm(x, scale, *, epsilon):
    """`scale * x / sqrt(mean(x²) + epsilon)` over the last axis."""
    if native_normalization.applies("layer_norm_forward", x, scale):
        return native_normalization.rms_norm(x, scale, epsilon)
    average = np.full((x.shape[-1],), 1 / x.shape[-1], x.dtype)
    inverse = 1 / np.sqrt(np.dot(np.square(x), average) + x.dtype.type(epsilon))[..., None]
    normal = x * inverse

    def vjp(d):
        slopes = d * normal

        def dx():
            weights = average if scale is None else scale * average
            g = (d if scale is None else d * scale) - normal * np.dot(slopes, weights)[..., None]
            g *= inverse
            return g

        return dx, lambda: _over_rows(slopes)

    return (normal if scale is None else normal * scale), vjp


@kernel
def normalize_columns(x, gamma, beta, *, epsilon):
    """Batch normalisation in training: over all axes but the last; also the mean and variance."""
    flat = x.reshape(-1, x.shape[-1])
    n = len(flat)
    average = np.full((n,), 1 / max(n, 1), x.dtype)
    mean = np.dot(average, flat)
    centred = flat - mean
    variance = np.dot(average, np.square(centred))
    inverse = 1 / np.sqrt(variance + x.dtype.type(epsilon))
    scale = inverse if gamma is None else inverse * gamma
    y = centred * scale
    if beta is not None:
        y += beta

    def vjp(ds):
        d, dmean, dvariance = ds
        g = np.zeros_like(flat)
        dgamma = dbeta = None
        if d is not None:
            d = d.reshape(flat.shape)
            dbeta = d.sum(0)
            product = np.einsum("ij,ij->j", d, centred)
            dgamma = product * inverse
            g = (d - dbeta / n - centred * (product * inverse * inverse / n)) * scale
        if dmean is not None:
            g += dmean / n
        if dvariance is not None:
            g += centred * (2 / n * dvariance).astype(x.dtype)
        return g.reshape(x.shape), None if gamma is None else dgamma, None if beta is None else dbeta

    return (y.reshape(x.shape), mean, variance), vjp
