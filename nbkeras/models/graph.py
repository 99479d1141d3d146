"""The graph of a functional model: the nodes between inputs and outputs, in the order in which they run."""

import math
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from nbkeras import masks, ops, symbolic, tree
from nbkeras.layers import InputLayer, Layer
from nbkeras.symbolic import KerasTensor, Node


class Graph:
    """What computes `outputs` from `inputs`.

    Args:
        inputs, outputs: a symbolic tensor, or nested lists, tuples and dictionaries of them.

    Attributes:
        nodes: in the order of execution, without the inputs' own.
        operations: layers and ops from the inputs to the outputs, each once, in the order of Keras: by decreasing
            distance from the outputs, which is also the order of the weights.
    """

    def __init__(self, inputs: Any, outputs: Any) -> None:
        self.inputs = inputs
        self.outputs = outputs
        self.input_tensors = tree.flatten(inputs)
        self.output_tensors = tree.flatten(outputs)
        _check_tensors("inputs", self.input_tensors)
        _check_tensors("outputs", self.output_tensors)
        order, visited = self._walk()
        self.nodes = [n for n in order if not self._is_input(n)]
        self.operations = self._sort_operations(order, visited)
        self._check_names()
        spent = self._spent()
        self._other_outputs: dict[Any, Any] = {}  # by sizes of inputs that are not the declared ones
        self._plan = [(n.operation, _slots(n), n.output_tensors, n, spent[id(n)]) for n in self.nodes]

    @property
    def layers(self) -> list[Layer]:
        """The layers among the operations."""
        return [o for o in self.operations if isinstance(o, Layer)]

    @property
    def input_names(self) -> list[str]:
        return [_name(t) for t in self.input_tensors]

    @property
    def output_names(self) -> Any:
        """The name of each output: its key in a dictionary, else that of the layer it comes from."""
        if isinstance(self.outputs, dict):
            return sorted(self.outputs)
        return [_name(t) for t in self.output_tensors]

    def run(self, inputs: Any, owner: Any) -> Any:
        """Computes the outputs; `inputs` are arrays nested as `self.inputs`, or a dictionary by input name.

        Returns:
            Arrays nested as `self.outputs`; of a list or tuple of one, that one.
        """
        arrays = self._match(inputs, owner)
        self._check_shapes(arrays, owner)
        return self._computed([_fit(t, x) for t, x in zip(self.input_tensors, arrays)])

    def _computed(self, arrays: list[Any]) -> Any:
        values = {id(t): x for t, x in zip(self.input_tensors, arrays)}
        for operation, slot, outputs, node, spent in self._plan:
            if slot is not None:
                y = operation(values[slot])
            else:
                args, kwargs = filled(node, values)
                y = operation(*args, **kwargs)
            if len(outputs) == 1 and not tree.is_nested(y):
                values[id(outputs[0])] = y
            else:
                values.update((id(t), item) for t, item in zip(outputs, tree.flatten(y)))
            for name in spent:
                del values[name]
        return tree.map_structure(lambda t: values[id(t)], single(self.outputs))

    def _spent(self) -> dict[int, list[int]]:
        """By the id of a node, the ids of the tensors that nobody needs after it, so that their memory is free."""
        last = {id(t): id(n) for n in self.nodes for t in (*n.input_tensors, *n.output_tensors)}
        kept = set(map(id, self.output_tensors))
        spent: dict[int, list[int]] = defaultdict(list)
        for tensor, node in last.items():
            if tensor not in kept:
                spent[node].append(tensor)
        return spent

    def _match(self, inputs: Any, owner: Any) -> Any:
        if isinstance(inputs, dict) and not isinstance(self.inputs, dict):
            missing = [n for n in self.input_names if n not in inputs]
            if missing:
                raise ValueError(_wrong_names(owner, self.input_names, inputs))
            return [inputs[n] for n in self.input_names]
        if isinstance(self.inputs, dict) and isinstance(inputs, dict):
            missing = [n for n in self.inputs if n not in inputs]
            if missing:
                raise ValueError(_wrong_names(owner, self.inputs, inputs))
            inputs = {n: inputs[n] for n in self.inputs}
        flat = tree.flatten(inputs)
        if len(flat) != len(self.input_tensors):
            raise ValueError(_wrong_number(owner, self.input_names, len(flat)))
        return flat

    def check(self, inputs: Any, owner: Any) -> None:
        """Raises ValueError if `inputs` do not fit, as `run` does, without running anything."""
        self._check_shapes(self._match(inputs, owner), owner)

    def outputs_for(self, inputs: Any, owner: Any) -> Any:
        """The symbolic outputs for `inputs`, nested as `run` returns them; raises ValueError as `check` does."""
        arrays = self._match(inputs, owner)
        self._check_shapes(arrays, owner)
        return self._other_outputs.get(self._sizes(arrays), single(self.outputs))

    def _check_shapes(self, arrays: list[Any], owner: Any) -> None:
        """Raises ValueError if sizes are not the declared ones and the layers refuse them; an RNN takes any length."""
        for tensor, x in zip(self.input_tensors, arrays):
            if x is not None and not _alike(tensor.shape[1:], _fitted(tensor, x.shape)[1:]) and not self._takes(arrays):
                raise ValueError(_wrong_shape(tensor, x.shape, owner))

    def _sizes(self, arrays: list[Any]) -> tuple[Any, ...]:
        return tuple(None if x is None else _fitted(t, x.shape)[1:] for t, x in zip(self.input_tensors, arrays))

    def _takes(self, arrays: list[Any]) -> bool:
        sizes = self._sizes(arrays)
        if sizes in self._other_outputs:
            return True
        if not all(s is None or _differs_in_steps(t.shape[1:], s) for t, s in zip(self.input_tensors, sizes)):
            return False
        tensors = [s if s is None else KerasTensor((None, *s), t.dtype) for t, s in zip(self.input_tensors, sizes)]
        try:
            self._other_outputs[sizes] = symbolic.infer(self._computed, [tensors], {})
        except (IndexError, ValueError):
            return False
        return True

    def _is_input(self, node: Node) -> bool:
        return any(t.node is node for t in self.input_tensors)

    def _walk(self) -> tuple[list[Node], dict[int, int]]:
        """Nodes with every node after those it needs, and operations numbered as first met from the outputs.

        Iterative, so that a chain of thousands of layers does not exhaust Python's stack.
        """
        order: list[Node] = []
        done: set[int] = set()
        visited: dict[int, int] = {}
        stack = [(node, False) for node in self._sources(self.output_tensors)]
        while stack:
            node, expanded = stack.pop()
            if expanded:
                order.append(node)
                continue
            if id(node) in done:
                continue
            done.add(id(node))
            visited.setdefault(id(node.operation), len(visited))
            stack.append((node, True))
            if self._is_input(node):
                continue
            self._check_connected(node)
            stack.extend((source, False) for source in self._sources(node.input_tensors))
        return order, visited

    def _sources(self, tensors: list[KerasTensor]) -> list[Node]:
        """The nodes that `tensors` come from, the last first; an input may be a bare `KerasTensor`, without one."""
        for t in tensors:
            if t.node is None and all(t is not known for known in self.input_tensors):
                raise ValueError(
                    f"the outputs depend on the tensor '{t.name}', which no layer computes and which is not among the "
                    f"inputs {self.input_names}; add it to inputs="
                )
        return [t.node for t in reversed(tensors) if t.node is not None]

    def _check_connected(self, node: Node) -> None:
        if isinstance(node.operation, InputLayer):
            raise ValueError(
                f"the outputs depend on the input '{node.operation.name}', which is not among the model's inputs "
                f"{self.input_names}; add it to inputs="
            )

    def _sort_operations(self, order: list[Node], visited: dict[int, int]) -> list[Any]:
        depths: dict[int, int] = {}
        operation_depths: dict[int, int] = {}
        for node in reversed(order):
            depth = max(depths.get(id(node), 0), operation_depths.get(id(node.operation), 0))
            depths[id(node)] = operation_depths[id(node.operation)] = depth
            if not self._is_input(node):
                for source in self._sources(node.input_tensors):
                    depths[id(source)] = max(depth + 1, depths.get(id(source), 0))
        operations = {id(n.operation): n.operation for n in (*order, *reversed(self._sources(self.input_tensors)))}
        return sorted(operations.values(), key=lambda o: (-operation_depths.get(id(o), 0), visited.get(id(o), -1)))

    def _check_names(self) -> None:
        names = [o.name for o in self.operations]
        repeated = sorted({n for n in names if names.count(n) > 1}) if len(set(names)) < len(names) else []
        if repeated:
            raise ValueError(f"the names of layers in a model must differ; used twice: {', '.join(repeated)}")


