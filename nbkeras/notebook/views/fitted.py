"""Pictures of pixels that are small as files and large enough to be seen."""

from base64 import b64encode

import numpy as np

from nbkeras.notebook.views.html import text
from nbkeras.png import png

__all__ = ["SHOWN", "fitted_image", "resized"]

SHOWN = 180  # pixels, about the width at which a picture is shown
LEVELS = 8  # colours that differ by less are one where a picture would be too large otherwise: 32 levels a channel


def fitted_image(pixels: np.ndarray, alternative: str, most: int = 12_000, width: int = SHOWN) -> str:
    """Pixels as an `<img>` that is `width` wide, of at most `most` bytes: with fewer colours, then fewer pixels.

    Args:
        pixels: (height, width, 3) of type uint8; small pictures are enlarged so that their pixels stay sharp.
        alternative: the facts, for readers who do not see it.
    """
    factor = max(1, width // pixels.shape[1])
    pixels = pixels.repeat(factor, 0).repeat(factor, 1)
    data = png(pixels)
    if len(data) > most:
        pixels = pixels // LEVELS * LEVELS + LEVELS // 2
        data = png(pixels)
    while len(data) > most and min(pixels.shape[:2]) > 8:
        height, across = (max(1, round(0.8 * side)) for side in pixels.shape[:2])
        pixels = resized(pixels, height, across).astype("uint8") // LEVELS * LEVELS + LEVELS // 2
        data = png(pixels)
    source = f"data:image/png;base64,{b64encode(data).decode()}"
    return f'<img alt="{text(alternative)}" width="{width}" src="{source}">'


def resized(values: np.ndarray, height: int, width: int) -> np.ndarray:
    """(rows, columns, …) at another size, by linear interpolation between the middles of the cells."""
    return _along(_along(np.asarray(values, "float64"), 0, height), 1, width)


def _along(values, axis, size):
    """An axis at another size: each new cell lies at some part of the way between two old ones."""
    old = values.shape[axis]
    at = np.clip((np.arange(size) + 0.5) * old / size - 0.5, 0, old - 1)
    low = np.floor(at).astype(int)
    part = (at - low).reshape([-1 if index == axis else 1 for index in range(values.ndim)])
    return values.take(low, axis) * (1 - part) + values.take(np.minimum(low + 1, old - 1), axis) * part
