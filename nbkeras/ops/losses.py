"""How far an output is from its target: crossentropies, and the signal-to-noise ratio of images."""

from nbkeras import config
from nbkeras.ops.activations import log_softmax
from nbkeras.ops.dispatch import fused, op, run
from nbkeras.ops.dtypes import as_dtype, as_float, as_tensor, promoted
from nbkeras.ops.elementwise import absolute, clip, exp, log, log1p, maximum
from nbkeras.ops.indexing import one_hot
from nbkeras.ops.reductions import logsumexp, mean, sum
from nbkeras.ops.shaping import expand_dims, moveaxis, squeeze
from nbkeras.symbolic import shown

__all__ = [
    "binary_crossentropy", "categorical_crossentropy", "psnr", "sigmoid_cross_entropy", "softmax_cross_entropy",
    "sparse_categorical_crossentropy", "sparse_softmax_cross_entropy",
]  # fmt: skip


@fused
def softmax_cross_entropy(target, logits):
    """The cross-entropy of the distributions `target` under `softmax(logits)`, over the last axis."""
    return -sum(target * log_softmax(logits), -1)


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
def psnr(x1, x2, max_val):
    """The peak signal-to-noise ratio of two images, in decibels."""
    x1, x2 = promoted(as_float(x1), as_float(x2))
    error = mean(run("square", x1 - x2))
    return 20 * run("log10", as_tensor(float(max_val))) - 10 * run("log10", error)
