"""Attention: each query looks at all keys and takes a weighted mean of their values."""

from nbkeras.layers.attention.grouped_query import GroupedQueryAttention, GroupQueryAttention
from nbkeras.layers.attention.multi_head import MultiHeadAttention
from nbkeras.layers.attention.pairwise import AdditiveAttention, Attention

__all__ = ["AdditiveAttention", "Attention", "GroupQueryAttention", "GroupedQueryAttention", "MultiHeadAttention"]
