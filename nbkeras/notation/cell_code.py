"""A model as a `%%model` cell."""

import keyword
from typing import Any

from nbkeras import tree
from nbkeras.layers import InputLayer
from nbkeras.models import Model, Sequential
from nbkeras.naming import give_back, is_free, numbered, trial_names, unique_name
from nbkeras.notation.add_loss import AddLoss
from nbkeras.notation.building import plain_chain
from nbkeras.notation.code import Code, as_formulas, compile_arguments
from nbkeras.notation.expressions import Writer, quoted
from nbkeras.notation.graph_order import GraphOrder
from nbkeras.notation.names import library
from nbkeras.random import undrawn
from nbkeras.symbolic import KerasTensor, Operation

__all__ = ["to_cell"]


def to_cell(model: Model) -> str:
    """A Sequential or functional model as a `%%model` cell, which declares it anew, with new weights.

    Raises:
        ValueError: for a model that its `call` defines, for a Sequential without an input shape, and for layers with
            a lambda.
    """
    if model.graph is None:
        cure = "build it first" if isinstance(model, Sequential) else "only graphs can be written"
        raise ValueError(f"{model.title} has no graph that a cell could declare; {cure}")
    code = as_formulas(lambda inline: _Cell(model, inline).write())
    if model.compiled:
        code.lines.append(f"compile({compile_arguments(model, code.writer)})")
    return "\n".join([f"%%model {model.name}", *code.lines]) + "\n"


class _Cell:
    """Writes the statements of a cell. Automatic names are counted along, so that only others need to be written."""

    def __init__(self, model: Model, inline: bool):
        self.model = model
        self.code = Code(Writer(library()), inline)
        self.lines = self.code.lines
        self.inputs, self.outputs = model.graph.inputs, model.graph.outputs
        self.is_usual = _is_usual_input(self.inputs) and _is_usual_output(self.outputs)
        ends = _added_losses(self.outputs) if self.is_usual else []
        if ends:
            self.outputs = tree.map_structure(lambda t: ends[-1].args[0] if t is ends[0].outputs else t, self.outputs)
        self.losses = [(node.args[1], node.operation) for node in reversed(ends)]
        kept = [] if self.is_usual else [*model.graph.input_tensors, *model.graph.output_tensors]
        self.order = GraphOrder(model, ends, self.outputs, kept, [loss for loss, _ in self.losses], inline)
        self.current: KerasTensor | None = None

    def write(self) -> Code:
        """The code with all statements but `compile`."""
        for place, node in enumerate(self.order.nodes):
            self._statement(node, self.order.passes_on(place))
        for loss, layer in self.losses:
            formula = self.code.structure(loss)
            name = "" if unique_name("AddLoss") == layer.name else f", name={quoted(layer.name)}"
            self.lines.append(f"add_loss({formula}{name})")
        self._end()
        return self.code

    def _statement(self, node, passes_on):
        operation = node.operation
        if self.order.uses[id(operation)] > 1 or isinstance(operation, Model):
            self._define(operation)
            maker, label = self.code.variables[id(operation)], ""
        else:
            maker, label = self._make(node, passes_on)
        step = maker if self._is_step(node) else self.code.call(maker, node)
        if label or passes_on:
            self.lines.append(f"{label}: {step}" if label else step)
            self.code.variables[id(node.outputs)] = label or "_"
            self.current = node.outputs
        else:
            applied = maker if isinstance(operation, (InputLayer, Operation)) else self.code.call(maker, node)
            self.lines.append(f"{self.code.targets(node)} = {applied}")

    def _make(self, node, passes_on):
        """The expression of a new layer, or of an op with its arguments; and the label that names it, if one does."""
        operation = node.operation
        if isinstance(operation, Operation):
            return self._make_op(node, passes_on)
        automatic = _automatic(operation)
        wanted = isinstance(node.outputs, KerasTensor) and not (passes_on and operation.name == automatic)
        label = operation.name if wanted and self._take(operation.name, automatic) else ""
        return self.code.layer(operation, self._name(operation, automatic, label)), label

    def _make_op(self, node, passes_on):
        expression = self.code.op(node)
        name, automatic = node.operation.name, self.code.automatic[id(node.operation)]
        if name == automatic and passes_on:
            return expression, ""
        give_back(automatic)
        label = name if isinstance(node.outputs, KerasTensor) and self._take(name, automatic) else ""
        if not label and name != automatic:
            raise ValueError(f"{self.model.title}: a cell cannot give an op the name '{name}'")
        if name == automatic:
            unique_name(node.operation.function.__name__)
        return expression, label

    def _name(self, layer, automatic, label=""):
        """The `name` argument that a layer needs, if any; counts the names that making it takes."""
        if label or layer.name == automatic:
            _made_anew(layer, without="name")
            if layer.name != automatic:
                give_back(automatic)
            return None
        _made_anew(layer)
        return layer.name

    def _is_step(self, node):
        """Whether the statement needs no arguments: inputs and ops, and layers that read the current tensor alone."""
        if isinstance(node.operation, (InputLayer, Operation)):
            return True
        return len(node.args) == 1 and not node.kwargs and node.args[0] is self.current

    def _define(self, layer):
        """Assigns a layer that is called more than once, or a model, to a variable before its first use."""
        if id(layer) in self.code.variables:
            return
        if isinstance(layer, Model):
            self.code.layer(layer, None)
            _count_ops(layer)
            return
        expression = self.code.layer(layer, self._name(layer, _automatic(layer)))
        variable = self.code.variables[id(layer)] = self.code.free(layer.name)
        self.lines.append(f"{variable} = {expression}")

    def _take(self, label, automatic):
        """Whether a label gives its layer just that name, and its variable hides nothing; counts it if so."""
        free = label == automatic or is_free(label)
        if not free or not label.isidentifier() or keyword.iskeyword(label) or label in self.code.taken:
            return False
        self.code.taken.add(label)
        if label != automatic:
            numbered(label)
        return True

    def _end(self):
        """The statement that says what the outputs are, where that is not simply the last tensor."""
        structure = self.code.structure
        if not self.is_usual:
            self.lines.append(f"Model({structure(self.inputs)}, {structure(self.outputs)})")
        elif isinstance(self.outputs, dict):
            self.lines.append(f"Output({', '.join(f'{name}={structure(t)}' for name, t in self.outputs.items())})")
        elif isinstance(self.outputs, list):
            self.lines.append(f"Output({', '.join(map(structure, self.outputs))})")
        elif self.outputs is not self.current or self._would_be_sequential():
            self.lines.append(f"Output({structure(self.outputs)})")

    def _would_be_sequential(self):
        chain = plain_chain(self.outputs, self.model.graph.input_tensors)
        return bool(chain) and not self.losses and not isinstance(self.model, Sequential)


