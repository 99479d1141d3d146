"""Sound in folders as a dataset."""

import numpy as np

from nbkeras.data.folders import Folder
from nbkeras.data.sound import read_wav, resampled

__all__ = ["audio_dataset_from_directory"]


def audio_dataset_from_directory(
    directory,
    labels="inferred",
    label_mode="int",
    class_names=None,
    batch_size=32,
    sampling_rate=None,
    output_sequence_length=None,
    ragged=False,
    shuffle=True,
    seed=None,
    validation_split=None,
    subset=None,
    follow_links=False,
    verbose=True,
):
    """The `.wav` files in a folder, where each folder within is a class, as a `Dataset` of `(sounds, labels)`.

    Sounds are read when they are asked for: floats from -1 to 1, of shape `(rows, samples, channels)`.

    Args:
        directory: where the folders are.
        sampling_rate: how many samples a second shall have; default as in the file.
        output_sequence_length: to how many samples sounds are cut, or filled up with zeros; default, with zeros to the
            longest of the batch.
        ragged: must be False.
        labels, label_mode, class_names, batch_size, shuffle, seed, validation_split, subset, follow_links, verbose: as
        in `image_dataset_from_directory`.

    Returns:
        A dataset with the attributes `class_names` and `file_paths`; for `subset="both"` a list of two.

    Raises:
        ValueError: for a folder without such files.
        ImportError: for a file that is no plain PCM, without the package `soundfile`.
    """
    if ragged:
        raise ValueError("there are no ragged arrays here; leave ragged out, and short sounds are filled up with zeros")
    for name, value in (("sampling_rate", sampling_rate), ("output_sequence_length", output_sequence_length)):
        if value is not None and (not isinstance(value, int) or value < 1):
            raise ValueError(f"{name} expects a positive integer or None, got {value!r}")

    def load(path):
        samples, rate = read_wav(path)
        if sampling_rate is not None:
            samples = resampled(samples, rate, sampling_rate)
        if output_sequence_length is None:
            return samples
        samples = samples[:output_sequence_length]
        return np.pad(samples, [(0, output_sequence_length - len(samples)), (0, 0)])

    folder = Folder(
        directory, labels, label_mode, class_names, batch_size, shuffle, seed, validation_split, subset, follow_links,
        verbose, padded=output_sequence_length is None,
    )  # fmt: skip
    return folder.datasets((".wav",), load)
