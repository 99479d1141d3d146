"""The weights of attention layers."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nbkeras.explain.randomization import Stage
from nbkeras.explain.subject import Subject
from nbkeras.layers import Layer
from nbkeras.layers.attention.headed import HeadedAttention
from nbkeras.layers.attention.pairwise import PairwiseAttention
from nbkeras.models import Model

__all__ = ["AttentionMap", "AttentionMaps", "attention_layers", "attention_maps"]


@dataclass(frozen=True)
class AttentionMap:
    """The weights in one call of a layer.

    Attributes:
        layer: its name.
        weights: (rows, heads, queries, keys); each query's sum to 1, unless all its keys are masked.
    """

    layer: str
    weights: np.ndarray


@dataclass(frozen=True)
class AttentionMaps:
    """The weights of a model's attention layers, in the order in which they compute.

    Attributes:
        maps: one for each call of a layer.
        inputs, outputs, targets, sanity: as of `Explanation`.
    """

    maps: tuple[AttentionMap, ...]
    inputs: Any
    outputs: np.ndarray
    targets: np.ndarray
    sanity: tuple[Stage, ...] = field(default=())

    @property
    def attributions(self) -> list[np.ndarray]:
        """The weights of each map."""
        return [one.weights for one in self.maps]


def attention_maps(model: Model, x: Any, layer: str | Layer | None = None) -> AttentionMaps:
    """How much each query attends to each key, for every head of every attention layer.

    Bahdanau, Cho & Bengio (2014), arXiv:1409.0473; Vaswani et al. (2017), arXiv:1706.03762. They say where a layer
    looks, which need not be why the model gives what it gives: Jain & Wallace (2019), *Attention is not explanation*,
    arXiv:1902.10186.

    Args:
        model: with one output.
        x: examples, or one.
        layer: a layer, its label or its name; default all attention layers.

    Raises:
        ValueError: if there is no such layer, or one that attends along several axes at once.

    Example:
        >>> [(one.layer, one.weights.shape) for one in attention_maps(transformer, tokens[:1]).maps]
        [('multi_head_attention', (1, 4, 80, 80))]
    """
    subject = Subject(model, x)
    chosen = _chosen(subject, layer)
    found: list[AttentionMap] = []

    def asking(layer, call, args, kwargs):
        asked = kwargs.get("return_attention_scores")
        outputs, weights = call(*args, **{**kwargs, "return_attention_scores": True})
        found.append(AttentionMap(layer.name, _with_heads(layer, np.asarray(weights))))
        return (outputs, weights) if asked else outputs

    subject.passes.through(chosen, asking, subject.leaves)
    if not found:
        raise ValueError(f"{chosen[0].title} takes no part in what {model.title} computes")
    return AttentionMaps(tuple(found), subject.inputs, subject.outputs, subject.targets())


def attention_layers(model: Model) -> list[Layer]:
    """The layers of a model that weigh keys for queries."""
    return [layer for layer in model._flatten_layers() if isinstance(layer, (HeadedAttention, PairwiseAttention))]


def _chosen(subject, layer):
    layers = attention_layers(subject.model)
    if layer is not None:
        one = layer if isinstance(layer, Layer) else subject.layer(layer)
        layers = [one] if one in layers else []
    if not layers:
        what = f"{subject.model.title} has none" if layer is None else f"'{layer}' is none"
        raise ValueError(f"attention_maps expects a layer such as MultiHeadAttention or Attention, {what}")
    return layers


def _with_heads(layer, weights):
    if weights.ndim == 3:
        return weights[:, None]
    if weights.ndim != 4:
        raise ValueError(f"attention_maps expects attention along one axis, {layer.title} weighs {weights.shape}")
    return weights
