"""The ways to write a box in four numbers."""

from nbkeras import ops

__all__ = ["FORMATS", "convert_format", "corners", "of_corners"]

FORMATS = (
    "xyxy", "yxyx", "xywh", "center_xywh", "center_yxhw", "rel_xyxy", "rel_yxyx", "rel_xywh", "rel_center_xywh",
)  # fmt: skip


def convert_format(boxes, source, target, height=None, width=None, dtype="float32"):
    """Boxes in another format.

    `xyxy` is left, top, right, bottom; `yxyx` top, left, bottom, right; `xywh` left, top, width, height; `center_…`
    begins with the middle instead. They count pixels; with `rel_` before them they are shares of the image's size.

    Args:
        boxes: (…, 4), or a dictionary that holds them as `"boxes"`.
        source, target: of `FORMATS`.
        height, width: of the image; needed between pixels and shares. They may be arrays that broadcast with boxes.

    Returns:
        Boxes of `dtype`; of a dictionary a new one.

    Example:
        >>> convert_format(np.array([[10.0, 20.0, 30.0, 60.0]]), "xyxy", "xywh")
        array([[10., 20., 20., 40.]], dtype=float32)
    """
    if isinstance(boxes, dict):
        return {**boxes, "boxes": convert_format(boxes["boxes"], source, target, height, width, dtype)}
    source, target = _checked("source", source), _checked("target", target)
    boxes = ops.cast(boxes, dtype)
    if boxes.shape[-1] != 4:
        raise ValueError(f"convert_format expects boxes of shape (…, 4), got {tuple(boxes.shape)}")
    absolute = [not name.startswith("rel_") for name in (source, target)]
    if (height is None or width is None) and not all(absolute):
        raise ValueError(
            f"convert_format expects height and width to convert from {source!r} to {target!r}, got height={height} "
            f"and width={width}"
        )
    if source == target:
        return boxes
    sides = corners(boxes, source.removeprefix("rel_"))
    if absolute[0] != absolute[1]:
        sizes = [ops.cast(size, dtype) for size in (width, height, width, height)]
        sides = [side / n if absolute[0] else side * n for side, n in zip(sides, sizes)]
    return of_corners(sides, target.removeprefix("rel_"))


def _checked(name, value):
    lowered = value.lower() if isinstance(value, str) else value
    if lowered not in FORMATS:
        raise ValueError(f"convert_format expects {name} to be one of {', '.join(FORMATS)}, got {value!r}")
    return lowered


def corners(boxes, style="xyxy"):
    """Left, top, right and bottom, each (…, 1), of boxes written in `style`."""
    a, b, c, d = ops.split(boxes, 4, axis=-1)
    if style in ("yxyx", "center_yxhw"):
        a, b, c, d = b, a, d, c
    if style in ("xyxy", "yxyx"):
        return [a, b, c, d]
    if style == "xywh":
        return [a, b, a + c, b + d]
    return [a - c / 2.0, b - d / 2.0, a + c / 2.0, b + d / 2.0]


def of_corners(sides, style="xyxy"):
    """Boxes in `style` of left, top, right and bottom."""
    left, top, right, bottom = sides
    if style in ("xyxy", "yxyx"):
        four = [left, top, right, bottom]
    else:
        width, height = right - left, bottom - top
        start = [left, top] if style == "xywh" else [left + width / 2.0, top + height / 2.0]
        four = [*start, width, height]
    if style in ("yxyx", "center_yxhw"):
        four = [four[1], four[0], four[3], four[2]]
    return ops.concatenate(four, axis=-1)
