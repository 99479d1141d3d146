"""The base of all layers: weights, calling, building, masks, and the configuration that a constructor call is."""

import functools
import inspect

import numpy as np

from nbkeras import constraints as constraints_room
from nbkeras import dtype_policies, masks, naming, ops, regularizers, symbolic, tree
from nbkeras import initializers as initializers_room
from nbkeras.autodiff import Tensor
from nbkeras.backends import use_backend
from nbkeras.backends.abstract import AbstractArray
from nbkeras.layers import context as contexts
from nbkeras.layers import unfilled
from nbkeras.layers.input_spec import InputSpec, check_inputs
from nbkeras.layers.operation import Operation
from nbkeras.metrics.metric import Metric
from nbkeras.random import SeedGenerator
from nbkeras.serialization import parameters, serialize_keras_object, unknown_argument
from nbkeras.symbolic import KerasTensor, shown
from nbkeras.variables import Autocast, Changes, Scope, Variable, computed_dtype, standardize_dtype
from nbkeras.warning import warn

__all__ = ["InputSpec", "Layer"]

HALVES = ("float16", "bfloat16")
_FLOATS = {name: np.dtype(name) for name in ("float16", "float32", "float64")}  # compared by identity: 10 ns, not 300


class Layer(Operation):
    """A function with weights: subclass it, make weights in `build` and compute in `call` with `ops`.

    The constructor call is the configuration: `get_config` needs to be written only where an argument does not
    serialise. Gradients and output shapes follow from `call`.

    Args:
        activity_regularizer: adds a loss on the output.
        trainable: whether training updates the weights.
        dtype: of computation and weights: a dtype, a `DTypePolicy`, or the name of one such as `"mixed_float16"`;
            default `config.dtype_policy()`.
        autocast: whether floating inputs, and weights when they are read in `call`, are cast to `compute_dtype`.
        name: default the class name in snake case, made unique.

    Example:
        >>> class Scale(Layer):
        ...     def build(self, input_shape):
        ...         self.factor = self.add_weight(shape=(input_shape[-1],), initializer="ones", name="factor")
        ...     def call(self, x):
        ...         return x * self.factor
        >>> Scale()(np.array([[1.0, 2.0]], "float32"))
        array([[1., 2.]], dtype=float32)
    """

    keras_module: str | None = None
    built = False
    supports_masking = False
    _mask_ended = False  # whether a reader knows that this layer ends the mask of its input
    input_spec = None
    in_float32 = False  # whether it computes in float32 where `compute_dtype` has 16 bits, and rounds its outputs alone
    _context = None
    _unwalked = frozenset({"_nodes", "_context", "_weights", "_path"})  # attributes that never hold sublayers

    def __init__(self, *, activity_regularizer=None, trainable=True, dtype=None, autocast=True, name=None, **kwargs):
        self._input_shape_argument = _input_shape_argument(kwargs)
        self._input_dtype_argument = kwargs.pop("input_dtype", None)
        if kwargs:
            raise unknown_argument(type(self).__name__, list(kwargs), parameters(type(self)))
        super().__init__(name)
        self.autocast = autocast
        self.dtype_policy = dtype
        self.activity_regularizer = regularizers.get(activity_regularizer)
        self._trainable = bool(trainable)
        self._weights = []
        self._frozen = []

    def __setattr__(self, name, value):
        object.__setattr__(self, name, value)
        if name not in self._unwalked:
            Changes.structure += 1

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        if "build" in vars(cls):
            cls.build = _marking_built(cls.build)

    # --- names and dtypes ---------------------------------------------------------------------------------------

    @property
    def path(self):
        """The name, with those of the layers in whose call or build it was built before it."""
        return self.__dict__.get("_path", self.name)

    @property
    def dtype_policy(self):
        """The `DTypePolicy`; it can be set, best before the layer has weights."""
        policy = self._policy
        return policy[self.path] if isinstance(policy, dtype_policies.DTypePolicyMap) else policy

    @dtype_policy.setter
    def dtype_policy(self, value):
        self._policy = dtype_policies.get(value)
        policy = self.dtype_policy
        self._mixed = self.autocast and policy.compute_dtype != policy.variable_dtype
        self._compute = _FLOATS.get(self._castable)

    @property
    def _castable(self):
        """The dtype that floats are cast to before they are computed with."""
        dtype = self._output_dtype
        return "float32" if self.in_float32 and dtype in HALVES else dtype

    @property
    def _output_dtype(self):
        """`compute_dtype`, or float32 where the backend has none such."""
        return computed_dtype(self.compute_dtype)

    @property
    def quantization_mode(self):
        """`None`: nothing is quantized."""
        return self.dtype_policy.quantization_mode

    @property
    def compute_dtype(self):
        """The dtype that `call` computes in."""
        return self.dtype_policy.compute_dtype

    @property
    def variable_dtype(self):
        """The dtype of the weights."""
        return self.dtype_policy.variable_dtype

    @property
    def dtype(self):
        return self.variable_dtype

    @property
    def input_dtype(self):
        return self.compute_dtype

    def __repr__(self):
        return f"<{type(self).__name__} name={self.name}, built={self.built}>"

    # --- weights ------------------------------------------------------------------------------------------------

    def add_weight(
        self,
        shape=None,
        initializer=None,
        dtype=None,
        trainable=True,
        autocast=True,
        regularizer=None,
        constraint=None,
        aggregation="none",
        overwrite_with_gradient=False,
        name=None,
    ):
        """Makes a `Variable` that belongs to this layer.

        Args:
            shape: default a scalar.
            initializer: default `"glorot_uniform"` for floats, `"zeros"` for integers and booleans.
            trainable: whether gradients update it.
            regularizer, constraint: names or objects.

        Returns:
            The variable.
        """
        self._check_initialised()
        if isinstance(shape, str):  # the older order (name, shape)
            raise TypeError(
                f"{self.title}: add_weight expects shape first, got the string {shape!r}; write name={shape!r}"
            )
        dtype = standardize_dtype(dtype or self.variable_dtype)
        initializer = initializer or ("glorot_uniform" if "float" in dtype else "zeros")
        shape = () if shape is None else (shape,) if isinstance(shape, int) else tuple(shape)
        self._check_weight_shape(name, shape)
        from_file = unfilled.is_active()
        with use_backend("numpy"), naming.scope_of(self):  # on the host, whatever computes later
            variable = Variable(
                np.zeros((), dtype) if from_file else initializers_room.get(initializer),
                shape=() if from_file else shape,
                dtype=dtype,
                trainable=trainable and self._trainable,
                autocast=autocast,
                aggregation=aggregation,
                name=name or "variable",
                regularizer=regularizers.get(regularizer),
                constraint=constraints_room.get(constraint),
                overwrite_with_gradient=overwrite_with_gradient,
            )
        if from_file:
            variable.replace(unfilled.zeros(shape, dtype))
        if trainable and not self._trainable:
            self._frozen.append(variable)
        self._weights.append(variable)
        return variable

    def add_variable(
        self,
        shape,
        initializer,
        dtype=None,
        trainable=True,
        autocast=True,
        regularizer=None,
        constraint=None,
        name=None,
    ):
        """The older name of `add_weight`."""
        warn(f"{self.title}: add_variable is called add_weight now", DeprecationWarning)
        return self.add_weight(shape, initializer, dtype, trainable, autocast, regularizer, constraint, name=name)

    def _check_weight_shape(self, name, shape):
        if any(d is None for d in shape):
            raise ValueError(
                f"{self.title} cannot make its weight '{name}' of shape {shape}: a size of the input is unknown; "
                "give Input a full shape, or use a layer (pooling, say) that removes the unknown axis"
            )

    @property
    def variables(self):
        """All state: weights, and the states of random generators."""
        return _unique(self._walk_variables(states=True))

    @property
    def weights(self):
        """The weights, this layer's first, then its sublayers'; without random states and metrics."""
        return _unique(self._walk_variables(states=False))

    @property
    def trainable_weights(self):
        return self.trainable_variables

    @property
    def trainable_variables(self):
        """The weights that training updates; empty if `trainable` is False."""
        return _unique(self._walk_trainable())

    @property
    def non_trainable_variables(self):
        """The rest of `variables`."""
        return self._without_trainable(self.variables)

    @property
    def non_trainable_weights(self):
        """The rest of `weights`."""
        return self._without_trainable(self.weights)

    def _without_trainable(self, variables):
        trainable = {id(v) for v in self.trainable_variables}
        return [v for v in variables if id(v) not in trainable]

    def _own_variables(self):
        """This layer's variables, trainable ones first, as `get_weights` lists them."""
        self._check_initialised()
        own = _unique(self._weights + [a for a in self._attributes() if isinstance(a, Variable)])
        born_trainable = {id(v) for v in own if v.trainable} | {id(v) for v in self._frozen}
        return sorted(own, key=lambda v: id(v) not in born_trainable)

    def _walk_variables(self, states):
        yield from self._own_variables()
        if states:
            for attribute in self._attributes():
                if isinstance(attribute, SeedGenerator):
                    yield attribute.state
        for layer in self._sublayers():
            yield from layer._walk_variables(states)

    def _walk_trainable(self):
        if not self._trainable:
            return
        yield from (v for v in self._own_variables() if v.trainable)
        for layer in self._sublayers():
            yield from layer._walk_trainable()

    def _attributes(self):
        """Everything assigned to this layer, containers opened, in order of assignment."""
        for key, value in self.__dict__.items():
            if key not in self._unwalked:
                yield from _opened(value)

    def _sublayers(self):
        """The layers assigned to this one, each once."""
        return _unique(a for a in self._attributes() if isinstance(a, Layer))

    def _flatten_layers(self):
        """This layer and all within it, each once, depth first."""
        found = {}
        stack = [self]
        while stack:
            layer = stack.pop()
            if id(layer) not in found:
                found[id(layer)] = layer
                stack.extend(reversed(layer._sublayers()))
        return list(found.values())

    @property
    def trainable(self):
        """Whether training updates the weights of this layer; setting it also sets that of its sublayers."""
        return self._trainable

    @trainable.setter
    def trainable(self, value):
        self._trainable = bool(value)
        if value:
            for variable in self._frozen:
                variable.trainable = True
            self._frozen = []
        else:
            newly = [v for v in self._own_variables() if v.trainable]
            for variable in newly:
                variable.trainable = False
            self._frozen = self._frozen + newly
        for layer in self._sublayers():
            layer.trainable = value

    def count_params(self):
        """The number of numbers in `weights`; raises ValueError before the layer is built."""
        if not self.built:
            raise ValueError(f"{self.title} has no weights yet; call build(input_shape) or call it on data first")
        return sum(w.size for w in self.weights)

    def get_weights(self):
        """Copies of the weights, as a list of NumPy arrays."""
        return [w.numpy() for w in self.weights]

    def set_weights(self, weights):
        """Assigns the arrays `weights`, in the order of `get_weights`; changes nothing if one does not fit."""
        own = self.weights
        weights = list(weights)
        if len(weights) != len(own):
            cure = "" if self.built else "; it has none yet: call build(input_shape) or call it on data first"
            raise ValueError(f"{self.title} expects {len(own)} weights, got {len(weights)}{cure}")
        for variable, value in zip(own, weights):
            if tuple(np.shape(value)) != variable.shape:
                raise ValueError(
                    f"{self.title} expects weight '{variable.path}' of shape {variable.shape}, got {np.shape(value)}"
                )
        for variable, value in zip(own, weights):
            variable.assign(value)

    @property
    def metrics(self):
        """The metrics assigned to this layer and to its sublayers."""
        found = [a for a in self._attributes() if isinstance(a, Metric)]
        return _unique(found + [m for layer in self._sublayers() for m in layer._layers_metrics()])

    def _layers_metrics(self):
        """Those that count in a model around this layer."""
        return self.metrics

    @property
    def metrics_variables(self):
        return [v for metric in self.metrics for v in metric.variables]

    def add_metric(self, *args, **kwargs):
        """Not there, as in Keras 3: raises NotImplementedError."""
        raise NotImplementedError(
            f"{self.title} has no add_metric, as in Keras 3; make a metric in __init__, self.m = metrics.Mean(), and "
            "call self.m.update_state(values) in call()"
        )

    # --- losses -------------------------------------------------------------------------------------------------

    def add_loss(self, loss):
        """Adds a term, or a list of them, to the loss of the model that is being called."""
        context = contexts.current()
        if context is None:
            raise RuntimeError(f"{self.title}: add_loss belongs in call(); there is no call in progress")
        for term in tree.flatten(loss):
            context.losses.append((self, term))

    @property
    def losses(self):
        """The terms added in the last call, and those of the weights' regularizers."""
        terms = []
        if self._context is not None and self._context.losses:
            inside = {id(layer) for layer in self._flatten_layers()}
            terms = [term for layer, term in self._context.losses if id(layer) in inside]
        return terms + [v.regularizer(v) for v in self.trainable_variables if v.regularizer is not None]

    # --- building -----------------------------------------------------------------------------------------------

    def build(self, input_shape):
        """Makes the weights for inputs of `input_shape`; override it."""

    def _build(self, args):
        """Calls `build` with the shapes of the call's arguments, once."""
        self._check_initialised()
        self._refuse_layers(args.values())
        self._take_path()
        with use_backend("numpy"):
            self.build(**_build_shapes(type(self).build, type(self).call, args))
        self.built = True

    def _take_path(self):
        self._path = naming.current_path() or self.name
        if isinstance(self._policy, dtype_policies.DTypePolicyMap):
            self.dtype_policy = self._policy

    def _refuse_layers(self, inputs):
        """Raises TypeError for a layer in place of a tensor."""
        for layer in inputs:
            if isinstance(layer, Layer):
                kind = type(layer).__name__
                raise TypeError(
                    f"{self.title} expects a tensor, got the layer {layer.title}; apply that to a tensor first, as in "
                    f"{kind}(…)(x)"
                )

    def get_build_config(self):
        """The shapes that `build` was called with, or `None`."""
        return getattr(self, "_build_config", None)

    def build_from_config(self, config):
        """Builds as `get_build_config` says."""
        if config:
            self.build(**config["shapes_dict"]) if "shapes_dict" in config else self.build(config["input_shape"])
            self.built = True

    # --- calling ------------------------------------------------------------------------------------------------

    def __call__(self, *args, **kwargs):
        if not self.built and not naming.is_inside(self):
            self._check_initialised()
            with naming.scope_of(self):
                return self(*args, **kwargs)
        if symbolic.any_symbolic(args) or (kwargs and symbolic.any_symbolic(kwargs.values())):
            return self.symbolic_call(*args, **kwargs)
        spec = _call_spec(type(self).call)
        training = kwargs.pop("training", None) if not spec.training else kwargs.get("training")
        args = tuple([self._converted(a) for a in args])
        if kwargs:
            kwargs = {k: self._converted(v) for k, v in kwargs.items()}
        self._check_and_build(spec, args, kwargs)
        with contexts.enter(training) as context:
            self._context = context
            return self._call_in(context, spec, args, kwargs)

    def _check_and_build(self, spec, args, kwargs):
        if self.input_spec is not None:
            check_inputs(self, self.input_spec, _first(args, kwargs))
        if not self.built:
            self._build(spec.bind(args, kwargs))

    def _call_in(self, context, spec, args, kwargs):
        """Runs `call` with the context's flags and the inputs' masks, and gives the outputs theirs."""
        if spec.training and kwargs.get("training") is None and spec.training_position >= len(args):
            kwargs["training"] = spec.training_default if context.training is None else context.training
        if masks.any_set():
            for index, name in spec.mask_arguments:
                if kwargs.get(name) is None and index < len(args):
                    kwargs[name] = _masks_of(args[index])
        if self._mixed or context.mixed:
            context.mixed = True
            with Autocast(self._castable):
                outputs = self.call(*args, **kwargs)
        else:
            outputs = self.call(*args, **kwargs)
        if self.in_float32 and self.compute_dtype in HALVES:
            outputs = tree.map_structure(lambda y: ops.cast(y, self._output_dtype), outputs)
        if self.activity_regularizer is not None:
            self.add_loss([self.activity_regularizer(y) / y.shape[0] for y in tree.flatten(outputs)])
        if masks.any_set() or self._makes_masks:
            self._set_output_masks(_first(args, kwargs), outputs)
        return outputs

    @property
    def _makes_masks(self):
        return type(self).compute_mask is not Layer.compute_mask

    @property
    def _uses_masks(self):
        return bool(_call_spec(type(self).call).mask_arguments)

    def _set_output_masks(self, inputs, outputs):
        previous = _masks_of(inputs)
        if previous is None and not self._makes_masks:
            return
        if not self.supports_masking and not self._makes_masks and not symbolic.is_abstract(inputs):
            self._say_that_the_mask_ends()
            return
        computed = self.compute_mask(inputs, previous)
        if computed is None:
            return
        flat = tree.flatten(outputs)
        flat_masks = tree.flatten(computed) if isinstance(computed, (list, tuple)) else [computed]
        for y, mask in zip(flat, flat_masks):
            if mask is not None and masks.get(y) is None:
                masks.set(y, mask)

    def _say_that_the_mask_ends(self):
        if not self._mask_ended and not self._uses_masks:
            self._mask_ended = True
            warn(
                f"{self.title} does not support masking, so the mask of its input ends here: the layers after it count "
                "padded steps like any others. Use up the mask before it, with LSTM or GlobalAveragePooling1D, say; "
                "if it is a layer of your own that leaves the steps in place, set supports_masking = True in it"
            )

    def compute_mask(self, inputs, previous_mask):
        """The mask of the outputs: the inputs'. It goes on to later layers only if `supports_masking`."""
        return previous_mask

    def _converted(self, value):
        """A tensor argument as the layer computes with it: floats in `compute_dtype`."""
        kind = type(value)
        if kind is np.ndarray or kind is Tensor or kind is AbstractArray:
            same = value.dtype is self._compute or value.dtype.kind != "f" or not self.autocast
            return value if same else ops.cast(value, self._castable)
        if value is None or kind in (bool, int, float, str):
            return value
        if kind is list and value and all(isinstance(v, (int, float)) for v in tree.flatten(value)):
            return self._converted(np.asarray(value))
        if kind in (list, tuple):
            return kind([self._converted(v) for v in value])
        if kind is dict:
            return {k: self._converted(v) for k, v in value.items()}
        if isinstance(value, Variable):
            return value.value
        if hasattr(value, "to_numpy") and hasattr(value, "iloc"):  # a pandas object
            return self._converted(value.to_numpy())
        if hasattr(value, "dtype") and hasattr(value, "shape") and self.autocast and "float" in str(value.dtype):
            return ops.cast(value, self._castable)
        return value

    def symbolic_call(self, *args, **kwargs):
        """Calls the layer on symbolic tensors: builds it, infers the outputs and records a `Node`."""
        self._check_and_build(_call_spec(type(self).call), args, kwargs)
        return super().symbolic_call(*args, **kwargs)

    def compute_output_spec(self, *args, **kwargs):
        """Symbolic outputs for symbolic inputs, by running `call` on shapes."""
        with contexts.fresh():
            return symbolic.infer(self.__call__, args, kwargs)

    def compute_output_shape(self, *args, **kwargs):
        """The shape, or shapes, of the output for inputs of the given shapes."""
        shapes = args or tuple(kwargs.values())
        inputs = [_tensors_of_shape(s, self._castable) for s in shapes]
        return tree.map_structure(lambda t: t.shape, self.compute_output_spec(*inputs))

    def stateless_call(self, trainable_variables, non_trainable_variables, *args, return_losses=False, **kwargs):
        """The call as a pure function of the layer's state.

        Returns:
            `(outputs, non_trainable_variables)`, and the losses if `return_losses`.
        """
        state = list(zip(self.trainable_variables, trainable_variables))
        state += zip(self.non_trainable_variables, non_trainable_variables)
        with Scope(state) as scope:
            outputs = self(*args, **kwargs)
            losses = self.losses if return_losses else None
            updated = [scope.get(v) for v in self.non_trainable_variables]
        return (outputs, updated, losses) if return_losses else (outputs, updated)

    def quantize(self, mode=None, type_check=True, config=None):
        """Not there: raises NotImplementedError."""
        raise NotImplementedError(
            f"{self.title} cannot be quantized to {mode!r}: layers compute with floats only; see "
            "quantizers.abs_max_quantize for its arrays"
        )

    quantized_build = quantize

    # --- configuration ------------------------------------------------------------------------------------------

    def get_config(self):
        """The constructor's arguments as a JSON-ready dictionary."""
        accepted = _constructor_parameters(type(self).__init__)
        base = {"name": self.name, "trainable": self._trainable, "dtype": serialize_keras_object(self.dtype_policy)}
        base = {key: value for key, value in base.items() if accepted is None or key in accepted}
        return {**base, **super().get_config(), **base}

    def _check_initialised(self):
        if "_weights" not in self.__dict__:
            raise RuntimeError(f"{type(self).__name__}.__init__ must call super().__init__() before it uses the layer")

    def save_own_variables(self, store):
        """Puts this layer's own variables in `store` under "0", "1", …"""
        for index, variable in enumerate(self._own_variables()):
            store[str(index)] = variable

    def load_own_variables(self, store):
        """Assigns this layer's own variables from `store`."""
        own = self._own_variables()
        if len(store.keys()) != len(own):
            raise ValueError(f"{self.title} expects {len(own)} stored variables, got {len(store.keys())}")
        for index, variable in enumerate(own):
            variable.assign(store[str(index)])


