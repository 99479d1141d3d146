"""Texts as sequences of integers, or as vectors."""

import numpy as np

from nbkeras.layers.arguments import choice, not_supported
from nbkeras.layers.preprocessing.batches import batches_of
from nbkeras.layers.preprocessing.encoding import output_mode_of
from nbkeras.layers.preprocessing.host import HostLayer
from nbkeras.layers.preprocessing.index_lookup import OUTPUT_MODES
from nbkeras.layers.preprocessing.string_lookup import StringLookup
from nbkeras.layers.preprocessing.tokens import SPLITS, STANDARDS, ngrams_of, split_text, standard_text
from nbkeras.serialization import deserialize_keras_object
from nbkeras.text import as_text

__all__ = ["TextVectorization"]

IN_LOOKUP = ("max_tokens", "pad_to_max_tokens", "sparse", "vocabulary", "idf_weights", "encoding", "vocabulary_size")


class TextVectorization(HostLayer):
    """Texts as the indices of their tokens: each is standardised, split, and its tokens are looked up in a vocabulary.

    Index 0 fills up short texts, 1 is for what is not in the vocabulary. Text is any array or list of strings or bytes.

    Args:
        max_tokens: the largest size of the vocabulary, special tokens included; default any.
        standardize: `"lower_and_strip_punctuation"`, `"lower"`, `"strip_punctuation"`, `None`, or a function from an
            array of strings to one. As in Keras, `"lower"` knows the letters from A to Z.
        split: `"whitespace"`, `"character"`, `None` (each text is a token, each row a sequence of them), or a function
            from an array of strings to a list of lists of tokens.
        ngrams: `n` for runs of up to `n` neighbours as tokens, or a tuple of lengths.
        output_mode: `"int"`: sequences of indices; `"multi_hot"`, `"count"`, `"tf_idf"`: a vector for each text.
        output_sequence_length: to which sequences are cut or filled up; default that of the longest in the batch.
        pad_to_max_tokens: whether vectors are `max_tokens` long rather than as the vocabulary.
        vocabulary: a list or array of tokens, or the path of a text file with one on each line.
        idf_weights: inverse document frequencies of the vocabulary, for `"tf_idf"`.
        sparse, ragged: must be False.
        encoding: of bytes.

    Example:
        >>> layer = TextVectorization(output_mode="int", output_sequence_length=4)
        >>> layer.adapt(["The cat sat.", "The dog!"])
        >>> layer.get_vocabulary()
        ['', '[UNK]', 'the', 'sat', 'dog', 'cat']
        >>> layer(["the dog sat there"])
        array([[2, 4, 3, 1]])
    """

    unwritten = (*IN_LOOKUP, "has_input_vocabulary")

    def __init__(
        self,
        max_tokens=None,
        standardize="lower_and_strip_punctuation",
        split="whitespace",
        ngrams=None,
        output_mode="int",
        output_sequence_length=None,
        pad_to_max_tokens=False,
        vocabulary=None,
        idf_weights=None,
        sparse=False,
        ragged=False,
        encoding="utf-8",
        name=None,
        *,
        vocabulary_size=None,
        has_input_vocabulary=None,
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        not_supported(ragged=ragged)
        self.standardize = _choice_or_function("standardize", standardize, STANDARDS)
        self.split = _choice_or_function("split", split, SPLITS)
        self.ngrams = tuple(ngrams) if isinstance(ngrams, list) else ngrams
        self.output_mode = output_mode_of(output_mode, OUTPUT_MODES)
        self.output_sequence_length = output_sequence_length
        self.ragged = ragged
        self._check_arguments()
        self._lookup_layer = StringLookup(
            max_tokens=max_tokens,
            vocabulary=vocabulary,
            idf_weights=idf_weights,
            pad_to_max_tokens=pad_to_max_tokens,
            mask_token="",
            output_mode=self.output_mode,
            sparse=sparse,
            encoding=encoding,
            has_input_vocabulary=has_input_vocabulary,
            vocabulary_size=vocabulary_size,
        )

    def _check_arguments(self):
        lengths = self.ngrams if isinstance(self.ngrams, tuple) else (self.ngrams,)
        if self.ngrams is not None and not all(isinstance(length, int) and length > 0 for length in lengths):
            raise ValueError(f"ngrams expects a positive integer, a tuple of them or None, got {self.ngrams!r}")
        length = self.output_sequence_length
        if self.output_mode != "int" and length is not None:
            raise ValueError(f"output_sequence_length goes with output_mode='int', not {self.output_mode!r}")
        if length is not None and not isinstance(length, int):
            raise ValueError(f"output_sequence_length expects an integer or None, got {length!r}")

    # --- the vocabulary -----------------------------------------------------------------------------------------

    def get_vocabulary(self, include_special_tokens=True):
        """The tokens in the order of their indices, a list; the first two are special."""
        return self._lookup_layer.get_vocabulary(include_special_tokens)

    def vocabulary_size(self):
        """How many indices there are, special ones included."""
        return self._lookup_layer.vocabulary_size()

    def set_vocabulary(self, vocabulary, idf_weights=None):
        """Sets the tokens, in place of `adapt`; see `StringLookup.set_vocabulary`."""
        self._lookup_layer.set_vocabulary(vocabulary, idf_weights)

    def adapt(self, data, batch_size=None, steps=None):
        """Makes the vocabulary of the tokens in `data`, the most frequent first, forgetting an earlier one.

        Args:
            data: a list or array of texts; or an iterable of batches, a dataset say.
            batch_size: accepted for Keras' sake.
            steps: how many batches of an iterable to read; default all.
        """
        self.reset_state()
        for batch in batches_of(data, steps):
            text = as_text(batch, self._lookup_layer.encoding, self.title)
            self.update_state(text[:, None] if batch is data and text.ndim == 1 else text)
        self.finalize_state()

    def update_state(self, data):
        """Counts the tokens of a batch of texts, each of which is a document."""
        rows, _ = self._tokens_of(as_text(data, self._lookup_layer.encoding, self.title))
        self._lookup_layer.count(rows)

    def finalize_state(self):
        """Makes the vocabulary of what was counted."""
        self._lookup_layer.finalize_state()

    def reset_state(self):
        """Forgets what was counted."""
        self._lookup_layer.reset_state()

    # --- calling ------------------------------------------------------------------------------------------------

    @property
    def output_dtype(self):
        return self._lookup_layer.output_dtype

    def compute_output_shape(self, input_shape):
        shape = tuple(input_shape)
        texts = shape[:-1] if len(shape) > 1 else shape
        length = None if self.split is not None or self.ngrams is not None else shape[-1] if len(shape) > 1 else 1
        shape = (*texts, length)
        if self.output_mode != "int":
            return self._lookup_layer.compute_output_shape(shape)
        if self.output_sequence_length is None:
            return shape
        return (*shape[:-1], self.output_sequence_length)

    def call_on_host(self, inputs):
        rows, shape = self._tokens_of(as_text(inputs, self._lookup_layer.encoding, self.title))
        longest = max(map(len, rows), default=0)
        length = longest if self.output_sequence_length is None else self.output_sequence_length
        indices = self._lookup_layer.indices(np.array([token for row in rows for token in row], object))
        filled = np.full((len(rows), length), 0 if self.output_mode == "int" else -1)
        start = 0
        for target, row in zip(filled, rows):
            kept = indices[start : start + len(row)][:length]
            target[: len(kept)] = kept
            start += len(row)
        return self._lookup_layer.encode(filled.reshape(*shape, length))

    def _tokens_of(self, text):
        """The tokens of each text, as a flat list of lists, and the shape that the texts had."""
        text = self._standardized(text)
        if self.split is not None and text.ndim > 1:
            if text.shape[-1] != 1:
                raise ValueError(
                    f"{self.title} expects texts of shape (batch,) or (batch, 1), got {text.shape}; pass one column, "
                    "or give split=None if each is a token"
                )
            text = text[..., 0]
        if self.split is None:
            shape = text.shape[:-1] if text.ndim > 1 else text.shape
            rows = text.reshape(-1, text.shape[-1] if text.ndim > 1 else 1).tolist()
        else:
            shape, rows = text.shape, self._split(text)
        if self.ngrams is not None:
            lengths = range(1, self.ngrams + 1) if isinstance(self.ngrams, int) else self.ngrams
            rows = [ngrams_of(row, lengths) for row in rows]
        return rows, shape

    def _standardized(self, text):
        if self.standardize is None:
            return text
        if callable(self.standardize):
            return as_text(self.standardize(text.astype(str)), title=f"{self.title}, standardize")
        result = np.empty(text.size, object)
        result[:] = [standard_text(item, self.standardize) for item in text.ravel().tolist()]
        return result.reshape(text.shape)

    def _split(self, text):
        if not callable(self.split):
            return [split_text(item, self.split) for item in text.ravel().tolist()]
        parts = self.split(text.ravel().astype(str))
        return [as_text(row, title=f"{self.title}, split").tolist() for row in parts]

    # --- files --------------------------------------------------------------------------------------------------

    def get_config(self):
        inner = self._lookup_layer.get_config()
        return {**super().get_config(), **{name: inner[name] for name in IN_LOOKUP}}

    @classmethod
    def from_config(cls, config):
        """A new layer from what `get_config` returned."""
        StringLookup.check_config(config)
        functions = {
            name: deserialize_keras_object(config[name])
            for name in ("standardize", "split")
            if isinstance(config.get(name), dict)
        }
        return cls(**{**config, **functions})

    def save_own_variables(self, store):
        self._lookup_layer.save_own_variables(store)

    def load_own_variables(self, store):
        self._lookup_layer.load_own_variables(store)

    def asset_names(self):
        """The names of what model files keep beside configuration and weights."""
        return self._lookup_layer.asset_names()

    def assets(self):
        """What is kept, as bytes by name."""
        return self._lookup_layer.assets()

    def take_assets(self, assets):
        """Takes what `assets` returned."""
        self._lookup_layer.take_assets(assets)

    def save_assets(self, dir_path):
        """Writes the vocabulary to a file in the folder `dir_path`."""
        self._lookup_layer.save_assets(dir_path)

    def load_assets(self, dir_path):
        """Reads the vocabulary that `save_assets` wrote."""
        self._lookup_layer.load_assets(dir_path)


def _choice_or_function(name, value, choices):
    return value if value is None or callable(value) else choice(name, value, choices)
