"""True and false positives and negatives at thresholds, precision and recall."""

import numpy as np

from nbkeras import config, ops
from nbkeras.losses.reduction import align_ranks
from nbkeras.metrics.metric import Metric

__all__ = [
    "FalseNegatives",
    "FalsePositives",
    "Precision",
    "Recall",
    "TrueNegatives",
    "TruePositives",
    "checked_thresholds",
    "confusion_counts",
    "evenly_spaced",
]

BELOW_EVERYTHING = -1e10  # as a threshold: every score passes; as a score: none does


def checked_thresholds(thresholds, default):
    """`thresholds` (a number, several, or `None` for `default`) as a list; ValueError outside [0, 1]."""
    if thresholds is None:
        return [default]
    values = list(thresholds) if isinstance(thresholds, (list, tuple, np.ndarray)) else [thresholds]
    wrong = [t for t in values if t is None or not 0 <= t <= 1]
    if wrong:
        raise ValueError(f"thresholds must lie in [0, 1], got {wrong}")
    return values


def evenly_spaced(thresholds):
    """Whether `thresholds` (three or more) go from 0 to 1 in equal steps, so that a score's place can be computed."""
    count = len(thresholds)
    return count >= 3 and np.allclose(thresholds, np.linspace(0, 1, count), atol=config.epsilon())


def confusion_counts(
    y_true,
    y_pred,
    thresholds,
    *,
    sample_weight=None,
    label_weights=None,
    top_k=None,
    class_id=None,
    multi_label=False,
):
    """Weighted numbers of true positives, false positives, positives and negatives.

    Args:
        y_true: labels 0 or 1.
        y_pred: scores of the same shape.
        thresholds: a score above a threshold is a positive prediction.
        sample_weight: one for each sample, or of the shape of `y_pred`.
        label_weights: one for each column.
        top_k: only the `k` largest scores of a row can be positive predictions.
        class_id: look at this column only.
        multi_label: count each column by itself.

    Returns:
        `(true_positives, false_positives)` of shape (thresholds,), or (thresholds, columns) with `multi_label`, and
        `(positives, negatives)`, which do not depend on the threshold.
    """
    y_pred, y_true = align_ranks(ops.cast(y_pred, config.floatx()), ops.cast(y_true, config.floatx()))
    if sample_weight is not None:
        weight = ops.expand_dims(ops.cast(sample_weight, y_pred.dtype), -1)
        sample_weight = align_ranks(y_true, weight, expand_vectors=False)[1]
    if top_k is not None:
        y_pred = _only_top_k(y_pred, top_k)
    if class_id is not None:
        if len(y_pred.shape) == 1:
            raise ValueError(f"class_id={class_id} expects predictions of shape (batch, classes), got {y_pred.shape}")
        y_true, y_pred = y_true[..., class_id, None], y_pred[..., class_id, None]

    weights = ops.ones_like(y_pred) if sample_weight is None else ops.broadcast_to(sample_weight, y_pred.shape)
    if label_weights is not None:
        weights = weights * ops.cast(label_weights, weights.dtype)
    columns = (-1, y_pred.shape[-1]) if multi_label else (-1, 1)
    y_true, y_pred, weights = (ops.reshape(x, columns) for x in (y_true, y_pred, weights))
    positive = ops.cast(ops.not_equal(y_true, 0), weights.dtype) * weights
    negative = weights - positive
    totals = ops.sum(positive, axis=0), ops.sum(negative, axis=0)
    above = _sums_above_even if evenly_spaced(thresholds) else _sums_above
    counts = above(thresholds, y_pred, positive), above(thresholds, y_pred, negative)
    if multi_label:
        return *counts, *totals
    return *(ops.squeeze(count, 1) for count in counts), *(ops.squeeze(total, 0) for total in totals)


def _sums_above(thresholds, scores, weights):
    """For each threshold and column, the sum of the weights of scores above it."""
    limits = ops.reshape(ops.convert_to_tensor(thresholds, dtype=scores.dtype), (-1, 1, 1))
    return ops.sum(ops.where(ops.greater(scores, limits), weights, 0.0), axis=1)


def _sums_above_even(thresholds, scores, weights):
    """The same for evenly spaced thresholds, in time that does not grow with their number."""
    count, columns = len(thresholds), scores.shape[1]
    place = ops.ceil(ops.clip(scores, 0.0, 1.0) * (count - 1.0)) - 1.0  # the last threshold that is below the score
    if thresholds[0] < 0:
        place = ops.maximum(place, 0.0)
    place = ops.cast(place, "int32") + 1  # place 0: below all thresholds
    segment = place + (count + 1) * ops.arange(columns, dtype="int32")
    sums = ops.segment_sum(ops.reshape(weights, (-1,)), ops.reshape(segment, (-1,)), (count + 1) * columns)
    sums = ops.transpose(ops.reshape(sums, (columns, count + 1)))[1:]
    return ops.flip(ops.cumsum(ops.flip(sums, axis=0), axis=0), axis=0)


def _only_top_k(scores, k):
    best = ops.top_k(scores, k)[1]
    kept = ops.sum(ops.one_hot(best, scores.shape[-1], dtype=scores.dtype), axis=-2)
    return scores * kept + BELOW_EVERYTHING * (1 - kept)


