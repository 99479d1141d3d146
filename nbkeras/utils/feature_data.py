"""The tables that a `FeatureSpace` is given, as arrays and datasets."""

from collections.abc import Iterable, Iterator

import numpy as np

from nbkeras.data import Dataset
from nbkeras.text import as_text

__all__ = ["as_array", "as_dataset", "column_of", "standing"]

BATCH = 32  # rows that are adapted to at once, as in Keras: the quantiles of batches are merged


def as_array(values):
    """A column, or a single value, as an array; text as an array of objects."""
    if isinstance(values, str) or (isinstance(values, (list, tuple)) and values and isinstance(values[0], str)):
        return as_text(values)
    values = values.to_numpy() if hasattr(values, "to_numpy") else np.asarray(values)
    return as_text(values) if values.dtype.kind in "OSTU" else values


def standing(array):
    """A column, or a single value, as an array of shape (rows, 1)."""
    return array.reshape(1, 1) if array.ndim == 0 else array[:, None] if array.ndim == 1 else array


def as_dataset(data, title):
    """What a space adapts to as a dataset: it is gone over once for each column."""
    if isinstance(data, dict):
        return _in_batches({column: as_array(values) for column, values in data.items()})
    if isinstance(data, Dataset):
        return data
    if isinstance(data, Iterable) and not isinstance(data, Iterator) and not hasattr(data, "shape"):
        return Dataset.from_generator(lambda: data)
    raise ValueError(
        f"{title}.adapt expects a dictionary of columns or a Dataset of such, got {type(data).__name__}; of a frame "
        "give dict(frame)"
    )


def _in_batches(arrays):
    rows = len(next(iter(arrays.values())))

    def begin(number):
        return ({key: x[at : at + BATCH] for key, x in arrays.items()} for at in range(0, rows, BATCH))

    return Dataset(begin, -(-rows // BATCH))


def column_of(dataset, column):
    """The batches of a column, each of shape (rows, 1)."""
    values = dataset.map(lambda row: row[column])
    rank = np.ndim(next(iter(values)))
    if rank == 0:
        values = values.batch(BATCH)
    return values.map(standing) if rank < 2 else values
