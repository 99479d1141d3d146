"""Methods of one gradient, or of the mean of some."""

from typing import Any

import numpy as np

from nbkeras.explain.explanation import Explanation
from nbkeras.explain.passes import is_float
from nbkeras.explain.subject import Subject
from nbkeras.models import Model

__all__ = ["gradient_x_input", "smooth_grad"]


def gradient_x_input(model: Model, x: Any, target: Any = None) -> Explanation:
    """Each input times the gradient of an output with respect to it.

    Shrikumar, Greenside, Shcherbina & Kundaje (2016), *Not just a black box*, arXiv:1605.01713. Where the model looks
    its input up in an `Embedding`, the inputs are the vectors, and their products are added up for each token:
    gradient × embedding, as in Ding & Koehn (2021), *Evaluating saliency methods for neural language models*,
    arXiv:2104.05824.

    Args:
        model: with one output.
        x: examples (rows, …), or one; tokens as (rows, steps).
        target: which output; default the largest of each row.

    Returns:
        An `Explanation`; for a linear model without bias the attributions add up to the output.

    Example:
        >>> gradient_x_input(reviews, tokens[:1]).attributions.shape == tokens[:1].shape
        True
    """
    subject = Subject(model, x)
    targets = subject.targets(target)
    settings = {}
    if subject.table is None:
        subject.require_floats("gradient_x_input")
        found = subject.passes.gradients(subject.leaves, targets)
        attributions = [x * gradient for x, gradient in zip(subject.leaves, found)]
    else:
        calls = subject.passes.gradients_at(subject.table, subject.leaves, targets)
        attributions = [sum((vectors * gradient).sum(-1) for vectors, gradient in calls)]
        settings = {"layer": subject.table.name}
    return subject.explanation("gradient_x_input", attributions, targets, settings=settings)


def smooth_grad(
    model: Model, x: Any, target: Any = None, samples: int = 50, noise: float = 0.15, seed: int = 0
) -> Explanation:
    """The gradient of an output with respect to the inputs, as a mean over inputs with noise.

    Smilkov, Thorat, Kim, Viégas & Wattenberg (2017), *SmoothGrad: removing noise by adding noise*, arXiv:1706.03825.

    Args:
        model: with one output, and one or several inputs of floats.
        x: examples (rows, …), or one.
        target: which output; default the largest of each row.
        samples: how many times noise is added.
        noise: its standard deviation, as a part of the range of values of each example.
        seed: of the noise.

    Returns:
        An `Explanation` whose attributions are gradients: how the output changes with each input, per unit of it.

    Example:
        >>> smooth_grad(digits, images[:1], target=3).attributions.shape == images[:1].shape
        True
    """
    subject = Subject(model, x)
    subject.require_floats("smooth_grad")
    targets = subject.targets(target)
    rng = np.random.default_rng(seed)
    widths = [noise * _range(leaf) for leaf in subject.leaves]
    sums = [np.zeros(leaf.shape) for leaf in subject.leaves]
    for _ in range(int(samples)):
        noisy = [_with_noise(leaf, width, rng) for leaf, width in zip(subject.leaves, widths)]
        for total, gradient in zip(sums, subject.passes.gradients(noisy, targets)):
            total += gradient
    return subject.explanation(
        "smooth_grad",
        [total / int(samples) for total in sums],
        targets,
        settings={"samples": int(samples), "noise": noise},
    )


def _range(leaf):
    """The range of values of each row, in a shape that broadcasts."""
    rows = leaf.reshape(len(leaf), -1)
    return np.ptp(rows, axis=1).reshape(-1, *[1] * (leaf.ndim - 1))


def _with_noise(leaf, width, rng):
    if not is_float(leaf):
        return leaf
    return leaf + (width * rng.standard_normal(leaf.shape)).astype(leaf.dtype)
