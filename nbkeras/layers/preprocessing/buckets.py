"""The bins that hashes put texts and integers into: the same ones as in TensorFlow, so that saved models agree."""

import numpy as np

from nbkeras.layers.preprocessing.farmhash import fingerprint64
from nbkeras.layers.preprocessing.siphash import siphash

__all__ = ["bins_of", "salt_of"]


def salt_of(owner, salt):
    """`salt`, an integer or two, as a list of two; `None` stays."""
    if salt is None:
        return None
    if isinstance(salt, int) and not isinstance(salt, bool):
        return [salt, salt]
    if isinstance(salt, (list, tuple)) and len(salt) == 2 and all(isinstance(part, int) for part in salt):
        return list(salt)
    raise ValueError(f"{owner} expects salt as an integer or two of them, got {salt!r}")


def bins_of(values, count, salt=None):
    """The bin of each value, from 0 to `count - 1`, as int64.

    Args:
        values: an array of text (of objects, each a `str`) or of integers, which hash as their decimal digits.
        count: of bins.
        salt: two integers, by which other bins come out; without it the hash is FarmHash's, with it SipHash's.
    """
    flat = values.ravel().tolist()
    bins = {}  # by value: most occur often
    for value in set(flat):
        text = str(value).encode()
        bins[value] = (fingerprint64(text) if salt is None else siphash(text, salt)) % count
    return np.fromiter(map(bins.__getitem__, flat), np.int64, len(flat)).reshape(values.shape)