def _is_usual_input(inputs: Any) -> bool:
    """Whether a cell's inputs are nested like this: one tensor, or a list of several."""
    if isinstance(inputs, list):
        return len(inputs) > 1 and all(isinstance(item, KerasTensor) for item in inputs)
    return isinstance(inputs, KerasTensor)


def _is_usual_output(outputs: Any) -> bool:
    """Whether `Output` can say this: one tensor, a list of several, or a dictionary by names."""
    if isinstance(outputs, dict):
        names = all(isinstance(name, str) and name.isidentifier() for name in outputs)
        return names and all(isinstance(item, KerasTensor) for item in outputs.values())
    return _is_usual_input(outputs)


def _added_losses(outputs):
    """The calls of `AddLoss` at the end of the first output, last one first."""
    ends = []
    tensor = tree.flatten(outputs)[0]
    while isinstance(tensor.node.operation, AddLoss):
        ends.append(tensor.node)
        tensor = tensor.node.args[0]
    return ends


def _automatic(layer):
    """The name that a layer would get next where nothing is said."""
    with trial_names():
        return _made_anew(layer, without="name").name


def _made_anew(layer, without=""):
    """A layer like `layer`, made without one of its arguments."""
    with undrawn():
        return type(layer).from_config({key: value for key, value in layer.get_config().items() if key != without})


def _count_ops(model):
    """Counts the names that the ops inside a model take when its statements run."""
    if model.graph is not None:
        for node in model.graph.nodes:
            if isinstance(node.operation, Operation):
                unique_name(node.operation.function.__name__)
            elif isinstance(node.operation, Model):
                _count_ops(node.operation)
