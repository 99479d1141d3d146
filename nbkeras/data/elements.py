"""The elements of a dataset: arrays and texts, in tuples and dictionaries."""

from dataclasses import dataclass

import numpy as np

from nbkeras import config
from nbkeras.text import as_text, is_text

__all__ = ["ElementSpec", "as_element", "mapped", "padded", "parts", "spec_of", "stacked"]


@dataclass(frozen=True)
class ElementSpec:
    """Shape (`None` where it may differ from element to element) and name of the dtype of an array in elements."""

    shape: tuple
    dtype: str


def mapped(function, element, *others):
    """`function` of each array in an element, and in others of its structure."""
    if isinstance(element, tuple):
        return tuple(mapped(function, *items) for items in zip(element, *others))
    if isinstance(element, dict):
        return {key: mapped(function, item, *(other[key] for other in others)) for key, item in element.items()}
    return None if element is None else function(element, *others)


def as_element(value):
    """`value` with arrays for lists and for what other libraries call arrays; texts and NumPy's arrays stay."""
    return mapped(_as_leaf, value)


def _as_leaf(value):
    if isinstance(value, (np.ndarray, np.generic, str)):
        return as_text(value) if isinstance(value, np.ndarray) and value.dtype.kind in "SUT" else value
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    array = np.asarray(value)
    if is_text(array.dtype):
        return as_text(value)
    if isinstance(value, (list, int, float)) and array.dtype.name in ("float64", "int64"):
        return array.astype(config.floatx() if array.dtype.kind == "f" else "int32")
    return array


def parts(batch):
    """The elements that a batch, or arrays with as many rows, are made of."""
    lengths = []
    mapped(lambda array: lengths.append(len(array)), batch)
    if len(set(lengths)) != 1:
        raise ValueError(f"a dataset is made of arrays with as many rows each, got {lengths}")
    return (mapped(lambda array, row=row: array[row], batch) for row in range(lengths[0]))


def stacked(elements):
    """The elements of a list as one, each array with an axis more before the others."""
    return mapped(lambda *leaves: _stacked(leaves), *elements)


def _stacked(leaves):
    if isinstance(leaves[0], str):
        return as_text(list(leaves))
    arrays = [np.asarray(leaf) for leaf in leaves]
    shapes = {array.shape for array in arrays}
    if len(shapes) > 1:
        told = " and ".join(map(str, sorted(shapes)[:2]))
        raise ValueError(f"a batch needs elements of one shape, got {told}; bring them to one, or use padded_batch")
    return np.stack(arrays)


def padded(elements):
    """As `stacked`, with zeros, or empty texts, at the end of arrays that are shorter than others."""
    return mapped(lambda *leaves: _padded(leaves), *elements)


def _padded(leaves):
    if isinstance(leaves[0], str):
        return as_text(list(leaves))
    arrays = [np.asarray(leaf) for leaf in leaves]
    if len({array.ndim for array in arrays}) > 1:
        raise ValueError("a padded batch needs elements with as many axes each")
    shape = [max(sizes) for sizes in zip(*(array.shape for array in arrays))]
    dtype = arrays[0].dtype
    batch = np.full((len(arrays), *shape), "" if is_text(dtype) else 0, dtype)
    for place, array in enumerate(arrays):
        batch[(place, *map(slice, array.shape))] = array
    return batch


def spec_of(element, batched):
    """Shapes and dtypes in an element, of which a batch may have any number of rows."""

    def spec(leaf):
        if isinstance(leaf, str):
            return ElementSpec((), "string")
        array = np.asarray(leaf)
        shape = (None, *array.shape[1:]) if batched else array.shape
        return ElementSpec(shape, "string" if is_text(array.dtype) else array.dtype.name)

    return mapped(spec, element)
