"""Boxes that move with their image; all of them left, top, right, bottom (`xyxy`)."""

import math

from nbkeras import ops
from nbkeras.bounding_boxes.formats import corners, of_corners

__all__ = ["affine_transform", "clip_to_image_size", "crop", "follow", "pad"]


def clip_to_image_size(bounding_boxes, height=None, width=None, bounding_box_format="xyxy"):
    """Boxes cut at the border of the image; the label of a box of which nothing is left becomes -1.

    Args:
        bounding_boxes: a dictionary of `"boxes"` (…, 4) and, if there are any, `"labels"`.
        height, width: of the image; not needed for `"rel_xyxy"`.
        bounding_box_format: `"xyxy"` or `"rel_xyxy"`.

    Returns:
        A new dictionary.

    Example:
        >>> clip_to_image_size({"boxes": np.array([[-5.0, 2.0, 8.0, 4.0]])}, height=10, width=6)["boxes"]
        array([[0., 2., 6., 4.]])
    """
    _check_format("clip_to_image_size", bounding_box_format, ("xyxy", "rel_xyxy"))
    if bounding_box_format == "rel_xyxy":
        height, width = 1.0, 1.0
    elif height is None or width is None:
        raise ValueError(f"clip_to_image_size expects height and width, got height={height} and width={width}")
    boxes = ops.convert_to_tensor(bounding_boxes["boxes"])
    limits = [ops.cast(limit, boxes.dtype) for limit in (width, height, width, height)]
    sides = [ops.minimum(ops.maximum(side, 0), limit) for side, limit in zip(corners(boxes), limits)]
    result = {**bounding_boxes, "boxes": of_corners(sides)}
    if bounding_boxes.get("labels") is not None:
        area = (sides[2] - sides[0]) * (sides[3] - sides[1])
        labels = ops.convert_to_tensor(bounding_boxes["labels"])
        left = (
            area > 0 if len(labels.shape) == len(boxes.shape) else area[..., 0] > 0
        )  # one-hot labels have an axis more
        result["labels"] = ops.where(left, labels, ops.cast(-1, labels.dtype))
    return result


def affine_transform(
    boxes,
    angle,
    translate_x,
    translate_y,
    scale,
    shear_x,
    shear_y,
    height,
    width,
    center_x=None,
    center_y=None,
    bounding_box_format="xyxy",
):
    """The boxes around boxes that are rotated, scaled, sheared and moved as the images that they are in.

    Args:
        boxes: (batch, boxes, 4).
        angle, shear_x, shear_y: in degrees, one for each image: (batch,).
        translate_x, translate_y: in shares of the image's size, (batch,).
        scale: (batch,).
        height, width: of the images.
        center_x, center_y: what stays in place, in shares of the size; default the middle.
        bounding_box_format: `"xyxy"`.

    Example:
        >>> zero, one = np.zeros(1, "float32"), np.ones(1, "float32")
        >>> boxes = np.array([[[0.0, 0.0, 2.0, 1.0]]], "float32")
        >>> affine_transform(boxes, zero + 180, zero, zero, one, zero, zero, 5, 5).round(3)
        array([[[2., 3., 4., 4.]]], dtype=float32)
    """
    _check_format("affine_transform", bounding_box_format, ("xyxy",))
    degree = math.pi / 180
    center_x = (0.5 if center_x is None else center_x) * (width - 1)
    center_y = (0.5 if center_y is None else center_y) * (height - 1)
    rotation, shear_y = -angle * degree, -shear_y * degree
    slope = ops.tan(-shear_x * degree)
    a = ops.cos(rotation - shear_y) / ops.cos(shear_y)
    c = -ops.sin(rotation - shear_y) / ops.cos(shear_y)
    b, d = a * slope + ops.sin(rotation), ops.cos(rotation) - c * slope
    x = center_x - translate_x * (width - 1)
    y = center_y - translate_y * (height - 1)
    rows = ((d * scale, -b * scale, center_x), (-c * scale, a * scale, center_y))
    matrix = [(p[..., None], q[..., None], (r - p * x - q * y)[..., None]) for p, q, r in rows]
    xs, ys = _corner_points(ops.cast(boxes, a.dtype))
    return _around(*[[p * u + q * v + r for u, v in zip(xs, ys)] for p, q, r in matrix])


def follow(boxes, transform):
    """The boxes around boxes (batch, boxes, 4) in images that `ops.image.affine_transform` reads by `transform`.

    `transform` (batch, 8) says where the new image reads the old one, so the corners go through its inverse.
    """
    rows = ops.concatenate([transform, ops.ones_like(transform[:, :1])], axis=1)
    inverse = ops.inv(ops.reshape(rows, (-1, 3, 3)))
    a, b, c = ([inverse[:, i, j, None] for j in range(3)] for i in range(3))
    xs, ys = _corner_points(ops.cast(boxes, transform.dtype))
    depths = [c[0] * x + c[1] * y + c[2] for x, y in zip(xs, ys)]
    new_x = [(a[0] * x + a[1] * y + a[2]) / depth for x, y, depth in zip(xs, ys, depths)]
    new_y = [(b[0] * x + b[1] * y + b[2]) / depth for x, y, depth in zip(xs, ys, depths)]
    return _around(new_x, new_y)


def _corner_points(boxes):
    """The coordinates of the four corners, each (batch, boxes)."""
    left, top, right, bottom = (boxes[..., i] for i in range(4))
    return (left, right, right, left), (top, top, bottom, bottom)


def _around(xs, ys):
    """The smallest boxes that hold all of the points."""
    xs, ys = ops.stack(list(xs), -1), ops.stack(list(ys), -1)
    return ops.stack([ops.min(xs, -1), ops.min(ys, -1), ops.max(xs, -1), ops.max(ys, -1)], -1)


def crop(boxes, top, left, height, width, bounding_box_format="xyxy"):
    """Boxes as they lie in the part of the image that begins at `top`, `left` and is `height` by `width`.

    Example:
        >>> crop(np.array([[2.0, 3.0, 9.0, 9.0]]), top=1, left=4, height=6, width=3)
        array([[0., 2., 3., 6.]])
    """
    _check_format("crop", bounding_box_format, ("xyxy",))
    offsets, limits = (left, top, left, top), (width, height, width, height)
    sides = [ops.clip(side - offset, 0, limit) for side, offset, limit in zip(corners(boxes), offsets, limits)]
    return of_corners(sides)


def pad(boxes, top, left, height=None, width=None, bounding_box_format="xyxy"):
    """Boxes as they lie in an image with `top` rows more above and `left` columns more on the left.

    Example:
        >>> pad(np.array([[0.0, 0.0, 2.0, 2.0]]), top=1, left=5)
        array([[5., 1., 7., 3.]])
    """
    _check_format("pad", bounding_box_format, ("xyxy",))
    return of_corners([side + offset for side, offset in zip(corners(boxes), (left, top, left, top))])


def _check_format(function, given, known):
    if given not in known:
        raise NotImplementedError(
            f"{function} expects bounding_box_format {' or '.join(map(repr, known))}, got {given!r}; convert the boxes "
            "with convert_format"
        )
