"""Places for the boxes of a chain: one after the other from the left, in lines, as words are set."""

from collections.abc import Sequence
from itertools import pairwise

from nbkeras.layout import Layout

__all__ = ["flow"]

GAP = 26.0  # between neighbours, and between lines


def flow(widths: Sequence[float], height: float, room: float) -> Layout:
    """Lays out boxes of one height; the path to each from the one before goes right, or around to the next line.

    Args:
        widths: of the boxes.
        height: of every box.
        room: how wide a line may be; a box that is wider has a line to itself.
    """
    centers: list[tuple[float, float]] = []
    x, y, total = 0.0, height / 2, 0.0
    for width in widths:
        if x and x + width > room:
            x, y = 0.0, y + height + GAP
        centers.append((x + width / 2, y))
        total = max(total, x + width)
        x += width + GAP
    steps = pairwise(zip(centers, widths))
    paths = [_path(*one, *other, height) for one, other in steps]
    return Layout(total, y + height / 2 if centers else 0.0, centers, paths)


def _path(center, width, next_center, next_width, height):
    """From the right side of a box to the left of the next, or from its bottom to the top of one in the line below."""
    (x, y), (next_x, next_y) = center, next_center
    if y == next_y:
        return [(x + width / 2, y), (next_x - next_width / 2, y)]
    middle = (y + next_y) / 2
    return [(x, y + height / 2), (x, middle), (next_x, middle), (next_x, next_y - height / 2)]