def by_operation(nodes: Iterable[Node]) -> dict[int, list[Node]]:
    """The nodes of each operation, by its id."""
    found: dict[int, list[Node]] = defaultdict(list)
    for node in nodes:
        found[id(node.operation)].append(node)
    return found


def _check_tensors(what: str, tensors: list[KerasTensor]) -> None:
    for t in tensors:
        if not isinstance(t, KerasTensor):
            raise ValueError(f"a model's {what} must be symbolic tensors (as Input and layers return), got {t!r}")


def _name(tensor: KerasTensor) -> str:
    """The name of the layer or op that a tensor comes from, or else its own."""
    return tensor.name if tensor.node is None else tensor.node.operation.name


def _slots(node: Node) -> Any:
    """The one tensor that `node` is called on, for the fast path; `None` for any other call."""
    simple = len(node.args) == 1 and isinstance(node.args[0], KerasTensor) and not node.kwargs
    return id(node.args[0]) if simple else None


def filled(node: Node, values: Any) -> Any:
    """The arguments of a call, with what `values` has, by the ids of tensors, in their place."""

    def value(leaf: Any) -> Any:
        return values[id(leaf)] if isinstance(leaf, KerasTensor) else leaf

    return tree.map_structure(value, [list(node.args), dict(node.kwargs)])


