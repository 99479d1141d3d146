"""One step as a pure function of the model's state: what every backend runs.

    (state, batch) → (state, outputs)

`state` holds the values of trainable, non-trainable, optimizer and metric variables as lists. A backend may compile the
function and may reuse the arrays of the old state.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from nbkeras import masks, random, tree
from nbkeras.backends import backend
from nbkeras.metrics import Metric
from nbkeras.variables import Changes, Scope, Variable

if TYPE_CHECKING:
    from nbkeras.training.trainer import Trainer

Step = Callable[[list[Any], Any], tuple[list[Any], Any]]


@dataclass(eq=False)
class State:
    """The variables that a step reads and writes, by role.

    Attributes:
        in_step: whether a step of the library works on them.
    """

    trainable: list[Variable]
    non_trainable: list[Variable]
    optimizer: list[Variable]
    metrics: list[Variable]

    def __post_init__(self) -> None:
        self.in_step = False
        self._values: list[Any] = []
        self._metrics: list[Metric] = []  # those that `zero` knows,
        self._zeroed: list[Variable] = []  # the variables that it sets to 0,
        self._others: list[Metric] = []  # and the metrics that it leaves alone
        self._moves = -1  # the moves of variables up to which `_values` holds

    @classmethod
    def of(cls, model: "Trainer") -> "State":
        """The state of `model` now; the library's own random state is part of it."""
        optimizer = model.optimizer.variables if model.optimizer is not None else []
        non_trainable = [*model.non_trainable_variables, random.global_generator().state]
        return cls(model.trainable_variables, non_trainable, list(optimizer), model.metrics_variables)

    @cached_property
    def regularized(self) -> list[Variable]:
        """The trainable variables that have a regularizer."""
        return [v for v in self.trainable if v.regularizer is not None]

    def __eq__(self, other: object) -> bool:
        """Whether both hold the very same variables."""
        return isinstance(other, State) and self._identity() == other._identity()

    def _identity(self) -> list[list[int]]:
        return [[id(v) for v in getattr(self, f.name)] for f in fields(self)]

    def values(self) -> list[Any]:
        """The present values, as a list of lists: the same one until a variable comes to hold another array."""
        if self._moves != Changes.moves:
            self._values = [[v._value for v in getattr(self, f.name)] for f in fields(self)]
            self._moves = Changes.moves
        return self._values

    def replace(self, values: list[Any]) -> None:
        """Stores what a step returned."""
        if values is self._values:
            return  # the step has written in place
        for field, new in zip(fields(self), values):
            for variable, value in zip(getattr(self, field.name), new):
                variable.replace(value)
        self._values, self._moves = values, Changes.moves

    def zero(self, metrics: list[Metric]) -> list[Metric]:
        """Sets the variables of `metrics` to 0 where they are; returns those that start again in a way of their own.

        Where they are: a compiled step finds its state in place, which saves 50 µs of the 90 that two metrics cost at
        the begin of an epoch.
        """
        if self._metrics != metrics:
            plain = [m for m in metrics if getattr(m.reset_state, "__func__", None) is Metric.reset_state]
            self._metrics, self._others = list(metrics), [m for m in metrics if m not in plain]
            self._zeroed = [v for m in plain for v in m.variables]
        for variable in self._zeroed:
            if variable._value.flags.writeable:
                variable._value.fill(0)
            else:  # another backend's array was there
                variable.assign(np.zeros_like(variable._value))
        return self._others

    def to_host(self) -> None:
        """Brings all values back to NumPy arrays."""
        if backend().TAPED:
            return  # that is where they are
        to_numpy = backend().to_numpy
        for field in fields(self):
            for variable in getattr(self, field.name):
                variable.replace(to_numpy(variable._value))


def train_step(model: "Trainer", state: State) -> Step:
    """The pure training step of `model`: forward, backward, update of weights and metrics."""

    def step(values: list[Any], batch: Any) -> tuple[list[Any], Any]:
        trainable, non_trainable, optimizer, metrics = values

        def loss_of(trainable: list[Any]) -> tuple[Any, Any]:
            loss, y_pred, seen = _forward(model, state, [trainable, non_trainable, metrics], batch, training=True)
            with Scope(zip(state.optimizer, optimizer)):
                scaled = model.optimizer.scale_loss(loss)
            return scaled, (loss, y_pred, *seen)

        (_, aux), gradients = backend().value_and_grad(loss_of)(trainable)
        loss, y_pred, mask, non_trainable, metrics = aux
        trainable, optimizer = model.optimizer.advance(optimizer, gradients, trainable)
        metrics, logs = _update_metrics(model, state, metrics, batch, y_pred, mask, loss)
        return [trainable, non_trainable, optimizer, metrics], logs

    return step


def test_step(model: "Trainer", state: State) -> Step:
    """The pure evaluation step: forward, loss, metrics."""

    def step(values: list[Any], batch: Any) -> tuple[list[Any], Any]:
        trainable, non_trainable, optimizer, metrics = values
        loss, y_pred, seen = _forward(model, state, [trainable, non_trainable, metrics], batch, training=False)
        mask, non_trainable, metrics = seen
        metrics, logs = _update_metrics(model, state, metrics, batch, y_pred, mask, loss)
        return [trainable, non_trainable, optimizer, metrics], logs

    return step


def predict_step(model: "Trainer", state: State) -> Step:
    """The pure forward pass without training; the outputs are the second result."""

    def step(values: list[Any], batch: Any) -> tuple[list[Any], Any]:
        trainable, non_trainable, optimizer, metrics = values
        with _scope(state, trainable, non_trainable, metrics) as scope:
            y_pred = model(batch[0], training=False)
            model.forget_losses()
        return [trainable, _read(scope, state.non_trainable), optimizer, metrics], y_pred

    return step


def _forward(model: "Trainer", state: State, values: list[Any], batch: Any, training: bool) -> tuple[Any, Any, Any]:
    """Loss and outputs, and what changed on the way: the outputs' masks, non-trainable and metric values."""
    x, y, sample_weight = batch
    with _scope(state, *values) as scope, masks.scope():
        y_pred = model(x, training=training)
        loss = model._loss_of(x, y, y_pred, sample_weight, training)
        model.forget_losses()
        mask = [masks.get(t) for t in tree.flatten(y_pred)]
    return loss, y_pred, (mask, _read(scope, state.non_trainable), _read(scope, state.metrics))


def _update_metrics(
    model: "Trainer", state: State, metrics: list[Any], batch: Any, y_pred: Any, mask: list[Any], loss: Any
) -> tuple[list[Any], Any]:
    """New values of the metrics; the second result is what an own `compute_metrics` returned, else `None`."""
    x, y, sample_weight = batch
    with Scope(zip(state.metrics, metrics)) as scope, masks.scope():
        for t, m in zip(tree.flatten(y_pred), mask):
            masks.set(t, m)
        model.track_loss(loss, x)
        logs = None
        if model.overrides("compute_metrics"):
            logs = model.compute_metrics(x, y, y_pred, sample_weight)
        else:
            model.update_metrics(x, y, y_pred, sample_weight)
    return _read(scope, state.metrics), logs


def _scope(state: State, trainable: list[Any], non_trainable: list[Any], metrics: list[Any]) -> Scope:
    return Scope(
        [
            *zip(state.trainable, trainable),
            *zip(state.non_trainable, non_trainable),
            *zip(state.metrics, metrics),
        ]
    )


def _read(scope: Scope, variables: Iterable[Variable]) -> list[Any]:
    return [scope.get(v) for v in variables]
