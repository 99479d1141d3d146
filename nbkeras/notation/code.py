"""A model as source code: plain Keras here, and what a `%%model` cell shares with it."""

import keyword
import re
from collections.abc import Callable
from typing import Any

from nbkeras import config, ops, tree
from nbkeras.layers import InputLayer
from nbkeras.models import Model, Sequential
from nbkeras.naming import fresh_names, unique_name
from nbkeras.notation.expressions import Writer, quoted
from nbkeras.notation.graph_order import GraphOrder
from nbkeras.notation.names import library
from nbkeras.symbolic import KerasTensor, Node, Operation

__all__ = ["Code", "as_formulas", "compile_arguments", "to_python"]

OPERATORS = {"add": "+", "subtract": "-", "multiply": "*", "true_divide": "/", "matmul": "@", "power": "**"}
BINDING = {"+": 1, "-": 1, "*": 2, "/": 2, "@": 2, "**": 3}  # how strongly, weakest first
LIKE = "_like_shape_of"  # an op on the open shape of a symbolic tensor, `random.normal(ops.shape(x))`
COMPILE_DEFAULTS = {
    "metrics": None,
    "loss_weights": None,
    "weighted_metrics": None,
    "run_eagerly": False,
    "steps_per_execution": 1,
    "jit_compile": "auto",
}
ADD_LOSS = '''
@{package}.saving.register_keras_serializable("nbkeras")
class AddLoss(layers.Layer):
    """Passes its first input on and adds its second one to the loss."""

    def call(self, x, loss):
        self.add_loss(loss)
        return x


'''


def to_python(model: Model, package: str = "keras") -> str:
    """A Sequential or functional model as plain Keras code, which builds it anew, with new weights.

    Args:
        model: however it was made.
        package: what the code imports from: `"keras"`, or `"nbkeras"`.

    Raises:
        ValueError: for a model that its `call` defines, and for layers with a lambda.
    """
    code = as_formulas(lambda inline: _statements(model, Code(Writer(), inline)))
    body = "\n".join(code.lines) + "\n"
    with_losses = "AddLoss(" in body
    names = {*re.findall(r"\b(Input|Model|Sequential)\(", body), *code.writer.rooms, *(["layers"] * with_losses)}
    head = f"from {package} import {', '.join(sorted(names))}\n\n"
    if with_losses:
        head = f"import {package}\n{head}{ADD_LOSS.format(package=package)}"
    if code.writer.own:
        head += f"# Your own, to be defined or imported here: {', '.join(code.writer.own)}\n\n"
    return head + body


def _statements(model, code):
    variable, code.passing = code.free(model.name), code.free("x")
    code.model(model, variable)
    if model.compiled:
        code.lines.append(f"{variable}.compile({compile_arguments(model, code.writer)})")
    return code


class Renumbered(Exception):
    """A formula would give its ops other automatic names than the model has."""


def as_formulas(write: Callable[[bool], Any]) -> Any:
    """The result of `write(True)`, or of `write(False)` where formulas would change the names of ops."""
    try:
        with fresh_names():
            return write(True)
    except Renumbered:
        with fresh_names():
            return write(False)


