"""Attention of one head, whose scores are a function of each pair of a query and a key."""

from nbkeras import ops, random
from nbkeras.layers.arguments import choice, fraction
from nbkeras.layers.attention.visibility import causal
from nbkeras.layers.layer import Layer

__all__ = ["AdditiveAttention", "Attention"]


class PairwiseAttention(Layer):
    """What `Attention` and `AdditiveAttention` share; a subclass writes `scores(query, key)`.

    Called on a list `[query, value]` or `[query, value, key]`, with `mask` a list of their masks: values that are
    masked get no weight, queries that are masked an output of zeros, and the query's mask goes on with the output.
    """

    def __init__(self, dropout=0.0, seed=None, **kwargs):
        super().__init__(**kwargs)
        self.dropout = fraction("dropout", dropout)
        self.seed = seed
        if dropout:
            self.seed_generator = random.SeedGenerator(seed)
        self.supports_masking = True

    def scores(self, query, key):
        """How well each key fits each query, (batch, queries, keys); override it."""
        raise NotImplementedError

    def call(self, inputs, mask=None, training=False, return_attention_scores=False, use_causal_mask=False):
        self._check(inputs, mask)
        query, value = inputs[:2]
        key = inputs[2] if len(inputs) > 2 else value
        self._check_sizes(query, key, value)
        scores = self.scores(query, key)
        hidden = _hidden(scores, None if mask is None else mask[1], use_causal_mask)
        if hidden is not None:
            scores = scores - (65504.0 if str(scores.dtype) == "float16" else 1e9) * ops.cast(hidden, scores.dtype)
        weights = ops.softmax(scores, axis=-1)
        if training and self.dropout:
            weights = random.dropout(weights, self.dropout, seed=self.seed_generator)
        output = ops.matmul(weights, value)
        if mask is not None and mask[0] is not None:
            output = output * ops.cast(ops.expand_dims(mask[0], -1), output.dtype)
        return (output, weights) if return_attention_scores else output

    def compute_mask(self, inputs, mask=None):
        self._check(inputs, mask)
        return None if mask is None else mask[0]

    def _check(self, inputs, mask):
        if not isinstance(inputs, (list, tuple)) or len(inputs) not in (2, 3):
            got = f"{len(inputs)} of them" if isinstance(inputs, (list, tuple)) else "a single one"
            raise ValueError(f"{self.title} expects a list of inputs, [query, value] or [query, value, key], got {got}")
        if mask is not None and (not isinstance(mask, (list, tuple)) or not 2 <= len(mask) <= len(inputs)):
            raise ValueError(f"{self.title} expects a list of masks, [query_mask, value_mask], got {mask!r}")

    def _check_sizes(self, query, key, value):
        query_shape, key_shape, value_shape = (tuple(map(int, x.shape)) for x in (query, key, value))
        if query_shape[-1] != key_shape[-1]:
            raise ValueError(
                f"{self.title} expects queries and keys of one size, got shapes {query_shape} and {key_shape}"
            )
        if key_shape[-2] != value_shape[-2]:
            raise ValueError(
                f"{self.title} expects a key for each value, got shapes {key_shape} and {value_shape}: the order is "
                "[query, value, key]"
            )


def _hidden(scores, value_mask, use_causal_mask):
    """Which keys a query is not to see, in a shape that broadcasts with the scores, or `None`."""
    hidden = None if value_mask is None else ops.logical_not(ops.expand_dims(value_mask, -2))
    if use_causal_mask:
        later = ops.logical_not(causal(*scores.shape[-2:]))
        hidden = later if hidden is None else ops.logical_or(hidden, later)
    return hidden


class Attention(PairwiseAttention):
    """Attention by dot products (Luong et al., 2015, arXiv:1508.04025).

    `softmax(query · keyᵀ) · value`, with shapes (batch, queries, size), (batch, keys, size) for the key, (batch, keys,
    value size) for the value, which is the key if none is given.

    Args:
        use_scale: whether the scores are multiplied by a number that is learned.
        score_mode: `"dot"`, or `"concat"`: the sum over `tanh(query + key)`.
        dropout: in training, the fraction of the weights that are dropped.
        seed: an integer, for a stream of random numbers of its own.

    Called as `layer([query, value, key], mask=None, training=False, return_attention_scores=False,
    use_causal_mask=False)`; `key` may be left out, and `mask` is a list.

    Example:
        >>> query, value = np.ones((1, 3, 4), "float32"), np.ones((1, 5, 4), "float32")
        >>> Attention()([query, value]).shape
        (1, 3, 4)
    """

    def __init__(self, use_scale=False, score_mode="dot", dropout=0.0, seed=None, **kwargs):
        super().__init__(dropout, seed, **kwargs)
        self.use_scale = use_scale
        self.score_mode = choice("score_mode", score_mode, ("dot", "concat"))
        self.scale = self.concat_score_weight = None

    def build(self, input_shape):
        if self.use_scale:
            self.scale = self.add_weight(name="scale", shape=(), initializer="ones")
        if self.score_mode == "concat":
            self.concat_score_weight = self.add_weight(name="concat_score_weight", shape=(), initializer="ones")

    def scores(self, query, key):
        if self.score_mode == "dot":
            scores = ops.matmul(query, ops.swapaxes(key, -1, -2))
            return scores if self.scale is None else scores * self.scale
        pairs = ops.expand_dims(query, -2) + ops.expand_dims(key, -3)
        pairs = pairs if self.scale is None else pairs * self.scale
        return self.concat_score_weight * ops.sum(ops.tanh(pairs), axis=-1)


class AdditiveAttention(PairwiseAttention):
    """Attention by sums (Bahdanau et al., 2014, arXiv:1409.0473): the scores are `sum(scale * tanh(query + key))`.

    Args:
        use_scale: whether each feature of the sum has a weight that is learned.
        dropout: in training, the fraction of the weights that are dropped.
        seed: an integer, for a stream of random numbers of its own.

    Shapes and call as of `Attention`.
    """

    base_parameters = ("seed",)

    def __init__(self, use_scale=True, dropout=0.0, **kwargs):
        super().__init__(dropout, **kwargs)
        self.use_scale = use_scale
        self.scale = None

    def build(self, input_shape):
        if self.use_scale:
            self.scale = self.add_weight(name="scale", shape=(input_shape[0][-1],), initializer="glorot_uniform")

    def scores(self, query, key):
        pairs = ops.tanh(ops.expand_dims(query, -2) + ops.expand_dims(key, -3))
        return ops.sum(pairs if self.scale is None else pairs * self.scale, axis=-1)
