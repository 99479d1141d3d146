"""Texts as their places in a vocabulary."""

from nbkeras.layers.preprocessing.index_lookup import IndexLookup
from nbkeras.layers.preprocessing.tables import TextTable
from nbkeras.text import as_text

__all__ = ["StringLookup"]


class StringLookup(IndexLookup):
    """Texts as integers, their places in a vocabulary that is given or learned by `adapt`; or integers as texts.

    Text is any array or list of strings or bytes; what comes back is an array of objects, each a `str`.

    Args:
        max_tokens: the largest size of the vocabulary, special tokens included; default any.
        num_oov_indices: how many indices there are for what is not in the vocabulary. With more than one, a hash says
            which; with 0, such a text is an error.
        mask_token: a text that gets index 0, with `output_mode="int"`, or counts for nothing.
        oov_token: stands in the vocabulary for what is not in it; with `invert` it comes out for unknown indices.
        vocabulary: a list or array of texts, or the path of a text file with one on each line.
        idf_weights: inverse document frequencies of the vocabulary, for `"tf_idf"`.
        invert: whether to turn indices into texts.
        output_mode: `"int"`; `"one_hot"`: a vector for each; `"multi_hot"`, `"count"`, `"tf_idf"`: a vector for the
            last axis, with ones, counts, or counts weighted by rarity. Vectors are as long as the vocabulary.
        pad_to_max_tokens: whether vectors are `max_tokens` long instead.
        sparse: must be False.
        encoding: of bytes.
        salt: an integer, or two, by which the hash gives other indices.

    Example:
        >>> layer = StringLookup(vocabulary=["a", "b", "c"])
        >>> layer([["a", "c", "?"], ["b", "a", "a"]])
        array([[1, 3, 0],
               [2, 1, 1]])
        >>> StringLookup(vocabulary=["a", "b"], invert=True)(np.array([2, 0, 1]))
        array(['b', '[UNK]', 'a'], dtype=object)
    """

    token_dtype = "string"

    def __init__(
        self,
        max_tokens=None,
        num_oov_indices=1,
        mask_token=None,
        oov_token="[UNK]",
        vocabulary=None,
        idf_weights=None,
        invert=False,
        output_mode="int",
        pad_to_max_tokens=False,
        sparse=False,
        encoding="utf-8",
        name=None,
        salt=None,
        **kwargs,
    ):
        self.encoding = encoding
        super().__init__(
            max_tokens=max_tokens,
            num_oov_indices=num_oov_indices,
            mask_token=mask_token,
            oov_token=oov_token,
            vocabulary=vocabulary,
            idf_weights=idf_weights,
            invert=invert,
            output_mode=output_mode,
            pad_to_max_tokens=pad_to_max_tokens,
            sparse=sparse,
            name=name,
            salt=salt,
            **kwargs,
        )

    def read(self, values):
        return as_text(values, self.encoding, self.title)

    def parsed(self, lines):
        return lines

    def table(self, tokens):
        return TextTable(tokens)
