"""Boxes as differences from anchors: Girshick et al. (2014), https://arxiv.org/abs/1311.2524, appendix C."""

from nbkeras import config, ops
from nbkeras.bounding_boxes.formats import convert_format

__all__ = ["decode_deltas_to_boxes", "encode_box_to_deltas"]

CENTERED = ("center_xywh", "center_yxhw")


def encode_box_to_deltas(
    anchors, boxes, anchor_format, box_format, encoding_format="center_yxhw", variance=None, image_shape=None
):
    """What leads from anchors to boxes: the shift in units of the anchor's size, and the logarithm of the growth.

    Args:
        anchors, boxes: (n, 4); boxes may be (batch, n, 4).
        anchor_format, box_format: as of `convert_format`.
        encoding_format: `"center_xywh"` or `"center_yxhw"`, the order of the result.
        variance: four numbers that divide the result, or `None`.
        image_shape: (height, width, channels), for relative formats.

    Example:
        >>> anchor, box = np.array([[0.0, 0.0, 2.0, 2.0]]), np.array([[1.0, 0.0, 3.0, 2.0]])
        >>> encode_box_to_deltas(anchor, box, "xyxy", "xyxy", "center_xywh")
        array([[0.5, 0. , 0. , 0. ]], dtype=float32)
    """
    variance = _checked("encode_box_to_deltas", encoding_format, variance)
    height, width = (None, None) if image_shape is None else image_shape[:2]
    anchors = convert_format(anchors, anchor_format, encoding_format, height, width)
    boxes = convert_format(boxes, box_format, encoding_format, height, width)
    size = ops.maximum(anchors[..., 2:], config.epsilon())
    growth = ops.log(ops.maximum(boxes[..., 2:], config.epsilon()) / size)
    deltas = ops.concatenate([(boxes[..., :2] - anchors[..., :2]) / size, growth], axis=-1)
    return deltas if variance is None else deltas / variance


def decode_deltas_to_boxes(
    anchors, boxes_delta, anchor_format, box_format, encoded_format="center_yxhw", variance=None, image_shape=None
):
    """The boxes that differences lead to from anchors: the inverse of `encode_box_to_deltas`.

    Args:
        anchors, boxes_delta: arrays, or dictionaries of them with the same keys (the levels of a pyramid, say).

    Example:
        >>> anchor, delta = np.array([[0.0, 0.0, 2.0, 2.0]]), np.array([[0.5, 0.0, 0.0, 0.0]], "float32")
        >>> decode_deltas_to_boxes(anchor, delta, "xyxy", "xyxy", "center_xywh")
        array([[1., 0., 3., 2.]], dtype=float32)
    """
    if isinstance(anchors, dict) and isinstance(boxes_delta, dict):
        settings = (anchor_format, box_format, encoded_format, variance, image_shape)
        return {level: decode_deltas_to_boxes(anchors[level], boxes_delta[level], *settings) for level in anchors}
    variance = _checked("decode_deltas_to_boxes", encoded_format, variance)
    height, width = (None, None) if image_shape is None else image_shape[:2]
    anchors = convert_format(anchors, anchor_format, encoded_format, height, width)
    deltas = ops.cast(boxes_delta, "float32")
    deltas = deltas if variance is None else deltas * variance
    centers = deltas[..., :2] * anchors[..., 2:] + anchors[..., :2]
    sizes = ops.exp(deltas[..., 2:]) * anchors[..., 2:]
    return convert_format(ops.concatenate([centers, sizes], axis=-1), encoded_format, box_format, height, width)


def _checked(function, encoding, variance):
    if encoding not in CENTERED:
        raise ValueError(f"{function} expects the encoding {' or '.join(map(repr, CENTERED))}, got {encoding!r}")
    if variance is None:
        return None
    variance = ops.convert_to_tensor(variance, "float32")
    if variance.shape[-1] != 4:
        raise ValueError(f"{function} expects a variance of 4 numbers, got shape {tuple(variance.shape)}")
    return variance
