"""F-scores: means of precision and recall."""

from nbkeras import config, ops
from nbkeras.metrics.metric import Metric

__all__ = ["F1Score", "FBetaScore"]

AVERAGES = (None, "micro", "macro", "weighted")


class FBetaScore(Metric):
    """The harmonic mean of precision and recall in which recall weighs `beta` times as much.

    Targets and predictions have the shape (batch, classes).

    Args:
        average: `None` (a score for each class), `"micro"` (one over all), `"macro"` (the mean over classes),
            `"weighted"` (the mean weighted by how frequent classes are).
        beta: a float above 0.
        threshold: a prediction above it is positive; `None`: the largest of each row.

    Example:
        >>> metric = FBetaScore(average="macro", beta=2.0, threshold=0.5)
        >>> round(float(metric([[1.0], [0.0]], [[0.9], [0.8]])), 4)
        0.8333
    """

    _direction = "up"

    def __init__(self, average=None, beta=1.0, threshold=None, name="fbeta_score", dtype=None):
        super().__init__(name=name, dtype=dtype)
        self._check("average", average in AVERAGES, f"one of {AVERAGES}", average)
        self._check("beta", isinstance(beta, float) and beta > 0, "a float above 0", beta)
        fits = threshold is None or (isinstance(threshold, float) and 0 < threshold <= 1)
        self._check("threshold", fits, "None or a float in (0, 1]", threshold)
        self.average = average
        self.beta = beta
        self.threshold = threshold
        self.true_positives = None

    def _check(self, name, fits, expected, value):
        if not fits:
            raise ValueError(f"{type(self).__name__} expects {name} to be {expected}, got {value!r}")

    def build(self, y_true_shape, y_pred_shape):
        if self.true_positives is not None:
            return
        if len(y_pred_shape) != 2 or len(y_true_shape) != 2:
            raise ValueError(
                f"{type(self).__name__} '{self.name}' expects targets and predictions of shape (batch, classes), got "
                f"{tuple(y_true_shape)} and {tuple(y_pred_shape)}; one-hot encode integer labels with to_categorical"
            )
        shape = () if self.average == "micro" else (y_pred_shape[-1],)
        self.true_positives = self.add_weight(shape, dtype=self.dtype, name="true_positives")
        self.false_positives = self.add_weight(shape, dtype=self.dtype, name="false_positives")
        self.false_negatives = self.add_weight(shape, dtype=self.dtype, name="false_negatives")
        self.intermediate_weights = self.add_weight(shape, dtype=self.dtype, name="intermediate_weights")

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_true = ops.convert_to_tensor(y_true, dtype=self.dtype)
        y_pred = ops.convert_to_tensor(y_pred, dtype=self.dtype)
        self.build(y_true.shape, y_pred.shape)
        if self.threshold is None:
            largest = ops.max(y_pred, axis=-1, keepdims=True)
            chosen = ops.logical_and(y_pred >= largest, ops.absolute(y_pred) > 1e-9)  # a row of zeros chooses nothing
        else:
            chosen = y_pred > self.threshold
        chosen = ops.cast(chosen, self.dtype)
        weight = None
        if sample_weight is not None:
            weight = ops.expand_dims(ops.convert_to_tensor(sample_weight, dtype=self.dtype), 1)

        def total(x):
            x = x if weight is None else x * weight
            return ops.sum(x, axis=None if self.average == "micro" else 0)

        self.true_positives.assign_add(total(chosen * y_true))
        self.false_positives.assign_add(total(chosen * (1 - y_true)))
        self.false_negatives.assign_add(total((1 - chosen) * y_true))
        self.intermediate_weights.assign_add(total(y_true))

    def result(self):
        if self.true_positives is None:
            return ops.zeros((), dtype=self.dtype)
        right, epsilon = self.true_positives.value, config.epsilon()
        precision = right / (right + self.false_positives.value + epsilon)
        recall = right / (right + self.false_negatives.value + epsilon)
        square = self.beta**2
        score = precision * recall / (square * precision + recall + epsilon) * (1 + square)
        if self.average == "weighted":
            weights = self.intermediate_weights.value
            return ops.sum(score * weights / (ops.sum(weights) + epsilon))
        return score if self.average is None else ops.mean(score)


class F1Score(FBetaScore):
    """The harmonic mean of precision and recall. Targets and predictions have the shape (batch, classes).

    Args:
        average: `None` (a score for each class), `"micro"` (one over all), `"macro"` (the mean over classes),
            `"weighted"` (the mean weighted by how frequent classes are).
        threshold: a prediction above it is positive; `None`: the largest of each row.

    Example:
        >>> round(float(F1Score(average="macro", threshold=0.5)([[1.0], [0.0]], [[0.9], [0.8]])), 4)
        0.6667
    """

    def __init__(self, average=None, threshold=None, name="f1_score", dtype=None):
        super().__init__(average=average, beta=1.0, threshold=threshold, name=name, dtype=dtype)
