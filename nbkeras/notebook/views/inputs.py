"""Rows of inputs as a reader can see them: images as images, numbers as numbers."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nbkeras import tree
from nbkeras.notebook.views.fitted import fitted_image, resized
from nbkeras.notebook.views.formats import metric
from nbkeras.notebook.views.html import text
from nbkeras.notebook.views.images import as_bytes

__all__ = ["Inputs"]

NUMBERS = 6  # of a row
SEEN, FEWEST = 2**20, 16  # numbers, or images at least, that tell the range of all
SHOWN = 64  # pixels wide is an image
FRAME = 300  # bytes around it: its cells in the table
CHANNELS = (1, 3, 4)
SMALLEST, FLATTEST = 8, 2  # pixels on the short side of an image at least, and how many times longer the other is


class Inputs:
    """The inputs of a model.

    Args:
        x: an array, or a structure of arrays; anything else shows nothing.
        has_sequences: whether the model reads sequences: then an array of rank 3 is no stack of gray images.
    """

    def __init__(self, x: Any, has_sequences: bool = False):
        leaves = tree.flatten(x)
        self.leaves = [np.asarray(leaf) for leaf in leaves] if all(hasattr(leaf, "shape") for leaf in leaves) else []
        self.pictured = [_is_image(leaf.shape, has_sequences) for leaf in self.leaves]

    def __bool__(self) -> bool:
        return bool(self.leaves)

    @property
    def has_images(self) -> bool:
        return any(self.pictured)

    def words(self, row: int) -> str:
        """A row in plain text."""
        return "; ".join(_words(leaf[row], is_image) for leaf, is_image in zip(self.leaves, self.pictured))

    def html(self, rows: Sequence[int], room: int) -> list[str]:
        """Rows as HTML: the image where there is one, else the numbers; images take `room` bytes together at most."""
        place = next((i for i, is_image in enumerate(self.pictured) if is_image), None)
        if place is None:
            return [text(self.words(row)) for row in rows]
        leaf = self.leaves[place]
        some = leaf[:: max(1, min(leaf.size // SEEN, len(leaf) // FEWEST))]
        low, high = float(np.nanmin(some)), float(np.nanmax(some))
        stack = as_bytes(leaf[list(rows)], low, high)
        stack = stack[..., None] if stack.ndim == 3 else stack
        most = room * 3 // 4 // max(1, len(rows)) - FRAME  # bytes of a file: base64 takes 4 for 3
        return [fitted_image(_no_larger(pixels), f"row {row}", most, SHOWN) for row, pixels in zip(rows, stack)]


def _is_image(shape, has_sequences):
    if len(shape) == 4:
        return shape[-1] in CHANNELS
    if len(shape) != 3 or has_sequences:
        return False
    short, long = sorted(shape[1:])
    return short >= SMALLEST and long <= FLATTEST * short


def _no_larger(pixels):
    """An image of twice the pixels that are shown, for sharp screens, or fewer."""
    factor = 2 * SHOWN / max(pixels.shape[:2])
    if factor >= 1:
        return pixels
    height, width = (max(1, round(factor * side)) for side in pixels.shape[:2])
    return resized(pixels, height, width).round().astype(np.uint8)


def _words(row, is_image):
    if is_image:
        return f"{'×'.join(map(str, row.shape))} image"
    values = np.ravel(row)
    shown = " ".join(metric(float(v)) if values.dtype.kind == "f" else str(v) for v in values[:NUMBERS].tolist())
    return shown + (" …" if values.size > NUMBERS else "")
