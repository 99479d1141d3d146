"""What every explanation says in words: what is predicted, how surely, what is explained, compared with what."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from nbkeras import tree
from nbkeras.explain import AttentionMaps
from nbkeras.explain.prediction import Prediction
from nbkeras.notebook.views.formats import metric

__all__ = ["Words", "facts"]

SETTINGS = {
    "steps": "{} steps",
    "samples": "mean of {} gradients",
    "noise": "noise of {} of the range of values",
    "window": "patches of {0} × {0}",
    "stride": "{} apart",
    "layer": "layer {}",
    "background": "{} examples of background",
    "evaluations": "up to {} evaluations",
}
WHERE_NOT_WHY = (
    "explained: where the layers look, which need not be why the model predicts this (Jain & Wallace, 2019)",
    "baseline: none, the weights compare with nothing",
)


@dataclass(frozen=True)
class Words:
    """The reader's words for what the model knows by numbers.

    Attributes:
        names: of the features, in order; or a vocabulary: words in order, or a dictionary between words and numbers.
        classes: names of the outputs, in order.
    """

    names: Sequence[Any] | Mapping[Any, Any] | None = None
    classes: Sequence[Any] | None = None

    def feature(self, index: int, first: int = 0) -> str:
        """The name of a feature of an input whose first one is number `first` among those of all inputs."""
        if self.names is None or isinstance(self.names, Mapping) or first + index >= len(self.names):
            return f"feature {index}"
        return str(self.names[first + index])

    def token(self, number: int) -> str:
        """The word that a number stands for."""
        if isinstance(self.names, Mapping):
            by_number = self.names if number in self.names else {value: key for key, value in self.names.items()}
            return str(by_number.get(number, number))
        word = self.names[number] if self.names is not None and 0 <= number < len(self.names) else ""
        return str(word) or str(number)

    def place(self, place: int, shape: Sequence[int], kind: str) -> str:
        """An output: `class 2 (cat)`."""
        if len(shape) > 1:
            return f"{kind} {tuple(map(int, np.unravel_index(place, shape)))}"
        named = self.classes is not None and 0 <= place < len(self.classes)
        return f"{kind} {place} ({self.classes[place]})" if named and self.classes is not None else f"{kind} {place}"


def facts(found: Any, row: int, prediction: Prediction, words: Words) -> list[str]:
    """The sentences on one example, for any method."""
    shape = found.outputs.shape[1:]
    kind = "output" if prediction.confidence is None else "class"
    said = [_predicted(prediction, shape, kind, words)]
    if isinstance(found, AttentionMaps):
        return [*said, *WHERE_NOT_WHY]
    if prediction.binary:
        said.append(f"explained: the output, the probability of {words.place(1, (2,), kind)}")
    elif np.prod(shape) == 1:
        said.append("explained: the output")
    else:
        said.append(f"explained: {words.place(int(found.targets[row]), shape, kind)}")
    return [*said, *_comparison(found, row)]


def _predicted(prediction, shape, kind, words):
    if prediction.confidence is not None:
        value = "" if prediction.value == prediction.confidence else f", output {metric(prediction.value)}"
        place = words.place(prediction.place, shape if not prediction.binary else (2,), kind)
        return f"predicts {place}, confidence {metric(prediction.confidence)}{value}"
    if np.prod(shape) == 1:
        return f"predicts {metric(prediction.value)}; a confidence is not known, since the output is no probability"
    place = words.place(prediction.place, shape, kind)
    return (
        f"largest is {place}, {metric(prediction.value)}; a confidence is not known: the outputs are no probabilities"
    )


def _comparison(found, row):
    """What the example is compared with, how it was done, and how well it adds up."""
    done = [SETTINGS[name].format(value) for name, value in found.settings.items()]
    lines = [f"baseline: {_baseline(found, row)}{'; ' if done else ''}{', '.join(done)}"]
    if found.gap is not None and found.residual is not None:
        lines.append(
            f"the attributions add up to the change of the output from the baseline, {metric(found.gap[row])}; "
            f"residual {found.residual[row]:.0e} of it"
        )
    return lines


def _baseline(found, row):
    if found.baseline is None:
        return "none, the method compares with nothing"
    if found.tokens and len(np.unique(found.baseline[row])) == 1:
        return f"token {found.baseline[row][0]} in place of each"
    leaves = [np.asarray(leaf) for leaf in tree.flatten(found.baseline)]
    if found.method == "shap_values":
        return f"{len(leaves[0])} examples" if len(leaves[0]) > 1 else _range(leaves[0])
    return " and ".join(_range(leaf[row]) for leaf in leaves)


def _range(values):
    low, high = float(values.min()), float(values.max())
    return f"{metric(low)} everywhere" if low == high else f"values from {metric(low)} to {metric(high)}"
