"""`Function`: a graph without training around it."""

from typing import Any

from nbkeras import tree
from nbkeras.layers.operation import Operation
from nbkeras.models.graph import Graph
from nbkeras.symbolic import KerasTensor

__all__ = ["Function"]


class Function(Operation):
    """What computes symbolic outputs from symbolic inputs.

    Args:
        inputs, outputs: symbolic tensors, or nested lists and dictionaries of them.
        name: default the class name in snake case, made unique.

    Attributes:
        inputs, outputs: the tensors, as lists.
        operations: the layers and ops between them, in the order of Keras.

    Example:
        >>> from nbkeras import KerasTensor
        >>> x = KerasTensor((None, 2))
        >>> Function(x, x * 2)(np.ones((1, 2), "float32"))
        array([[2., 2.]], dtype=float32)
    """

    def __init__(self, inputs: Any, outputs: Any, name: str | None = None) -> None:
        super().__init__(name)
        self._graph = Graph(inputs, outputs)

    @property
    def inputs(self) -> list[KerasTensor]:
        return self._graph.input_tensors

    @property
    def outputs(self) -> list[KerasTensor]:
        return self._graph.output_tensors

    @property
    def operations(self) -> list[Any]:
        return self._graph.operations

    def call(self, inputs: Any) -> Any:
        return self._graph.run(inputs, self)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shapes of the outputs for inputs of `input_shape`."""
        inputs = tree.map_shape_structure(KerasTensor, input_shape)
        return tree.map_structure(lambda t: t.shape, self.compute_output_spec(inputs))
