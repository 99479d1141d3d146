"""A layer with a vocabulary: setting it, learning it, writing it to files and reading it from them."""

import os
from pathlib import Path

import numpy as np

from nbkeras import config
from nbkeras.layers.preprocessing.batches import batches_of
from nbkeras.layers.preprocessing.counting import TokenCounts
from nbkeras.layers.preprocessing.host import HostLayer
from nbkeras.layers.preprocessing.vocabulary_file import FILE_NAME, fits_lines, text_of, tokens_of

__all__ = ["VocabularyLayer", "is_path"]


class VocabularyLayer(HostLayer):
    """The tokens that a layer knows, special ones first, and what each of them weighs.

    The indices are: 0 for the mask token, if there is one and `output_mode` is `"int"`; then `num_oov_indices` for
    tokens out of the vocabulary; then the tokens. A subclass knows how tokens are read and found.
    """

    unwritten = ("vocabulary", "idf_weights", "has_input_vocabulary")  # get_config writes what they have become

    def begin_vocabulary(self, vocabulary, idf_weights, size, is_given):
        """Takes the constructor's arguments; `size` is what a configuration says that it was."""
        self.idf = None  # a number for each index, once known
        self._frozen_size = None if size == len(self._special_tokens) else size
        self._is_given = vocabulary is not None if is_given is None else is_given
        self._is_listed = vocabulary is not None and not is_path(vocabulary)  # then configurations hold it
        self._written = (None, None)
        self._take_tokens([])
        self.reset_state()
        if vocabulary is not None:
            self.set_vocabulary(vocabulary, idf_weights)

    # --- what a subclass says -----------------------------------------------------------------------------------

    token_dtype: str

    def read(self, values):
        """`values` as an array of tokens."""
        raise NotImplementedError

    def parsed(self, lines):
        """The tokens in the lines of a file."""
        raise NotImplementedError

    def table(self, tokens):
        """Where the tokens stand."""
        raise NotImplementedError

    # --- the vocabulary -----------------------------------------------------------------------------------------

    @property
    def _has_mask_index(self):
        return self.mask_token is not None and self.output_mode == "int"

    @property
    def _special_tokens(self):
        return [self.mask_token] * self._has_mask_index + [self.oov_token] * self.num_oov_indices

    def get_vocabulary(self, include_special_tokens=True):
        """The tokens in the order of their indices, a list.

        Args:
            include_special_tokens: whether the mask token and those for what is out of the vocabulary come first.
        """
        return (self._special_tokens if include_special_tokens else []) + self._tokens

    def vocabulary_size(self):
        """How many indices there are, special ones included."""
        return len(self._special_tokens) + len(self._tokens)

    def set_vocabulary(self, vocabulary, idf_weights=None):
        """Sets the tokens, in place of `adapt`.

        Args:
            vocabulary: a list or array of tokens, most frequent first, with or without the special ones before them; or
                the path of a text file, a token a line, without special ones.
            idf_weights: inverse document frequencies, one for each token, for `output_mode="tf_idf"`.

        Raises:
            ValueError: for tokens that occur twice, more than `max_tokens`, or weights that do not go with them.
        """
        self._check_weights(idf_weights)
        given = self._listed(vocabulary)
        tokens, has_special = self._without_special(given)
        self._check_tokens(tokens, len(self._special_tokens) + len(tokens))
        self._take_tokens(tokens)
        if idf_weights is not None:
            idf_weights = np.asarray(idf_weights, config.floatx())
            expected = self.vocabulary_size() if has_special else len(tokens)
            if idf_weights.shape != (expected,):
                raise ValueError(f"{self.title} expects {expected} idf_weights, one a token, got {idf_weights.shape}")
            self._take_idf(idf_weights, 0 if has_special else len(self._special_tokens))
        if self._is_listed:
            self._written = (given, None if idf_weights is None else idf_weights.tolist())

    def _check_weights(self, idf_weights):
        if self.output_mode == "tf_idf" and idf_weights is None:
            raise ValueError(f"{self.title} with output_mode='tf_idf' needs idf_weights beside the vocabulary")
        if self.output_mode != "tf_idf" and idf_weights is not None:
            raise ValueError(f"{self.title} takes idf_weights with output_mode='tf_idf', not {self.output_mode!r}")

    def _listed(self, vocabulary):
        if is_path(vocabulary):
            if self.output_mode == "tf_idf":
                raise ValueError(f"{self.title} with output_mode='tf_idf' takes a list, not a file, as vocabulary")
            path = Path(vocabulary)
            if not path.exists():
                raise ValueError(f"{self.title}: there is no vocabulary file '{path}'")
            vocabulary = self.parsed(tokens_of(path.read_bytes()))
        tokens = self.read(vocabulary).ravel().tolist()
        if not tokens:
            raise ValueError(f"{self.title} expects a vocabulary with tokens, got an empty one")
        return tokens

    def _without_special(self, tokens):
        special = self._special_tokens
        has_special = tokens[: len(special)] == special
        return tokens[len(special) :] if has_special else tokens, has_special

    def _check_tokens(self, tokens, size):
        if len(set(tokens)) < len(tokens):
            seen = set()
            twice = sorted({token for token in tokens if token in seen or seen.add(token)})
            raise ValueError(f"{self.title} expects each token once, got twice: {', '.join(map(repr, twice[:10]))}")
        reserved = [self.mask_token, self.oov_token if self.invert else None]
        for token in reserved:
            if token is not None and token in tokens:
                raise ValueError(
                    f"{self.title} keeps the token {token!r} for itself, got it in place {tokens.index(token)}; leave "
                    f"it out, or begin the vocabulary with {self._special_tokens}"
                )
        if self.max_tokens is not None and size > self.max_tokens:
            raise ValueError(
                f"{self.title} has max_tokens={self.max_tokens}, got a vocabulary of {size} with special ones"
            )

    def _take_tokens(self, tokens):
        """Makes `tokens` the vocabulary, whose size, once it decided the shape of outputs, must stay."""
        size = len(self._special_tokens) + len(tokens)
        if tokens:
            if self._frozen_size not in (None, size) and self.output_mode != "int" and not self.pad_to_max_tokens:
                raise RuntimeError(
                    f"{self.title} gives vectors of {self._frozen_size} numbers, its new vocabulary would make them "
                    f"{size} long; make a new layer, or give max_tokens and pad_to_max_tokens=True"
                )
            self._frozen_size = size
        self._tokens = tokens
        self._table = self.table(tokens)

    def _take_idf(self, weights, unknown):
        """Sets the weights: an average one for special tokens that have none, and zeros up to `max_tokens`."""
        weights = np.concatenate([np.full(unknown, weights.mean(), weights.dtype), weights])
        if self.pad_to_max_tokens:
            weights = np.pad(weights, (0, self.max_tokens - len(weights)))
        self.idf = weights

    # --- adapting -----------------------------------------------------------------------------------------------

    def adapt(self, data, steps=None):
        """Makes the vocabulary of the tokens in `data`, the most frequent first, forgetting an earlier one.

        Args:
            data: a list or array of tokens; or an iterable of batches, a dataset say.
            steps: how many batches of an iterable to read; default all.

        Raises:
            ValueError: if the vocabulary was given to the constructor.
        """
        self.reset_state()
        for batch in batches_of(data, steps):
            tokens = self.read(batch)
            self.update_state(tokens[:, None] if batch is data and tokens.ndim == 1 else tokens)
        self.finalize_state()

    def update_state(self, data):
        """Counts the tokens of a batch; a row is a document, and so is data without rows."""
        tokens = self.read(data)
        self.count(tokens.reshape(tokens.shape[0] if tokens.ndim > 1 else 1, -1).tolist())

    def count(self, rows):
        """Counts documents, given as lists of tokens."""
        if self._is_given:
            raise ValueError(f"{self.title} was given its vocabulary, so there is nothing to adapt")
        self._counts.add(rows, by_document=self.output_mode == "tf_idf")

    def finalize_state(self):
        """Makes the vocabulary of what was counted."""
        if self._is_given or not self._counts.tokens:
            return
        most = None if self.max_tokens is None else self.max_tokens - len(self._special_tokens)
        tokens = self._counts.most_frequent(most, without=(self.mask_token, self.oov_token))
        self._take_tokens(tokens)
        if self.output_mode == "tf_idf":
            self._take_idf(self._counts.rarity(tokens).astype(config.floatx()), len(self._special_tokens))
        self.reset_state()

    def reset_state(self):
        """Forgets what was counted."""
        self._counts = TokenCounts()

    # --- files --------------------------------------------------------------------------------------------------

    def get_config(self):
        vocabulary, idf = self._written
        if not self._is_listed and not self._fits_file:
            vocabulary = self.get_vocabulary()
            idf = None if self.idf is None else self.idf[: len(vocabulary)].tolist()
        return {
            **super().get_config(),
            "vocabulary": vocabulary,
            "idf_weights": idf,
            "vocabulary_size": self._frozen_size,
        }

    @classmethod
    def from_config(cls, config):
        """A new layer from what `get_config` returned; a file that it names is not read."""
        cls.check_config(config)
        return super().from_config(config)

    @staticmethod
    def check_config(config):
        """Raises ValueError for the configuration of somebody who wants a file read."""
        if is_path(config.get("vocabulary")):
            raise ValueError(
                f"a configuration names the vocabulary file {config['vocabulary']!r}, and a file is read only where a "
                "program names it: give vocabulary= to the constructor"
            )

    @property
    def _fits_file(self):
        return self.token_dtype != "string" or fits_lines(self.get_vocabulary())

    def save_own_variables(self, store):
        if self.output_mode == "tf_idf" and self.idf is not None:
            store["idf_weights"] = self.idf

    def load_own_variables(self, store):
        if self.output_mode == "tf_idf" and "idf_weights" in store:
            self.idf = np.asarray(store["idf_weights"], config.floatx())

    def asset_names(self):
        """The names of what model files keep beside configuration and weights: nothing, if they hold the vocabulary."""
        return [] if self._is_listed else [FILE_NAME]

    def assets(self):
        """What is kept, as bytes by name."""
        in_config = self._is_listed or not self._fits_file
        return {} if in_config else {FILE_NAME: text_of(self.get_vocabulary())}

    def take_assets(self, assets):
        """Takes what `assets` returned."""
        if FILE_NAME not in assets:
            return
        tokens = tokens_of(assets[FILE_NAME])
        special = list(map(str, self._special_tokens))
        rest = tokens[len(special) :] if tokens[: len(special)] == special else tokens
        if rest:
            tokens = self.parsed(rest)
            self._check_tokens(tokens, len(special) + len(tokens))
            self._take_tokens(tokens)

    def save_assets(self, dir_path):
        """Writes the vocabulary to a file in the folder `dir_path`."""
        for name, content in self.assets().items():
            Path(dir_path, name).write_bytes(content)

    def load_assets(self, dir_path):
        """Reads the vocabulary that `save_assets` wrote."""
        self.take_assets({name: Path(dir_path, name).read_bytes() for name in self.asset_names()})


def is_path(vocabulary):
    return isinstance(vocabulary, (str, os.PathLike))
