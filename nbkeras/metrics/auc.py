"""The area under a curve over all thresholds: ROC, precision–recall, precision–recall gain."""

from nbkeras import config, ops
from nbkeras.metrics.confusion import confusion_counts
from nbkeras.metrics.metric import Metric

__all__ = ["AUC"]

CURVES = ("ROC", "PR", "PRGAIN")
SUMMATION_METHODS = ("interpolation", "minoring", "majoring")


class AUC(Metric):
    """The area under the ROC or the precision–recall curve, as a Riemann sum over thresholds.

    Args:
        num_thresholds: how many thresholds, 2 or more; more are closer to the true area.
        curve: `"ROC"`, `"PR"` or `"PRGAIN"` (Flach & Kull 2015, "Precision-recall-gain curves").
        summation_method: `"interpolation"` (trapezoids; for PR after Davis & Goadrich 2006), `"minoring"` or
            `"majoring"`.
        thresholds: values in (0, 1) to use instead.
        multi_label: one curve for each column of the labels, averaged.
        num_labels: how many columns; default from the first batch.
        label_weights: weights of the columns.
        from_logits: predictions are logits, not probabilities.

    Example:
        >>> float(AUC()([0.0, 0.0, 1.0, 1.0], [0.0, 0.5, 0.3, 0.9]))
        0.75
    """

    _direction = "up"

    def __init__(
        self,
        num_thresholds=200,
        curve="ROC",
        summation_method="interpolation",
        name=None,
        dtype=None,
        thresholds=None,
        multi_label=False,
        num_labels=None,
        label_weights=None,
        from_logits=False,
    ):
        super().__init__(name=name, dtype=dtype)
        self.curve = _choice("curve", curve, CURVES)
        self.summation_method = _choice("summation_method", summation_method, SUMMATION_METHODS)
        if num_thresholds < 2:
            raise ValueError(f"AUC expects num_thresholds of 2 or more, got {num_thresholds}")
        if num_labels and not multi_label:
            raise ValueError(f"AUC takes num_labels={num_labels} only together with multi_label=True")
        if thresholds is None:
            inner = [step / (num_thresholds - 1) for step in range(1, num_thresholds - 1)]
        else:
            inner = sorted(float(t) for t in thresholds)
        self._given_thresholds = None if thresholds is None else inner
        self._thresholds = [-config.epsilon(), *inner, 1.0 + config.epsilon()]
        self.num_thresholds = len(self._thresholds)
        self.multi_label = multi_label
        self.num_labels = num_labels
        self.label_weights = None if label_weights is None else [float(w) for w in label_weights]
        self.from_logits = from_logits
        self.true_positives = None
        if not multi_label:
            self._make_counters(())
        elif num_labels:
            self._make_counters((num_labels,))

    @property
    def thresholds(self):
        """The thresholds, with one below and one above all probabilities."""
        return list(self._thresholds)

    def build(self, y_true_shape, y_pred_shape):
        if self.true_positives is None:
            if len(y_pred_shape) != 2:
                raise ValueError(
                    f"AUC '{self.name}' with multi_label=True expects predictions of shape (batch, labels), "
                    f"got {tuple(y_pred_shape)}"
                )
            self._make_counters((y_pred_shape[1],))

    def _make_counters(self, columns):
        shape = (self.num_thresholds, *columns)
        self.true_positives = self.add_weight(shape, name="true_positives")
        self.false_positives = self.add_weight(shape, name="false_positives")
        self.true_negatives = self.add_weight(shape, name="true_negatives")
        self.false_negatives = self.add_weight(shape, name="false_negatives")

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_pred = ops.convert_to_tensor(y_pred)
        self.build(None, y_pred.shape)
        true_positives, false_positives, positives, negatives = confusion_counts(
            y_true,
            ops.sigmoid(y_pred) if self.from_logits else y_pred,
            self._thresholds,
            sample_weight=sample_weight,
            multi_label=self.multi_label,
            label_weights=None if self.multi_label else self.label_weights,
        )
        self.true_positives.assign_add(true_positives)
        self.false_positives.assign_add(false_positives)
        self.true_negatives.assign_add(negatives - false_positives)
        self.false_negatives.assign_add(positives - true_positives)

    def result(self):
        if self.true_positives is None:
            return ops.zeros((), dtype=self.dtype)
        if self.curve == "PR" and self.summation_method == "interpolation":
            return self.interpolate_pr_auc()
        x, y = {"ROC": self._roc, "PR": self._precision_recall, "PRGAIN": self._gains}[self.curve]()
        height = {
            "interpolation": lambda a, b: (a + b) / 2.0,
            "minoring": ops.minimum,
            "majoring": ops.maximum,
        }[self.summation_method](y[:-1], y[1:])
        return self._total((x[:-1] - x[1:]) * height)

    def interpolate_pr_auc(self):
        """The area under the precision–recall curve, interpolated as Davis & Goadrich (2006) show.

        Between two thresholds true positives grow linearly with positive predictions, which bends precision.
        """
        found, predicted = self.true_positives.value, self.true_positives.value + self.false_positives.value
        d_found, d_predicted = found[:-1] - found[1:], predicted[:-1] - predicted[1:]
        slope = ops.divide_no_nan(d_found, ops.maximum(d_predicted, 0.0))
        intercept = found[1:] - slope * predicted[1:]
        both = ops.logical_and(predicted[:-1] > 0, predicted[1:] > 0)
        ratio = ops.where(both, ops.divide_no_nan(predicted[:-1], ops.maximum(predicted[1:], 0.0)), 1.0)
        labels = found[1:] + self.false_negatives.value[1:]
        return self._total(ops.divide_no_nan(slope * (d_found + intercept * ops.log(ratio)), ops.maximum(labels, 0.0)))

    def _roc(self):
        return self._false_positive_rate(), self._recall()

    def _precision_recall(self):
        right, wrong = self.true_positives.value, self.false_positives.value
        return self._recall(), ops.divide_no_nan(right, right + wrong)

    def _gains(self):
        right, wrong = self.true_positives.value, self.false_positives.value
        missed, rejected = self.false_negatives.value, self.true_negatives.value
        odds = ops.divide_no_nan(right + missed, rejected + wrong)
        nothing = ops.equal(right, 0.0)
        recall = ops.where(nothing, 0.0, 1.0 - odds * ops.divide_no_nan(missed, right))
        precision = ops.where(nothing, 1.0, 1.0 - odds * ops.divide_no_nan(wrong, right))
        return ops.maximum(recall, 0.0), precision

    def _recall(self):
        found, missed = self.true_positives.value, self.false_negatives.value
        return ops.divide_no_nan(found, found + missed)

    def _false_positive_rate(self):
        wrong, rejected = self.false_positives.value, self.true_negatives.value
        return ops.divide_no_nan(wrong, wrong + rejected)

    def _total(self, areas):
        area = ops.sum(areas, axis=0)
        if not self.multi_label:
            return area
        if self.label_weights is None:
            return ops.mean(area)
        weights = ops.convert_to_tensor(self.label_weights, dtype=area.dtype)
        return ops.divide_no_nan(ops.sum(area * weights), ops.sum(weights))

    def get_config(self):
        written = super().get_config()
        del written["thresholds"]
        return written if self._given_thresholds is None else {**written, "thresholds": self._given_thresholds}


def _choice(name, value, choices):
    found = [choice for choice in choices if choice.lower() == str(value).lower()]
    if not found:
        raise ValueError(f"AUC expects {name} among {', '.join(choices)}, got {value!r}")
    return found[0]
