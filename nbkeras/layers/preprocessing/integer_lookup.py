"""Integers as their places in a vocabulary."""

import numpy as np

from nbkeras.layers.preprocessing.index_lookup import IndexLookup
from nbkeras.layers.preprocessing.tables import IntegerTable
from nbkeras.text import is_text

__all__ = ["IntegerLookup"]


class IntegerLookup(IndexLookup):
    """Any integers as integers without gaps, their places in a vocabulary that is given or learned; or back.

    Args:
        vocabulary: a list or array of integers, or the path of a text file with one on each line.
        vocabulary_dtype: must be `"int64"`.
        oov_method: which index an unknown integer gets where there are several: `"floormod"`, its remainder, or
            `"farmhash"`, as a hash says.
        salt: for `"farmhash"`: an integer, or two, by which the hash gives other indices.
        max_tokens, num_oov_indices, mask_token, oov_token, idf_weights, invert, output_mode, sparse,
        pad_to_max_tokens: as in `StringLookup`.

    Example:
        >>> IntegerLookup(vocabulary=[12, 36, 1138, 42])(np.array([[12, 1138, 42], [42, 1000, 36]]))
        array([[1, 3, 4],
               [4, 0, 2]])
    """

    token_dtype = "int64"

    def __init__(
        self,
        max_tokens=None,
        num_oov_indices=1,
        mask_token=None,
        oov_token=-1,
        vocabulary=None,
        vocabulary_dtype="int64",
        idf_weights=None,
        invert=False,
        output_mode="int",
        sparse=False,
        pad_to_max_tokens=False,
        oov_method="floormod",
        salt=None,
        name=None,
        **kwargs,
    ):
        if vocabulary_dtype != "int64":
            raise ValueError(f"IntegerLookup expects vocabulary_dtype='int64', got {vocabulary_dtype!r}")
        if salt is not None and oov_method != "farmhash":
            raise ValueError(f"IntegerLookup takes salt with oov_method='farmhash', not {oov_method!r}")
        self.vocabulary_dtype = vocabulary_dtype
        super().__init__(
            max_tokens=max_tokens,
            num_oov_indices=num_oov_indices,
            mask_token=mask_token,
            oov_token=oov_token,
            vocabulary=vocabulary,
            idf_weights=idf_weights,
            invert=invert,
            output_mode=output_mode,
            sparse=sparse,
            pad_to_max_tokens=pad_to_max_tokens,
            oov_method=oov_method,
            salt=salt,
            name=name,
            **kwargs,
        )

    def read(self, values):
        values = np.asarray(values)
        if is_text(values.dtype):
            raise ValueError(
                f"{self.title} expects integers, got {values.ravel()[:1].tolist()}; StringLookup takes text"
            )
        return values.astype(np.int64)

    def parsed(self, lines):
        return [int(line) for line in lines]

    def table(self, tokens):
        return IntegerTable(tokens)
