"""Multi-head attention."""

from nbkeras.layers.arguments import positive_integer
from nbkeras.layers.attention.headed import HeadedAttention
from nbkeras.layers.einsum_dense import EinsumDense

__all__ = ["MultiHeadAttention"]


class MultiHeadAttention(HeadedAttention):
    """Attention of several heads with projections of their own: Vaswani et al. (2017), arXiv:1706.03762.

    (batch, queries, features) and (batch, keys, features) → (batch, queries, features of the query).

    Args:
        num_heads: how many.
        key_dim: the size of a head's queries and keys.
        value_dim: that of its values; default `key_dim`.
        dropout: in training, the fraction of the attention weights that are dropped.
        use_bias: whether the projections have biases.
        output_shape: of the output's last axes, an integer or a tuple; default the features of the query.
        attention_axes: the axes along which a query looks for keys; default all but the batch and the features.
        sliding_window: a query sees only keys fewer than this many steps away; default all.
        flash_attention: accepted; it changes no result.
        kernel_initializer, bias_initializer: what the weights start with.
        kernel_regularizer, bias_regularizer: penalties on the weights, added to the loss.
        activity_regularizer: a penalty on what the projections give, added to the loss.
        kernel_constraint, bias_constraint: projections of the weights after each update.
        use_gate: whether what the heads give is multiplied by a sigmoid of a projection of the query.
        seed: an integer, for a stream of random numbers of its own.

    Called as `layer(query, value, key=value, query_mask=None, value_mask=None, key_mask=None, attention_mask=None,
    return_attention_scores=False, training=None, use_causal_mask=False)`. `attention_mask` is (batch, queries, keys),
    and the masks that the inputs carry count too.

    Example:
        >>> x = np.ones((1, 5, 8), "float32")
        >>> y, weights = MultiHeadAttention(num_heads=2, key_dim=4)(x, x, return_attention_scores=True)
        >>> y.shape, weights.shape
        ((1, 5, 8), (1, 2, 5, 5))
    """

    num_heads: int
    key_dim: int
    value_dim: int
    dropout: float
    use_bias: bool
    attention_axes: tuple | None
    query_dense: EinsumDense
    key_dense: EinsumDense
    value_dense: EinsumDense
    output_dense: EinsumDense

    def __init__(
        self,
        num_heads,
        key_dim,
        value_dim=None,
        dropout=0.0,
        use_bias=True,
        output_shape=None,
        attention_axes=None,
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
        self.num_heads = self.query_heads = self.key_heads = positive_integer("num_heads", num_heads)
        self.key_dim = self.key_size = positive_integer("key_dim", key_dim)
        self.value_dim = self.value_size = positive_integer("value_dim", key_dim if value_dim is None else value_dim)
        self.output_shape = self.output_sizes = (output_shape,) if isinstance(output_shape, int) else output_shape
        self.attention_axes = (attention_axes,) if isinstance(attention_axes, int) else attention_axes
