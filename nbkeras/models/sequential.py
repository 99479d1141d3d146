"""`Sequential`: a model that is a chain of layers."""

from collections.abc import Iterator
from typing import Any

from nbkeras.layers import InputLayer, Layer
from nbkeras.models.graph import Graph
from nbkeras.models.model import Model
from nbkeras.naming import numbered, scope_of
from nbkeras.serialization import deserialize_keras_object, serialize_keras_object
from nbkeras.symbolic import KerasTensor, shown

__all__ = ["Sequential"]


class Sequential(Model):
    """A chain: the output of each layer is the input of the next.

    Args:
        layers: a list of layers; the first may be an `Input`.
        trainable: whether training updates the weights.
        name: default `sequential`.

    Example:
        >>> from nbkeras import layers
        >>> model = Sequential([layers.Input((8,)), layers.Dense(4, activation="relu"), layers.Dense(1)])
        >>> model.output_shape
        (None, 1)
    """

    _unwalked = Model._unwalked | {"_input_layer", "_tensor", "_chain", "_by_name"}

    def __init__(self, layers: Any = None, trainable: bool = True, name: str | None = None) -> None:
        super().__init__(trainable=trainable, name=name)
        self._layers: list[Layer] = []
        self._by_name: dict[str, Layer] = {}  # as they were called when they were added
        self._input_layer: Any = None
        self._tensor: Any = None  # the symbolic output so far, once the input is known
        self._chain: Graph | None = None
        self.supports_masking = True
        for layer in layers or []:
            self.add(layer, rebuild=False)
        self._count_graph()

    def _count_graph(self) -> None:
        """Uses up the name that Keras gives to the graph within, so that later models are named as in Keras."""
        if self._tensor is not None and self._layers:
            numbered("functional")

    @property
    def graph(self) -> Any:
        """The graph of the chain, made when it is asked for; `None` before the input is known."""
        if self._chain is None and self._tensor is not None and self._layers:
            self._chain = Graph(self._input_layer.output, self._tensor)
        return self._chain

    def add(self, layer: Layer, rebuild: bool = True) -> None:
        """Appends a layer, or sets the input if it is an `Input` (only before any other layer).

        Args:
            layer: the layer.
            rebuild: whether to count the change as a new graph, of which Keras names each.
        """
        if isinstance(layer, KerasTensor) and layer.node is not None:
            layer = layer.node.operation
        if not isinstance(layer, Layer):
            if isinstance(layer, type):
                raise ValueError(f"{self.title}.add expects a layer, got the class {layer.__name__}; call it first")
            raise ValueError(f"{self.title}.add expects a layer, got {type(layer).__name__}: {layer!r}")
        if isinstance(layer, InputLayer):
            if self._layers or self._input_layer is not None:
                raise ValueError(f"{self.title}: an Input must come first, but the model already has a beginning")
            self._set_input(layer)
            return
        if layer.name in self._by_name and self._by_name[layer.name].name == layer.name:
            if layer is self._by_name[layer.name]:
                cure = f"make a second {type(layer).__name__}(…), or share its weights in a Model(inputs, outputs)"
                raise ValueError(f"{self.title} already has the layer {layer.title}; {cure}")
            raise ValueError(f"{self.title} already has a layer '{layer.name}'; give this one another name")
        if not self._layers and self._input_layer is None:
            self._take_input_of(layer)
        if self._tensor is not None:
            with scope_of(self):
                self._tensor = _applied(layer, self._tensor)
            self.built = True
        self._layers.append(layer)
        self._by_name[layer.name] = layer
        self._chain = None
        if rebuild:
            self._count_graph()

    def pop(self, rebuild: bool = True) -> Layer:
        """Removes the last layer and returns it."""
        if not self._layers:
            raise ValueError(f"{self.title} has no layer to remove")
        layer = self._layers.pop()
        self._by_name = {name: other for name, other in self._by_name.items() if other is not layer}
        if self._tensor is not None:
            self._tensor = layer._nodes.pop().args[0]
            self.built = bool(self._layers)
        self._chain = None
        if rebuild:
            self._count_graph()
        return layer

    def _why_without_graph(self) -> str:
        return (
            f"{self.title} has no inputs and outputs yet; begin it with Input(shape), call build(input_shape), "
            "or call it on data first"
        )

    def _set_input(self, layer: Layer) -> None:
        self._input_layer = layer
        self._tensor = layer.output

    def _take_input_of(self, layer: Layer) -> None:
        """Sets the input from the first layer: its `input_shape=` argument, or a model's own input."""
        if layer._input_shape_argument is not None:
            self._set_input(InputLayer(batch_shape=layer._input_shape_argument, dtype=layer._input_dtype_argument))
        elif isinstance(layer, Model) and layer.graph is not None and isinstance(layer.input, KerasTensor):
            self._set_input(InputLayer(batch_shape=layer.input_shape, dtype=layer.input.dtype))

    def build(self, input_shape: Any = None) -> None:
        """Makes the weights for inputs of `input_shape` (with the batch axis)."""
        if self.built or input_shape is None:
            return
        if isinstance(input_shape, dict) or input_shape and isinstance(input_shape[0], (list, tuple, dict)):
            raise ValueError(f"{self.title} takes one input, got shapes {input_shape}; use Model(inputs, outputs)")
        self._build_for((None, *tuple(input_shape)[1:]))

    def _build_for(self, batch_shape: tuple[int | None, ...], dtype: str | None = None) -> None:
        if not self._layers:
            raise ValueError(f"{self.title} has no layers yet; add some first")
        self._set_input(InputLayer(batch_shape=batch_shape, dtype=dtype))
        for layer in self._layers:
            self._tensor = layer(self._tensor)
        self.built = True
        self._count_graph()

    def _build(self, args: Any) -> None:
        x = next(iter(args.values()))
        if not hasattr(x, "shape"):
            raise ValueError(f"{self.title} takes one input, got {type(x).__name__}; use Model(inputs, outputs)")
        dtype = None if "float" in str(x.dtype) else str(x.dtype)
        self._build_for((None, *shown(x.shape[1:])), dtype)

    def _attributes(self) -> Iterator[Any]:
        yield from self.__dict__.get("_layers", ())
        yield from Layer._attributes(self)

    @property
    def layers(self) -> list[Layer]:
        """The layers, without the input."""
        return list(self._layers)

    def get_config(self) -> dict[str, Any]:
        first: list[Layer] = [self._input_layer] if self._input_layer is not None else []
        config = {
            "name": self.name,
            "trainable": self.trainable,
            "dtype": serialize_keras_object(self.dtype_policy),
            "layers": [serialize_keras_object(layer) for layer in first + self._layers],
        }
        if self._input_layer is not None:
            config["build_input_shape"] = list(self._input_layer.batch_shape)
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        model = cls(name=config.get("name"), trainable=config.get("trainable", True))
        for layer in config["layers"]:
            model.add(deserialize_keras_object(layer, custom_objects=custom_objects))
        return model


def _applied(layer: Layer, tensor: KerasTensor) -> Any:
    """What `layer` gives for `tensor`; if it was called on just this tensor before, what it gave then."""
    for node in layer._nodes:
        if len(node.args) == 1 and node.args[0] is tensor and not node.kwargs:
            return node.outputs
    return layer(tensor)
