"""Attention in which groups of heads share keys and values."""

from nbkeras.layers.arguments import positive_integer
from nbkeras.layers.attention.headed import HeadedAttention

__all__ = ["GroupQueryAttention", "GroupedQueryAttention"]


class GroupedQueryAttention(HeadedAttention):
    """Multi-head attention in which groups of query heads share keys and values: Ainslie et al. (2023).

    (batch, queries, features) and (batch, keys, features) → (batch, queries, features of the query);
    https://arxiv.org/abs/2305.13245.

    Args:
        head_dim: the size of a head's queries, keys and values.
        num_query_heads: how many heads of queries.
        num_key_value_heads: how many of keys and values, a divisor of `num_query_heads`.

    The other arguments, and the call, as of `MultiHeadAttention`. Also called `GroupQueryAttention`, as in Keras.

    Raises:
        ValueError: if `num_query_heads` is not a multiple of `num_key_value_heads`.
    """

    masks_queries = True
    saved_as = {f"{part}_dense": f"_{part}_dense" for part in ("query", "key", "gate", "value", "output")}  # noqa: RUF012

    def __init__(
        self,
        head_dim,
        num_query_heads,
        num_key_value_heads,
        dropout=0.0,
        use_bias=True,
        sliding_window=None,
        flash_attention=None,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        use_gate=False,
        seed=None,
        **kwargs,
    ):
        super().__init__(
            dropout,
            use_bias,
            sliding_window,
            kernel_initializer,
            bias_initializer,
            kernel_regularizer,
            bias_regularizer,
            activity_regularizer,
            kernel_constraint,
            bias_constraint,
            use_gate,
            seed,
            **kwargs,
        )
        self.head_dim = self.key_size = self.value_size = positive_integer("head_dim", head_dim)
        self.num_query_heads = self.query_heads = positive_integer("num_query_heads", num_query_heads)
        self.num_key_value_heads = self.key_heads = positive_integer("num_key_value_heads", num_key_value_heads)
        if self.query_heads % self.key_heads:
            raise ValueError(
                f"{self.title} expects num_query_heads to be a multiple of num_key_value_heads, got "
                f"{num_query_heads} and {num_key_value_heads}"
            )

    def _activity_regularizer_of(self, name):
        return self.activity_regularizer


GroupQueryAttention = GroupedQueryAttention
