"""What layers of several attention heads share: projections, masks, and the way through the attention op."""

import functools
import math

from nbkeras import constraints, initializers, naming, ops, random, regularizers
from nbkeras.layers.arguments import fraction, positive_integer
from nbkeras.layers.attention import visibility
from nbkeras.layers.attention.folding import Folding
from nbkeras.layers.building import build_inner
from nbkeras.layers.einsum_dense import EinsumDense
from nbkeras.layers.layer import Layer
from nbkeras.ops.attention import attention

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


class HeadedAttention(Layer):
    """Attention of several heads, each with projections of its own.

    A subclass sets `query_heads`, `key_heads` (a divisor of it), `key_size`, `value_size` and `attention_axes`.
    """

    unwritten = ("flash_attention",)
    attention_axes: tuple | None = None
    output_sizes = None  # of the axes after the queries'; `None`: as many features as the query has
    gate_dense = None
    saved_as = {"gate_dense": "_gate_dense"}  # noqa: RUF012  (in files of weights; never changed)
    masks_queries = False  # whether a query that is masked sees no key; what it then gives is masked for later layers

    def __init__(
        self,
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
    ):
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.dropout = fraction("dropout", dropout)
        self.use_bias = use_bias
        self.sliding_window = None if sliding_window is None else positive_integer("sliding_window", sliding_window)
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.use_gate = use_gate
        self.seed = seed
        if dropout:
            self.seed_generator = random.SeedGenerator(seed)
        self.supports_masking = True

    # --- projections --------------------------------------------------------------------------------------------

    def build(self, query_shape, value_shape, key_shape=None):
        key_shape = value_shape if key_shape is None else key_shape
        self._check_shapes(query_shape, value_shape, key_shape)
        self.query_dense = self._projection("query", query_shape, self.query_heads, self.key_size)
        self.key_dense = self._projection("key", key_shape, self.key_heads, self.key_size)
        if self.use_gate:
            self.gate_dense = self._projection("gate", query_shape, self.query_heads, self.value_size)
        self.value_dense = self._projection("value", value_shape, self.key_heads, self.value_size)
        self.output_dense = self._output_projection(query_shape)
        for inner in ("softmax", "dropout"):  # Keras has such layers within: later ones are named as beside them
            naming.numbered(inner)

    def _check_shapes(self, query_shape, value_shape, key_shape):
        if tuple(value_shape[:-1]) != tuple(key_shape[:-1]):
            raise ValueError(
                f"{self.title} expects a value and a key that differ in the last axis only, got {tuple(value_shape)} "
                f"and {tuple(key_shape)}"
            )
        for name, shape in (("query", query_shape), ("value", value_shape)):
            if len(shape) < 3:
                raise ValueError(f"{self.title} expects a {name} of shape (batch, …, features), got {tuple(shape)}")

    def _projection(self, name, shape, heads, size):
        """Features to heads: (…, features) → (…, heads, size)."""
        axes, new = _LETTERS[: len(shape)], _LETTERS[len(shape) : len(shape) + 2]
        equation = f"{axes},{axes[-1]}{new}->{axes[:-1]}{new}"
        return self._dense(name, equation, shape, (*[None] * (len(shape) - 2), heads, size), new)

    def _output_projection(self, query_shape):
        """Heads to features: (…, heads, size) → (…, features)."""
        sizes = self.output_sizes or (query_shape[-1],)
        shape = (*query_shape[:-1], self.query_heads, self.value_size)
        axes, new = _LETTERS[: len(shape)], _LETTERS[len(shape) : len(shape) + len(sizes)]
        equation = f"{axes},{axes[-2:]}{new}->{axes[:-2]}{new}"
        return self._dense("attention_output", equation, shape, (*[None] * (len(shape) - 3), *sizes), new)

    def _dense(self, name, equation, input_shape, output_shape, bias_axes):
        layer = EinsumDense(
            equation,
            output_shape,
            bias_axes=bias_axes if self.use_bias else None,
            kernel_initializer=_another(self.kernel_initializer),
            bias_initializer=_another(self.bias_initializer),
            kernel_regularizer=self.kernel_regularizer,
            bias_regularizer=self.bias_regularizer,
            kernel_constraint=self.kernel_constraint,
            bias_constraint=self.bias_constraint,
            activity_regularizer=self._activity_regularizer_of(name),
            trainable=self.trainable,
            dtype=self.dtype_policy,
            name=name,
        )
        layer.supports_masking = True  # so that it does not warn of a mask that this layer heeds
        build_inner(layer, input_shape)
        return layer

    def _activity_regularizer_of(self, name):
        """That of a projection: the layer's own, whose output is the last projection's."""
        return None if name == "attention_output" else self.activity_regularizer

    # --- computation --------------------------------------------------------------------------------------------

    def call(
        self,
        query,
        value,
        key=None,
        query_mask=None,
        value_mask=None,
        key_mask=None,
        attention_mask=None,
        return_attention_scores=False,
        training=None,
        use_causal_mask=False,
    ):
        q, v = self.query_dense(query), self.value_dense(value)
        k = self.key_dense(value if key is None else key)
        folding = Folding(q.shape, k.shape, self.attention_axes)
        mask = self._mask(folding, query_mask, value_mask, key_mask, attention_mask, use_causal_mask)
        y, weights = attention(
            folding.fold(q),
            folding.fold(self._for_all_heads(k)),
            folding.fold(self._for_all_heads(v)),
            mask,
            self._dropout_mask(folding, training),
            scale=1 / math.sqrt(self.key_size),
            zero_masked_rows=bool(self.dropout) or return_attention_scores or len(q.shape) != 4,  # as Keras does
        )
        y = folding.unfold(y)
        if self.gate_dense is not None:
            y = y * ops.sigmoid(self.gate_dense(query))
        y = self.output_dense(y)
        return (y, folding.unfold_weights(weights)) if return_attention_scores else y

    def _for_all_heads(self, x):
        """Keys or values once for each head of the queries that shares them."""
        share = self.query_heads // self.key_heads
        return x if share == 1 else ops.repeat(x, share, axis=-2)

    def _dropout_mask(self, folding, training):
        if not (training and self.dropout):
            return None
        # Drawn with the last axes exchanged: that is how the NumPy kernel keeps the weights.
        *rest, queries, keys = folding.weights_shape
        ones = ops.ones((*rest, keys, queries), self.compute_dtype)
        return ops.swapaxes(random.dropout(ones, self.dropout, seed=self.seed_generator), -1, -2)

    def _mask(self, folding, query_mask, value_mask, key_mask, attention_mask, use_causal_mask):
        """Which keys a query sees, in a shape that broadcasts with the weights; `None`: all."""
        given = [
            ("query_mask", query_mask if self.masks_queries else None, lambda mask: folding.fold_steps(mask, -1)),
            ("value_mask", value_mask, lambda mask: folding.fold_steps(mask, -2)),
            ("key_mask", key_mask, lambda mask: folding.fold_steps(mask, -2)),
            ("attention_mask", attention_mask, folding.fold_mask),
        ]
        parts = [self._aligned(name, mask, fold(mask), folding) for name, mask, fold in given if mask is not None]
        queries, keys = folding.weights_shape[-2:]
        if use_causal_mask or self.sliding_window is not None:
            self._check_one_axis(folding)
        if use_causal_mask:
            parts.append(folding.aligned(visibility.causal(queries, keys)))
        if self.sliding_window is not None:
            parts.append(folding.aligned(visibility.window(queries, keys, self.sliding_window)))
        return functools.reduce(ops.logical_and, parts) if parts else None

    def _aligned(self, name, mask, folded, folding):
        """A folded mask as booleans that broadcast with the weights."""
        aligned, full = folding.aligned(ops.cast(folded, "bool")), folding.weights_shape
        if len(aligned.shape) != len(full) or any(m not in (1, n) for m, n in zip(aligned.shape, full)):
            raise ValueError(
                f"{self.title} expects {name} to fit weights of shape (…, heads, queries, keys) = {full}, got a mask "
                f"of shape {tuple(mask.shape)}"
            )
        return aligned

    def _check_one_axis(self, folding):
        if len(folding.axes) > 1:
            raise ValueError(
                f"{self.title}: use_causal_mask and sliding_window expect one attention axis, got {folding.axes}"
            )


def _another(initializer):
    """An initializer of the same configuration that draws numbers of its own."""
    return initializer.clone() if hasattr(initializer, "clone") else initializer
