"""Attention of several heads as one op."""

from nbkeras.ops.core import cast
from nbkeras.ops.dispatch import fused
from nbkeras.ops.elementwise import where
from nbkeras.ops.linear import matmul
from nbkeras.ops.nn import softmax
from nbkeras.ops.reductions import any
from nbkeras.ops.shaping import swapaxes

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
