"""Boxes of a batch in one array."""

import numpy as np

from nbkeras import ops

__all__ = ["dense_boxes"]


def dense_boxes(bounding_boxes):
    """A dictionary of `"boxes"` and `"labels"` with both as arrays.

    Lists, one for each image, are filled up to the longest with boxes of zeros and labels of -1.

    Raises:
        ValueError: if one of them is missing, or they do not belong together.
    """
    if not isinstance(bounding_boxes, dict) or not {"boxes", "labels"} <= set(bounding_boxes):
        raise ValueError(f"bounding_boxes must be a dictionary of 'boxes' and 'labels', got {bounding_boxes!r}")
    boxes, labels = bounding_boxes["boxes"], bounding_boxes["labels"]
    if isinstance(boxes, (list, tuple)):
        boxes, labels = _from_lists(boxes, labels)
    ranks = len(boxes.shape), len(ops.shape(labels))
    if ranks[0] not in (2, 3) or boxes.shape[-1] != 4 or ranks[1] not in (ranks[0] - 1, ranks[0]):
        raise ValueError(
            "bounding_boxes must hold 'boxes' of shape (boxes, 4) or (batch, boxes, 4) and 'labels' of one axis less, "
            f"got {tuple(boxes.shape)} and {tuple(ops.shape(labels))}"
        )
    return {**bounding_boxes, "boxes": ops.cast(boxes, "float32"), "labels": ops.convert_to_tensor(labels)}


def _from_lists(boxes, labels):
    if not isinstance(labels, (list, tuple, np.ndarray)) or len(labels) != len(boxes):
        raise ValueError(f"bounding_boxes must hold as many 'labels' as 'boxes', got {len(boxes)} boxes and {labels!r}")
    if not boxes or np.ndim(boxes[0]) == 1:
        return np.asarray(boxes, "float32").reshape(-1, 4), np.asarray(labels)
    longest = max(len(image) for image in boxes)
    filled = np.zeros((len(boxes), longest, 4), "float32")
    classes = np.full((len(boxes), longest), -1, "int32")
    for row, (image, own) in enumerate(zip(boxes, labels)):
        if len(image) != len(own):
            raise ValueError(f"image {row} of bounding_boxes has {len(image)} boxes and {len(own)} labels")
        if len(image):
            filled[row, : len(image)] = image
            classes[row, : len(own)] = own
    return filled, classes
