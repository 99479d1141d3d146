"""Symbolic tensors and the nodes that connect them: the graph that a functional model is made of."""

import itertools

from nbkeras import masks, tree
from nbkeras.backends.abstract import AbstractArray, Unknown, shown
from nbkeras.naming import unique_name
from nbkeras.operators import Operators
from nbkeras.variables import computed_dtype, standardize_dtype

__all__ = ["KerasTensor", "Node", "Operation", "any_symbolic", "call", "infer", "run", "shown"]

_counter = itertools.count()
# Two sizes that stand for "unknown": where a result differs between them, it is unknown too. The second pair is for
# functions that reach farther than the first, a convolution over 100 steps say.
FILLS = ((83, 89), (4099, 4111))


class KerasTensor(Operators):
    """A value that does not exist yet: a shape (`None` = any size), a dtype, and the node that will compute it.

    Args:
        shape: a tuple with `None` for unknown sizes.
        dtype: default `floatx()`.
        name: for messages.
        record: `(node, index)` once the tensor is a node's output.
    """

    def __init__(self, shape, dtype=None, sparse=False, ragged=False, record_history=True, name=None):
        self.shape = tuple(shape)
        self.dtype = standardize_dtype(dtype)
        self.sparse = sparse
        self.ragged = ragged
        self.name = name or f"keras_tensor_{next(_counter)}"
        self.node = None
        self.index = 0
        self._keras_mask = None  # the symbolic mask that a layer gave it

    @property
    def size(self):
        return None if None in self.shape else _product(self.shape)

    def __array__(self, dtype=None, copy=None):
        raise TypeError(
            f"the symbolic tensor '{self.name}' of shape {self.shape} holds no numbers; "
            "use ops.* on it, or call the model with data"
        )

    def __repr__(self):
        kind = f"sparse={self.sparse}, ragged={self.ragged}"
        return f"<KerasTensor shape={self.shape}, dtype={self.dtype}, {kind}, name={self.name}>"


class Operation:
    """An op's place in a graph: the function, under a name of its own."""

    def __init__(self, function, name=None):
        self.function = function
        self.name = name or unique_name(function.__name__)

    def __call__(self, *args, **kwargs):
        return self.function(*args, **kwargs)

    def __repr__(self):
        return f"<Operation {self.name}>"


class Node:
    """One call of an operation (a layer or an op) on symbolic tensors.

    Attributes:
        operation: the layer, or an `Operation`.
        args, kwargs: as called; they hold `KerasTensor`s.
        outputs: what the call returned, nested as it was.
        number: grows from call to call.
    """

    def __init__(self, operation, args, kwargs, outputs):
        self.number = next(_counter)
        self.operation = operation
        self.args = args
        self.kwargs = kwargs
        self.outputs = outputs
        self.input_tensors = [t for t in tree.flatten([args, kwargs]) if isinstance(t, KerasTensor)]
        self.output_tensors = tree.flatten(outputs)
        for index, tensor in enumerate(self.output_tensors):
            tensor.node, tensor.index = self, index


def any_symbolic(values):
    """Whether a `KerasTensor` is among `values`, or in lists, tuples and dictionaries among them."""
    for value in values:
        kind = type(value)
        if kind is KerasTensor:
            return True
        if kind in (list, tuple) and any_symbolic(value) or kind is dict and any_symbolic(value.values()):
            return True
    return False


def is_abstract(values):
    """Whether there are no numbers in a nest of tensors, because shapes are inferred."""
    return any(type(leaf) is AbstractArray for leaf in tree.flatten(values))


def call(function, args, kwargs):
    """Calls an op on symbolic arguments: records a `Node` and returns its output tensors."""
    outputs = infer(function, args, kwargs)
    Node(Operation(function), args, kwargs, outputs)
    return outputs


def infer(function, args, kwargs):
    """Symbolic outputs of `function`, found by running it on arrays that have a shape and no numbers."""
    inputs = [t for t in tree.flatten([args, kwargs]) if isinstance(t, KerasTensor)]
    if not any(None in t.shape for t in inputs):
        outputs = _run_with_masks(function, args, kwargs, fill=None)
        return tree.map_structure(_merge, outputs, outputs)
    problem = None
    for fills in FILLS:
        try:
            first, second = (_run_with_masks(function, args, kwargs, fill) for fill in fills)
        except (IndexError, ValueError) as error:
            problem = problem or error
        else:
            return tree.map_structure(_merge, first, second)
    raise problem


def run(function, args, kwargs, fill):
    """Runs `function` on abstract arrays in place of symbolic tensors, unknown sizes being `fill`."""

    def concrete(value):
        if not isinstance(value, KerasTensor):
            return value
        dtype = object if value.dtype == "string" else computed_dtype(value.dtype)
        array = AbstractArray([Unknown(fill) if d is None else d for d in value.shape], dtype)
        if value._keras_mask is not None:
            masks.set(array, concrete(value._keras_mask))
        return array

    args, kwargs = tree.map_structure(concrete, [list(args), dict(kwargs)])
    return function(*args, **kwargs)


class _Masked:
    """A result and its mask, a leaf for `tree`."""

    def __init__(self, array):
        self.array, self.mask = array, masks.get(array)


def _run_with_masks(function, args, kwargs, fill):
    """What `run` returns, and the masks that it gave."""
    with masks.scope():
        return tree.map_structure(_Masked, run(function, args, kwargs, fill))


def _merge(one, other):
    """The symbolic tensor that two results of one function, for different unknown sizes, stand for."""
    tensor = _merged(one.array, other.array)
    if one.mask is not None:
        tensor._keras_mask = _merged(one.mask, other.mask)
    return tensor


def _merged(one, other):
    if len(one.shape) != len(other.shape):
        raise ValueError(f"the rank of the result depends on an unknown size: {one.shape} and {other.shape}")
    return KerasTensor([int(a) if a == b else None for a, b in zip(one.shape, other.shape)], one.dtype)


def _product(shape):
    size = 1
    for d in shape:
        size *= d
    return size