def _first(args, kwargs):
    return args[0] if args else next(iter(kwargs.values()), None)


def _marking_built(build):
    """`build`, after which the layer is built, whoever calls it: a user, or a layer that holds this one."""

    @functools.wraps(build)
    def marked(self, *shapes, **named_shapes):
        with naming.scope_of(self):
            self._take_path()
            build(self, *shapes, **named_shapes)
        self.built = self.built or any(s is not None for s in (*shapes, *named_shapes.values()))

    return marked


class _CallSpec:
    """What is known of a `call` signature: its parameters, and whether it takes `training` and masks."""

    def __init__(self, function):
        self.signature = inspect.signature(function)
        names = [n for n in self.signature.parameters if n != "self"]
        kinds = {p.kind for p in self.signature.parameters.values()}
        takes_any = inspect.Parameter.VAR_KEYWORD in kinds
        self.names = names
        self.training = "training" in names
        self.training_position = names.index("training") if self.training else len(names)
        self.training_default = self.training and self.signature.parameters["training"].default is True
        self.takes_any = takes_any
        self.mask_arguments = []
        for index, name in enumerate(names):
            wanted = f"{name}_mask"
            if wanted in names:
                self.mask_arguments.append((index, wanted))
            elif index == 0 and "mask" in names:
                self.mask_arguments.append((index, "mask"))

    def bind(self, args, kwargs):
        """The call's tensor arguments by parameter name, in order."""
        named = dict(zip(self.names, args))
        named.update(kwargs)
        return named


