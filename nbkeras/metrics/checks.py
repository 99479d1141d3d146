"""What is wrong with the targets of a metric, told before the first step instead of by a number that means nothing."""

import numpy as np

from nbkeras.metrics import accuracy
from nbkeras.warning import warn

__all__ = ["check_targets"]

_ONE_HOT = (accuracy.CategoricalAccuracy, accuracy.TopKCategoricalAccuracy)
_SPARSE = (accuracy.SparseCategoricalAccuracy, accuracy.SparseTopKCategoricalAccuracy)
_EQUAL = (accuracy.Accuracy, accuracy.BinaryAccuracy, *_SPARSE)


def check_targets(name, metric, y_true, y_pred_shape):
    """Raises ValueError if `metric` compares these targets with something else than what they say.

    Warns where an accuracy counts targets that are no classes.

    Args:
        name: as the logs have it, for messages.
        metric: a `Metric`; only the accuracies are known here, and any other passes.
        y_true: the targets of a batch, or all of them, as an array.
        y_pred_shape: of a batch of predictions.
    """
    y_true = np.asarray(y_true)
    classes = y_pred_shape[-1] if len(y_pred_shape) > 1 else 1
    one_hot = y_true.ndim == len(y_pred_shape) and y_true.shape[-1] == classes > 1
    if isinstance(metric, _ONE_HOT):
        _check_one_hot(name, y_true, classes, one_hot)
    elif isinstance(metric, _SPARSE) and one_hot:
        raise ValueError(
            f"the metric {name} expects the number of a class for each row, got one-hot labels of {classes} classes; "
            "use 'categorical_accuracy', or 'accuracy', which takes either"
        )
    if isinstance(metric, _EQUAL) and y_true.dtype.kind == "f":
        _check_classes(name, y_true)


def _check_one_hot(name, y_true, classes, one_hot):
    if classes == 1:
        warn(
            f"the metric {name} expects a prediction for each class, got one output, for which it is always 1; "
            "use 'binary_accuracy', or 'accuracy', which chooses by the shape"
        )
    elif not one_hot:
        raise ValueError(
            f"the metric {name} expects one-hot labels of {classes} classes, got an array of shape {y_true.shape}; "
            "use 'sparse_categorical_accuracy', or 'accuracy', which takes either"
        )


def _check_classes(name, y_true):
    """Warns of targets that are real numbers, which no prediction of a class equals."""
    between = y_true != np.floor(y_true)
    if between.any():
        row = int(np.argwhere(between)[0][0])
        warn(
            f"the metric {name} counts predictions of the right class, got targets that are no classes, "
            f"{y_true[between].flat[0]:.3g} in row {row}; for numbers use metrics=['mae']"
        )
