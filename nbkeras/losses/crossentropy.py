"""Crossentropies: minus the log-likelihood of labels under predicted probabilities."""

from nbkeras import config, masks, ops
from nbkeras.losses.loss import LossFunctionWrapper
from nbkeras.warning import warn

__all__ = [
    "CTC",
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalGeneralizedCrossEntropy",
    "SparseCategoricalCrossentropy",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_generalized_cross_entropy",
    "ctc",
    "sparse_categorical_crossentropy",
]


def binary_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """The mean over `axis` of `-y_true log(y_pred) - (1 - y_true) log(1 - y_pred)`.

    Args:
        y_true: 0 or 1 (or probabilities), of the shape of `y_pred`.
        y_pred: probabilities, clipped to [`epsilon()`, 1 - `epsilon()`]; logits with `from_logits`.
        label_smoothing: how far labels are drawn towards 0.5, from 0 to 1.
    """
    y_true, y_pred = _smooth_binary(y_true, y_pred, label_smoothing)
    return ops.mean(ops.binary_crossentropy(y_true, y_pred, from_logits=from_logits), axis=axis)


def binary_focal_crossentropy(
    y_true,
    y_pred,
    apply_class_balancing=False,
    alpha=0.25,
    gamma=2.0,
    from_logits=False,
    label_smoothing=0.0,
    axis=-1,
):
    """The binary crossentropy times `(1 - p)**gamma`, where `p` is the probability given to the right label.

    Lin et al. (2018), https://arxiv.org/abs/1708.02002.

    Args:
        apply_class_balancing: weigh label 1 by `alpha`, label 0 by `1 - alpha`.
    """
    y_true, y_pred = _smooth_binary(y_true, y_pred, label_smoothing)
    if from_logits:
        y_pred = ops.sigmoid(y_pred)
    right = y_true * y_pred + (1 - y_true) * (1 - y_pred)
    losses = ops.power(1.0 - right, gamma) * ops.binary_crossentropy(y_true, y_pred, from_logits=False)
    if apply_class_balancing:
        losses = (y_true * alpha + (1 - y_true) * (1 - alpha)) * losses
    return ops.mean(losses, axis=axis)


def categorical_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    """`-sum(y_true * log(y_pred))` over `axis`, for one-hot labels.

    Args:
        y_true: one-hot labels (or probabilities), of the shape of `y_pred`.
        y_pred: probabilities, scaled to sum to 1 and clipped by `epsilon()`; logits with `from_logits`.
        label_smoothing: how far labels are drawn towards the uniform distribution, from 0 to 1.
    """
    y_true, y_pred = _smooth_categorical("categorical_crossentropy", y_true, y_pred, label_smoothing, axis)
    return ops.categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)


def categorical_focal_crossentropy(
    y_true, y_pred, alpha=0.25, gamma=2.0, from_logits=False, label_smoothing=0.0, axis=-1
):
    """The categorical crossentropy with each class' term times `alpha * (1 - y_pred)**gamma`.

    Lin et al. (2018), https://arxiv.org/abs/1708.02002.
    """
    y_true, y_pred = _smooth_categorical("categorical_focal_crossentropy", y_true, y_pred, label_smoothing, axis)
    if from_logits:
        y_pred = ops.softmax(y_pred, axis=axis)
    p = y_pred / ops.sum(y_pred, axis=axis, keepdims=True)
    p = ops.clip(p, config.epsilon(), 1.0 - config.epsilon())
    return ops.sum(-alpha * ops.power(1.0 - p, gamma) * y_true * ops.log(p), axis=axis)


def sparse_categorical_crossentropy(y_true, y_pred, from_logits=False, ignore_class=None, axis=-1):
    """Minus the log of the probability given to the right class, for integer labels.

    Args:
        y_true: class numbers, of the shape of `y_pred` without its last axis (or with 1 in its place).
        y_pred: probabilities, scaled to sum to 1 and clipped by `epsilon()`; logits with `from_logits`.
        ignore_class: a class whose samples have loss 0 and do not count in a mean, e.g. -1 or 255 for "unknown".
    """
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.convert_to_tensor(y_true)
    if len(y_true.shape) == len(y_pred.shape) and y_true.shape[axis] == 1:
        y_true = ops.squeeze(y_true, axis)
    if ignore_class is None:
        return ops.sparse_categorical_crossentropy(y_true, y_pred, from_logits=from_logits, axis=axis)
    counts = ops.not_equal(y_true, ignore_class)
    losses = ops.sparse_categorical_crossentropy(
        ops.where(counts, y_true, 0),
        ops.where(ops.expand_dims(counts, axis), y_pred, 1.0),
        from_logits=from_logits,
        axis=axis,
    )
    losses = ops.where(counts, losses, 0.0)
    masks.set(losses, counts)
    return losses


