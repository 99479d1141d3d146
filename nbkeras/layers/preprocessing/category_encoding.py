"""Integer categories as vectors."""

from nbkeras import ops
from nbkeras.layers.arguments import not_supported, positive_integer
from nbkeras.layers.layer import Layer
from nbkeras.layers.preprocessing.encoding import encoded, output_mode_of

__all__ = ["CategoryEncoding"]


class CategoryEncoding(Layer):
    """Integers from 0 to `num_tokens - 1` as vectors of `num_tokens` numbers.

    Args:
        num_tokens: how many categories there are.
        output_mode: `"multi_hot"`: one vector for the integers of a row, with ones where one occurs; `"count"`: the
            same with how often it does; `"one_hot"`: a vector for each integer.
        sparse: must be False.

    Inputs of shape `(…, n)` give `(…, num_tokens)`; with `"one_hot"` `(…, n, num_tokens)`, but `(…, num_tokens)` where
    `n` is 1. The call takes `count_weights`, of the shape of the inputs, with `"count"`.

    Example:
        >>> CategoryEncoding(num_tokens=4, output_mode="multi_hot")(np.array([[0, 1], [3, 3]]))
        array([[1., 1., 0., 0.],
               [0., 0., 0., 1.]], dtype=float32)
    """

    def __init__(self, num_tokens=None, output_mode="multi_hot", sparse=False, **kwargs):
        super().__init__(**kwargs)
        not_supported(sparse=sparse)
        if num_tokens is None:
            raise ValueError("CategoryEncoding needs num_tokens; where nobody knows it, IntegerLookup learns it")
        self.num_tokens = positive_integer("num_tokens", num_tokens)
        self.output_mode = output_mode_of(output_mode, ("multi_hot", "one_hot", "count"))
        self.sparse = sparse

    def call(self, inputs, count_weights=None):
        if count_weights is not None and self.output_mode != "count":
            raise ValueError(f"{self.title} takes count_weights with output_mode='count', not {self.output_mode!r}")
        indices = ops.cast(inputs, "int32")
        return encoded(indices, self.output_mode, self.num_tokens, self.compute_dtype, count_weights)
