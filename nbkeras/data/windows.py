"""Windows of a series as a dataset."""

import numpy as np

from nbkeras.data.dataset import Dataset

__all__ = ["timeseries_dataset_from_array"]


def timeseries_dataset_from_array(
    data,
    targets,
    sequence_length,
    sequence_stride=1,
    sampling_rate=1,
    batch_size=128,
    shuffle=False,
    seed=None,
    start_index=None,
    end_index=None,
    format="tf",
):
    """Windows that slide over a series, as a `Dataset` of batches `(windows, targets)`, or of windows alone.

    Args:
        data: the series, its first axis the time.
        targets: what belongs to the window that begins at each step, as many or fewer; `None`: windows alone.
        sequence_length: steps of a window.
        sequence_stride: steps from the begin of a window to that of the next.
        sampling_rate: steps from one element of a window to the next.
        batch_size: `None` for single windows.
        shuffle: whether windows come in random order, another one in each pass.
        seed: of the order; `None`: as `set_random_seed` says.
        start_index, end_index: the part of the series to use, `data[start_index:end_index]`.
        format: accepted for Keras' sake; the dataset is of this library.

    Raises:
        ValueError: for indices, strides or rates that do not fit the series.

    Example:
        >>> series = np.arange(10.0)
        >>> dataset = timeseries_dataset_from_array(series[:-3], series[3:], sequence_length=3, batch_size=2)
        >>> next(iter(dataset))
        (array([[0., 1., 2.],
               [1., 2., 3.]]), array([3., 4.]))
    """
    _check(len(data), start_index, end_index, sampling_rate, sequence_stride)
    part = slice(start_index or 0, end_index)
    data = np.asarray(data)[part]
    targets = None if targets is None else np.asarray(targets)[part]
    windows = len(data) - (sequence_length - 1) * sampling_rate
    if targets is not None:
        windows = min(windows, len(targets))
    starts = np.arange(0, windows, sequence_stride)
    steps = np.arange(sequence_length) * sampling_rate

    def at(begin):
        """The windows that begin at an integer, or at those of an array."""
        window = data[np.asarray(begin)[..., None] + steps]
        return window if targets is None else (window, targets[begin])

    chosen = Dataset.from_tensor_slices(starts)
    if shuffle:
        chosen = chosen.shuffle(max(1, len(starts)), seed=seed)
    return chosen.map(at) if batch_size is None else chosen.batch(batch_size).map(at)


def _check(length, start, end, rate, stride):
    if start is not None and not 0 <= start < length:
        raise ValueError(f"start_index expects an index of the series, from 0 to {length - 1}, got {start}")
    if end is not None and not (start or 0) < end < length:
        raise ValueError(f"end_index expects an index of the series after start_index {start or 0}, got {end}")
    for name, value in (("sampling_rate", rate), ("sequence_stride", stride)):
        if not 0 < value < length:
            raise ValueError(f"{name} expects 1 or more, and less than the length {length} of the series, got {value}")
