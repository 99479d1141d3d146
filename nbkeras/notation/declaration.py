"""A declaration while it runs: what a step does, and what `Input`, `Output`, `compile` and `add_loss` note down."""

import functools
import inspect
import sys
from dataclasses import dataclass, field
from typing import Any

from nbkeras import tree
from nbkeras.layers import Input, Layer
from nbkeras.models import Model
from nbkeras.naming import give_back, numbered
from nbkeras.notation.add_loss import AddLoss
from nbkeras.notation.blocks import Block, BlockMaker, Copies
from nbkeras.notation.rewrite import BLOCK, BOUND, STEP
from nbkeras.symbolic import KerasTensor

__all__ = ["Call", "Declaration"]


@dataclass
class Call:
    """A call to be made once the model exists, and the line it stands at."""

    line: int
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


@dataclass
class Declaration:
    """What the statements of a declaration leave behind.

    Attributes:
        inputs: the `Input` tensors in order of appearance.
        labels: tensors by label; where a loop or a block uses one again, the first tensor.
        lines: by the `id` of a tensor, the line that made it.
        tensors: those tensors in the order of their lines.
        bound: layers and blocks bound with `=`, as `(line, name, layer)`.
        result, compiled: the calls of `Output` and `compile`.
        losses: the calls of `add_loss`.
        applied: what a layer was last applied to.
        whole: the model, where the declaration made it itself by `Model(inputs, outputs)`.
    """

    inputs: list[KerasTensor] = field(default_factory=list)
    labels: dict[str, Any] = field(default_factory=dict)
    lines: dict[int, int] = field(default_factory=dict)
    tensors: list[KerasTensor] = field(default_factory=list)
    bound: list[tuple[int, str, Any]] = field(default_factory=list)
    result: Call | None = None
    compiled: Call | None = None
    losses: list[Call] = field(default_factory=list)
    applied: Any = None
    whole: Model | None = None

    def scope(self) -> dict[str, Any]:
        """The names that belong to a declaration, its helpers included."""
        return {
            "AddLoss": AddLoss,
            "Input": self._input_maker(),
            "Output": self.output,
            "compile": self.compile,
            "add_loss": self.add_loss,
            STEP: self.step,
            BLOCK: BlockMaker,
            BOUND: self.bind,
        }

    def step(self, current: Any, value: Any, line: int, label: str | None = None, fresh: bool = False) -> Any:
        """The new current tensor after the statement `value` at `line`.

        Args:
            current: the tensor so far; `None` at the start.
            value: what the statement's expression gave.
            label: the label of the statement.
            fresh: whether the expression made a layer or tensor that has no name yet, so that the label names it.
        """
        if label and fresh and isinstance(value, Layer):
            _rename(value, label)
        result = self._apply(current, value)
        if label:
            self._label(label, result, fresh and not isinstance(value, (Layer, Block, list, tuple)))
        self._note_line(result, line)
        return result

    def bind(self, value: Any, name: str, line: int) -> Any:
        """Notes `name = value` at `line` and returns the value."""
        if isinstance(value, (Layer, Block, Copies)):
            self.bound.append((line, name, value))
        self._note_line(value, line)
        return value

    def _input_maker(self):
        @functools.wraps(Input)
        def make(*args, **kwargs):
            tensor = Input(*args, **kwargs)
            self.inputs.append(tensor)
            self._note_line(tensor, sys._getframe(1).f_lineno)
            return tensor

        return make

    def output(self, *tensors: KerasTensor, **named: KerasTensor) -> None:
        """Says what the model's outputs are: tensors in order, or by names, which its targets and losses have too."""
        self._note("result", tensors, named)

    def compile(self, optimizer="rmsprop", loss=None, metrics=None, loss_weights=None, **options):
        """Says how to train, with the arguments of `Model.compile`; metrics come third.

        Args:
            optimizer: a name such as `"adam"`, or an object.
            loss: a name, a function `(y_true, y_pred) -> losses`, an object, or a list or dictionary per output.
            metrics: a list of names, functions or objects; per output as a list of lists or a dictionary.
            loss_weights: factors for the losses of several outputs, as a list or dictionary.
            **options: the others of `Model.compile`: weighted_metrics, backend, steps_per_execution, run_eagerly.

        Example:
            compile("adam", "binary_crossentropy", ["accuracy"])
        """
        options = {"loss": loss, "metrics": metrics, "loss_weights": loss_weights, **options}
        self._note("compiled", (optimizer,), options)

    def _note(self, what, args, kwargs):
        """Keeps a call that the cell makes, which may be made once, for when the model exists."""
        first = getattr(self, what)
        if first is not None:
            raise ValueError(f"expects to stand once in a model, and stands at line {first.line} already")
        setattr(self, what, Call(sys._getframe(2).f_lineno, args, kwargs))

    def add_loss(self, loss: KerasTensor, name: str | None = None) -> None:
        """Adds the symbolic scalar `loss` to the model's loss; `name` shows it in the logs."""
        if not isinstance(loss, KerasTensor):
            raise TypeError(f"add_loss expects a tensor computed from the model's, got {described(loss)}")
        self.losses.append(Call(sys._getframe(1).f_lineno, (loss,), {"name": name}))

    def _apply(self, current, value):
        if value is None or isinstance(value, str):
            return current
        if is_tensor(value):
            return value
        if isinstance(value, (list, tuple)):
            for item in value:
                current = self._apply(current, item)
            return current
        if not isinstance(value, (Layer, Block)):
            raise TypeError(f"expected a layer or a tensor, got {described(value)}")
        if isinstance(value, Model) and self._is_whole(value):
            self.whole = value
            return current
        if current is None:
            raise ValueError("there is no tensor yet to apply it to; begin with Input((features,))")
        self.applied = current
        _check_reads_one(value)
        return value(current)

    def _label(self, label, result, fresh):
        self.labels.setdefault(label, result)
        if fresh and isinstance(result, KerasTensor) and not self._is_bound(result.node.operation):
            _rename(result.node.operation, label)

    def _is_bound(self, layer):
        return any(value is layer for _, _, value in self.bound)

    def _is_whole(self, model):
        """Whether a model was made of the declaration's own inputs, and so is what the declaration means."""
        if model.graph is None or self._is_bound(model):
            return False
        own = set(map(id, self.inputs))
        return all(id(tensor) in own for tensor in model.graph.input_tensors)

    def _note_line(self, value, line):
        for tensor in tree.flatten(value):
            if isinstance(tensor, KerasTensor) and id(tensor) not in self.lines:
                self.lines[id(tensor)] = line
                self.tensors.append(tensor)

    def last_of_shape(self, shape: str) -> KerasTensor | None:
        """The tensor of a shape, as messages write it, that was used or made last."""
        recent = [self.applied, *reversed(self.tensors)]
        return next((t for t in recent if isinstance(t, KerasTensor) and str(t.shape) == shape), None)


