"""Blocks: a `def` without `return` in a declaration. Called with its parameters it is a step with layers of its own."""

import inspect
from collections.abc import Callable
from typing import Any

from nbkeras import tree
from nbkeras.symbolic import KerasTensor

__all__ = ["Block", "BlockMaker", "Copies"]


class BlockMaker:
    """What a block's `def` binds: called with the block's parameters it makes a `Block`."""

    def __init__(self, function: Callable[..., Any]):
        self.function = function
        self.__name__ = function.__name__
        parameters = list(inspect.signature(function).parameters.values())[1:]  # the first one is the current tensor
        self.__signature__ = inspect.Signature(parameters)

    def __call__(self, *args: Any, **kwargs: Any) -> "Block":
        try:
            self.__signature__.bind(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{self.__name__}{self.__signature__}: {error}{self._cure(args)}") from None
        return Block(self.function, args, kwargs)

    def _cure(self, args):
        if not any(isinstance(value, KerasTensor) for value in args):
            return ""
        return f"; {self.__name__}(…) makes the block and {self.__name__}(…)(tensor) applies it"


class Block:
    """A block with its parameters. The first application makes its layers, the following ones share them."""

    def __init__(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]):
        self.function, self.args, self.kwargs = function, args, kwargs
        self.first: tuple[Any, Any] | None = None  # the input and the output of the first application

    def __call__(self, tensor: Any) -> Any:
        if self.first is None:
            output = self.function(tensor, *self.args, **self.kwargs)
            self.first = tensor, output
            return output
        source, output = self.first
        return replay(output, dict(zip(map(id, tree.flatten(source)), tree.flatten(tensor))))

    def __mul__(self, count: int) -> "Copies":
        if not isinstance(count, int) or count < 0:
            raise TypeError(f"{self} * n makes n copies: expects a whole number, got {count!r}")
        return Copies(Block(self.function, self.args, self.kwargs) for _ in range(count))

    __rmul__ = __mul__

    def __repr__(self) -> str:
        values = [repr(value) for value in self.args] + [f"{key}={value!r}" for key, value in self.kwargs.items()]
        return f"{self.function.__name__}({', '.join(values)})"


class Copies(list[Block]):
    """Blocks in a row, each with layers of its own."""

    def __call__(self, tensor: Any) -> Any:
        for block in self:
            tensor = block(tensor)
        return tensor


def replay(output: Any, known: dict[int, Any]) -> Any:
    """Runs the graph that ends in `output` again, with the same layers.

    Args:
        output: a symbolic tensor, or a nest of them.
        known: by the `id` of a tensor, the one that takes its place. Tensors that need none of these are reused.
    """

    def renewed(tensor):
        if not isinstance(tensor, KerasTensor):
            return tensor
        if id(tensor) not in known:
            node = tensor.node
            inputs = [] if node is None else node.input_tensors
            if all(renewed(source) is source for source in inputs):
                known[id(tensor)] = tensor
            else:
                args, kwargs = tree.map_structure(renewed, [list(node.args), node.kwargs])
                results = tree.flatten(node.operation(*args, **kwargs))
                known.update(zip(map(id, node.output_tensors), results))
        return known[id(tensor)]

    return tree.map_structure(renewed, output)
