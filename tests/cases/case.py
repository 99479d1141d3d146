"""The kinds of rows. `build(k)` makes the object under test from a package `k`: real Keras or nbkeras."""

from collections.abc import Callable
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

import numpy as np

from tests.cases.numbers import Draw, drawn


def is_plain(value):
    """Whether an argument is a value itself and not the description of arrays."""
    return isinstance(value, (bool, int, float, str))


def call_plainly(layer, inputs, **keywords):
    """How most layers are called: one tensor alone, several as a list."""
    return layer(inputs[0] if len(inputs) == 1 else inputs, **keywords)


def call_without_mask(layer, inputs, mask=None, **keywords):
    """For layers whose call takes no mask though they compute one."""
    return call_plainly(layer, inputs, **keywords)


@dataclass(frozen=True)
class LayerCase:
    """A layer or model, the inputs it gets and the way it is called."""

    name: str
    build: Callable
    inputs: list
    call: Callable = call_plainly
    keywords: dict = field(default_factory=dict)  # further arguments of the call: descriptions of arrays, or values
    symbolic: list | None = None  # shapes for the symbolic call; default: those of the inputs, the batch unknown
    random: bool = False  # training mode draws random numbers: only inference can be compared
    masks: bool = False  # compare compute_mask as well
    config: bool = True  # the configuration can be written as JSON
    prepare: Callable | None = None  # what to do before the first call, e.g. adapt; its weights are kept
    smooth: bool = True  # differentiable near the inputs, so that finite differences exist
    models: bool = True  # a functional model can be made of it

    def arrays(self, salt=0):
        return drawn(self.inputs, self.name, salt)

    def extra(self, salt=0):
        return {
            name: value if is_plain(value) else drawn(value, self.name, salt, name)
            for name, value in self.keywords.items()
        }

    def symbolic_shapes(self):
        if self.symbolic is not None:
            return self.symbolic
        return [(None, *array.shape[1:]) for array in self.arrays()]


@dataclass(frozen=True)
class LossCase:
    """A loss, class or function: its value and its gradient with respect to the predictions."""

    name: str
    build: Callable
    y_true: Any
    y_pred: Any
    sample_weight: Any = None
    config: bool = True  # a class: it has a configuration
    smooth: bool = True

    def arrays(self, salt=0):
        names = ("y_true", "y_pred", "sample_weight")
        return tuple(drawn(getattr(self, name), self.name, salt, name) for name in names)


@dataclass(frozen=True)
class MetricCase:
    """A metric: its result after each of several batches, given as tuples (y_true, y_pred[, sample_weight])."""

    name: str
    build: Callable
    batches: list
    function: bool = False  # called on each batch; otherwise it accumulates
    config: bool = True  # the configuration can be written as JSON

    def arrays(self, salt=0):
        return [tuple(drawn(list(batch), self.name, salt, place)) for place, batch in enumerate(self.batches)]


@dataclass(frozen=True)
class OptimizerCase:
    """An optimizer: several weights after several steps along given gradients."""

    name: str
    build: Callable
    steps: int = 6
    shapes: tuple = ((3, 4), (4,), ())
    gradient_scale: float = 1.0
    prepare: Callable | None = None  # what to do before it is built

    def weights(self, salt=0):
        return drawn(list(self.shapes), self.name, salt, "weights")

    def gradients(self, salt=0):
        scale = self.gradient_scale
        return [
            [scale * gradient for gradient in drawn(list(self.shapes), self.name, salt, step)]
            for step in range(self.steps)
        ]


@dataclass(frozen=True)
class FunctionCase:
    """A function of arrays (activation, regularizer, constraint, schedule): its values and gradients."""

    name: str
    build: Callable
    inputs: list
    gradients: bool = True
    config: bool = False
    smooth: bool = True

    def arrays(self, salt=0):
        return drawn(self.inputs, self.name, salt)


@dataclass(frozen=True)
class InitializerCase:
    """An initializer and the shape it fills; `exact` when no chance is involved."""

    name: str
    build: Callable
    shape: tuple
    exact: bool = False


@dataclass(frozen=True)
class TrainingCase:
    """A compiled model and its data: the history of `fit` and the weights it ends with."""

    name: str
    build: Callable
    x: Any
    y: Any
    fit: dict = field(default_factory=dict)  # further arguments of fit; descriptions of arrays are drawn
    unlike: tuple = ()  # metrics left out of the history, the reason beside the row


@dataclass(frozen=True)
class ProgramCase:
    """A program that takes a package and `draw(name, description)`, and returns what it found by name."""

    name: str
    run: Callable

    def found(self, k, salt=0):
        return self.run(k, lambda name, description: drawn(description, self.name, salt, name))


@dataclass(frozen=True)
class OpCase:
    """One call of an op: descriptions of arrays, or values, as its arguments."""

    name: str
    op: str
    args: tuple
    kwargs: dict
    reference: Any  # a function of the same arguments, "numpy" for NumPy's of that name, None if only Keras knows
    traced: bool  # shapes do not depend on values: a symbolic tensor can go in
    keras: bool  # real Keras can run it
    tolerance: float

    def arguments(self, salt=0):
        return [drawn(a, self.op, salt, place) if _is_described(a) else a for place, a in enumerate(self.args)]

    def call(self, ops, arguments):
        return attrgetter(self.op)(ops)(*arguments, **self.kwargs)

    def expected(self, arguments):
        function = getattr(np, self.op) if self.reference == "numpy" else self.reference
        return function(*arguments, **self.kwargs)


def _is_described(value):
    return isinstance(value, Draw) or (isinstance(value, list) and any(isinstance(item, Draw) for item in value))