def single(structure: Any) -> Any:
    """What a list or a tuple of one holds, as Keras hands it out; anything else as it is."""
    return structure[0] if isinstance(structure, (list, tuple)) and len(structure) == 1 else structure


def _fit(tensor: KerasTensor, x: Any) -> Any:
    """`x` in the dtype of the input, with a last axis of one added or dropped where only that is amiss."""
    if x is None:
        return None
    mask = masks.get(x)
    if str(x.dtype) != tensor.dtype and tensor.dtype != "string":
        x = ops.cast(x, tensor.dtype)
    if len(x.shape) < len(tensor.shape):
        x = ops.expand_dims(x, -1)
    elif len(x.shape) > len(tensor.shape):
        x = ops.squeeze(x, -1)
    if mask is not None:
        masks.set(x, mask)
    return x


def _fitted(tensor: KerasTensor, shape: Any) -> Any:
    """The shape that `_fit` gives to an array of `shape`."""
    expected = tensor.shape
    if len(shape) == len(expected) - 1 and expected[-1] == 1:
        return (*shape, 1)
    if len(shape) == len(expected) + 1 and shape[-1] == 1:
        return tuple(shape[:-1])
    return tuple(shape)


def _differs_in_steps(wanted: Any, sizes: Any) -> bool:
    """Whether axes are as many and the features as wanted, so that at most steps, rows or columns are others."""
    return len(wanted) == len(sizes) and (len(wanted) < 2 or wanted[-1] in (None, sizes[-1]))


def _wrong_shape(tensor: KerasTensor, shape: Any, owner: Any) -> str:
    got = (None, *[d if d is None else int(d) for d in shape[1:]])
    name, cure = _name(tensor), _cure_of_shape(tensor.shape, shape)
    return f"{owner.title} expects input '{name}' of shape {tensor.shape}, got {got}; {cure}"


def _cure_of_shape(expected: Any, shape: Any) -> str:
    wanted, inner = expected[1:], tuple(int(d) for d in shape[1:])
    if _alike(wanted, shape) or _is_one(wanted, shape):
        return "one row needs an axis of rows too, as in x[None]"
    if len(inner) > 1 and _alike(wanted, (*inner[1:], inner[0])):
        return "the channels are last here: numpy.moveaxis(x, 1, -1)"
    if len(wanted) == 3 and wanted[-1] == 3 and inner in (wanted[:-1], (*wanted[:-1], 1)):
        gray = "x" if len(inner) == 3 else "x[..., None]"
        return f"gray images become coloured ones by numpy.repeat({gray}, 3, axis=-1)"
    if len(wanted) == len(inner) == 1 and shape[0] == wanted[0]:
        return "if its rows are columns, give x.T"
    if None not in wanted and inner and math.prod(inner) == math.prod(wanted):
        return f"the numbers are as many, so it may be x.reshape(-1, {', '.join(map(str, wanted))})"
    return "choose data of that shape" + (f", or begin the model with Input({inner})" if inner else "")


def _is_one(wanted: Any, shape: Any) -> bool:
    """Whether an array is, or is a batch from, one image of the wanted sizes, its only channel perhaps left out."""
    if not 1 < len(shape) <= len(wanted) or None in wanted:
        return False
    return shape[0] <= wanted[0] and (*shape[1:], 1)[: len(wanted) - 1] == wanted[1:]


def _alike(wanted: Any, sizes: Any) -> bool:
    """Whether sizes are the wanted ones, of which `None` may be any."""
    return len(wanted) == len(sizes) and all(e in (None, d) for e, d in zip(wanted, sizes))


def _wrong_number(owner: Any, names: list[str], number: int) -> str:
    if len(names) == 1:
        return (
            f"{owner.title} expects 1 input, got {number}; join them first, columns with numpy.concatenate, rows with "
            "numpy.stack"
        )
    return f"{owner.title} expects {len(names)} inputs, got {number}; give a list in the order {', '.join(names)}"


def _wrong_names(owner: Any, names: Any, given: Any) -> str:
    told = f"{owner.title} expects inputs {list(names)}, got {list(given)}"
    return f"{told}; rename the keys, or the model's inputs with Input(…, name=…)"
