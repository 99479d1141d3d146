"""`Operation`: what can stand in a graph, a layer or a function with a configuration."""

from nbkeras import symbolic
from nbkeras.naming import unique_name
from nbkeras.serialization import Configurable
from nbkeras.symbolic import Node

__all__ = ["Operation"]


class Operation(Configurable):
    """A function of tensors without weights: subclass it and write `call` with `ops`.

    On symbolic tensors a call becomes a node of the graph. `Layer` is an operation with weights.

    Args:
        name: default the class name in snake case, made unique.

    Example:
        >>> class Doubled(Operation):
        ...     def call(self, x):
        ...         return x * 2
        >>> Doubled()(np.array([1.0, 2.0], "float32"))
        array([2., 4.], dtype=float32)
    """

    keras_module: str | None = "keras"

    def __init__(self, name=None):
        self.name = str(name) if name is not None else unique_name(type(self).__name__)
        self._nodes = []

    @property
    def title(self):
        """The operation in a message: `Dense 'head'`."""
        return f"{type(self).__name__} '{self.name}'"

    def __call__(self, *args, **kwargs):
        if symbolic.any_symbolic(args) or (kwargs and symbolic.any_symbolic(kwargs.values())):
            return self.symbolic_call(*args, **kwargs)
        return self.call(*args, **kwargs)

    def call(self, *args, **kwargs):
        """The computation; override it."""
        raise NotImplementedError(f"{type(self).__name__} has no call(); write the computation there")

    def symbolic_call(self, *args, **kwargs):
        """Calls the operation on symbolic tensors: infers the outputs and records a `Node`."""
        outputs = self.compute_output_spec(*args, **kwargs)
        self._nodes.append(Node(self, args, kwargs, outputs))
        return outputs

    def compute_output_spec(self, *args, **kwargs):
        """Symbolic outputs for symbolic inputs, by running `call` on shapes."""
        return symbolic.infer(self.call, args, kwargs)

    def rematerialized_call(self, layer_call, *args, **kwargs):
        """`layer_call` as it is: nothing is computed anew here; see `nbkeras.remat`."""
        return layer_call

    def quantized_call(self, *args, **kwargs):
        """Not there: raises NotImplementedError."""
        raise NotImplementedError(f"{self.title} is not quantized: layers compute with floats only")

    @property
    def input(self):
        """The symbolic input of the only call in a graph."""
        arguments = self._only_node().args
        return arguments[0] if len(arguments) == 1 else list(arguments)

    @property
    def output(self):
        """The symbolic output of the only call in a graph."""
        return self._only_node().outputs

    def _only_node(self):
        if len(self._nodes) != 1:
            raise AttributeError(
                f"{self.title} has been called {len(self._nodes)} times on symbolic tensors, "
                "so it has no single input and output"
            )
        return self._nodes[0]

    def __repr__(self):
        return f"<{type(self).__name__} name={self.name}>"
