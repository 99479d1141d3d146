"""Categories without a vocabulary: each goes into the bin that a hash of it says."""

import numpy as np

from nbkeras import config
from nbkeras.layers.arguments import not_supported, positive_integer
from nbkeras.layers.preprocessing.buckets import bins_of, salt_of
from nbkeras.layers.preprocessing.encoding import encoded, encoded_shape, output_mode_of
from nbkeras.layers.preprocessing.host import HostLayer
from nbkeras.text import as_text, is_text

__all__ = ["Hashing"]


class Hashing(HostLayer):
    """Texts or integers as numbers of bins, by a hash: nothing to adapt, and different categories may share a bin.

    The bins are those of Keras on TensorFlow: the remainder of FarmHash's Fingerprint64, or with `salt` of SipHash.

    Args:
        num_bins: how many there are.
        mask_value: the value that goes into bin 0, which then is for it alone.
        salt: an integer, or two, by which other bins come out.
        output_mode: `"int"`, or `"one_hot"`, `"multi_hot"`, `"count"` as in `CategoryEncoding`.
        sparse: must be False.
        dtype: default `"int64"` for numbers of bins, else `floatx()`.

    Inputs are text or integers of any shape (floats are cut to integers).

    Example:
        >>> Hashing(num_bins=3)(np.array([["A"], ["B"], ["C"], ["D"], ["E"]])).ravel()
        array([1, 0, 1, 1, 2])
    """

    def __init__(self, num_bins, mask_value=None, salt=None, output_mode="int", sparse=False, **kwargs):
        if kwargs.get("dtype") is None:
            kwargs["dtype"] = "int64" if output_mode == "int" else config.floatx()
        super().__init__(**kwargs)
        not_supported(sparse=sparse)
        self.num_bins = positive_integer("num_bins", num_bins)
        self.output_mode = output_mode_of(output_mode, ("int", "one_hot", "multi_hot", "count"))
        if self.output_mode == "int" and self.dtype not in ("int32", "int64"):
            raise ValueError(f"Hashing with output_mode='int' expects dtype int32 or int64, got {self.dtype}")
        self.mask_value = mask_value
        self.salt = salt_of("Hashing", salt)
        self.sparse = sparse

    @property
    def output_dtype(self):
        return self.dtype

    def compute_output_shape(self, input_shape):
        return encoded_shape(input_shape, self.output_mode, self.num_bins)

    def call_on_host(self, inputs):
        values = as_text(inputs, title=self.title) if is_text(inputs.dtype) else inputs.astype(np.int64)
        reserved = int(self.mask_value is not None and self.num_bins > 1)
        bins = bins_of(values, self.num_bins - reserved, self.salt) + reserved
        if reserved:
            bins = np.where(inputs == self.mask_value, 0, bins)
        return encoded(bins, self.output_mode, self.num_bins, self.dtype)
