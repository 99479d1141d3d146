"""What a method says of some examples."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nbkeras.explain.randomization import Stage

__all__ = ["Explanation"]


@dataclass(frozen=True)
class Explanation:
    """The share that each part of an input has in one output of a model.

    Attributes:
        method: its name, `"integrated_gradients"`.
        attributions: of the shape of the inputs, or of what the method divides them into (pixels, steps, tokens);
            nested as the inputs are.
        inputs: the examples, (rows, …), nested as the model takes them.
        outputs: what the model gives for them, (rows, …).
        targets: for each row the place of the explained output in the flattened row of `outputs`.
        baseline: what the inputs are compared with, or `None` where the method compares with nothing.
        tokens: whether the inputs are tokens, which the model looks up.
        settings: numbers and names that the method worked with, in words.
        residual: for each row, how much the attributions fall short of what they should add up to, relative to it;
            `None` where they need not add up.
        gap: for each row, what they should add up to: the output less that at the baseline.
        sanity: the stages of `randomization_test`, if it was asked for.
    """

    method: str
    attributions: Any
    inputs: Any
    outputs: np.ndarray
    targets: np.ndarray
    baseline: Any = None
    tokens: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)
    residual: np.ndarray | None = None
    gap: np.ndarray | None = None
    sanity: tuple[Stage, ...] = ()
