"""What a model's outputs say: a class and how sure, or a number."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from nbkeras.models import Model

__all__ = ["Prediction", "predictions"]

ROUNDING = 1e-3  # by which probabilities may miss a sum of 1


@dataclass(frozen=True)
class Prediction:
    """What is predicted for an example.

    Attributes:
        place: of the largest output in the flattened row; of a single probability the class, 0 or 1.
        value: that output.
        confidence: the probability of what is predicted, or `None` where the outputs are no probabilities.
        binary: whether the only output is the probability of class 1.
    """

    place: int
    value: float
    confidence: float | None = None
    binary: bool = False


def predictions(model: Model, outputs: np.ndarray) -> list[Prediction]:
    """The prediction for each row of `outputs`.

    Outputs are probabilities where they are of a sigmoid or sum to 1, or where the compiled loss takes them as logits,
    of which they then are the softmax or sigmoid.
    """
    rows = outputs.reshape(len(outputs), -1).astype("float64")
    if rows.shape[1] == 1:
        return [_single(model, float(row[0])) for row in rows]
    sure = _probabilities(model, outputs.astype("float64"))
    chances = None if sure is None else sure.reshape(len(rows), -1)
    places = rows.argmax(1)
    return [
        Prediction(int(place), float(row[place]), None if chances is None else float(chances[index, place]))
        for index, (place, row) in enumerate(zip(places, rows))
    ]


def _single(model, value):
    chance = _chance(model, value)
    if chance is None:
        return Prediction(0, value)
    return Prediction(int(chance >= 0.5), value, max(chance, 1 - chance), binary=True)


def _chance(model, value):
    """The probability of class 1 that a single output means, or `None`."""
    loss = getattr(model, "loss", None)
    if _has_logits(loss):
        return float(1 / (1 + np.exp(-value)))
    activation = getattr(model.layers[-1] if model.layers else None, "activation", None)
    is_chance = getattr(activation, "__name__", "") == "sigmoid" or "binary" in _name(loss)
    return value if is_chance and 0 <= value <= 1 else None


def _probabilities(model, outputs):
    if np.all(outputs >= 0) and np.allclose(outputs.sum(-1), 1, atol=ROUNDING):
        return outputs
    if _has_logits(getattr(model, "loss", None)):
        powers = np.exp(outputs - outputs.max(-1, keepdims=True))
        return powers / powers.sum(-1, keepdims=True)
    return None


def _has_logits(loss: Any) -> bool:
    return bool(getattr(loss, "from_logits", False))


def _name(loss: Any) -> str:
    return str(loss if isinstance(loss, str) else getattr(loss, "name", ""))
