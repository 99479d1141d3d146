"""The rows that are held out for validation."""

import math

from nbkeras import tree
from nbkeras.data.adapter import arrays_of
from nbkeras.data.arrays import is_array_like

__all__ = ["train_validation_split"]


def train_validation_split(x, y=None, sample_weight=None, validation_split=0.2, text=False):
    """Two triples `(x, y, sample_weight)`: the first rows, and the last ones, a share of `validation_split`.

    `text`: whether `x` may hold text. Rows are not shuffled before: sorted data must be, by whoever calls `fit`.

    Raises:
        ValueError: if either part would have no rows, or `x` is a source of batches.
    """
    if not 0 < validation_split < 1:
        percent = f"; {validation_split} % is {validation_split / 100:g}" if 1 <= validation_split < 100 else ""
        raise ValueError(
            f"validation_split expects a share of the rows between 0 and 1, got {validation_split}{percent}"
        )
    if not (is_array_like(x) or isinstance(x, (list, tuple, dict))):
        raise ValueError(f"validation_split needs arrays, got a {type(x).__name__}; give validation_data instead")
    parts = arrays_of(x, y, sample_weight, text)
    rows = len(tree.flatten(parts[0])[0])
    first = math.floor(rows * (1.0 - validation_split))
    if first in (0, rows):
        raise ValueError(
            f"validation_split={validation_split} of {rows} rows leaves {first} for training and {rows - first} for "
            "validation; give more data or another share"
        )
    return _rows(parts, slice(first)), _rows(parts, slice(first, rows))


def _rows(parts, chosen):
    return tree.map_structure(lambda array: None if array is None else array[chosen], parts)
