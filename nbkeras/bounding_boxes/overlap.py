"""How much boxes have in common."""

import math

from nbkeras import config, ops
from nbkeras.bounding_boxes.formats import convert_format

__all__ = ["compute_ciou", "compute_iou"]


def compute_iou(boxes1, boxes2, bounding_box_format, use_masking=False, mask_val=-1, image_shape=None):
    """The intersection of every box of `boxes1` with every box of `boxes2`, divided by their union.

    Args:
        boxes1: (n, 4) or (batch, n, 4).
        boxes2: (m, 4) or (batch, m, 4).
        bounding_box_format: as of `convert_format`.
        use_masking: whether pairs with a box that is only negative, as padding is, get `mask_val`.
        image_shape: (height, width, channels), for relative formats.

    Returns:
        (n, m) or (batch, n, m), between 0 and 1.

    Example:
        >>> box, other = np.array([[0.0, 0.0, 2.0, 2.0]]), np.array([[1.0, 0.0, 3.0, 2.0]])
        >>> compute_iou(box, other, "xyxy").round(3)
        array([[0.333]], dtype=float32)
    """
    for name, boxes in (("boxes1", boxes1), ("boxes2", boxes2)):
        if len(ops.shape(boxes)) not in (2, 3):
            raise ValueError(f"compute_iou expects {name} of rank 2 or 3, got shape {tuple(ops.shape(boxes))}")
    first, second = _absolute("compute_iou", (boxes1, boxes2), bounding_box_format, image_shape)
    a = [ops.expand_dims(first[..., i], -1) for i in range(4)]
    b = [ops.expand_dims(second[..., i], -2) for i in range(4)]
    common = _length(a, b, 0) * _length(a, b, 1)
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - common
    iou = common / (union + config.epsilon())
    if not use_masking:
        return iou
    absent = ops.logical_or(ops.max(first, -1, keepdims=True) < 0, ops.expand_dims(ops.max(second, -1) < 0, -2))
    return ops.where(absent, ops.cast(mask_val, iou.dtype), iou)


def compute_ciou(boxes1, boxes2, bounding_box_format, image_shape=None):
    """The complete IoU of boxes in pairs: IoU less a penalty for distance and for another shape.

    Zheng et al. (2020), https://arxiv.org/abs/1911.08287.

    Args:
        boxes1, boxes2: (…, 4), of one shape.
        bounding_box_format: as of `convert_format`.
        image_shape: (height, width, channels), for relative formats.

    Returns:
        (…): 1 for equal boxes, and less, below 0 too, for others.

    Example:
        >>> box = np.array([[0.0, 0.0, 2.0, 2.0]])
        >>> compute_ciou(box, box, "xyxy").round(3)
        array([1.], dtype=float32)
    """
    first, second = _absolute("compute_ciou", (boxes1, boxes2), bounding_box_format, image_shape)
    a, b = ([boxes[..., i] for i in range(4)] for boxes in (first, second))
    epsilon = config.epsilon()
    widths = [box[2] - box[0] for box in (a, b)]
    heights = [box[3] - box[1] + epsilon for box in (a, b)]
    common = _length(a, b, 0) * _length(a, b, 1)
    union = widths[0] * heights[0] + widths[1] * heights[1] - common + epsilon
    iou = common / (union + epsilon)
    diagonal = _span(a, b, 0) ** 2 + _span(a, b, 1) ** 2 + epsilon
    distance = ((a[0] + a[2] - b[0] - b[2]) ** 2 + (a[1] + a[3] - b[1] - b[3]) ** 2) / 4
    shape = 4 / math.pi**2 * (ops.arctan(widths[1] / heights[1]) - ops.arctan(widths[0] / heights[0])) ** 2
    return iou - distance / diagonal - shape * shape / (shape - iou + (1 + epsilon))


def _absolute(function, pair, source, image_shape):
    """Both in pixels, left, top, right, bottom."""
    if image_shape is None and source.startswith("rel"):
        raise ValueError(f"{function} expects image_shape=(height, width, channels) with the format {source!r}")
    height, width = (None, None) if image_shape is None else image_shape[:2]
    return [convert_format(boxes, source, "xyxy", height, width) for boxes in pair]


def _length(a, b, axis):
    """The length of the intersection along x (0) or y (1)."""
    return ops.maximum(ops.minimum(a[axis + 2], b[axis + 2]) - ops.maximum(a[axis], b[axis]), 0)


def _span(a, b, axis):
    """The length of what holds both."""
    return ops.maximum(a[axis + 2], b[axis + 2]) - ops.minimum(a[axis], b[axis])
