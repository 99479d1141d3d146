"""Several categories as one: the bin that a hash of all of them says."""

import numpy as np

from nbkeras.layers.arguments import not_supported, positive_integer
from nbkeras.layers.preprocessing.encoding import encoded, encoded_shape, output_mode_of
from nbkeras.layers.preprocessing.farmhash import MASK, fingerprint64
from nbkeras.layers.preprocessing.host import HostLayer
from nbkeras.text import as_text, is_text

__all__ = ["HashedCrossing"]

KEY = 0xDECAFCAFFE  # with which TensorFlow's `cross_hashed` begins
FACTOR = 0xC6A4A7935BD1E995


class HashedCrossing(HostLayer):
    """The combination of two or more categories of a row as the number of a bin, by a hash, as in Keras on TensorFlow.

    Args:
        num_bins: how many bins there are.
        output_mode: `"int"`, or `"one_hot"`: vectors of `num_bins` numbers.
        sparse: must be False.
        dtype: default `"int64"` for numbers of bins, else `floatx()`.

    The inputs are a list of two or more arrays of text or integers, all of shape `()`, `(batch,)` or `(batch, 1)`.

    Example:
        >>> HashedCrossing(num_bins=5)([np.array(["A", "B", "A"]), np.array([101, 101, 102])])
        array([1, 4, 3])
    """

    def __init__(self, num_bins, output_mode="int", sparse=False, name=None, dtype=None, **kwargs):
        output_mode = output_mode_of(output_mode, ("int", "one_hot"))
        super().__init__(name=name, dtype="int64" if output_mode == "int" and dtype is None else dtype, **kwargs)
        not_supported(sparse=sparse)
        self.num_bins = positive_integer("num_bins", num_bins)
        self.output_mode = output_mode
        self.sparse = sparse

    @property
    def output_dtype(self):
        return self.dtype

    def prepared(self, inputs):
        if not isinstance(inputs, (list, tuple)) or len(inputs) < 2:
            got = f"a list of {len(inputs)}" if isinstance(inputs, (list, tuple)) else type(inputs).__name__
            raise ValueError(f"{self.title} expects a list of two or more inputs to cross, got {got}")
        return [super(HashedCrossing, self).prepared(x) for x in inputs]

    def compute_output_shape(self, input_shape):
        first, *others = map(tuple, input_shape)
        if len(first) > 2 or (len(first) == 2 and first[1] != 1) or any(len(shape) != len(first) for shape in others):
            shapes = ", ".join(str(tuple(shape)) for shape in input_shape)
            raise ValueError(
                f"{self.title} expects inputs of one shape, (), (batch,) or (batch, 1), got {shapes}; cross the "
                "columns of a table one by one, x[:, 0] and x[:, 1]"
            )
        return encoded_shape(first, self.output_mode, self.num_bins)

    def call_on_host(self, inputs):
        self.compute_output_shape([x.shape for x in inputs])
        words = [_words(x, self.title) for x in inputs]
        if len({len(column) for column in words}) > 1:
            raise ValueError(f"{self.title} expects inputs of as many rows, got {[len(column) for column in words]}")
        bins = np.array([_crossed(row) % self.num_bins for row in zip(*words)], np.int64)
        return encoded(bins.reshape(inputs[0].shape), self.output_mode, self.num_bins, self.dtype)

    def get_config(self):
        return {**super().get_config(), "dtype": self.dtype}


def _words(values, title):
    """Each value as 64 bits: integers are themselves, texts their fingerprints."""
    if is_text(values.dtype):
        return [fingerprint64(text.encode()) for text in as_text(values, title=title).ravel().tolist()]
    if values.dtype.kind not in "iub":
        raise ValueError(f"{title} expects text or integers, got {values.dtype}; make bins of floats by Discretization")
    return [int(value) & MASK for value in values.ravel().tolist()]


def _crossed(words):
    """One word of several: TensorFlow's FingerprintCat64, over and over."""
    result = KEY
    for word in words:
        result = ((result ^ FACTOR) ^ _mixed(word * FACTOR) * FACTOR & MASK) * FACTOR & MASK
        result = _mixed(_mixed(result) * FACTOR)
    return result


def _mixed(value):
    value &= MASK
    return value ^ value >> 47
