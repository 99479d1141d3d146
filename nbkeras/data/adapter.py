"""From whatever `fit` is given to batches."""

from collections.abc import Iterable

from nbkeras import tree
from nbkeras.data.array_batches import ArrayBatches
from nbkeras.data.arrays import check_finite, check_lengths, is_array_like, structure_of_arrays
from nbkeras.data.batches import Batches
from nbkeras.data.py_dataset import PyDataset, PyDatasetBatches
from nbkeras.data.streams import StreamBatches
from nbkeras.data.weights import weights_of_rows

__all__ = ["adapter", "arrays_of"]


def adapter(x, y=None, sample_weight=None, batch_size=None, steps=None, shuffle=False, class_weight=None, text=False):
    """The `Batches` of some data.

    Args:
        x: an array, or a list, tuple or dictionary of arrays; a DataFrame; or a source of batches: a `PyDataset`, a
            generator, any iterable of `(x, y)` or `(x, y, sample_weight)`, which then has the targets and weights.
        y: targets, in the same forms.
        sample_weight: a weight for each row, or a structure of weights like `y`.
        batch_size: default 32; sources of batches decide themselves.
        steps: batches in an epoch.
        shuffle: `True`, or `"batch"` for rows within their batch only.
        class_weight: a dictionary from class to the weight of its rows.
        text: whether `x` may hold text, for a model that reads it.

    Raises:
        ValueError: for lengths that differ, text, NaN, or arguments that do not go with `x`.
    """
    if isinstance(x, Batches):
        return x
    if is_array_like(x) or isinstance(x, dict) or (isinstance(x, (list, tuple)) and _of_arrays(x)):
        x, y, sample_weight = arrays_of(x, y, sample_weight, text)
        if y is not None:
            check_finite(x, "x")
            check_finite(y, "y")
        if class_weight is not None:
            if sample_weight is not None:
                raise ValueError("class_weight and sample_weight exclude each other; multiply them into sample_weight")
            sample_weight = weights_of_rows(y, class_weight)
        return ArrayBatches(x, y, sample_weight, batch_size=batch_size, steps=steps, shuffle=shuffle)
    _refuse_beside(x, y=y, sample_weight=sample_weight)
    if isinstance(x, PyDataset):
        return PyDatasetBatches(x, steps=steps, shuffle=shuffle, class_weight=class_weight, text=text)
    if isinstance(x, Iterable) and not isinstance(x, (str, bytes)):
        return StreamBatches(x, steps=steps, class_weight=class_weight, text=text)
    raise ValueError(f"x expects arrays, a DataFrame, a PyDataset or an iterable of batches, got {type(x).__name__}")


def arrays_of(x, y=None, sample_weight=None, text=False):
    """All three as arrays or structures of arrays, of as many rows, and at least one."""
    x, y = structure_of_arrays(x, "x", text), structure_of_arrays(y, "y")
    sample_weight = structure_of_arrays(sample_weight, "sample_weight")
    check_lengths(x=x, y=y, sample_weight=sample_weight)
    leaves = tree.flatten(x)
    if not leaves or len(leaves[0]) == 0:
        raise ValueError("x expects at least one row, got none")
    return x, y, sample_weight


def _of_arrays(x):
    """Whether a list or tuple is one of inputs, not one of batches."""
    return all(leaf is None or is_array_like(leaf) for leaf in x)


def _refuse_beside(x, **given):
    for name, value in given.items():
        if value is not None:
            raise ValueError(
                f"{name} cannot be given beside a {type(x).__name__}, whose batches hold it: (x, y) or "
                "(x, y, sample_weight)"
            )
