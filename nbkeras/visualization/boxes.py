"""Bounding boxes drawn into images."""

import numpy as np

from nbkeras import config, ops
from nbkeras.bounding_boxes import convert_format
from nbkeras.symbolic import shown

__all__ = ["as_bytes", "checked_batch", "draw_bounding_boxes"]


def draw_bounding_boxes(
    images,
    bounding_boxes,
    bounding_box_format,
    class_mapping=None,
    color=(128, 128, 128),
    line_thickness=2,
    text_thickness=1,
    font_scale=1.0,
    data_format=None,
):
    """Copies of images with boxes drawn into them.

    Args:
        images: (batch, height, width, channels); floats of at most 1 are taken as shares, others as bytes.
        bounding_boxes: a dictionary of `"boxes"` (batch, boxes, 4), `"labels"` (batch, boxes), -1 for no box, and
            perhaps `"confidences"` (batch, boxes).
        bounding_box_format: as of `utils.bounding_boxes.convert_format`.
        class_mapping: the words to write to a box, by its label.
        color: of lines and words, from 0 to 255.
        line_thickness, text_thickness: in pixels.
        font_scale: 1 is 24 pixels.

    Returns:
        Bytes, (batch, height, width, channels), channels last.

    Raises:
        ImportError: if there is something to write and no matplotlib.

    Example:
        >>> boxes = {"boxes": np.array([[[1.0, 1.0, 4.0, 4.0]]]), "labels": np.array([[0]])}
        >>> draw_bounding_boxes(np.zeros((1, 6, 6, 3)), boxes, "xyxy", line_thickness=1)[0, :, :, 0]
        array([[  0,   0,   0,   0,   0,   0],
               [  0, 128, 128, 128, 128,   0],
               [  0, 128,   0,   0, 128,   0],
               [  0, 128,   0,   0, 128,   0],
               [  0, 128, 128, 128, 128,   0],
               [  0,   0,   0,   0,   0,   0]], dtype=uint8)
    """
    images = as_bytes(checked_batch("draw_bounding_boxes", images, data_format))
    if not isinstance(bounding_boxes, dict) or not {"boxes", "labels"} <= set(bounding_boxes):
        raise ValueError(f"draw_bounding_boxes expects a dictionary of 'boxes' and 'labels', got {bounding_boxes!r}")
    boxes = convert_format(bounding_boxes["boxes"], bounding_box_format, "xyxy", *images.shape[1:3])
    boxes = ops.convert_to_numpy(boxes).astype(int)
    labels = ops.convert_to_numpy(bounding_boxes["labels"]).astype(int)
    confidences = bounding_boxes.get("confidences")
    for row, image in enumerate(images):
        for place, (box, label) in enumerate(zip(boxes[row].tolist(), labels[row].tolist())):
            if label == -1:
                continue
            _draw_box(image, box, color, line_thickness)
            if class_mapping and label in class_mapping:
                words = str(class_mapping[label])
                if confidences is not None:
                    words += f" | {float(confidences[row][place]):.2f}"
                _write(image, words, box, color, font_scale, text_thickness or line_thickness)
    return images


def checked_batch(function, images, data_format):
    """`images` as an array, channels last; raises ValueError unless they are a batch."""
    images = ops.convert_to_numpy(images)
    if images.ndim != 4:
        raise ValueError(f"{function} expects a batch of images, of rank 4, got shape {shown(images.shape)}")
    first = config.standardize_data_format(data_format) == "channels_first"
    return np.moveaxis(images, 1, -1) if first else images


def as_bytes(images):
    """A copy of `images` as bytes; floats of at most 1 are shares of 255."""
    if images.dtype.kind == "f":
        shares = images.size > 0 and images.max() <= 1.0
        images = np.clip(images * 255 if shares else images, 0, 255)
    return np.array(images, dtype="uint8", order="C")


def _draw_box(image, box, color, thickness):
    """Lines `thickness` wide, their middles on the sides of the box."""
    left, top, right, bottom = box
    before, after = thickness // 2, (thickness - 1) // 2 + 1
    columns = slice(max(left - before, 0), max(right + after, 0))
    rows = slice(max(top - before, 0), max(bottom + after, 0))
    for y in (top, bottom):
        image[max(y - before, 0) : max(y + after, 0), columns] = color[: image.shape[-1]]
    for x in (left, right):
        image[rows, max(x - before, 0) : max(x + after, 0)] = color[: image.shape[-1]]


def _write(image, words, box, color, scale, thickness):
    """Words above the box; inside it where there is no room above."""
    ink = _ink(words, 24 * scale, thickness)
    left, top = box[0], box[1] - 8 - ink.shape[0]
    if top < 0:
        left, top = box[0] + 3, box[1] + 3
    left, top = max(left, 0), max(top, 0)
    area = image[top : top + ink.shape[0], left : left + ink.shape[1]]
    share = ink[: area.shape[0], : area.shape[1], None]
    area[...] = np.round(area * (1 - share) + np.asarray(color[: image.shape[-1]]) * share)


def _ink(words, size, thickness):
    """How much of each pixel the words cover, from 0 to 1."""
    try:
        from matplotlib.font_manager import findfont
        from matplotlib.ft2font import FT2Font
    except ImportError as error:
        raise ImportError("draw_bounding_boxes writes words with matplotlib: pip install matplotlib") from error
    font = FT2Font(findfont("DejaVu Sans"))
    font.set_size(size, 72)
    font.set_text(words, 0)
    font.draw_glyphs_to_bitmap()
    thin = np.asarray(font.get_image()) / 255.0
    ink = np.pad(thin, ((0, 0), (0, thickness - 1)))
    for shift in range(1, thickness):
        ink[:, shift : shift + thin.shape[1]] = np.maximum(ink[:, shift : shift + thin.shape[1]], thin)
    return ink