class Code:
    """Statements that make models, in Keras' functional style.

    Args:
        writer: for the layers and other objects.
        inline: whether the ops of a formula make one statement together.

    Attributes:
        lines: of the source so far.
        variables: by the `id` of a tensor or layer.
        automatic: by the `id` of an op, the name that it gets where nothing is said.
    """

    def __init__(self, writer: Writer, inline: bool):
        self.writer = writer
        self.inline = inline
        self.lines: list[str] = []
        self.taken = {*library(), "Input", "Output", "compile", "add_loss", "_"}
        self.passing = ""  # the variable for what the next statement alone reads
        self.variables: dict[int, str] = {}
        self.automatic: dict[int, str] = {}
        self._inner: list[Model] = []  # kept, so that no other model gets the id of one
        writer.model = self._inner_model

    def free(self, wanted: str) -> str:
        """A variable's name like `wanted` that nothing has yet."""
        stem = re.sub(r"\W", "_", wanted)
        stem = f"_{stem}" if not stem.isidentifier() or keyword.iskeyword(stem) else stem
        name, number = stem, 1
        while name in self.taken:
            name, number = f"{stem}_{number}", number + 1
        self.taken.add(name)
        return name

    def model(self, model: Model, variable: str) -> None:
        """Statements that make `model` and assign it."""
        if isinstance(model, Sequential):
            self._sequential(model, variable)
        elif model.graph is None:
            raise ValueError(f"{model.title} is defined by its call(), which is code already; only graphs are written")
        else:
            self._functional(model, variable)

    def layer(self, layer: Any, name: str | None) -> str:
        """The expression that makes a layer; for a model, statements come first and its variable is the expression."""
        if isinstance(layer, Model):
            if id(layer) not in self.variables:
                self.variables[id(layer)] = self.free(layer.name)
                self.model(layer, self.variables[id(layer)])
            return self.variables[id(layer)]
        return self._input(layer, name) if isinstance(layer, InputLayer) else self.writer.object(layer, name)

    def _inner_model(self, model):
        """The variable of a model that is an argument of a layer."""
        self._inner.append(model)
        return self.layer(model, None)

    def structure(self, value: Any) -> str:
        """Arguments of a call, or a model's inputs or outputs: tensors by their variables, other values as they are."""
        if isinstance(value, KerasTensor):
            return self.variables.get(id(value)) or self._formula(value.node)
        if isinstance(value, dict):
            return "{" + ", ".join(f"{quoted(key)}: {self.structure(item)}" for key, item in value.items()) + "}"
        if isinstance(value, (list, tuple)) and any(isinstance(leaf, KerasTensor) for leaf in tree.flatten(value)):
            inner = ", ".join(map(self.structure, value))
            return f"[{inner}]" if isinstance(value, list) else f"({inner}{',' * (len(value) == 1)})"
        return self.writer.value(value)

    def call(self, function: str, node: Node) -> str:
        """The call that a node is, of a layer's or op's expression."""
        arguments = [self.structure(value) for value in node.args]
        arguments += [f"{name}={self.structure(value)}" for name, value in node.kwargs.items()]
        return f"{function}({', '.join(arguments)})"

    def op(self, node: Node) -> str:
        """The formula of an op and of those that stand inside it, with operators where there are some."""
        name = node.operation.function.__name__
        sign = _operator(node)
        if sign:
            left, right = node.args
            first, second = (BINDING[sign] + 1, BINDING[sign]) if sign == "**" else (BINDING[sign], BINDING[sign] + 1)
            source = f"{self._operand(left, first)} {sign} {self._operand(right, second)}"
        elif name == "getitem":
            source = f"{self._operand(node.args[0], 4)}[{_index(node.args[1])}]"
        else:
            source = self._named_op(name, node)
        self.automatic[id(node.operation)] = unique_name(name)
        return source

    def _named_op(self, name, node):
        """The call of an op by its public name."""
        plain = name.removesuffix(LIKE)
        room = "ops" if hasattr(ops, plain) else "random"
        self.writer.rooms.update({room, "ops"} if name != plain else {room})
        call = self.call(f"{room}.{plain}", node)
        if name == plain:
            return call
        like = self.structure(node.args[0])
        return call.replace(like, f"ops.shape({like})", 1)

    def targets(self, node: Node, passes_on: bool = False) -> str:
        """The variables that take a node's outputs; `x` for what the next statement alone reads."""
        if passes_on and not self.passing:
            self.passing = self.free("x")
        if not passes_on and not isinstance(node.outputs, KerasTensor) and not _is_flat(node.outputs):
            whole = self.free(node.operation.name)
            self.variables.update((id(tensor), f"{whole}{place}") for tensor, place in _places(node.outputs))
            return whole
        for number, tensor in enumerate(node.output_tensors):
            stem = node.operation.name + (f"_{number}" if len(node.output_tensors) > 1 else "")
            self.variables[id(tensor)] = self.passing if passes_on else self.free(stem)
        return ", ".join(self.variables[id(tensor)] for tensor in node.output_tensors)

    def _formula(self, node):
        source = self.op(node)
        if self.automatic[id(node.operation)] != node.operation.name:
            raise Renumbered
        return source

    def _operand(self, value, strength):
        """An operand of an operator, in parentheses where its own operator binds less strongly than `strength`."""
        inner = isinstance(value, KerasTensor) and id(value) not in self.variables
        sign = _operator(value.node) if inner else ""
        source = self.structure(value)
        weaker = BINDING[sign] < strength if sign else source.startswith("-") and strength > 2
        return f"({source})" if weaker else source

    def _input(self, layer, name):
        batch, *sizes = layer.batch_shape
        shape = self.writer.value(tuple(sizes))
        parts = [shape if batch is None else f"batch_shape={self.writer.value(layer.batch_shape)}"]
        parts += [f"dtype={quoted(layer.dtype)}"] if layer.dtype != config.floatx() else []
        parts += [f"name={quoted(name)}"] if name is not None else []
        return f"Input({', '.join(parts)})"

    def _sequential(self, model, variable):
        first = [model._input_layer] if model._input_layer is not None else []
        items = [self.layer(layer, layer.name) for layer in [*first, *model.layers]]
        self.lines += [f"{variable} = Sequential(", "    [", *(f"        {item}," for item in items), "    ],"]
        self.lines += [f"    name={quoted(model.name)},", ")"]

    def _functional(self, model, variable):
        graph = model.graph
        order = GraphOrder(model, kept=[*graph.input_tensors, *graph.output_tensors], inline=self.inline)
        for place, node in enumerate(order.nodes):
            operation = node.operation
            if isinstance(operation, Operation):
                expression = self.op(node)
            elif isinstance(operation, InputLayer):
                expression = self._input(operation, operation.name)
            else:
                expression = self.call(self._maker(operation, order.uses[id(operation)] > 1), node)
            self.lines.append(f"{self.targets(node, order.passes_on(place))} = {expression}")
        structure = f"inputs={self.structure(graph.inputs)}, outputs={self.structure(graph.outputs)}"
        self.lines.append(f"{variable} = Model({structure}, name={quoted(model.name)})")

    def _maker(self, layer, shared):
        """The expression of a layer; one that is called more than once gets a variable first."""
        if id(layer) in self.variables:
            return self.variables[id(layer)]
        expression = self.layer(layer, layer.name)
        if not shared or isinstance(layer, Model):
            return expression
        variable = self.variables[id(layer)] = self.free(layer.name)
        self.lines.append(f"{variable} = {expression}")
        return variable


