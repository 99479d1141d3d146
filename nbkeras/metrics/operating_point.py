"""One rate at the best threshold that keeps another: sensitivity at specificity and the like."""

from nbkeras import ops
from nbkeras.metrics.confusion import confusion_counts
from nbkeras.metrics.metric import Metric

__all__ = ["PrecisionAtRecall", "RecallAtPrecision", "SensitivityAtSpecificity", "SpecificityAtSensitivity"]


class _OperatingPoint(Metric):
    """The largest value of one rate among thresholds where another is at least `required`."""

    _direction = "up"
    kept = ""  # the rate that must be kept: also the parameter's name

    def __init__(self, required, num_thresholds, class_id, name, dtype):
        super().__init__(name=name, dtype=dtype)
        if not 0 <= required <= 1:
            raise ValueError(f"{type(self).__name__} expects {self.kept} in [0, 1], got {required}")
        if num_thresholds < 1:
            raise ValueError(f"{type(self).__name__} expects num_thresholds of 1 or more, got {num_thresholds}")
        self.required = required
        self.num_thresholds = num_thresholds
        self.class_id = class_id
        last = num_thresholds - 1
        self.thresholds = [step / last for step in range(num_thresholds)] if last else [0.5]
        shape = (num_thresholds,)
        self.true_positives = self.add_weight(shape, name="true_positives")
        self.false_positives = self.add_weight(shape, name="false_positives")
        self.true_negatives = self.add_weight(shape, name="true_negatives")
        self.false_negatives = self.add_weight(shape, name="false_negatives")

    def update_state(self, y_true, y_pred, sample_weight=None):
        true_positives, false_positives, positives, negatives = confusion_counts(
            y_true, y_pred, self.thresholds, sample_weight=sample_weight, class_id=self.class_id
        )
        self.true_positives.assign_add(true_positives)
        self.false_positives.assign_add(false_positives)
        self.true_negatives.assign_add(negatives - false_positives)
        self.false_negatives.assign_add(positives - true_positives)

    def _best(self, kept, wanted):
        return ops.maximum(ops.max(ops.where(kept >= self.required, wanted, 0.0)), 0.0)

    def _sensitivity(self):
        return _share(self.true_positives, self.false_negatives)

    def _specificity(self):
        return _share(self.true_negatives, self.false_positives)

    def _precision(self):
        return _share(self.true_positives, self.false_positives)


def _share(part, rest):
    return ops.divide_no_nan(part.value, part.value + rest.value)


class SensitivityAtSpecificity(_OperatingPoint):
    """The best sensitivity `tp / (tp + fn)` where the specificity `tn / (tn + fp)` is at least `specificity`.

    Args:
        specificity: in [0, 1].
        num_thresholds: how many thresholds between 0 and 1 are tried.
        class_id: look at this column only.
    """

    kept = "specificity"

    def __init__(self, specificity, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__(specificity, num_thresholds, class_id, name, dtype)
        self.specificity = specificity

    def result(self):
        return self._best(self._specificity(), self._sensitivity())


class SpecificityAtSensitivity(_OperatingPoint):
    """The best specificity `tn / (tn + fp)` where the sensitivity `tp / (tp + fn)` is at least `sensitivity`.

    Args:
        sensitivity: in [0, 1].
        num_thresholds: how many thresholds between 0 and 1 are tried.
        class_id: look at this column only.
    """

    kept = "sensitivity"

    def __init__(self, sensitivity, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__(sensitivity, num_thresholds, class_id, name, dtype)
        self.sensitivity = sensitivity

    def result(self):
        return self._best(self._sensitivity(), self._specificity())


class PrecisionAtRecall(_OperatingPoint):
    """The best precision `tp / (tp + fp)` where the recall `tp / (tp + fn)` is at least `recall`.

    Args:
        recall: in [0, 1].
        num_thresholds: how many thresholds between 0 and 1 are tried.
        class_id: look at this column only.
    """

    kept = "recall"

    def __init__(self, recall, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__(recall, num_thresholds, class_id, name, dtype)
        self.recall = recall

    def result(self):
        return self._best(self._sensitivity(), self._precision())


class RecallAtPrecision(_OperatingPoint):
    """The best recall `tp / (tp + fn)` where the precision `tp / (tp + fp)` is at least `precision`.

    Args:
        precision: in [0, 1].
        num_thresholds: how many thresholds between 0 and 1 are tried.
        class_id: look at this column only.
    """

    kept = "precision"

    def __init__(self, precision, num_thresholds=200, class_id=None, name=None, dtype=None):
        super().__init__(precision, num_thresholds, class_id, name, dtype)
        self.precision = precision

    def result(self):
        return self._best(self._precision(), self._sensitivity())
