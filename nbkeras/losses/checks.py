"""What is wrong with targets, told before the first step instead of by a loss that does not fall."""

import numpy as np

from nbkeras import losses
from nbkeras.losses.loss import LossFunctionWrapper
from nbkeras.warning import warn

__all__ = ["check_targets"]

_ONE_HOT = (
    losses.categorical_crossentropy,
    losses.categorical_focal_crossentropy,
    losses.categorical_hinge,
)
_SPARSE = (losses.sparse_categorical_crossentropy, losses.categorical_generalized_cross_entropy)
_BINARY = (losses.binary_crossentropy, losses.binary_focal_crossentropy)
_ALIKE = (
    losses.cosine_similarity,
    losses.dice,
    losses.hinge,
    losses.huber,
    losses.kl_divergence,
    losses.log_cosh,
    losses.mean_absolute_error,
    losses.mean_absolute_percentage_error,
    losses.mean_squared_error,
    losses.mean_squared_logarithmic_error,
    losses.poisson,
    losses.squared_hinge,
    losses.tversky,
)
_TOLERANCE = 1e-3
_UNITS = "change the last layer's units or the targets"


def check_targets(loss, y_true, y_pred, output_name=None):
    """Raises ValueError if `y_true` cannot be what `loss` expects, or `y_pred` are logits that are taken for more.

    Args:
        loss: a loss or a function of `nbkeras.losses`; any other passes.
        y_true: the targets of a batch, or all of them, as an array.
        y_pred: the predictions of a batch, or only their shape, or symbolic ones.
        output_name: for messages.
    """
    function = loss.fn if isinstance(loss, LossFunctionWrapper) else loss
    called = getattr(function, "__name__", str(function))
    who = f"{called} of output '{output_name}'" if output_name else called
    shape = tuple(y_pred) if isinstance(y_pred, (tuple, list)) else y_pred.shape
    predictions = y_pred if isinstance(y_pred, np.ndarray) else None
    y_true = np.asarray(y_true)
    if function in _ALIKE:
        _check_alike(who, y_true, shape)
    if function in _ALIKE or getattr(loss, "axis", -1) not in (-1, len(shape) - 1):
        return
    if function in _ONE_HOT:
        _check_one_hot(who, y_true, shape)
    elif function in _SPARSE:
        _check_sparse(who, y_true, shape, getattr(loss, "ignore_class", None))
    elif function in _BINARY:
        _check_binary(who, y_true, shape)
    else:
        return
    if predictions is not None and not getattr(loss, "from_logits", False) and function is not losses.categorical_hinge:
        _check_probabilities(who, called, predictions, function in _BINARY)
        _check_sums(who, y_true, predictions, function in _BINARY)


def _check_alike(who, y_true, shape):
    """Shapes that differ by a last axis of 1 are made alike, and axes of 1 are stretched."""
    own, other = y_true.shape[1:], tuple(shape[1:])
    stretched = len(own) == len(other) and all(a == b or 1 in (a, b) for a, b in zip(own, other))
    if not (stretched or own == (*other, 1) or (*own, 1) == other):
        raise ValueError(
            f"{who} expects targets of the predictions' shape {_batch(shape)}, got {_batch(y_true.shape)}; "
            f"{_cure_of_shape(y_true, shape, len(other))}"
        )
    if stretched and own != other:
        warn(
            f"{who} expects targets of the predictions' shape {_batch(shape)}, got {_batch(y_true.shape)}, and "
            "compares axes of size 1 with every entry; change the last layer's units or the targets, if not meant"
        )


def _cure_of_shape(y_true, shape, rank):
    """What to do about targets that do not fit predictions of `shape`.

    Args:
        rank: of the targets that would fit, without the batch.
    """
    own, other = y_true.shape[1:], tuple(shape[1:])
    if len(own) > rank and 1 in own:
        axis = own.index(1) + 1
        return f"take out the axis of size 1: y.squeeze({axis if axis < len(own) else -1})"
    if len(own) < rank and len(other) > 1:
        return (
            "the model gives more axes than there are targets for: put Flatten() or a pooling layer before the last "
            "layer, or leave return_sequences=True out of the last recurrent one"
        )
    if y_true.dtype.kind in "iub" and not own and other[-1] > 1:
        return f"if these are classes, use a softmax and loss='sparse_categorical_crossentropy', else {_UNITS}"
    return _UNITS


def _check_one_hot(who, y_true, shape):
    if y_true.ndim == len(shape) and y_true.shape[1:] == shape[1:]:
        if np.all((y_true == 0) | (y_true == 1)) and y_true.sum(-1).max(initial=0) > 1:
            warn(
                f"{who} expects labels with one 1 in each row, got rows with several; for classes that do not exclude "
                "each other use a sigmoid and loss='binary_crossentropy'",
            )
        return
    classes = shape[-1]
    if y_true.shape[1:] not in (shape[1:-1], (*shape[1:-1], 1)) and y_true.ndim != len(shape):
        raise ValueError(
            f"{who} expects one-hot labels of shape {_batch(shape)}, got {_batch(y_true.shape)}; "
            f"{_cure_of_shape(y_true, shape, len(shape) - 1)}"
        )
    if y_true.ndim < len(shape) or y_true.shape[-1] == 1:
        cure = (
            f"use loss='sparse_categorical_crossentropy', or y = to_categorical(y, {classes})"
            if classes > 1
            else "for two classes and one output use a sigmoid and loss='binary_crossentropy'"
        )
        raise ValueError(
            f"{who} expects one-hot labels of shape {_batch(shape)}, got integers of shape "
            f"{_batch(y_true.shape)}; {cure}"
        )
    raise ValueError(
        f"{who} expects one-hot labels of shape {_batch(shape)}, got {_batch(y_true.shape)}; "
        f"the last layer has {classes} units, the labels have {y_true.shape[-1]} classes"
    )