def categorical_generalized_cross_entropy(y_true, y_pred, q):
    """`(1 - p**q) / q`, where `p` is the probability given to the right class, for integer labels.

    Zhang & Sabuncu (2018), https://arxiv.org/abs/1805.07836: robust to noisy labels; `q` near 0 is the crossentropy.
    """
    y_pred = ops.convert_to_tensor(y_pred)
    labels = ops.one_hot(ops.cast(y_true, "int32"), y_pred.shape[-1], dtype=y_pred.dtype)
    p = ops.sum(y_pred * labels, axis=-1)
    return (1 - ops.power(p, q)) / q


def ctc(y_true, y_pred):
    """The connectionist temporal classification loss, for sequences without an alignment.

    Graves et al. (2006), "Connectionist temporal classification".

    Args:
        y_true: labels padded with 0, shape (batch, max_length).
        y_pred: logits, shape (batch, time, classes); class 0 is the blank.
    """
    if len(y_true.shape) != 2 or len(y_pred.shape) != 3:
        raise ValueError(
            "ctc expects y_true of shape (batch, max_length) and y_pred of shape (batch, time, classes), "
            f"got {tuple(y_true.shape)} and {tuple(y_pred.shape)}"
        )
    label_length = ops.sum(ops.cast(ops.not_equal(y_true, 0), "int32"), axis=-1)
    input_length = ops.full((y_pred.shape[0],), y_pred.shape[1], dtype="int32")
    return ops.ctc_loss(y_true, y_pred, label_length, input_length, mask_index=0)


def _smooth_binary(y_true, y_pred, label_smoothing):
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.cast(y_true, y_pred.dtype)
    if label_smoothing:
        y_true = y_true * (1.0 - label_smoothing) + 0.5 * label_smoothing
    return y_true, y_pred


def _smooth_categorical(name, y_true, y_pred, label_smoothing, axis):
    if isinstance(axis, bool):
        raise ValueError(f"{name} expects an integer as axis, got {axis}")
    y_pred = ops.convert_to_tensor(y_pred)
    y_true = ops.cast(y_true, y_pred.dtype)
    if y_pred.shape[-1] == 1:
        warn(
            f"{name} expects one output for each class, got predictions of shape {tuple(y_pred.shape)}; "
            "for two classes and one output use binary_crossentropy",
            SyntaxWarning,
        )
    if label_smoothing:
        y_true = y_true * (1.0 - label_smoothing) + label_smoothing / y_true.shape[-1]
    return y_true, y_pred


class BinaryCrossentropy(LossFunctionWrapper):
    """The crossentropy of labels 0 and 1.

    Args:
        from_logits: the predictions are logits, not probabilities.
        label_smoothing: how far labels are drawn towards 0.5, from 0 to 1.
        axis: over which the mean is taken.

    Example:
        >>> round(float(BinaryCrossentropy()([[0.0], [1.0]], [[0.5], [0.5]])), 4)
        0.6931
    """

    def __init__(
        self,
        from_logits=False,
        label_smoothing=0.0,
        axis=-1,
        reduction="sum_over_batch_size",
        name="binary_crossentropy",
        dtype=None,
    ):
        options = {"from_logits": from_logits, "label_smoothing": label_smoothing, "axis": axis}
        super().__init__(binary_crossentropy, reduction=reduction, name=name, dtype=dtype, **options)


