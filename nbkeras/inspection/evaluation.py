"""What kind of task each output of a model has, by its compiled loss, and how it does on data."""

from typing import Any

import numpy as np

from nbkeras import losses, ops, tree
from nbkeras.inspection.classification import (
    ClassificationReport,
    MultiLabelReport,
    binary_report,
    class_report,
    multi_label_report,
)
from nbkeras.inspection.regression import RegressionReport, regression_report
from nbkeras.losses.loss import Loss, LossFunctionWrapper
from nbkeras.models import Model

__all__ = ["Report", "assess"]

Report = ClassificationReport | MultiLabelReport | RegressionReport

BINARY = (losses.binary_crossentropy, losses.binary_focal_crossentropy)
SPARSE = (losses.sparse_categorical_crossentropy, losses.categorical_generalized_cross_entropy)
ONE_HOT = (losses.categorical_crossentropy, losses.categorical_focal_crossentropy)
REAL = (
    losses.huber,
    losses.log_cosh,
    losses.mean_absolute_error,
    losses.mean_absolute_percentage_error,
    losses.mean_squared_error,
    losses.mean_squared_logarithmic_error,
    losses.poisson,
)


def assess(model: Model, y: Any, y_pred: Any, worst: int = 6) -> list[Report]:
    """A report for each output whose loss says what its numbers mean; outputs with other losses are left out.

    Crossentropies make classes of it (of labels 0 and 1 with one unit, of integers, of one-hot rows; of rows of
    probabilities the largest is the class; several sigmoids are labels that do not exclude each other), errors such as
    `mse` make values; so does a function of the user's own where targets and predictions are floats of one shape.

    Rows count alike, also where the evaluation weighed them.

    Args:
        model: compiled, and evaluated or trained before.
        y: targets, arrays in the structure of the outputs or as `fit` takes them.
        y_pred: what `predict` returned.
        worst: how many of the worst rows a report has.
    """
    if model._compile_loss is None or y is None:
        return []
    cases = model._compile_loss.cases(tree.map_structure(np.asarray, y), y_pred)
    several = len(tree.flatten(y_pred)) > 1
    reports = [_report(label if several else None, loss, t, p, worst) for label, loss, t, p in cases]
    return [report for report in reports if report is not None]


def _report(output: str | None, loss: Loss, y_true: Any, y_pred: Any, worst: int) -> Report | None:
    function = loss.fn if isinstance(loss, LossFunctionWrapper) else None
    logits = getattr(loss, "from_logits", False)
    y_true, y_pred = np.asarray(y_true), np.asarray(y_pred)
    if function in BINARY:
        return _yes_or_no(output, loss, y_true, y_pred, ops.sigmoid(y_pred) if logits else y_pred, worst)
    if function in SPARSE or function in ONE_HOT:
        labels = _labels(y_true, y_pred, function in SPARSE, getattr(loss, "ignore_class", None))
        probabilities = np.asarray(ops.softmax(y_pred)) if logits else y_pred
        return class_report(output, loss, y_true, y_pred, probabilities, labels, worst)
    alike = y_true.dtype.kind == "f" and y_true.size == y_pred.size
    is_own = function is not None and function not in losses.LOSSES.values()
    if function in REAL and y_true.size == y_pred.size or is_own and alike:
        return regression_report(output, y_true, y_pred, worst)
    return None


def _yes_or_no(output, loss, y_true, y_pred, probabilities, worst):
    probabilities = np.asarray(probabilities, np.float64)
    if probabilities.ndim > 1 and probabilities.shape[-1] > 1:
        return multi_label_report(output, loss, y_true, y_pred, probabilities, worst)
    if probabilities.ndim > 1:
        probabilities = probabilities[..., 0]
    return binary_report(output, loss, y_true, y_pred, probabilities, worst)


def _labels(y_true, y_pred, is_sparse, ignored):
    """True classes as integers of the shape of the predictions without their last axis; -1 for those to ignore."""
    if not is_sparse:
        return y_true.argmax(axis=-1)
    labels = y_true.reshape(y_pred.shape[:-1]).astype(int)
    return labels if ignored is None else np.where(labels == ignored, -1, labels)
