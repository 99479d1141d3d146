"""Occlusion: what the output loses when a part of the input is covered."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from nbkeras.explain.explanation import Explanation
from nbkeras.explain.passes import CHUNK, is_float
from nbkeras.explain.subject import Subject
from nbkeras.models import Model

__all__ = ["occlusion"]


def occlusion(
    model: Model, x: Any, target: Any = None, baseline: Any = None, window: int | None = None, stride: int | None = None
) -> Explanation:
    """What an output loses when one part of an example after another is replaced by a baseline.

    Zeiler & Fergus (2014), *Visualizing and understanding convolutional networks*, arXiv:1311.2901. The parts are the
    features of (rows, features), the tokens of (rows, steps), the steps of (rows, steps, features) and square patches
    of images (rows, height, width, channels); a pixel gets the mean over the patches that cover it.

    Args:
        model: with one input and one output.
        x: examples, or one.
        target: which output; default the largest of each row.
        baseline: what covers a part: a number, or an array of the shape of one example; by default the mean colour of
            an image, and else 0 (which is padding where it is a token).
        window: the side of a patch; default a fifth of the shorter side of the image.
        stride: from one patch to the next; default half of `window`.

    Returns:
        An `Explanation`; for a linear model the attribution of a feature is `w · (x - b)`.

    Example:
        >>> occlusion(digits, images[:1]).attributions.shape
        (1, 28, 28)
    """
    subject = Subject(model, x)
    x = subject.only("occlusion")
    if x.ndim not in (2, 3, 4):
        raise ValueError(f"occlusion expects examples of 1 to 3 axes, got the shape {x.shape[1:]}")
    targets = subject.targets(target)
    cover = _cover(subject, x, baseline)
    settings = {}
    if x.ndim == 4:
        window = window or max(1, round(min(x.shape[1:3]) / 5))
        stride = stride or max(1, window // 2)
        settings = {"window": window, "stride": stride}
        parts: list[tuple[Any, ...]] = list(_patches(x.shape[1], x.shape[2], window, stride))
    else:
        parts = [(slice(None), index) for index in range(x.shape[1])]
    attributions = _losses(subject, x, cover, targets, parts)
    return subject.explanation("occlusion", [attributions], targets, baseline=cover, settings=settings)


def _cover(subject, x, baseline):
    if baseline is None:
        baseline = x.mean((1, 2), keepdims=True) if x.ndim == 4 else 0
    if subject.table is None and is_float(x):
        return subject.baseline(baseline)[0]
    return np.broadcast_to(np.asarray(baseline, x.dtype), x.shape)


def _patches(height: int, width: int, window: int, stride: int) -> Iterator[tuple[slice, slice, slice]]:
    """The patches of an image, the last of a row or column flush with the edge."""

    def starts(size):
        last = max(0, size - window)
        return sorted({*range(0, last + 1, stride), last})

    for top in starts(height):
        for left in starts(width):
            yield slice(None), slice(top, top + window), slice(left, left + window)


def _losses(subject, x, cover, targets, parts):
    """The mean loss over the parts that hold a place, for each place: features, steps or pixels."""
    whole = subject.values([x], targets)
    places = x.shape[:3] if x.ndim == 4 else x.shape[:2]
    sums, counts = np.zeros(places), np.zeros(places)
    together = max(1, CHUNK // len(x))
    for first in range(0, len(parts), together):
        chosen = parts[first : first + together]
        covered = np.stack([x] * len(chosen))
        for copy, part in zip(covered, chosen):
            copy[part] = cover[part]
        rest = subject.values([covered.reshape(-1, *x.shape[1:])], np.tile(targets, len(chosen)))
        for part, values in zip(chosen, rest.reshape(len(chosen), -1)):
            sums[part] += (whole - values).reshape(-1, *[1] * (sums[part].ndim - 1))
            counts[part] += 1
    return sums / np.maximum(counts, 1)
