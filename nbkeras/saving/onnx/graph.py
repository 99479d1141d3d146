"""The graph of an ONNX file while it is built: nodes, constants, and the sizes that are computed in it."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from nbkeras.naming import to_snake_case
from nbkeras.ops.dispatch import SCALARS
from nbkeras.saving.onnx.sizes import Open
from nbkeras.saving.onnx.trace import Call, NotExportable, Value

__all__ = ["EMITTERS", "LARGEST_INT", "Graph", "emitter"]

EMITTERS: dict[str, Callable[["Graph", Call], Any]] = {}
LARGEST_INT = 2**63 - 1


def emitter(*names: str) -> Callable[[Any], Any]:
    """Registers `function(graph, call) -> names of the outputs` for primitives and fused ops."""

    def register(function: Any) -> Any:
        EMITTERS.update(dict.fromkeys(names, function))
        return function

    return register


class Graph:
    """Nodes in the order in which they run; every method that adds one returns the name of what it computes.

    Args:
        opset: version of the operators.
        weights: names of arrays by their `id`.
    """

    def __init__(self, opset: int, weights: dict[int, str], outer: "Graph | None" = None) -> None:
        import onnx

        self.onnx = onnx
        self.opset = opset
        self.weights = weights
        self.nodes: list[Any] = []
        self.initializers: list[Any] = outer.initializers if outer else []
        self.taken: set[str] = outer.taken if outer else set()
        self.names: dict[int, str] = dict(outer.names) if outer else {}  # by the number of a value
        self._known: dict[Any, Any] = dict(outer._known) if outer else {}  # what has been computed already
        self._places: dict[tuple[int, ...], tuple[str, int]] = dict(outer._places) if outer else {}
        self._prefix: str = outer._prefix if outer else ""

    def inner(self) -> "Graph":
        """The graph of a loop's body, which sees everything that is in this one."""
        return Graph(self.opset, self.weights, self)

    def add(self, call: Call) -> None:
        """Adds a primitive or fused op."""
        if call.layer is not None:
            self._prefix = call.layer.name
        emit = EMITTERS.get(call.name)
        try:
            if emit is None:
                raise NotExportable(f"computes '{call.name}', which has no ONNX operator here")
            found = emit(self, call)
        except NotExportable as error:
            whose = f"{call.layer.title} " if call.layer is not None else ""
            raise NotExportable(f"{whose}{error}") from None
        for value, name in zip(call.outputs, [found] if isinstance(found, str) else found):
            self.know(value, name)

    def know(self, value: Value, name: str) -> None:
        """Notes under which name a value is computed, and that its sizes can be read there."""
        self.names[value.number] = name
        for axis, size in enumerate(value.shape):
            if isinstance(size, Open):
                self._places.setdefault(size.values, (name, axis))

    # --- nodes --------------------------------------------------------------------------------------------------

    def node(self, operator: str, *inputs: str, outputs: int = 1, **attributes: Any) -> Any:
        """Adds a node; the name of its output, or a list of names."""
        names = [self.fresh(operator) for _ in range(outputs)]
        self.nodes.append(self.onnx.helper.make_node(operator, inputs, names, name=names[0], **attributes))
        return names[0] if outputs == 1 else names

    def once(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """As `node`, but a node that is there already is used again."""
        key = (operator, inputs, str(sorted(attributes.items())))
        if key not in self._known:
            self._known[key] = self.node(operator, *inputs, **attributes)
        return self._known[key]

    def fresh(self, name: str) -> str:
        """A name that nothing has yet, of the layer and of what is computed."""
        stem = f"{self._prefix}/{to_snake_case(name)}" if self._prefix else name
        name, number = stem, 0
        while name in self.taken:
            number += 1
            name = f"{stem}_{number}"
        self.taken.add(name)
        return name

    def at_least(self, opset: int, what: str) -> None:
        """Raises NotExportable if the operators of this version have no `what`."""
        if self.opset < opset:
            raise NotExportable(f"needs {what}, which ONNX has since opset {opset}; export with opset={opset} or more")

    # --- what nodes read ----------------------------------------------------------------------------------------

    def read(self, x: Any, dtype: Any = None) -> str:
        """The name of a value, an array, a number or a size, in `dtype` if one is given."""
        if isinstance(x, Value):
            return self.cast(self.names[x.number], x.dtype, dtype)
        if isinstance(x, Open):
            return self.cast(self.squeeze(self.size(x), [0]), np.dtype(np.int64), dtype)
        if type(x) in SCALARS:
            return self.constant(np.asarray(x, dtype or type(x)))
        x = np.asarray(x)
        return self.constant(x if dtype is None or x.dtype == dtype else x.astype(dtype))

    def constant(self, array: Any) -> str:
        """An array in the file, under the name of the weight that it is; equal small ones are there once."""
        array = np.asarray(array)
        small = array.nbytes <= 4096 and id(array) not in self.weights
        key = (array.dtype.str, array.shape, array.tobytes()) if small else id(array)
        if key not in self._known:
            name = self._unique(self.weights.get(id(array), "constant"))
            self.initializers.append(self.onnx.numpy_helper.from_array(np.asarray(array, order="C"), name))
            self._known[key] = name
            self._known[name] = array  # so that its id stays its own
        return self._known[key]

    def _unique(self, name: str) -> str:
        prefix, self._prefix = self._prefix, ""
        try:
            return self.fresh(name)
        finally:
            self._prefix = prefix

    def ints(self, values: Sequence[int]) -> str:
        """A vector of 64-bit integers, as operators take sizes and axes."""
        return self.constant(np.asarray(values, np.int64).reshape(-1))

    def cast(self, name: str, dtype: Any, to: Any) -> str:
        """`name`, which is of `dtype`, as `to`."""
        if to is None or np.dtype(to) == dtype:
            return name
        return self.once("Cast", name, to=self.type_of(to))

    def type_of(self, dtype: Any) -> int:
        """ONNX' number of a dtype."""
        return int(self.onnx.helper.np_dtype_to_tensor_dtype(np.dtype(dtype)))

    # --- sizes --------------------------------------------------------------------------------------------------

    def size(self, size: Any) -> str:
        """A vector of one 64-bit integer."""
        if not isinstance(size, Open):
            return self.ints([size])
        place = self._places.get(size.values)
        if place is not None:
            name, axis = place
            return self.once("Gather", self.once("Shape", name), self.ints([axis]), axis=0)
        return self._computed_size(size)

    def _computed_size(self, size: Open) -> str:
        """A size that no value has: a known one, or the product of two, times or plus a constant."""
        known = list(self._places)
        for one in known:
            quotients = {divmod(v, k) for v, k in zip(size.values, one)}
            factor, rest = next(iter(quotients))
            if len(quotients) == 1 and rest == 0:
                return self.once("Mul", self.size(Open(one)), self.ints([factor]))
        for one in known:
            differences = {v - k for v, k in zip(size.values, one)}
            if len(differences) == 1:
                return self.once("Add", self.size(Open(one)), self.ints(list(differences)))
        for one in known:
            if all(v % k == 0 for v, k in zip(size.values, one)):
                factors = Open(tuple(v // k for v, k in zip(size.values, one)))
                return self.once("Mul", self.size(Open(one)), self.size(factors))
        raise NotExportable("computes a size from the number of rows or steps, which is open; give Input full sizes")

    def sizes(self, shape: Sequence[Any]) -> str:
        """A shape as a vector of 64-bit integers."""
        if not any(isinstance(size, Open) for size in shape):
            return self.ints(shape)
        return self.once("Concat", *map(self.size, shape), axis=0)

    def reshape(self, x: str, old: Sequence[Any], new: Sequence[Any]) -> str:
        """`x`, of shape `old`, in the shape `new`: sizes are taken over or left to be found out where that will do."""
        if tuple(old) == tuple(new):
            return x
        target = [
            0 if isinstance(size, Open) and size in old[axis : axis + 1] else size for axis, size in enumerate(new)
        ]
        computed = [axis for axis, size in enumerate(target) if isinstance(size, Open)]
        if len(computed) > 1:
            return self.node("Reshape", x, self.sizes(new))
        return self.node(
            "Reshape", x, self.ints([-1 if axis in computed else size for axis, size in enumerate(target)])
        )

    # --- operators that changed between versions ----------------------------------------------------------------

    def squeeze(self, x: str, axes: Sequence[int]) -> str:
        return self._with_axes("Squeeze", x, axes)

    def unsqueeze(self, x: str, axes: Sequence[int]) -> str:
        return self._with_axes("Unsqueeze", x, axes)

    def _with_axes(self, operator: str, x: str, axes: Sequence[int]) -> str:
        if not axes:
            return x
        if self.opset < 13:
            return self.node(operator, x, axes=list(axes))
        return self.node(operator, x, self.ints(axes))

    def reduce(self, operator: str, x: str, axes: Any, keepdims: bool) -> str:
        """`ReduceSum` and its like over `axes`; `None`: over all."""
        options: dict[str, Any] = {"keepdims": int(keepdims)}
        if axes is None:
            return self.node(operator, x, **options)
        axes = list(axes) if isinstance(axes, (tuple, list)) else [axes]
        if not axes:
            return x
        if self.opset < (13 if operator == "ReduceSum" else 18):
            return self.node(operator, x, axes=axes, **options)
        return self.node(operator, x, self.ints(axes), **options)

    def slice(self, x: str, axes: Sequence[int], starts: Sequence[Any], ends: Sequence[Any], steps: Any = None) -> str:
        """`x[starts:ends:steps]` along `axes`; sizes may be open and steps given since opset 10."""
        if not axes:
            return x
        if self.opset >= 10:
            more = [self.ints(steps)] if steps is not None else []
            return self.node("Slice", x, self.sizes(starts), self.sizes(ends), self.ints(axes), *more)
        if steps is not None or any(isinstance(n, Open) for n in (*starts, *ends)):
            self.at_least(10, "steps or computed ends of a slice")
        return self.node("Slice", x, axes=list(axes), starts=list(starts), ends=list(ends))

    def transpose(self, x: str, axes: Sequence[int]) -> str:
        """`x` with its axes in this order; one that undoes the last one is none."""
        axes = list(axes)
        if axes == sorted(axes):
            return x
        origin, before = self._known.get(("transposed", x), (x, None))
        if before is not None and [before[a] for a in axes] == sorted(axes):
            return origin
        name = self.once("Transpose", x, perm=axes)
        self._known["transposed", name] = (x, axes)
        return name