def _check_reads_one(layer):
    """Raises TypeError for a layer such as attention, which a step alone cannot tell what to read."""
    if isinstance(layer, Layer):
        parameters = list(inspect.signature(type(layer).call).parameters.values())[1:]
        needed = [p.name for p in parameters if p.default is p.empty and p.kind is p.POSITIONAL_OR_KEYWORD]
        if len(needed) > 1:
            call = f"{type(layer).__name__}(…)({', '.join('_' * len(needed))})"
            raise TypeError(f"expects {len(needed)} tensors, {' and '.join(needed)}; say which, as in {call}")


def is_tensor(value: Any) -> bool:
    """Whether a value is a symbolic tensor, or a list of nothing else, as a layer with several outputs returns."""
    if isinstance(value, (list, tuple)):
        return bool(value) and all(isinstance(item, KerasTensor) for item in value)
    return isinstance(value, KerasTensor)


def described(value: Any) -> str:
    """A value in a message: what it is, and the cure for the usual slips."""
    if isinstance(value, type) and issubclass(value, Layer):
        return f"the class {value.__name__}; write {value.__name__}(…)"
    if isinstance(value, BlockMaker):
        return f"the block {value.__name__} without its parentheses; write {value.__name__}{value.__signature__}"
    if callable(value) and hasattr(value, "__name__"):
        return f"the function {value.__name__}; call it, as in {value.__name__}(_)"
    kind = type(value)
    package = kind.__module__.partition(".")[0]
    foreign = f"a {kind.__name__} of the package {package}"
    return foreign if package in ("keras", "torch", "tensorflow") else kind.__name__


def _rename(operation, label):
    """Names a layer or op, and the paths of its weights, by its label; numbered where that is taken."""
    name = label
    if operation.name != label:
        give_back(operation.name)
        name = numbered(label)
    operation.name = name
    for variable in getattr(operation, "_weights", ()):
        variable.path = f"{name}/{variable.name}"
