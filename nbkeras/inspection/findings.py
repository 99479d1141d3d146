"""What a training step tells of a model's health, in words, with the thresholds behind them."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbkeras.inspection.step import LayerStep, WeightStep

__all__ = ["Finding", "findings_of"]

FACTOR = 1e3  # so many times smaller than the last layer's a gradient vanishes, and larger than the weights explodes
DEAD_SHARE = 0.1  # of the units of a layer
SATURATED_SHARE = 0.5  # of the outputs of a layer
# The rule of thumb that an update should be about a thousandth of its weight is Karpathy's, in the notes of Stanford's
# course CS231n (cs231n.github.io/neural-networks-3, "Ratio of weights:updates"). What is two orders off is named.
USUAL_UPDATE = 1e-3
LARGE_UPDATE, SMALL_UPDATE = 100 * USUAL_UPDATE, USUAL_UPDATE / 100


@dataclass(frozen=True)
class Finding:
    """Something amiss.

    Attributes:
        kind: `"not finite"`, `"no gradient"`, `"vanishing"`, `"exploding"`, `"dead"`, `"saturated"`, `"large update"`
            or `"small update"`.
        layer: the name of the layer, or the path of the weight.
        text: a sentence with the numbers, and what helps.
    """

    kind: str
    layer: str
    text: str

    def __str__(self) -> str:
        return self.text


def findings_of(layers: Sequence["LayerStep"], rows: int, loss: float, accumulates: bool) -> list[Finding]:
    """What is amiss in a step, the gravest first.

    Args:
        layers: in the order of their calls.
        rows: in the batch.
        loss: of the batch.
        accumulates: whether the optimizer adds up the gradients of several batches, so that not every step moves.
    """
    broken = list(_not_finite(layers, loss))
    if broken:
        return broken  # all else follows from that
    found = [*_exploding(layers), *_vanishing(layers), *_dead(layers, rows), *_saturated(layers)]
    return found + ([] if accumulates else list(_updates(layers)))


def _not_finite(layers, loss):
    for layer in layers:
        for weight in layer.weights:
            if weight.values.non_finite:
                count = f"{weight.values.non_finite:,} of {weight.values.size:,} numbers"
                text = f"{count} of the weight {weight.path} are NaN or infinite: build the model anew"
                yield Finding("not finite", weight.path, text)
                return
        if layer.outputs is not None and layer.outputs.non_finite:
            count = f"{layer.outputs.non_finite:,} of {layer.outputs.size:,} outputs"
            text = f"{count} of {layer.name} are NaN or infinite, the first layer with such: look at its inputs"
            yield Finding("not finite", layer.name, text)
            return
    if not math.isfinite(loss):
        yield Finding("not finite", "loss", f"the loss is {loss:g}, though all outputs are finite: look at the targets")
        return
    for layer in reversed(layers):  # gradients come from the last layer
        if layer.gradients is not None and layer.gradients.non_finite:
            text = f"the gradient at {layer.name} is not finite, though the loss is: it has no derivative there"
            yield Finding("not finite", layer.name, text)
            return


def _vanishing(layers: Sequence["LayerStep"]) -> Iterator[Finding]:
    """Gradients with respect to weights: that at the outputs of a softmax or sigmoid is not what flows on."""
    trained = [layer for layer in layers if layer.weights]
    silent = [layer for layer in trained if not layer.gradient_norm]
    if silent:
        others = f" and of {_count(len(silent) - 1, 'other layer')}" if len(silent) > 1 else ""
        text = f"no gradient reaches the weights of {silent[0].name}{others}: they do not learn"
        yield Finding("no gradient", silent[0].name, text)
    flowing = [layer for layer in trained if layer.gradient_norm]
    if not flowing:
        return
    last, least = flowing[-1], min(flowing, key=lambda layer: layer.gradient_norm)
    if least.gradient_norm * FACTOR < last.gradient_norm:
        text = (
            f"gradients vanish: {least.name}'s is {least.gradient_norm:.0e}, "
            f"{_times(last.gradient_norm / least.gradient_norm)} smaller than that of the last layer, {last.name} "
            f"(more than {FACTOR:,.0f} times is told); use relu, normalization, skip connections, or another "
            "initializer"
        )
        yield Finding("vanishing", least.name, text)


def _exploding(layers: Sequence["LayerStep"]) -> Iterator[Finding]:
    """The layer whose gradient is largest beside its weights; in a chain of linear layers all explode alike."""
    trained = [layer for layer in layers if layer.weight_norm]
    worst = max(trained, key=lambda layer: layer.gradient_norm / layer.weight_norm, default=None)
    if worst is not None and worst.gradient_norm > FACTOR * worst.weight_norm:
        text = (
            f"gradients explode: {worst.name}'s is {worst.gradient_norm:.0e}, "
            f"{_times(worst.gradient_norm / worst.weight_norm)} larger than its weights (more than {FACTOR:,.0f} times "
            "is told); scale inputs and targets, use normalization, or clip: optimizer(clipnorm=1.0)"
        )
        yield Finding("exploding", worst.name, text)


def _dead(layers, rows):
    for layer in layers:
        if layer.rectifies and len(layer.dead) > DEAD_SHARE * layer.units:
            text = (
                f"{len(layer.dead):,} of {_count(layer.units, 'unit')} of {layer.name} are dead: they give 0 for each "
                f"of the {rows} rows (more than {_percent(DEAD_SHARE)} are told); lower the learning rate, use "
                "leaky_relu or the initializer he_normal"
            )
            yield Finding("dead", layer.name, text)


def _saturated(layers):
    for layer in layers:
        if layer.saturated is not None and layer.saturated > SATURATED_SHARE and not layer.is_output:
            text = (
                f"{_percent(layer.saturated)} of the outputs of {layer.name} are saturated: they lie where the slope "
                f"is below a 25th of the steepest (more than {_percent(SATURATED_SHARE)} are told); scale its inputs, "
                "or use relu"
            )
            yield Finding("saturated", layer.name, text)


def _updates(layers: Sequence["LayerStep"]) -> Iterator[Finding]:
    """The largest and the smallest update of a matrix, if far from usual; biases begin at 0 and do not count."""
    weights = [w for layer in layers for w in layer.weights if len(w.shape) > 1 and math.isfinite(w.update)]
    moved = [weight for weight in weights if weight.gradient is not None and weight.gradient.norm]
    if not moved:
        return
    most, least = max(moved, key=_by_update), min(moved, key=_by_update)
    if most.update > LARGE_UPDATE:
        yield _update("large update", most, "large", f"above {LARGE_UPDATE:g}", "lower the learning rate")
    if least.update < SMALL_UPDATE:
        yield _update("small update", least, "small", f"below {SMALL_UPDATE:g}", "raise the learning rate")


def _by_update(weight: "WeightStep") -> float:
    return weight.update


def _update(kind, weight, size, limit, cure):
    text = (
        f"the update of {weight.path} is {size}: {weight.update:.0e} of the weight's norm, {limit} "
        f"({USUAL_UPDATE:g} is usual); {cure}"
    )
    return Finding(kind, weight.path, text)


def _times(ratio: float) -> str:
    """`4,000 times`, or `10⁶ times` where it is that large."""
    if ratio < 1e5:
        return f"{ratio:,.0f} times"
    return f"10{str(round(math.log10(ratio))).translate(str.maketrans('0123456789', '⁰¹²³⁴⁵⁶⁷⁸⁹'))} times"


def _count(number: int, word: str) -> str:
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
