"""Texts in folders as a dataset."""

from pathlib import Path

from nbkeras.data.folders import Folder

__all__ = ["text_dataset_from_directory"]


def text_dataset_from_directory(
    directory,
    labels="inferred",
    label_mode="int",
    class_names=None,
    batch_size=32,
    max_length=None,
    shuffle=True,
    seed=None,
    validation_split=None,
    subset=None,
    follow_links=False,
    format="tf",
    verbose=True,
):
    """The `.txt` files in a folder, where each folder within is a class, as a `Dataset` of `(texts, labels)`.

    Texts are read when they are asked for, as UTF-8: an array of objects, each a `str`, of shape `(rows,)`.

    Args:
        directory: where the folders are.
        max_length: how many characters of a text to keep; default all.
        labels, label_mode, class_names, batch_size, shuffle, seed, validation_split, subset, follow_links, format,
        verbose: as in `image_dataset_from_directory`.

    Returns:
        A dataset with the attributes `class_names` and `file_paths`; for `subset="both"` a list of two.

    Raises:
        ValueError: for a folder without such files.

    Example:
        >>> train = text_dataset_from_directory("aclImdb/train", batch_size=32)
        >>> vectorize = nbkeras.layers.TextVectorization(max_tokens=20000)
        >>> vectorize.adapt(train.map(lambda text, label: text))
        >>> train = train.map(lambda text, label: (vectorize(text), label))
    """

    def load(path):
        return Path(path).read_bytes().decode("utf-8", "replace")[:max_length]

    folder = Folder(
        directory,
        labels,
        label_mode,
        class_names,
        batch_size,
        shuffle,
        seed,
        validation_split,
        subset,
        follow_links,
        verbose,
    )
    return folder.datasets((".txt",), load)
