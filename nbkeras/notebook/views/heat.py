"""Maps of numbers as colours and as characters."""

from collections.abc import Sequence

import numpy as np

from nbkeras.notebook.views.fitted import resized
from nbkeras.notebook.views.images import as_bytes

__all__ = ["as_picture", "colours", "grid", "overlay", "scaled"]

# From least to most, even in lightness and safe for colour-blind readers: violet, blue, teal, green, yellow.
SEQUENCE = np.array([[68, 1, 84], [59, 82, 139], [33, 145, 140], [94, 201, 98], [253, 231, 37]], "float64")
FOR, AGAINST = np.array([0, 114, 178.0]), np.array([213, 94, 0.0])  # blue and orange
HIGH = 99  # the percentile that has the full colour, so that a single pixel does not pale the rest
SHADES, SIGNS = " ░▒▓█", "=- +#"
CELLS = 64  # of a map, along a side: the neighbours within one are added up, since for and against alternate there
SMOOTH = 112  # pixels: room for a smooth map over a small picture
GRID = (12, 24)  # most rows and columns of a map in characters


def scaled(values: np.ndarray) -> np.ndarray:
    """Values divided by a high one of their sizes, and cut at -1 and 1."""
    high = np.percentile(np.abs(values), HIGH) or np.abs(values).max()
    return np.clip(values / high, -1, 1) if high else np.zeros_like(values)


def colours(values: np.ndarray) -> np.ndarray:
    """Values from 0 to 1 as red, green and blue, in an axis more."""
    at = np.clip(values, 0, 1) * (len(SEQUENCE) - 1)
    low = np.minimum(at.astype(int), len(SEQUENCE) - 2)
    part = (at - low)[..., None]
    return SEQUENCE[low] * (1 - part) + SEQUENCE[low + 1] * part


def overlay(picture: np.ndarray, values: np.ndarray) -> np.ndarray:
    """A picture in grey under the colours of a map: blue and orange where the map has negative values.

    Args:
        picture: (height, width, 3) of type uint8.
        values: (rows, columns), of any size.
    """
    both = values.min() < 0
    values = _means(_means(values, min(CELLS, values.shape[0]), 0), min(CELLS, values.shape[1]), 1)
    if values.shape != picture.shape[:2]:
        factor = max(1, SMOOTH // max(picture.shape))
        picture = picture.repeat(factor, 0).repeat(factor, 1)
    over = scaled(resized(values, *picture.shape[:2]))
    grey = picture.mean(2, keepdims=True) * 0.8 + 25  # not quite black and white, which would swallow the colours
    tint = np.where(over[..., None] >= 0, FOR, AGAINST) if both else colours(over)
    strength = 0.85 * np.abs(over)[..., None]
    return np.rint(grey * (1 - strength) + tint * strength).astype("uint8")


def as_picture(values: np.ndarray) -> np.ndarray:
    """An image (height, width, channels) of any range and number of channels, as (height, width, 3) of type uint8."""
    pixels = as_bytes(values, float(np.nanmin(values)), float(np.nanmax(values)))
    if pixels.shape[-1] == 3:
        return pixels
    return pixels.mean(-1, keepdims=True).round().astype("uint8").repeat(3, -1)


def grid(values: np.ndarray) -> list[str]:
    """A map as lines of characters: the more, the darker, or `#` and `+` for, `=` and `-` against."""
    rows, columns = (min(size, most) for size, most in zip(values.shape, GRID))
    cells = scaled(_means(_means(values, rows, 0), columns, 1))
    if values.min() < 0:
        steps = np.select([cells <= -0.6, cells <= -0.2, cells < 0.2, cells < 0.6], [0, 1, 2, 3], 4)
        return _lines(steps, SIGNS)
    return _lines(np.select([cells < 0.1, cells < 0.35, cells < 0.6, cells < 0.85], [0, 1, 2, 3], 4), SHADES)


def _means(values, parts, axis):
    """The means of `parts` groups of neighbours, as even as can be."""
    return np.stack([part.mean(axis) for part in np.array_split(values, parts, axis)], axis)


def _lines(steps: np.ndarray, characters: Sequence[str]) -> list[str]:
    return ["|" + "".join(characters[step] for step in row) + "|" for row in steps]
