"""One training step under the microscope: outputs, gradients and updates of every layer, as data."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from nbkeras import activations
from nbkeras.backends import use_backend
from nbkeras.inspection.findings import Finding, findings_of
from nbkeras.inspection.observation import Observation, names_of_layers, observe, prepared
from nbkeras.inspection.statistics import Statistics, statistics
from nbkeras.layers import RNN, Layer, ReLU
from nbkeras.models import Model
from nbkeras.serialization import did_you_mean
from nbkeras.training.exclusive import visiting
from nbkeras.variables import Variable

__all__ = ["LayerStep", "StepReport", "WeightStep", "inspect_step"]

# The slope of a sigmoid at the output y is y(1 - y), at most 1/4; that of tanh is 1 - y², at most 1.
FLAT = {activations.sigmoid: lambda y: y * (1 - y) < 0.25 / 25, activations.tanh: lambda y: 1 - y * y < 1 / 25}


@dataclass(frozen=True)
class WeightStep:
    """One trained weight in a step.

    Attributes:
        path: as `dense/kernel`.
        shape: of the weight.
        values, gradient: statistics of its numbers, and of the gradient of the loss; `None` where there is no path.
        update: ‖Δw‖ / ‖w‖, the size of what the optimizer would add, relative to the weight; NaN where that is 0.
    """

    path: str
    shape: tuple[int, ...]
    values: Statistics
    gradient: Statistics | None
    update: float

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True)
class LayerStep:
    """One layer in a step.

    Attributes:
        name, kind: of the layer; `inside/dense` for one in a model inside.
        shape: of its (first) output in this batch.
        calls: how many outputs it gave: a shared layer gives several, which are taken together.
        outputs: statistics of all outputs; `None` where they are no floats.
        gradients: of the gradient of the loss with respect to them; `None` where there is no path.
        weights: the trained ones, those of layers inside included.
        units: the length of the last axis of the outputs.
        dead: the units that are 0 in every row, and place.
        rectifies: whether it is the layer that makes the zeros: it has an activation function, or is one.
        saturated: for a sigmoid or tanh, the share of outputs where the slope is below a 25th of the steepest.
        is_output: whether its outputs are outputs of the model.
    """

    name: str
    kind: str
    shape: tuple[int, ...]
    calls: int
    outputs: Statistics | None
    gradients: Statistics | None
    weights: Sequence[WeightStep]
    units: int
    dead: tuple[int, ...]
    rectifies: bool
    saturated: float | None
    is_output: bool

    @property
    def weight_norm(self) -> float:
        """The norm of all its weights together."""
        return math.hypot(*(weight.values.norm for weight in self.weights))

    @property
    def gradient_norm(self) -> float:
        """The norm of the gradient of the loss with respect to all its weights together."""
        return math.hypot(*(weight.gradient.norm for weight in self.weights if weight.gradient is not None))


@dataclass(frozen=True)
class StepReport:
    """One training step on one batch.

    Attributes:
        model: its name.
        rows: in the batch.
        loss: with all its terms, such as those of regularizers.
        metrics: of this batch, by name.
        layers: in the order of their calls.
        findings: what is amiss, in words.
    """

    model: str
    rows: int
    loss: float
    metrics: dict[str, Any]
    layers: tuple[LayerStep, ...]
    findings: tuple[Finding, ...]

    def __getitem__(self, name: str) -> LayerStep:
        """The layer called `name`; raises KeyError, with those there are, for another."""
        found = next((layer for layer in self.layers if layer.name == name), None)
        if found is None:
            known = [layer.name for layer in self.layers]
            raise KeyError(f"no layer '{name}'{did_you_mean(name, known) or '; there are ' + ', '.join(known)}")
        return found

    def only(self, names: Iterable[str]) -> "StepReport":
        """The same with the layers `names` alone; the findings stay."""
        return replace(self, layers=tuple(self[name] for name in names))

    def __repr__(self) -> str:
        head = f"<StepReport of '{self.model}': {self.rows} rows, loss {self.loss:.4g}, {len(self.layers)} layers"
        return "\n  ".join([f"{head}, {len(self.findings)} findings>", *map(str, self.findings)])


def inspect_step(model: Model, x: Any, y: Any = None, sample_weight: Any = None) -> StepReport:
    """What one training step on a batch does in every layer of a model, which stays as it is.

    Nothing is trained: weights, metrics, the optimizer and the random generators are those from before, and a training
    in another thread goes on as if nobody had looked. A model or an optimizer that has no variables yet is built, as
    `fit` would. All rows given are one batch. It runs on NumPy, whatever the model trains on, in training mode, so that
    dropout is at work.

    Args:
        model: a compiled model of any kind. If it has a `train_step` of its own, what is shown is the gradient of its
            `compute_loss`, and the update that its optimizer makes of that.
        x, y, sample_weight: the batch, as `fit` takes arrays.

    Raises:
        ValueError: for a model that is not compiled, and for data that does not fit it.

    Example:
        >>> report = inspect_step(model, x[:32], y[:32])
        >>> report["dense"].gradients.norm, report["dense"].weights[0].update
        (0.112, 0.0021)
        >>> for finding in report.findings:
        ...     print(finding)
    """
    with visiting(model):
        seen = observe(model, prepared(model, x, y, sample_weight))
        updates = _updates(model, seen)
        layers = _layer_steps(model, seen, updates)
    accumulates = bool(model.optimizer.gradient_accumulation_steps)
    found = findings_of(layers, seen.rows, seen.loss, accumulates)
    return StepReport(model.name, seen.rows, seen.loss, seen.metrics, tuple(layers), tuple(found))


def _layer_steps(model: Model, seen: Observation, updates: dict[int, float]) -> list[LayerStep]:
    names = {id(layer): name for name, layer in names_of_layers(model).items()}
    layers = [_layer_step(names[id(layer)], layer, seen, updates) for layer in seen.layers]
    return layers + _other_weights(model, seen, updates)


def _updates(model: Model, seen: Observation) -> dict[int, float]:
    """By the id of a trained variable, the size of its update relative to its own."""
    optimizer, weights = model.optimizer, model.trainable_variables
    scale = optimizer.loss_scale_factor or 1.0
    gradients = [seen.weights[id(variable)] for variable in weights]
    gradients = [np.zeros_like(v._value) if g is None else g * scale for g, v in zip(gradients, weights)]
    values = [variable.numpy() for variable in weights]
    if not weights:
        return {}
    with use_backend("numpy"), np.errstate(all="ignore"):
        new, _ = optimizer.stateless_apply([v.numpy() for v in optimizer.variables], gradients, values)
    return {id(v): _relative(np.asarray(after), v.numpy()) for v, after in zip(weights, new)}


def _relative(after, before):
    size = np.linalg.norm(before.astype(np.float64))
    return float(np.linalg.norm(after.astype(np.float64) - before) / size) if size else math.nan


def _layer_step(name: str, layer: Layer, seen: Observation, updates: dict[int, float]) -> LayerStep:
    outputs = [array for array in seen.outputs[id(layer)] if array.dtype.kind == "f"]
    gradients = [array for array in seen.gradients[id(layer)] if array is not None]
    activation = getattr(layer, "activation", None)
    first: Any = next(iter(seen.outputs[id(layer)]), np.zeros(()))
    is_flat = FLAT.get(activation) if not isinstance(layer, RNN) else None  # what an RNN gives has passed gates
    return LayerStep(
        name=name,
        kind=type(layer).__name__,
        shape=first.shape,
        calls=len(seen.outputs[id(layer)]),
        outputs=statistics(outputs) if outputs else None,
        gradients=statistics(gradients) if gradients else None,
        weights=[_weight_step(v, seen, updates) for v in layer.trainable_variables if id(v) in updates],
        units=first.shape[-1] if first.ndim > 1 else 1,
        dead=_dead(outputs),
        rectifies=isinstance(layer, ReLU) or activation not in (None, activations.linear),
        saturated=float(np.mean([is_flat(y).mean() for y in outputs])) if is_flat and outputs else None,
        is_output=id(layer) in seen.last,
    )


def _weight_step(variable: Variable, seen: Observation, updates: dict[int, float]) -> WeightStep:
    gradient = seen.weights[id(variable)]
    return WeightStep(
        path=variable.path,
        shape=variable.shape,
        values=statistics([variable.numpy()]),
        gradient=None if gradient is None else statistics([gradient]),
        update=updates[id(variable)],
    )


def _other_weights(model, seen, updates):
    """A last entry for weights that belong to no layer that was called, as those that a subclass makes for itself."""
    told = {id(variable) for layer in seen.layers for variable in layer.trainable_variables}
    others = [variable for variable in model.trainable_variables if id(variable) not in told]
    if not others:
        return []
    weights = [_weight_step(variable, seen, updates) for variable in others]
    return [LayerStep(model.name, type(model).__name__, (), 0, None, None, weights, 0, (), False, None, False)]


def _dead(outputs):
    """The places on the last axis where every output is 0, if all have the same length there."""
    if not outputs or any(y.ndim < 2 for y in outputs) or len({y.shape[-1] for y in outputs}) > 1:
        return ()
    silent = np.logical_and.reduce([~y.reshape(-1, y.shape[-1]).any(axis=0) for y in outputs])
    return tuple(np.flatnonzero(silent).tolist())
