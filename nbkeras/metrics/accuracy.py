"""Accuracies: how often predictions are right."""

from nbkeras import ops
from nbkeras.losses.reduction import align_ranks, as_dtype
from nbkeras.metrics.reduction import MeanMetricWrapper, as_float

__all__ = [
    "Accuracy",
    "BinaryAccuracy",
    "CategoricalAccuracy",
    "SparseCategoricalAccuracy",
    "SparseTopKCategoricalAccuracy",
    "TopKCategoricalAccuracy",
    "accuracy",
    "binary_accuracy",
    "categorical_accuracy",
    "sparse_categorical_accuracy",
    "sparse_top_k_categorical_accuracy",
    "top_k_categorical_accuracy",
]


def accuracy(y_true, y_pred):
    """1 where `y_true == y_pred`, else 0."""
    y_pred = ops.convert_to_tensor(y_pred)
    y_true, y_pred = align_ranks(as_dtype(y_true, y_pred.dtype), y_pred)
    return as_float(ops.equal(y_true, y_pred))


def binary_accuracy(y_true, y_pred, threshold=0.5):
    """1 where a label 0 or 1 and `y_pred > threshold` agree, else 0."""
    y_true, y_pred = align_ranks(ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred))
    return as_float(ops.equal(y_true, ops.cast(ops.greater(y_pred, threshold), y_true.dtype)))


def categorical_accuracy(y_true, y_pred):
    """1 where the largest prediction is that of the one-hot label, else 0; one value per sample."""
    return as_float(ops.equal(*align_ranks(ops.argmax(y_true, axis=-1), ops.argmax(y_pred, axis=-1))))


def sparse_categorical_accuracy(y_true, y_pred):
    """1 where the largest prediction is that of the integer label, else 0; one value per sample."""
    y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[-1] == 1:
        y_true = ops.squeeze(y_true, -1)
    matches = as_float(ops.equal(y_true, ops.cast(ops.argmax(y_pred, axis=-1), y_true.dtype)))
    if len(matches.shape) > 1 and matches.shape[-1] == 1:
        matches = ops.squeeze(matches, -1)
    return matches


def top_k_categorical_accuracy(y_true, y_pred, k=5):
    """1 where the prediction for the one-hot label is among the `k` largest, else 0; one value per sample."""
    return sparse_top_k_categorical_accuracy(ops.argmax(y_true, axis=-1), y_pred, k)


def sparse_top_k_categorical_accuracy(y_true, y_pred, k=5, from_sorted_ids=False):
    """1 where the prediction for the integer label is among the `k` largest, else 0; one value per sample.

    Args:
        from_sorted_ids: `y_pred` holds class numbers, best first, instead of scores.
    """
    y_true, y_pred = ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred)
    shape = y_true.shape
    labels = ops.reshape(y_true, (-1,))
    scores = ops.reshape(y_pred, (-1, y_pred.shape[-1])) if len(y_pred.shape) > 2 else y_pred
    if from_sorted_ids:
        labels = ops.expand_dims(ops.cast(labels, scores.dtype), 1)
        matches = ops.any(ops.equal(labels, scores[:, :k]), axis=1)
    else:
        matches = ops.in_top_k(ops.cast(labels, "int32"), scores, k)
    return ops.reshape(as_float(matches), shape)


class Accuracy(MeanMetricWrapper):
    """How often `y_true == y_pred`. In `compile`, `"accuracy"` means the one of this file that fits the shapes."""

    _direction = "up"

    def __init__(self, name="accuracy", dtype=None):
        super().__init__(accuracy, name=name, dtype=dtype)


class BinaryAccuracy(MeanMetricWrapper):
    """How often labels 0 or 1 and predicted probabilities agree.

    Args:
        threshold: from where on a prediction means 1.

    Example:
        >>> float(BinaryAccuracy()([[1.0], [0.0], [1.0], [0.0]], [[0.9], [0.2], [0.4], [0.1]]))
        0.75
    """

    _direction = "up"

    def __init__(self, name="binary_accuracy", dtype=None, threshold=0.5):
        super().__init__(binary_accuracy, name=name, dtype=dtype, threshold=threshold)


class CategoricalAccuracy(MeanMetricWrapper):
    """How often the largest prediction is that of the one-hot label."""

    _direction = "up"

    def __init__(self, name="categorical_accuracy", dtype=None):
        super().__init__(categorical_accuracy, name=name, dtype=dtype)


class SparseCategoricalAccuracy(MeanMetricWrapper):
    """How often the largest prediction is that of the integer label."""

    _direction = "up"

    def __init__(self, name="sparse_categorical_accuracy", dtype=None):
        super().__init__(sparse_categorical_accuracy, name=name, dtype=dtype)


class TopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the prediction for the one-hot label is among the `k` largest."""

    _direction = "up"

    def __init__(self, k=5, name="top_k_categorical_accuracy", dtype=None):
        super().__init__(top_k_categorical_accuracy, name=name, dtype=dtype, k=k)


class SparseTopKCategoricalAccuracy(MeanMetricWrapper):
    """How often the prediction for the integer label is among the `k` largest.

    Args:
        from_sorted_ids: predictions are class numbers, best first, instead of scores.
    """

    _direction = "up"

    def __init__(self, k=5, name="sparse_top_k_categorical_accuracy", dtype=None, from_sorted_ids=False):
        super().__init__(
            sparse_top_k_categorical_accuracy, name=name, dtype=dtype, k=k, from_sorted_ids=from_sorted_ids
        )
