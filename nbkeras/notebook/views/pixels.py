"""The attributions of pixels: the image, and beside it the map over the image."""

from typing import Any

import numpy as np

from nbkeras.notebook.views.fitted import SHOWN, fitted_image
from nbkeras.notebook.views.formats import metric
from nbkeras.notebook.views.heat import as_picture, grid, overlay
from nbkeras.notebook.views.html import text

__all__ = ["pixels_block"]

HALF = 0.5  # of the sizes: what the smallest box said to hold most of a map holds


def pixels_block(found: Any, x: np.ndarray, values: np.ndarray, most: int) -> tuple[list[str], str]:
    """An image (height, width, channels) and a map of it, of any size, with one value or one a channel for a pixel.

    Args:
        found: the explanation.
        most: bytes of each of the two pictures.
    """
    if values.ndim == 3:  # a gradient by itself has no sign to speak of: that depends on what is dark and what is light
        values = np.abs(values).max(-1) if found.method == "smooth_grad" else values.sum(-1)
    picture = as_picture(x)
    width = max(1, SHOWN // x.shape[1]) * x.shape[1] if x.shape[1] <= SHOWN else SHOWN
    said, legend = _said(values, x.shape), _legend(values)
    lines = [said, *grid(values), legend["text"]] if values.any() else [said]
    shown = [
        (fitted_image(picture, f"the image, {x.shape[0]} × {x.shape[1]} pixels", most, width), "the image"),
        (fitted_image(overlay(picture, values), said, most, width), legend["html"]),
    ]
    cells = "".join(f'<div style="margin-right:24px">{img}<div>{text(words)}</div></div>' for img, words in shown)
    return lines, f'<div style="display:flex;flex-wrap:wrap">{cells}</div><p>{text(said)}</p>'


def _said(values, shape):
    """Where a map is strongest, in pixels of the image."""
    sizes = np.abs(values)
    if not sizes.any():
        return "the map is 0 everywhere: nothing here speaks for the output; try another --layer, or --method occlusion"
    scale = [size / cells for size, cells in zip(shape, values.shape)]
    row, column = (int((place + 0.5) * factor) for place, factor in zip(_argmax(sizes), scale))
    ranges = [_span(sizes.sum(1 - axis), factor) for axis, factor in enumerate(scale)]
    share = values[values < 0].sum() / -sizes.sum()
    against = f"; {100 * share:.0f} % of it speaks against" if share > 0 else ""
    return (
        f"strongest at row {row}, column {column} of {shape[0]} × {shape[1]} pixels; the middle half of it lies in "
        f"rows {ranges[0]} and columns {ranges[1]}{against}"
    )


def _argmax(sizes):
    return np.unravel_index(sizes.argmax(), sizes.shape)


def _span(sums, factor):
    """The cells between the quarters of a sum, as pixels."""
    quarter = (1 - HALF) / 2
    low, high = np.searchsorted(np.cumsum(sums) / sums.sum(), [quarter, 1 - quarter])
    return f"{int(low * factor)}–{max(int(low * factor), int((min(high, len(sums) - 1) + 1) * factor) - 1)}"


def _legend(values):
    if values.min() < 0:
        return {
            "text": "# and +: for; = and -: against",
            "html": "blue: for; orange: against; grey: neither",
        }
    return {
        "text": f"darkest: {metric(float(values.max()))}; empty: about 0",
        "html": "yellow: most; green and violet: less; grey: nothing",
    }
