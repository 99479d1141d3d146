"""Grad-CAM: where a convolution sees what speaks for an output."""

from typing import Any

import numpy as np

from nbkeras.explain.explanation import Explanation
from nbkeras.explain.subject import Subject
from nbkeras.layers import Layer
from nbkeras.layers.convolution import Windowed
from nbkeras.models import Model

__all__ = ["grad_cam", "last_convolution"]


def grad_cam(model: Model, x: Any, target: Any = None, layer: str | Layer | None = None) -> Explanation:
    """Where the maps of a convolution speak for an output: `relu(Σ_k mean(∂s / ∂A_k) A_k)`.

    Selvaraju, Cogswell, Das, Vedantam, Parikh & Batra (2017), *Grad-CAM: visual explanations from deep networks via
    gradient-based localization*, arXiv:1610.02391. `s` is the output before its softmax or other activation, as there.

    Args:
        model: with one output.
        x: examples (rows, …), or one.
        target: which output; default the largest of each row.
        layer: the layer, its label or its name; default the last convolution.

    Returns:
        An `Explanation` whose attributions have the size of the layer's maps: (rows, height, width), or (rows, steps)
        for a convolution over steps.

    Raises:
        ValueError: if the model has no convolution, or the layer gives no maps.

    Example:
        >>> grad_cam(digits, images[:1], layer="conv2d_1").attributions.shape
        (1, 11, 11)
    """
    subject = Subject(model, x)
    targets = subject.targets(target)
    chosen = _chosen(subject, layer)
    maps, gradients = subject.passes.gradients_at(chosen, subject.leaves, targets, raw=True)[-1]
    if maps.ndim < 3:
        raise ValueError(f"grad_cam expects a layer that gives maps, {chosen.title} gives the shape {maps.shape}")
    if getattr(chosen, "data_format", None) == "channels_first":
        maps, gradients = np.moveaxis(maps, 1, -1), np.moveaxis(gradients, 1, -1)
    weights = gradients.astype("float64").mean(tuple(range(1, maps.ndim - 1)), keepdims=True)
    attributions = np.maximum((maps * weights).sum(-1), 0)
    return Explanation(
        "grad_cam",
        attributions,
        subject.inputs,
        subject.outputs,
        targets,
        tokens=subject.table is not None,
        settings={"layer": chosen.name},
    )


def last_convolution(subject: Subject) -> Layer | None:
    """The convolution that is computed last, if there is one."""
    convolutions = [layer for layer in subject.layers if isinstance(layer, Windowed)]
    calls = subject.passes.calls(convolutions, [leaf[:1] for leaf in subject.leaves])
    return calls[-1].layer if calls else None


def _chosen(subject, layer):
    if isinstance(layer, Layer):
        return layer
    found = subject.layer(layer) if layer is not None else last_convolution(subject)
    if found is None:
        raise ValueError(
            f"grad_cam expects a model with a convolution, {subject.model.title} has none; "
            "integrated_gradients and occlusion need none"
        )
    return found
