"""Metrics from what `compile` is given, where the shapes of the data decide what a name means."""

from nbkeras import metrics, tree
from nbkeras.losses.resolve import label_kind, object_name
from nbkeras.metrics.metric import Metric
from nbkeras.metrics.reduction import MeanMetricWrapper

__all__ = ["check_names", "resolve"]

_BY_KIND = {
    "accuracy": {
        "binary": metrics.BinaryAccuracy,
        "sparse": metrics.SparseCategoricalAccuracy,
        "categorical": metrics.CategoricalAccuracy,
    },
    "crossentropy": {
        "binary": metrics.BinaryCrossentropy,
        "sparse": metrics.SparseCategoricalCrossentropy,
        "categorical": metrics.CategoricalCrossentropy,
    },
}
_SHORT = {"acc": "accuracy", "ce": "crossentropy"}


def resolve(identifier, y_true_shape, y_pred_shape):
    """The `Metric` that `identifier` stands for, named as logs shall have it.

    As `metrics.get`, but `"accuracy"` (`"acc"`) and `"crossentropy"` (`"ce"`) fit the shapes, and a function or a loss
    becomes the mean of its values.
    """
    if identifier is None:
        raise ValueError("a metric must be a name, a metric or a function, got None")
    name = str(identifier).lower()
    kinds = _BY_KIND.get(_SHORT.get(name, name))
    found = kinds[label_kind(y_true_shape, y_pred_shape)]() if kinds else metrics.get(identifier)
    metric = found if isinstance(found, Metric) else MeanMetricWrapper(found)
    metric.name = identifier if isinstance(identifier, str) else object_name(found)
    return metric


def check_names(given):
    """Raises ValueError for the name of a metric that nobody knows, wherever in a structure it stands."""
    for identifier in tree.flatten(given):
        if isinstance(identifier, str):
            resolve(identifier, (1, 1), (1, 1))
