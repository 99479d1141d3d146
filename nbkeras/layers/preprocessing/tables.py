"""Where each token of a vocabulary stands."""

import numpy as np

__all__ = ["IntegerTable", "TextTable"]


class TextTable:
    """The places of texts, by a dictionary."""

    def __init__(self, tokens):
        self._places = {token: place for place, token in enumerate(tokens)}

    def find(self, keys):
        """The place of each of `keys`, an array of any shape, as int64; -1 for one that is not there."""
        get = self._places.get
        return np.fromiter((get(key, -1) for key in keys.ravel()), np.int64, keys.size).reshape(keys.shape)


class IntegerTable:
    """The places of integers, by bisection."""

    def __init__(self, tokens):
        tokens = np.asarray(tokens, np.int64)
        self._order = np.argsort(tokens, kind="stable")
        self._sorted = tokens[self._order]

    def find(self, keys):
        """As `TextTable.find`."""
        if not self._sorted.size:
            return np.full(keys.shape, -1, np.int64)
        nearest = np.minimum(np.searchsorted(self._sorted, keys), self._sorted.size - 1)
        return np.where(self._sorted[nearest] == keys, self._order[nearest], -1)
