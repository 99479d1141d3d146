"""`Model`: a layer that can be trained, made of a graph (functional) or of a `call` (subclassed)."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from nbkeras import masks, saving, tree
from nbkeras.backends import backend
from nbkeras.layers import Layer
from nbkeras.layers import context as contexts
from nbkeras.models.cuts import with_own_inputs
from nbkeras.models.functional_config import graph_config, graph_from_config
from nbkeras.models.graph import Graph, single
from nbkeras.models.pickling import from_bytes, to_bytes
from nbkeras.models.state_tree import assign_state_tree, state_tree
from nbkeras.models.summary import print_summary
from nbkeras.serialization import Configurable, serialize_keras_object
from nbkeras.symbolic import KerasTensor, shown
from nbkeras.training.trainer import Trainer
from nbkeras.variables import Scope, in_scope

__all__ = ["Functional", "Model"]


class Model(Trainer):
    """A network with training built in.

    Three ways to make one: `Model(inputs, outputs)` from symbolic tensors; a subclass that makes layers in `__init__`
    and uses them in `call`; `Sequential`, a chain.

    Args:
        inputs, outputs: symbolic tensors, or nested lists and dictionaries of them.
        name: default `functional`, or the class name.
        trainable: whether training updates the weights.

    Example:
        >>> from nbkeras import layers
        >>> x = layers.Input((8,))
        >>> model = Model(x, layers.Dense(1)(x))
        >>> model.output_shape
        (None, 1)
    """

    keras_module = "keras"
    _unwalked = Trainer._unwalked | {"_graph", "_compiles_calls"}
    _graph: Graph | None = None
    _compiles_calls: Any = None  # the structure for which it was found that a call is compiled
    labels: Mapping[str, Any] = MappingProxyType({})  # by label of a declaration: its tensor
    remarks: Sequence[str] = ()  # on the declaration: what was probably meant otherwise

    def __new__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls is Model and _is_functional(args, kwargs):
            cls = Functional
        return super().__new__(cls, *args, **kwargs)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not _is_functional(args, kwargs):
            super().__init__(*args, **kwargs)
            return
        names = ("inputs", "outputs", "name")
        arguments: dict[str, Any] = {**dict(zip(names, args)), **kwargs}
        inputs, outputs = arguments.pop("inputs"), arguments.pop("outputs")
        super().__init__(**arguments)
        self._graph = Graph(*with_own_inputs(inputs, outputs))
        self.supports_masking = True
        self.built = True
        if arguments.get("trainable") is False:
            self.trainable = False

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if len(args) == 1 and not kwargs and type(args[0]) is np.ndarray and contexts.current() is None:
            if self._compiles_calls is self._structure:
                outputs = self._replayed(args[0])
                if outputs is not None:
                    return outputs
            if self._call_is_compiled():
                self._compiles_calls = self._structure
                return self._run("predict", (args[0], None, None))
        return super().__call__(*args, **kwargs)

    def _call_is_compiled(self) -> bool:
        """Whether a call, not within another one, is just a prediction, which is compiled: no gradient looks on."""
        if self.graph is None or self.run_eagerly or in_scope() or not backend().TAPED or not self.built:
            return False
        self._refresh_state()
        return self._structure.is_ours and not self.overrides("predict_step")

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        if self.graph is None:
            raise NotImplementedError(
                f"{type(self).__name__} has neither inputs and outputs nor a call(); write the computation there"
            )
        if mask is not None:
            for x, m in zip(tree.flatten(inputs), tree.flatten(mask)):
                masks.set(x, m)
        return self.graph.run(inputs, self)

    def build(self, input_shape: Any) -> None:
        """Makes the weights of a subclassed model for inputs of `input_shape` by running `call` on shapes."""
        if self.graph is None:
            self.compute_output_shape(input_shape)

    def build_from_config(self, config: Mapping[str, Any]) -> None:
        """Makes the weights as `get_build_config` says."""
        if type(self).build is not Model.build:
            super().build_from_config(config)
            return
        shapes = config["shapes_dict"].values() if "shapes_dict" in config else [config["input_shape"]]
        self.compute_output_shape(*shapes)

    def _build(self, args: Any) -> None:
        if self.graph is None:
            shapes = {f"{name}_shape": _any_rows(value) for name, value in args.items() if _is_tensors(value)}
            first = next(iter(shapes.values()), None)
            self._build_config = {"shapes_dict": shapes} if len(shapes) > 1 else {"input_shape": first}
        if type(self).build is Model.build:
            self.built = True  # the layers inside build themselves when they are called
        else:
            super()._build(args)

    def _converted(self, value: Any) -> Any:
        return super()._converted(value) if self.graph is None else _as_arrays(value)

    def compute_mask(self, inputs: Any, previous_mask: Any) -> Any:
        return None  # the layers inside have set the masks of what they returned

    # --- the graph ----------------------------------------------------------------------------------------------

    @property
    def graph(self) -> Any:
        """The `Graph` of a functional model; `None` for a subclassed one."""
        return self._graph

    @property
    def inputs(self) -> list[KerasTensor]:
        """The symbolic inputs, as a list."""
        return self._required_graph().input_tensors

    @property
    def outputs(self) -> list[KerasTensor]:
        """The symbolic outputs, as a list."""
        return self._required_graph().output_tensors

    @property
    def input(self) -> Any:
        return self._required_graph().inputs

    @property
    def output(self) -> Any:
        return self._required_graph().outputs

    @property
    def input_shape(self) -> Any:
        return tree.map_structure(lambda t: t.shape, single(self.input))

    @property
    def output_shape(self) -> Any:
        return tree.map_structure(lambda t: t.shape, single(self.output))

    @property
    def input_names(self) -> list[str]:
        return self._required_graph().input_names

    @property
    def output_names(self) -> Any:
        """The names of the outputs; `None` where they are not known before a call."""
        return self.graph.output_names if self.graph is not None else None

    def _required_graph(self) -> Graph:
        if self.graph is None:
            raise AttributeError(self._why_without_graph())
        return self.graph

    def _why_without_graph(self) -> str:
        return f"{self.title} is defined by its call(), so it has no symbolic inputs and outputs"

    def _attributes(self) -> Iterator[Any]:
        if self.graph is not None:
            yield from self.graph.layers
        yield from super()._attributes()

    @property
    def layers(self) -> list[Layer]:
        """The layers of the model, in the order of Keras."""
        return self._sublayers()

    def get_layer(self, name: str | None = None, index: int | None = None) -> Layer:
        """The layer of that name, or at that place in `layers`; raises ValueError if there is none."""
        if (name is None) == (index is None):
            raise ValueError("get_layer takes a name or an index")
        layers = self.layers
        if index is not None:
            if not -len(layers) <= index < len(layers):
                raise ValueError(f"{self.title} has {len(layers)} layers, so no layer {index}")
            return layers[index]
        for layer in layers:
            if layer.name == name:
                return layer
        raise ValueError(f"{self.title} has no layer '{name}'; it has {', '.join(layer.name for layer in layers)}")

    def __getitem__(self, label: Any) -> Any:
        """The tensor or layer that a label of a declaration, or a layer's name, stands for.

        It is the tensor where the layer is called once in the model, so that `Model(net.inputs, net["h"])` gives what
        `h` computes, and the layer itself where it is shared.
        """
        if label in self.labels:
            return self.labels[label]
        graph = self.graph
        nodes = [*(t.node for t in graph.input_tensors), *graph.nodes] if graph is not None else []
        calls = [node for node in nodes if node.operation.name == label]
        return calls[0].outputs if len(calls) == 1 else self.get_layer(label)

    # --- state --------------------------------------------------------------------------------------------------

    def get_state_tree(self, value_format: str = "backend_tensor") -> dict[str, Any]:
        """The values of all variables as nested dictionaries, by role and by the parts of their paths.

        Args:
            value_format: `"backend_tensor"` or `"numpy_array"`.

        Raises:
            ValueError: if two variables of one role have the same path.
        """
        return state_tree(self, value_format)

    def set_state_tree(self, state_tree: Mapping[str, Any]) -> None:
        """Assigns what `get_state_tree` returned, or a part of it; changes nothing if one value does not fit."""
        assign_state_tree(self, state_tree)

    def stateless_compute_loss(
        self,
        trainable_variables: Sequence[Any],
        non_trainable_variables: Sequence[Any],
        metrics_variables: Sequence[Any],
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """`compute_loss` as a pure function of the model's state.

        Returns:
            The loss, and the new values of the trainable, the non-trainable and the metric variables.
        """
        variables = [self.trainable_variables, self.non_trainable_variables, self.metrics_variables]
        values = [trainable_variables, non_trainable_variables, metrics_variables]
        with Scope(pair for some in zip(variables, values) for pair in zip(*some)) as scope:
            loss = self._loss_of(x, y, y_pred, sample_weight, training)
            return loss, tuple([scope.get(v) for v in some] for some in variables)

    def make_train_function(self, force: bool = False) -> None:
        """Lets the training step be compiled anew, with `force`; without, it is made when it is needed."""
        self._forget_step("train", force)

    def make_test_function(self, force: bool = False) -> None:
        """As `make_train_function`, for the step of `evaluate`."""
        self._forget_step("test", force)

    def make_predict_function(self, force: bool = False) -> None:
        """As `make_train_function`, for the step of `predict`."""
        self._forget_step("predict", force)

    def _forget_step(self, kind: str, force: bool) -> None:
        if force:
            self._steps = {key: step for key, step in self._steps.items() if key[0] != kind}

    def quantize(  # type: ignore[override]  # Keras' order, which is not that of a layer
        self, mode: Any = None, config: Any = None, filters: Any = None, **kwargs: Any
    ) -> None:
        """Not there: raises NotImplementedError."""
        super().quantize(mode)

    def get_quantization_layer_structure(self, mode: Any = None) -> None:
        """`None`: nothing is known of how to quantize the model."""
        return None

    # --- showing ------------------------------------------------------------------------------------------------

    def summary(
        self,
        line_length: int | None = None,
        positions: Sequence[float] | None = None,
        print_fn: Callable[[str], Any] | None = None,
        expand_nested: bool = False,
        show_trainable: bool = False,
        layer_range: Sequence[str] | None = None,
    ) -> None:
        """Prints the layers with their output shapes and parameters.

        Args:
            line_length: of the table; default 80, or as wide as it needs to be.
            print_fn: called with the text, default `print`.
            expand_nested: whether layers of nested models are listed too.
            show_trainable: adds a column.
            layer_range: names of a first and a last layer.
        """
        print_summary(self, line_length, print_fn or print, expand_nested, show_trainable, layer_range)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        """What a notebook shows of the model, as data by mime type; the front end chooses."""
        from nbkeras.notebook.views.model import model_bundle

        return model_bundle(self)

    # --- configuration ------------------------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        if self.graph is None or type(self).__init__ is not Model.__init__:
            return super().get_config()
        return {"name": self.name, "trainable": self.trainable, **graph_config(self.graph)}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        """A new model of `config`, as `get_config` returned it; with new weights."""
        if "input_layers" not in config:
            return super().from_config(config)
        inputs, outputs = graph_from_config(config, custom_objects)
        options = {k: config[k] for k in ("name", "trainable") if k in config}
        return cls(inputs=inputs, outputs=outputs, **options)

    def to_cell(self) -> Any:
        """The model as the source of a `%%model` cell, which declares it anew, with new weights."""
        from nbkeras.notation import to_cell

        return to_cell(self)

    def to_python(self, package: Any = "keras") -> Any:
        """The model as plain Keras code that imports from `package`, and builds it anew, with new weights."""
        from nbkeras.notation import to_python

        return to_python(self, package)

    def to_json(self, **kwargs: Any) -> str:
        """The architecture as a JSON string."""
        return json.dumps(serialize_keras_object(self), **kwargs)

    def save(self, filepath: Any, overwrite: bool = True, zipped: bool | None = None) -> None:
        """Writes the model to a `.keras` file, which `load_model` and Keras open; see `saving.save_model`."""
        saving.save_model(self, filepath, overwrite=overwrite, zipped=zipped)

    def save_weights(self, filepath: Any, overwrite: bool = True, max_shard_size: float | None = None) -> None:
        """Writes the weights to a `.weights.h5` file, atomically; in shards of at most `max_shard_size` GiB."""
        saving.save_weights(self, filepath, overwrite=overwrite, max_shard_size=max_shard_size)

    def load_weights(self, filepath: Any, skip_mismatch: bool = False, **kwargs: Any) -> None:
        """Reads the weights from a `.weights.h5` file; changes nothing if they do not fit.

        A `.weights.json` file of shards and a legacy `.h5` file are read too, the latter also `by_name`.
        """
        saving.load_weights(self, filepath, skip_mismatch=skip_mismatch, **kwargs)

    def export(
        self,
        filepath: Any,
        format: str = "tf_saved_model",
        verbose: bool | None = None,
        input_signature: Any = None,
        opset: int | None = None,
        **kwargs: Any,
    ) -> None:
        """Writes what the model computes in inference to an ONNX file, which other programs run.

        Args:
            filepath: ends in `.onnx`, or `format` is `"onnx"`; Keras' other formats are not there.
            verbose: whether to say where the file is.
            input_signature: of a model that its `call` defines: `InputSpec`s, nested as its input.
            opset: version of ONNX' operators, from 9 to 21 (default); Keras' `opset_version` is the same.

        Raises:
            ValueError: for a layer that has no form in ONNX, by name; for another format.
            ImportError: if the package onnx is not installed.

        Example:
            >>> model.export("net.onnx")
            >>> onnxruntime.InferenceSession("net.onnx").run(None, {"input": x})
        """
        saving.export_model(self, filepath, format, verbose, input_signature, opset=opset, **kwargs)

    def __reduce__(self) -> Any:
        return from_bytes, (to_bytes(self),)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        clone = type(self).from_config(self.get_config())
        clone.set_weights(self.get_weights())
        memo[id(self)] = clone
        if self.compiled:
            arguments = {**self._compile_arguments, "optimizer": self.optimizer}
            clone.compile(**tree.map_structure(_copied, arguments), auto_scale_loss=False)
            if self.optimizer is not None and self.optimizer.built:
                clone.optimizer.build(clone.trainable_variables)
                clone.optimizer.set_weights([v.numpy() for v in self.optimizer.variables])
        return clone


class Functional(Model):
    """A model made of a graph: what `Model(inputs, outputs)` returns."""

    keras_module = "keras.src.models.functional"  # Keras exports no such name, so it writes the file


def _copied(argument: Any) -> Any:
    """An argument of `compile` for another model: objects with a configuration are made anew."""
    return type(argument).from_config(argument.get_config()) if isinstance(argument, Configurable) else argument


def _is_tensors(value: Any) -> bool:
    leaves = tree.flatten(value)
    return bool(leaves) and all(hasattr(leaf, "shape") for leaf in leaves)


def _any_rows(value: Any) -> Any:
    """The shapes in a nest of tensors, for any number of rows."""
    return tree.map_structure(lambda x: (None, *shown(x.shape)[1:]), value)


def _as_arrays(value: Any) -> Any:
    """Lists of numbers and frames as arrays; their dtype is each input's own affair."""
    if isinstance(value, dict):
        return {k: _as_arrays(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)) and any(hasattr(v, "shape") or tree.is_nested(v) for v in value):
        return type(value)([_as_arrays(v) for v in value])
    if isinstance(value, (list, tuple)) or hasattr(value, "iloc"):
        return np.asarray(value)
    return value


def _is_functional(args: Any, kwargs: Any) -> bool:
    first = args[0] if args else kwargs.get("inputs")
    return len(args) >= 2 or {"inputs", "outputs"} <= kwargs.keys() or (first is not None and "outputs" in kwargs)
