"""Images of any range of values as bytes."""

from typing import Any

import numpy as np

__all__ = ["as_bytes"]

Array = np.ndarray[Any, Any]


def as_bytes(images: Array, low: float, high: float) -> Array:
    """Images as uint8.

    Args:
        images: of any numeric dtype.
        low, high: the least and the largest value of all data that they are from: within 0–1, 0–255 and −1–1 these
            ranges are black to white, else `low` to `high` is.
    """
    if images.dtype == np.uint8:
        return images
    for black, white in ((0.0, 1.0), (-1.0, 1.0), (0.0, 255.0)):
        if black <= low and high <= white:
            low, high = black, white
            break
    scaled = (np.nan_to_num(images.astype(np.float64), nan=low) - low) / ((high - low) or 1.0)
    return (scaled.clip(0, 1) * 255 + 0.5).astype(np.uint8)