@functools.cache
def _call_spec(function):
    return _CallSpec(function)


@functools.cache
def _build_parameters(function):
    parameters = list(inspect.signature(function).parameters.values())[1:]
    return [p.name for p in parameters if p.kind is not p.VAR_KEYWORD and p.kind is not p.VAR_POSITIONAL]


@functools.cache
def _constructor_parameters(function):
    """The names of a constructor's parameters; `None` if it takes any."""
    parameters = inspect.signature(function).parameters.values()
    return None if any(p.kind is p.VAR_KEYWORD for p in parameters) else {p.name for p in parameters}


def _build_shapes(build, call, arguments):
    """The arguments for `build`: one shape (or nest of shapes), or one per parameter called `<argument>_shape`."""
    names = _build_parameters(build)
    if not names:
        return {}
    values = list(arguments.values())
    if len(names) == 1:
        return {names[0]: _shapes_of(values[0])}
    named = {f"{key}_shape": value for key, value in arguments.items() if value is not None}
    matched = {n: _shapes_of(named[n]) for n in names if n in named}
    return matched or {n: _shapes_of(v) for n, v in zip(names, values)}


def _shapes_of(value):
    """The shapes in a nest of tensors; `None` for what has none."""
    if isinstance(value, (list, tuple)):
        return [_shapes_of(v) for v in value]
    if isinstance(value, dict):
        return {k: _shapes_of(v) for k, v in value.items()}
    return shown(value.shape) if hasattr(value, "shape") else None