def _check_sparse(who, y_true, shape, ignore_class):
    classes = shape[-1]
    if y_true.ndim == len(shape) and y_true.shape[-1] == classes > 1:
        raise ValueError(
            f"{who} expects integer labels of shape {_batch(shape[:-1])}, got {_batch(y_true.shape)}, which looks "
            "one-hot; use loss='categorical_crossentropy', or y = y.argmax(-1)"
        )
    if y_true.shape[1:] not in (shape[1:-1], (*shape[1:-1], 1)):
        raise ValueError(
            f"{who} expects integer labels of shape {_batch(shape[:-1])}, got {_batch(y_true.shape)}; "
            f"{_cure_of_shape(y_true, shape, len(shape) - 2)}"
        )
    labels = y_true[y_true != ignore_class] if ignore_class is not None else y_true
    if labels.size == 0:
        return
    low, high = labels.min(), labels.max()
    if labels.dtype.kind == "f" and np.any(labels != np.floor(labels)):
        wrong = labels[labels != np.floor(labels)].flat[0]
        raise ValueError(f"{who} expects integer labels, got {wrong:.3g}; for real-valued targets use loss='mse'")
    if low < 0 or high >= classes:
        wrong = int(low if low < 0 else high)
        row = int(np.argwhere(y_true == wrong)[0][0])
        cure = _range_cure(low, high, classes)
        raise ValueError(f"{who} expects labels from 0 to {classes - 1}, got {wrong} (row {row}); {cure}")


def _range_cure(low, high, classes):
    if classes == 1:
        return "the last layer has 1 unit: for two classes use a sigmoid and loss='binary_crossentropy'"
    if low < 0:
        return "number the classes from 0, or pass SparseCategoricalCrossentropy(ignore_class=…)"
    if low > 0 and high - low < classes:
        return f"number the classes from 0: y - {int(low)}"
    return f"give the last layer {int(high) + 1} units, or number the classes from 0"


def _check_binary(who, y_true, shape):
    own, other = y_true.shape[1:], tuple(shape[1:])
    if own != other and (*own, 1) != other and own != (*other, 1):
        several = len(other) == 1 and other[-1] > 1
        cure = "for more than two classes use a softmax and a categorical crossentropy"
        cure = cure if several else _cure_of_shape(y_true, shape, len(other))
        raise ValueError(
            f"{who} expects labels of the predictions' shape {_batch(shape)}, got {_batch(y_true.shape)}; {cure}"
        )
    low, high = y_true.min(initial=0), y_true.max(initial=0)
    if low < 0 or high > 1:
        wrong = low if low < 0 else high
        row = int(np.argwhere(y_true == wrong)[0][0])
        cure = "for more than two classes use a softmax and loss='sparse_categorical_crossentropy', else loss='mse'"
        if low == -1 and high == 1:
            cure = "write labels -1 and 1 as (y + 1) / 2"
        raise ValueError(f"{who} expects labels from 0 to 1, got {wrong:g} (row {row}); {cure}")


def _check_probabilities(who, called, predictions, binary):
    low, high = predictions.min(initial=0), predictions.max(initial=0)
    if low >= -_TOLERANCE and high <= 1 + _TOLERANCE:
        if predictions.shape[-1] == 1 and predictions.size > 1 and np.all(predictions == 1):
            warn(f"{who} got predictions that all are 1, as a softmax over one unit gives; use activation='sigmoid'")
        return
    if not np.isfinite([low, high]).all():
        return  # of what is not a number nobody can say that it is a logit
    activation = "sigmoid" if binary else "softmax"
    cls = "".join(word.capitalize() for word in called.split("_"))
    raise ValueError(
        f"{who} expects probabilities, got predictions from {low:.3g} to {high:.3g}, which are logits; "
        f"end the model with activation='{activation}', or use loss={cls}(from_logits=True)"
    )


def _check_sums(who, y_true, predictions, binary):
    """Warns of a sigmoid where a softmax is meant, and of a softmax where the classes do not exclude each other."""
    if predictions.ndim < 2 or predictions.shape[-1] < 2 or not np.isfinite(predictions).all():
        return
    sums = predictions.sum(-1)
    to_one = np.abs(sums - 1) < 10 * _TOLERANCE
    if not binary and not to_one.all() and predictions.min() >= 0:
        wrong = float(sums[~to_one].flat[0])
        warn(
            f"{who} expects probabilities that sum to 1 in each row, got a row that sums to {wrong:.3g}, as a sigmoid "
            "gives; use activation='softmax'"
        )
    elif binary and to_one.all() and predictions.shape[-1] > 2:
        single = bool(np.all(y_true.sum(-1) == 1))
        cure = "loss='categorical_crossentropy'" if single else "activation='sigmoid'"
        warn(
            f"{who} expects a probability for each class by itself, got rows that sum to 1, as a softmax gives; "
            f"use {cure}"
        )


def _batch(shape):
    return "(" + ", ".join(["batch", *map(str, shape[1:])]) + ("," if len(shape) == 1 else "") + ")"