def compile_arguments(model: Model, writer: Writer) -> str:
    """The arguments of `compile` that make a model train as `model` does."""
    arguments = model.get_compile_config() or {}
    parts = [writer.value(arguments["optimizer"])]
    if arguments["loss"] is not None:
        parts.append(writer.value(arguments["loss"]))
    for name, default in COMPILE_DEFAULTS.items():
        if arguments.get(name, default) != default:
            parts.append(f"{name}={writer.value(arguments[name])}")
    return ", ".join(parts)


def _is_flat(outputs):
    """Whether variables with commas between them take what a call returns."""
    return isinstance(outputs, (list, tuple)) and len(outputs) > 1 and all(isinstance(t, KerasTensor) for t in outputs)


def _places(outputs, path=""):
    """The tensors of a nest, each with the index that leads to it."""
    if isinstance(outputs, KerasTensor):
        yield outputs, path
        return
    for key, item in outputs.items() if isinstance(outputs, dict) else enumerate(outputs):
        yield from _places(item, f"{path}[{quoted(key) if isinstance(key, str) else key}]")


def _operator(node):
    """The sign of an op that has one, such as `+`."""
    name = node.operation.function.__name__ if isinstance(node.operation, Operation) else ""
    return OPERATORS.get(name, "") if len(node.args) == 2 and not node.kwargs else ""


def _index(key):
    """The source of what stands between the brackets of `x[…]`."""
    if isinstance(key, tuple):
        return ", ".join(map(_index, key)) + ("," if len(key) == 1 else "")
    if isinstance(key, slice):
        start, stop = ("" if part is None else repr(part) for part in (key.start, key.stop))
        return f"{start}:{stop}" + (f":{key.step!r}" if key.step is not None else "")
    return "..." if key is Ellipsis else repr(key)