class BinaryFocalCrossentropy(LossFunctionWrapper):
    """The binary crossentropy with easy samples weighing less. Lin et al. (2018), https://arxiv.org/abs/1708.02002.

    Args:
        apply_class_balancing: weigh label 1 by `alpha`, label 0 by `1 - alpha`.
        alpha: the weight of label 1.
        gamma: how much less easy samples weigh.
        from_logits: the predictions are logits, not probabilities.
        label_smoothing: how far labels are drawn towards 0.5, from 0 to 1.
        axis: over which the mean is taken.
    """

    def __init__(
        self,
        apply_class_balancing=False,
        alpha=0.25,
        gamma=2.0,
        from_logits=False,
        label_smoothing=0.0,
        axis=-1,
        reduction="sum_over_batch_size",
        name="binary_focal_crossentropy",
        dtype=None,
    ):
        options = {
            "apply_class_balancing": apply_class_balancing,
            "alpha": alpha,
            "gamma": gamma,
            "from_logits": from_logits,
            "label_smoothing": label_smoothing,
            "axis": axis,
        }
        super().__init__(binary_focal_crossentropy, reduction=reduction, name=name, dtype=dtype, **options)


class CategoricalCrossentropy(LossFunctionWrapper):
    """The crossentropy of one-hot labels.

    Args:
        from_logits: the predictions are logits, not probabilities.
        label_smoothing: how far labels are drawn towards the uniform distribution, from 0 to 1.
        axis: of the classes.

    Example:
        >>> round(float(CategoricalCrossentropy()([[0.0, 1.0]], [[0.5, 0.5]])), 4)
        0.6931
    """

    def __init__(
        self,
        from_logits=False,
        label_smoothing=0.0,
        axis=-1,
        reduction="sum_over_batch_size",
        name="categorical_crossentropy",
        dtype=None,
    ):
        options = {"from_logits": from_logits, "label_smoothing": label_smoothing, "axis": axis}
        super().__init__(categorical_crossentropy, reduction=reduction, name=name, dtype=dtype, **options)


class CategoricalFocalCrossentropy(LossFunctionWrapper):
    """The categorical crossentropy with easy samples weighing less.

    Lin et al. (2018), https://arxiv.org/abs/1708.02002.

    Args:
        alpha: a weight of the classes, one number or one for each.
        gamma: how much less easy samples weigh.
        from_logits: the predictions are logits, not probabilities.
        label_smoothing: how far labels are drawn towards the uniform distribution, from 0 to 1.
        axis: of the classes.
    """

    def __init__(
        self,
        alpha=0.25,
        gamma=2.0,
        from_logits=False,
        label_smoothing=0.0,
        axis=-1,
        reduction="sum_over_batch_size",
        name="categorical_focal_crossentropy",
        dtype=None,
    ):
        options = {
            "alpha": alpha,
            "gamma": gamma,
            "from_logits": from_logits,
            "label_smoothing": label_smoothing,
            "axis": axis,
        }
        super().__init__(categorical_focal_crossentropy, reduction=reduction, name=name, dtype=dtype, **options)


class SparseCategoricalCrossentropy(LossFunctionWrapper):
    """The crossentropy of integer labels.

    Args:
        from_logits: the predictions are logits, not probabilities.
        ignore_class: a class that does not count.
        axis: of the classes in the predictions.

    Example:
        >>> round(float(SparseCategoricalCrossentropy()([1], [[0.5, 0.5]])), 4)
        0.6931
    """

    def __init__(
        self,
        from_logits=False,
        ignore_class=None,
        reduction="sum_over_batch_size",
        axis=-1,
        name="sparse_categorical_crossentropy",
        dtype=None,
    ):
        options = {"from_logits": from_logits, "ignore_class": ignore_class, "axis": axis}
        super().__init__(sparse_categorical_crossentropy, reduction=reduction, name=name, dtype=dtype, **options)


class CategoricalGeneralizedCrossEntropy(LossFunctionWrapper):
    """`(1 - p**q) / q` for integer labels, robust to wrong ones.

    Zhang & Sabuncu (2018), https://arxiv.org/abs/1805.07836.

    Args:
        q: between 0 (the crossentropy) and 1 (the absolute error).
    """

    def __init__(
        self,
        q=0.5,
        reduction="sum_over_batch_size",
        name="categorical_generalized_cross_entropy",
        dtype=None,
    ):
        if not 0 < q < 1:
            raise ValueError(f"CategoricalGeneralizedCrossEntropy expects 0 < q < 1, got {q}")
        super().__init__(categorical_generalized_cross_entropy, reduction=reduction, name=name, dtype=dtype, q=q)


class CTC(LossFunctionWrapper):
    """Connectionist temporal classification: labels padded with 0, logits of shape (batch, time, classes)."""

    def __init__(self, reduction="sum_over_batch_size", name="ctc", dtype=None):
        super().__init__(ctc, reduction=reduction, name=name, dtype=dtype)
