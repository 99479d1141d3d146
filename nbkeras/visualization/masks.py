"""Segmentation masks drawn over images."""

import numpy as np

from nbkeras import ops
from nbkeras.visualization.boxes import checked_batch

__all__ = ["draw_segmentation_masks"]


def draw_segmentation_masks(
    images,
    segmentation_masks,
    num_classes=None,
    color_mapping=None,
    alpha=0.8,
    blend=True,
    ignore_index=-1,
    data_format=None,
):
    """Images with each pixel in the colour of its class.

    Args:
        images: (batch, height, width, 3), values from 0 to 255.
        segmentation_masks: integers, (batch, height, width, 1).
        num_classes: how many classes have a colour; default one more than the largest in the masks.
        color_mapping: by class, three numbers from 0 to 255; default colours that differ.
        alpha: the share of the colour.
        blend: whether to mix colour and image; otherwise the colour replaces it, and floats come back.
        ignore_index: the class of pixels that stay as they are.

    Returns:
        Bytes, (batch, height, width, 3), channels last.

    Example:
        >>> masks = np.array([[[[0], [1]]]])
        >>> draw_segmentation_masks(np.zeros((1, 1, 2, 3)), masks, color_mapping={0: (0, 0, 0), 1: (250, 0, 0)})
        array([[[[  0,   0,   0],
                 [200,   0,   0]]]], dtype=uint8)
    """
    images = checked_batch("draw_segmentation_masks", images, data_format).astype("float32")
    masks = checked_batch("draw_segmentation_masks", segmentation_masks, data_format)
    if masks.dtype.kind not in "iu":
        raise TypeError(f"draw_segmentation_masks expects masks of integers, got {masks.dtype.name}")
    masks = masks[..., 0]
    drawn = (masks >= 0) & (masks != ignore_index)
    if num_classes is None:
        num_classes = int(masks[drawn].max(initial=-1)) + 1
    colors = _palette(num_classes) if color_mapping is None else [color_mapping[i] for i in range(num_classes)]
    drawn &= masks < num_classes
    covered = images.copy()
    covered[drawn] = np.asarray(colors, "float32").reshape(-1, 3)[masks[drawn]]
    if not blend:
        return covered
    mixed = np.where((masks != ignore_index)[..., None], images * (1 - alpha) + covered * alpha, images)
    return ops.convert_to_numpy(ops.saturate_cast(mixed, "uint8"))


def _palette(count):
    """Colours that lie far apart, the first of them black."""
    steps = np.array([2**25 - 1, 2**15 - 1, 2**21 - 1])
    return np.arange(count)[:, None] * steps % 255
