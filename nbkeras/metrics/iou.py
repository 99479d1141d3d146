"""Intersection over union, of segmentations."""

from nbkeras import config, ops
from nbkeras.metrics.metric import Metric

__all__ = ["BinaryIoU", "IoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU"]


class IoU(Metric):
    """The mean over some classes of `intersection / union` of the labelled and the predicted sets.

    Args:
        num_classes: how many classes there are; labels and predictions outside do not count.
        target_class_ids: the classes to average over.
        ignore_class: a label that does not count.
        sparse_y_true: labels are class numbers, else one-hot along `axis`.
        sparse_y_pred: predictions are class numbers, else scores along `axis`.
        axis: of the classes.
        dtype: of the counts, default `"int32"`.

    Example:
        >>> round(float(IoU(num_classes=2, target_class_ids=[0])([0, 0, 1, 1], [0, 1, 0, 1])), 4)
        0.3333
    """

    _direction = "up"

    def __init__(
        self,
        num_classes,
        target_class_ids,
        name=None,
        dtype=None,
        ignore_class=None,
        sparse_y_true=True,
        sparse_y_pred=True,
        axis=-1,
    ):
        super().__init__(name=name, dtype=dtype or "int32")
        self.num_classes = int(num_classes)
        self.target_class_ids = list(target_class_ids)
        if max(self.target_class_ids) >= num_classes:
            raise ValueError(
                f"{type(self).__name__} expects target_class_ids below num_classes={num_classes}, "
                f"got {self.target_class_ids}"
            )
        self.ignore_class = ignore_class
        self.sparse_y_true = sparse_y_true
        self.sparse_y_pred = sparse_y_pred
        self.axis = axis
        size = (self.num_classes, self.num_classes)
        self.total_cm = self.add_weight(size, dtype=self.dtype, name="total_confusion_matrix")

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_true = self._flat_classes(y_true, self.sparse_y_true)
        y_pred = self._flat_classes(y_pred, self.sparse_y_pred)
        weight = ops.cast(1 if sample_weight is None else sample_weight, self.dtype)
        weight = ops.broadcast_to(ops.reshape(weight, (-1,)), y_true.shape)

        counts = ops.logical_and(self._in_range(y_true), self._in_range(y_pred))
        if self.ignore_class is not None:
            counts = ops.logical_and(counts, ops.not_equal(y_true, self.ignore_class))
        cell = ops.where(counts, y_true * self.num_classes + y_pred, 0)
        weight = ops.cast(ops.where(counts, weight, 0), self.dtype)
        sums = ops.segment_sum(weight, cell, self.num_classes**2)
        self.total_cm.assign_add(ops.reshape(sums, self.total_cm.shape))

    def result(self):
        confusion = ops.cast(self.total_cm.value, "float32")
        common = ops.diagonal(confusion)
        union = ops.sum(confusion, axis=0) + ops.sum(confusion, axis=1) - common
        ids = ops.convert_to_tensor(self.target_class_ids, dtype="int32")
        common, union = ops.take(common, ids), ops.take(union, ids)
        present = ops.cast(union > 1e-9, "float32")
        return ops.sum(present * common / (union + config.epsilon())) / (ops.sum(present) + config.epsilon())

    def _flat_classes(self, y, sparse):
        y = y if sparse else ops.argmax(y, axis=self.axis)
        return ops.reshape(ops.cast(ops.cast(y, self.dtype), "int32"), (-1,))

    def _in_range(self, classes):
        return ops.logical_and(classes >= 0, classes < self.num_classes)


class BinaryIoU(IoU):
    """Intersection over union for labels 0 and 1 and predicted probabilities.

    Args:
        target_class_ids: the classes to average over: `[0]`, `[1]` or both.
        threshold: from where on a prediction means 1.
    """

    def __init__(self, target_class_ids=(0, 1), threshold=0.5, name=None, dtype=None):
        super().__init__(num_classes=2, target_class_ids=target_class_ids, name=name, dtype=dtype)
        self.threshold = threshold

    def update_state(self, y_true, y_pred, sample_weight=None):
        y_pred = ops.convert_to_tensor(y_pred, dtype="float32")
        super().update_state(y_true, ops.cast(y_pred >= self.threshold, self.dtype), sample_weight)


class MeanIoU(IoU):
    """Intersection over union, averaged over all classes.

    Args:
        num_classes: how many classes there are.
        ignore_class: a label that does not count.
        sparse_y_true, sparse_y_pred: class numbers, else one value per class along `axis`.
    """

    def __init__(
        self,
        num_classes,
        name=None,
        dtype=None,
        ignore_class=None,
        sparse_y_true=True,
        sparse_y_pred=True,
        axis=-1,
    ):
        super().__init__(
            num_classes,
            range(num_classes),
            name=name,
            dtype=dtype,
            ignore_class=ignore_class,
            sparse_y_true=sparse_y_true,
            sparse_y_pred=sparse_y_pred,
            axis=axis,
        )


class OneHotIoU(IoU):
    """`IoU` for one-hot labels.

    Args:
        sparse_y_pred: predictions are class numbers, else scores along `axis`.
    """

    def __init__(
        self,
        num_classes,
        target_class_ids,
        name=None,
        dtype=None,
        ignore_class=None,
        sparse_y_pred=False,
        axis=-1,
    ):
        super().__init__(
            num_classes,
            target_class_ids,
            name=name,
            dtype=dtype,
            ignore_class=ignore_class,
            sparse_y_true=False,
            sparse_y_pred=sparse_y_pred,
            axis=axis,
        )


class OneHotMeanIoU(MeanIoU):
    """`MeanIoU` for one-hot labels.

    Args:
        sparse_y_pred: predictions are class numbers, else scores along `axis`.
    """

    def __init__(self, num_classes, name=None, dtype=None, ignore_class=None, sparse_y_pred=False, axis=-1):
        super().__init__(
            num_classes,
            name=name,
            dtype=dtype,
            ignore_class=ignore_class,
            sparse_y_true=False,
            sparse_y_pred=sparse_y_pred,
            axis=axis,
        )
