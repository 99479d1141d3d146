"""Derivatives along a direction, by a record that is walked backwards."""

import numpy as np

from nbkeras import tree
from nbkeras.autodiff import Tape, Tensor, detach

__all__ = ["jvp"]


def jvp(function, primals, tangents):
    """From `function(*primals) -> (y, aux)`: y, its derivative along `tangents`, and aux.

    The record knows the way back only, so it is walked once for each number in y.
    """
    if any(type(leaf) is Tensor and leaf.tape.recording for leaf in tree.flatten(primals)):
        raise NotImplementedError("the NumPy backend does not differentiate jvp; use the JAX backend for that")
    tape = Tape()
    watched = tree.map_structure(lambda x: tape.watch(np.asarray(detach(x))), list(primals))
    y, aux = function(*watched)
    tape.recording = False
    sources = tree.flatten(watched)
    directions = [np.asarray(detach(t)) for t in tree.flatten(list(tangents))]
    derivative = tree.map_structure(lambda part: _along(tape, part, sources, directions), y)
    return tree.map_structure(detach, y), derivative, tree.map_structure(detach, aux)


def _along(tape, y, sources, directions):
    if type(y) is not Tensor:
        return np.zeros_like(y)
    derivative = np.zeros_like(y.value)
    for place in np.ndindex(y.shape):
        d = np.zeros_like(y.value)
        d[place] = 1
        gradients = tape.gradient(y, d, sources, keep=True)
        derivative[place] = sum((g * t).sum() for g, t in zip(gradients, directions) if g is not None)
    return derivative
