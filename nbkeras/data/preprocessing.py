"""Small preparations of data: one-hot rows, vectors of length one, sequences of one length, two parts."""

import numpy as np

from nbkeras.random import host_generator

__all__ = ["normalize", "pad_sequences", "split_dataset", "to_categorical"]


def to_categorical(x, num_classes=None):
    """Integer classes as one-hot rows of float64: an axis of `num_classes` is added.

    Args:
        x: classes from 0, an array or list of any shape; a last axis of size 1 is dropped.
        num_classes: default the largest class and one.

    Raises:
        ValueError: for a class that is negative or not below `num_classes`.

    Example:
        >>> to_categorical([0, 2], 3)
        array([[1., 0., 0.],
               [0., 0., 1.]])
    """
    classes = np.asarray(x, dtype="int64")
    if classes.ndim > 1 and classes.shape[-1] == 1:
        classes = classes[..., 0]
    count = int(classes.max(initial=-1)) + 1 if num_classes is None else int(num_classes)
    wrong = classes[(classes < 0) | (classes >= count)]
    if wrong.size:
        raise ValueError(f"to_categorical expects classes from 0 to {count - 1}, got {wrong.flat[0]}")
    return np.eye(count)[classes]


def normalize(x, axis=-1, order=2):
    """`x` divided by its `order`-norm along `axis`; a vector of zeros stays.

    Example:
        >>> normalize(np.array([3.0, 4.0]))
        array([[0.6, 0.8]])
    """
    x = np.atleast_1d(np.asarray(x))
    if x.ndim == 1:
        x = x[None]
    norm = np.linalg.norm(x, ord=order, axis=axis, keepdims=True)
    return x / np.where(norm == 0, 1, norm)


def pad_sequences(sequences, maxlen=None, dtype="int32", padding="pre", truncating="pre", value=0.0):
    """Sequences of differing lengths as one array of shape `(len(sequences), maxlen, …)`.

    Args:
        sequences: lists or arrays, each of shape `(steps, …)`.
        maxlen: default the longest length.
        dtype: of the result.
        padding: whether `value` fills a short sequence from its beginning (`"pre"`) or at its end (`"post"`).
        truncating: which side of a long sequence is cut.
        value: what fills.

    Example:
        >>> pad_sequences([[1], [2, 3]])
        array([[0, 1],
               [2, 3]], dtype=int32)
    """
    for name, side in (("padding", padding), ("truncating", truncating)):
        if side not in ("pre", "post"):
            raise ValueError(f"{name} must be 'pre' or 'post', got {side!r}")
    rows = [np.asarray(row) for row in sequences]
    for number, row in enumerate(rows):
        if row.ndim == 0:
            raise ValueError(f"pad_sequences expects a list of sequences, got {row.item()!r} in place {number}")
    length = max(map(len, rows), default=0) if maxlen is None else maxlen
    inner = next((row.shape[1:] for row in rows if len(row)), ())
    padded = np.full((len(rows), length, *inner), value, dtype=dtype)
    for target, row in zip(padded, rows):
        if row.shape[1:] != inner and len(row):
            raise ValueError(f"pad_sequences expects steps of one shape, got {inner} and {row.shape[1:]}")
        kept = row[:length] if truncating == "post" else row[max(0, len(row) - length) :]
        if len(kept):
            target[_side(padding, len(kept), length)] = kept
    return padded


def _side(padding, steps, length):
    return slice(0, steps) if padding == "post" else slice(length - steps, length)


def split_dataset(dataset, left_size=None, right_size=None, shuffle=False, seed=None, preferred_backend=None):
    """Datasets of the first rows of arrays or of a `Dataset`, and of the last ones.

    Args:
        dataset: an array, or a tuple, list or dictionary of arrays with the same number of rows; or a `Dataset`, which
            is gone over once.
        left_size, right_size: a share of the rows, or their number; one that is not given is what the other leaves.
        shuffle: whether to shuffle the rows before.
        seed: of the shuffling; `None`: as `set_random_seed` says.
        preferred_backend: must be `None`.

    Returns:
        Two of this library's `Dataset`s, whose elements are single rows; of a dataset in batches, batches.

    Raises:
        ValueError: if the sizes do not fit the rows.

    Example:
        >>> train, held_out = split_dataset((np.ones((10, 2)), np.ones(10)), left_size=0.8, shuffle=True, seed=0)
        >>> len(train), next(iter(held_out.batch(32)))[0].shape
        (8, (2, 2))
    """
    from nbkeras.data.dataset import Dataset  # which most sessions never need

    if preferred_backend is not None:
        raise ValueError(
            f"split_dataset makes datasets of nbkeras, not of {preferred_backend}: leave preferred_backend out"
        )
    if not isinstance(dataset, Dataset):
        of_arrays = isinstance(dataset, list) and hasattr(dataset[0], "shape")
        dataset = Dataset.from_tensor_slices(tuple(dataset) if of_arrays else dataset)
    return dataset.split(lambda rows: _chosen(rows, left_size, right_size, shuffle, seed))


def _chosen(rows, left_size, right_size, shuffle, seed):
    """The places of the rows of either part."""
    left, right = _sizes(rows, left_size, right_size)
    order = np.arange(rows)
    if shuffle:
        (host_generator() if seed is None else np.random.default_rng(seed)).shuffle(order)
    return order[:left], order[rows - right :]


def _sizes(rows, left, right):
    if left is None and right is None:
        raise ValueError("split_dataset needs left_size or right_size")
    left, right = (round(size * rows) if isinstance(size, float) else size for size in (left, right))
    left = rows - right if left is None else left
    right = rows - left if right is None else right
    if left < 1 or right < 1 or left + right > rows:
        raise ValueError(f"split_dataset cannot make parts of {left} and {right} rows from {rows}")
    return left, right
