"""Attention of several heads."""

import math

from nbkeras.ops.activations import softmax
from nbkeras.ops.core import cast
from nbkeras.ops.dispatch import fused, op, run
from nbkeras.ops.dtypes import as_dtype, as_float, promoted
from nbkeras.ops.elementwise import tanh, where
from nbkeras.ops.linear import matmul
from nbkeras.ops.reductions import any
from nbkeras.ops.shaping import expand_dims, swapaxes

__all__ = ["dot_product_attention"]

HIDDEN = {"float16": -4.5e4, "bfloat16": -2e38, "float32": -2e38, "float64": -1e308}


@fused
def attention(query, key, value, mask=None, dropout=None, *, scale, zero_masked_rows=False):
    """`softmax(scale · query · keyᵀ) · value` for each head: Vaswani et al. (2017), arXiv:1706.03762.

    Args:
        query, key, value: (…, queries, heads, size), (…, keys, heads, size) and (…, keys, heads, value size).
        mask: booleans that broadcast to (…, heads, queries, keys): which keys a query sees.
        dropout: what the weights are multiplied by before they meet the values, of their shape.
        scale: of the scores.
        zero_masked_rows: whether a query that sees no key gets weights of 0, instead of equal ones.

    Returns:
        (…, queries, heads, value size), and the weights (…, heads, queries, keys) before dropout.
    """
    q, k, v = (swapaxes(x, -2, -3) for x in (query, key, value))
    scores = matmul(q * scale, swapaxes(k, -1, -2))
    if mask is not None:
        scores = where(mask, scores, HIDDEN[str(scores.dtype)])
    weights = softmax(scores, axis=-1)
    if zero_masked_rows and mask is not None:
        weights = weights * cast(any(mask, axis=-1, keepdims=True), weights.dtype)
    used = weights if dropout is None else weights * dropout
    return swapaxes(matmul(used, v), -2, -3), weights


@op
def dot_product_attention(
    query,
    key,
    value,
    bias=None,
    mask=None,
    scale=None,
    is_causal=False,
    flash_attention=None,
    attn_logits_soft_cap=None,
):
    """`softmax(query · keyᵀ * scale + bias) · value` for each head.

    Args:
        query, key, value: of shape `(batch, length, heads, size)`.
        bias: added to the scores `(batch, heads, query length, key length)`.
        mask: where it is false, a key is not attended to; broadcasts with the scores.
        scale: default `1 / sqrt(size)`.
        is_causal: whether a query sees only keys up to its own position.
    """
    query, key = promoted(as_float(query), as_float(key))
    scale = 1 / math.sqrt(query.shape[-1]) if scale is None else scale
    q, k, v = (swapaxes(x, 1, 2) for x in (query, key, as_float(value)))
    scores = run("matmul", q, swapaxes(k, -1, -2)) * scale
    scores = scores if bias is None else scores + bias
    if attn_logits_soft_cap is not None:
        scores = tanh(scores / attn_logits_soft_cap) * attn_logits_soft_cap
    scores = _hide(scores, mask, is_causal)
    return swapaxes(run("matmul", softmax(scores), v), 1, 2)


def _hide(scores, mask, is_causal):
    hidden = -0.7 * 3.4028235e38 if str(scores.dtype) != "float16" else -3e4
    if mask is not None:
        scores = where(as_dtype(mask, "bool"), scores, hidden)
    if is_causal:
        rows, columns = (run("arange", start=0, stop=int(n), step=1, dtype="int32") for n in scores.shape[-2:])
        scores = where(expand_dims(rows, -1) >= columns, scores, hidden)
    return scores
