"""Whether a model reads its inputs as sequences."""

from nbkeras.layers import (
    RNN,
    AdditiveAttention,
    Attention,
    Bidirectional,
    Conv1D,
    Conv1DTranspose,
    DepthwiseConv1D,
    GroupedQueryAttention,
    MultiHeadAttention,
    SeparableConv1D,
    TimeDistributed,
)
from nbkeras.models import Model

__all__ = ["reads_sequences"]

ON_SEQUENCES = (
    RNN,
    Bidirectional,
    TimeDistributed,
    Conv1D,
    Conv1DTranspose,
    DepthwiseConv1D,
    SeparableConv1D,
    Attention,
    AdditiveAttention,
    MultiHeadAttention,
    GroupedQueryAttention,
)


def reads_sequences(model: Model) -> bool:
    """Whether a layer works along one axis of steps, so that an array of rank 3 is no stack of gray images."""
    return any(isinstance(layer, ON_SEQUENCES) for layer in model._flatten_layers())