class _AtThresholds(Metric):
    """A metric that compares scores with thresholds, in its configuration as they were given."""

    default_threshold = 0.5

    def __init__(self, thresholds, name, dtype):
        super().__init__(name=name, dtype=dtype)
        self.init_thresholds = thresholds
        self.thresholds = checked_thresholds(thresholds, self.default_threshold)

    def add_counter(self, name):
        return self.add_weight(shape=(len(self.thresholds),), name=name)

    def get_config(self):
        return {**super().get_config(), "thresholds": self.init_thresholds}

    def _one_or_all(self, values):
        return values[0] if len(self.thresholds) == 1 else values


class _Count(_AtThresholds):
    def __init__(self, thresholds=None, name=None, dtype=None):
        super().__init__(thresholds, name, dtype)
        self.accumulator = self.add_counter("accumulator")

    def update_state(self, y_true, y_pred, sample_weight=None):
        counts = confusion_counts(y_true, y_pred, self.thresholds, sample_weight=sample_weight)
        self.accumulator.assign_add(self.choose(*counts))

    def result(self):
        return self._one_or_all(self.accumulator.value)


class TruePositives(_Count):
    """The weighted number of samples with label 1 and a score above the threshold.

    Args:
        thresholds: a number or several in [0, 1]; default 0.5.
    """

    _direction = "up"

    @staticmethod
    def choose(true_positives, false_positives, positives, negatives):
        return true_positives


class FalsePositives(_Count):
    """The weighted number of samples with label 0 and a score above the threshold.

    Args:
        thresholds: a number or several in [0, 1]; default 0.5.
    """

    _direction = "down"

    @staticmethod
    def choose(true_positives, false_positives, positives, negatives):
        return false_positives


class TrueNegatives(_Count):
    """The weighted number of samples with label 0 and a score not above the threshold.

    Args:
        thresholds: a number or several in [0, 1]; default 0.5.
    """

    _direction = "up"

    @staticmethod
    def choose(true_positives, false_positives, positives, negatives):
        return negatives - false_positives


class FalseNegatives(_Count):
    """The weighted number of samples with label 1 and a score not above the threshold.

    Args:
        thresholds: a number or several in [0, 1]; default 0.5.
    """

    _direction = "down"

    @staticmethod
    def choose(true_positives, false_positives, positives, negatives):
        return positives - true_positives


class _Rate(_AtThresholds):
    def __init__(self, thresholds=None, top_k=None, class_id=None, name=None, dtype=None):
        self.top_k = top_k
        self.class_id = class_id
        if top_k is not None:
            self.default_threshold = BELOW_EVERYTHING
        super().__init__(thresholds, name, dtype)

    def _counts(self, y_true, y_pred, sample_weight):
        return confusion_counts(
            y_true,
            y_pred,
            self.thresholds,
            sample_weight=sample_weight,
            top_k=self.top_k,
            class_id=self.class_id,
        )


class Precision(_Rate):
    """Of the positive predictions, the share that is right: `tp / (tp + fp)`, 0 if there are none.

    Args:
        thresholds: a number or several in [0, 1]; default 0.5, or none with `top_k`.
        top_k: only the `k` largest scores of a row can be positive predictions.
        class_id: look at this column only.

    Example:
        >>> float(Precision()([0, 1, 1, 1], [0.9, 0.8, 0.3, 0.7]))
        0.6666666865348816
    """

    _direction = "up"

    def __init__(self, thresholds=None, top_k=None, class_id=None, name=None, dtype=None):
        super().__init__(thresholds, top_k, class_id, name, dtype)
        self.true_positives = self.add_counter("true_positives")
        self.false_positives = self.add_counter("false_positives")

    def update_state(self, y_true, y_pred, sample_weight=None):
        true_positives, false_positives, _, _ = self._counts(y_true, y_pred, sample_weight)
        self.true_positives.assign_add(true_positives)
        self.false_positives.assign_add(false_positives)

    def result(self):
        right, wrong = self.true_positives.value, self.false_positives.value
        return self._one_or_all(ops.divide_no_nan(right, right + wrong))


class Recall(_Rate):
    """Of the positive labels, the share that was found: `tp / (tp + fn)`, 0 if there are none.

    Args:
        thresholds: a number or several in [0, 1]; default 0.5, or none with `top_k`.
        top_k: only the `k` largest scores of a row can be positive predictions.
        class_id: look at this column only.

    Example:
        >>> float(Recall()([0, 1, 1, 1], [0.9, 0.8, 0.3, 0.7]))
        0.6666666865348816
    """

    _direction = "up"

    def __init__(self, thresholds=None, top_k=None, class_id=None, name=None, dtype=None):
        super().__init__(thresholds, top_k, class_id, name, dtype)
        self.true_positives = self.add_counter("true_positives")
        self.false_negatives = self.add_counter("false_negatives")

    def update_state(self, y_true, y_pred, sample_weight=None):
        true_positives, _, positives, _ = self._counts(y_true, y_pred, sample_weight)
        self.true_positives.assign_add(true_positives)
        self.false_negatives.assign_add(positives - true_positives)

    def result(self):
        found, missed = self.true_positives.value, self.false_negatives.value
        return self._one_or_all(ops.divide_no_nan(found, found + missed))
