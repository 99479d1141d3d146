"""The base of the layers with a vocabulary: tokens as their places in it, or back."""

import numpy as np

from nbkeras import config
from nbkeras.layers.arguments import choice, not_supported
from nbkeras.layers.preprocessing.buckets import bins_of, salt_of
from nbkeras.layers.preprocessing.encoding import encoded, encoded_shape, output_mode_of
from nbkeras.layers.preprocessing.vocabulary import VocabularyLayer

__all__ = ["IndexLookup"]

OUTPUT_MODES = ("int", "one_hot", "multi_hot", "count", "tf_idf")


class IndexLookup(VocabularyLayer):
    """What `StringLookup` and `IntegerLookup` share: arguments, and what they compute."""

    base_parameters = ("oov_method",)

    def __init__(
        self,
        max_tokens=None,
        num_oov_indices=1,
        mask_token=None,
        oov_token=None,
        vocabulary=None,
        idf_weights=None,
        invert=False,
        output_mode="int",
        sparse=False,
        pad_to_max_tokens=False,
        oov_method="floormod",
        salt=None,
        name=None,
        *,
        vocabulary_size=None,
        has_input_vocabulary=None,
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        not_supported(sparse=sparse)
        self.max_tokens = max_tokens
        self.num_oov_indices = num_oov_indices
        self.mask_token = mask_token
        self.oov_token = oov_token
        self.invert = invert
        self.output_mode = output_mode_of(output_mode, OUTPUT_MODES)
        self.sparse = sparse
        self.pad_to_max_tokens = pad_to_max_tokens
        self.oov_method = choice("oov_method", oov_method, ("floormod", "farmhash"))
        self.salt = salt_of(type(self).__name__, salt)
        self._check_arguments(idf_weights, vocabulary)
        self.begin_vocabulary(vocabulary, idf_weights, vocabulary_size, has_input_vocabulary)

    def _check_arguments(self, idf_weights, vocabulary):
        name = type(self).__name__
        if self.max_tokens is not None and self.max_tokens <= 1:
            raise ValueError(f"{name} expects max_tokens greater than 1 or None, got {self.max_tokens}")
        if self.pad_to_max_tokens and self.max_tokens is None:
            raise ValueError(f"{name} with pad_to_max_tokens=True needs max_tokens")
        if self.num_oov_indices < 0:
            raise ValueError(f"{name} expects num_oov_indices of 0 or more, got {self.num_oov_indices}")
        if self.invert and self.output_mode != "int":
            raise ValueError(
                f"{name} with invert=True gives tokens: output_mode must be 'int', not {self.output_mode!r}"
            )
        if idf_weights is not None and self.output_mode != "tf_idf":
            raise ValueError(f"{name} takes idf_weights with output_mode='tf_idf', not {self.output_mode!r}")
        if self.output_mode == "tf_idf" and vocabulary is not None and idf_weights is None:
            raise ValueError(f"{name} with a vocabulary and output_mode='tf_idf' needs idf_weights, one for each token")

    # --- calling ------------------------------------------------------------------------------------------------

    @property
    def output_dtype(self):
        if self.invert:
            return self.token_dtype
        return "int64" if self.output_mode == "int" else config.floatx()

    @property
    def _depth(self):
        """The length of an output vector; `None` if it is not known yet."""
        return self.max_tokens if self.pad_to_max_tokens else self._frozen_size

    def compute_output_shape(self, input_shape):
        return encoded_shape(input_shape, self.output_mode, self._depth)

    def call_on_host(self, inputs):
        if self.invert:
            return self._tokens_at(inputs)
        if self.output_mode != "int" and self._depth is None:
            raise RuntimeError(f"{self.title} has no vocabulary yet; call adapt(data), or give vocabulary")
        return self.encode(self.indices(inputs))

    def encode(self, indices):
        """Indices in the layer's output mode; those that are negative count for nothing."""
        mode = "count" if self.output_mode == "tf_idf" else self.output_mode
        outputs = encoded(indices, mode, self._depth, self.output_dtype)
        if self.output_mode != "tf_idf":
            return outputs
        if self.idf is None:
            raise RuntimeError(f"{self.title} has no idf_weights yet; call adapt(data), or give them")
        return outputs * self.idf

    def indices(self, values):
        """The index of each token in an array."""
        shape = np.shape(values)
        tokens = self.read(values).ravel()
        found = self._table.find(tokens)
        indices = found + len(self._special_tokens)
        unknown = found < 0
        if self.mask_token is not None:
            masked = tokens == self.mask_token
            indices = np.where(masked, 0 if self._has_mask_index else -1, indices)
            unknown &= ~masked
        if unknown.any():
            indices[unknown] = self._oov_bins(tokens[unknown]) + int(self._has_mask_index)
        return indices.reshape(shape)

    def _oov_bins(self, tokens):
        if self.num_oov_indices == 0:
            raise ValueError(
                f"{self.title} has num_oov_indices=0 and got what is not in its vocabulary: {tokens[0]!r}; leave room "
                "for it with num_oov_indices=1"
            )
        if self.num_oov_indices == 1:
            return 0
        if tokens.dtype.kind == "i" and self.oov_method == "floormod":
            return tokens % self.num_oov_indices
        return bins_of(tokens, self.num_oov_indices, self.salt)

    def _tokens_at(self, indices):
        tokens = np.array([*self.get_vocabulary(), self.oov_token], object if self.token_dtype == "string" else "int64")
        indices = indices.astype(np.int64)
        outside = (indices < 0) | (indices >= len(tokens) - 1)
        return tokens[np.where(outside, len(tokens) - 1, indices)]
