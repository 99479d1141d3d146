"""Integrated gradients."""

from typing import Any

import numpy as np

from nbkeras.explain.explanation import Explanation
from nbkeras.explain.passes import CHUNK
from nbkeras.explain.subject import Subject
from nbkeras.models import Model

__all__ = ["TOLERANCE", "integrated_gradients"]

STEPS = (32, 64, 128, 256, 512)  # smooth networks need the first; a ReLU network of 512 units took up to the last
TOLERANCE = 1e-3
SMALL = 1e-6  # a difference this small beside the outputs is rounding, and no residual is relative to it


def integrated_gradients(
    model: Model, x: Any, target: Any = None, baseline: Any = 0.0, steps: int | None = None
) -> Explanation:
    """The share of each input in the change of an output between a baseline and an example.

    `(x - b) · ∫ ∂f(b + a (x - b)) da` over a from 0 to 1: Sundararajan, Taly & Yan (2017), *Axiomatic attribution for
    deep networks*, arXiv:1703.01365. The attributions add up to `f(x) - f(b)` (completeness), which `residual`
    measures. The integral is taken by the Gauss-Legendre rule.

    Args:
        model: with one output, and one or several inputs of floats; inputs of whole numbers among them are held.
        x: examples (rows, …), or one.
        target: which output; default the largest of each row.
        baseline: a number, or an array of the shape of one example; default 0.
        steps: points on the way; by default 32, doubled until the residual is at most 0.001, up to 512.

    Raises:
        ValueError: for a model that reads tokens, a target that it does not have, a baseline that does not fit.

    Example:
        >>> integrated_gradients(net, X[0]).attributions.shape
        (1, 4)
    """
    subject = Subject(model, x)
    subject.require_floats("integrated_gradients")
    start, targets = subject.baseline(baseline), subject.targets(target)
    gap = subject.values(subject.leaves, targets) - subject.values(start, targets)
    for count in STEPS if steps is None else (int(steps),):
        attributions = _along(subject, start, targets, count)
        residual = _residual(attributions, gap, subject.outputs)
        if residual.max() <= TOLERANCE:
            break
    return subject.explanation(
        "integrated_gradients",
        attributions,
        targets,
        baseline=subject.packed(start),
        settings={"steps": count},
        residual=residual,
        gap=gap,
    )


def _along(subject, start, targets, steps):
    """The attributions from `steps` points between the baselines `start` and the inputs."""
    nodes, weights = np.polynomial.legendre.leggauss(steps)
    nodes, weights = (nodes + 1) / 2, weights / 2
    sums = [np.zeros(leaf.shape) for leaf in subject.leaves]
    together = max(1, CHUNK // subject.rows)
    for first in range(0, steps, together):
        part = slice(first, first + together)
        points = [_between(b, x, nodes[part]) for b, x in zip(start, subject.leaves)]
        found = subject.passes.gradients(points, np.tile(targets, len(nodes[part])))
        for total, gradient in zip(sums, found):
            total += np.tensordot(weights[part], gradient.reshape(-1, *total.shape).astype("float64"), axes=1)
    return [total * (x - b) for total, b, x in zip(sums, start, subject.leaves)]


def _between(b, x, nodes):
    """The points at `nodes` of the straight way from `b` to `x`, one set of rows after the other."""
    parts = nodes.astype(x.dtype if x.dtype.kind == "f" else "float32").reshape(-1, *[1] * x.ndim)
    if x.dtype.kind != "f":
        return np.concatenate([x] * len(nodes))
    return (b + parts * (x - b)).reshape(-1, *x.shape[1:])


def _residual(attributions, gap, outputs):
    sums = sum(one.reshape(len(gap), -1).sum(1) for one in attributions)
    size = np.maximum(np.abs(gap), SMALL * max(1.0, float(np.abs(outputs).max())))
    return np.abs(sums - gap) / size