def _tensors_of_shape(shape, dtype):
    if isinstance(shape, dict):
        return {k: _tensors_of_shape(s, dtype) for k, s in shape.items()}
    if shape and isinstance(shape[0], (list, tuple)):
        return [_tensors_of_shape(s, dtype) for s in shape]
    return KerasTensor(shape, dtype)


def _masks_of(value):
    """The masks of a tensor or of a nest of them; `None` if there is none."""
    if isinstance(value, (list, tuple)):
        found = [_masks_of(v) for v in value]
        return found if any(m is not None for m in found) else None
    if isinstance(value, dict):
        found = {k: _masks_of(v) for k, v in value.items()}
        return found if any(m is not None for m in found.values()) else None
    return masks.get(value)


def _opened(value):
    if isinstance(value, (list, tuple, set)):
        for item in value:
            yield from _opened(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _opened(item)
    else:
        yield value


def _unique(items):
    return list({id(item): item for item in items}.values())


def _input_shape_argument(kwargs):
    """The first-layer arguments `input_shape`, `batch_input_shape`, `input_dim`, `batch_size` as one batch shape."""
    batch = kwargs.pop("batch_size", None)
    batch_shape = kwargs.pop("batch_input_shape", kwargs.pop("batch_shape", None))
    shape = kwargs.pop("input_shape", None)
    units = kwargs.pop("input_dim", None)
    if batch_shape is not None:
        return tuple(batch_shape)
    if shape is None and units is not None:
        shape = (units,)
    if shape is None:
        return None
    return (batch, *((shape,) if isinstance(shape, int) else tuple(shape)))
