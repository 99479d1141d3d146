"""The layers that most networks are made of."""

import inspect

from nbkeras import activations, constraints, initializers, ops, regularizers, tree
from nbkeras.layers.arguments import not_supported, positive_integer
from nbkeras.layers.fusing import name_in_kernel
from nbkeras.layers.layer import InputSpec, Layer
from nbkeras.layers.low_rank import LowRankAdaptable, adaptable_weight
from nbkeras.symbolic import KerasTensor

__all__ = ["Activation", "Dense", "Embedding", "Identity", "Lambda", "Masking"]


class Dense(LowRankAdaptable):
    """`activation(x @ kernel + bias)` over the last axis: (batch, …, features) → (batch, …, units).

    Args:
        units: how many features come out.
        activation: a name or a function; default none.
        use_bias: whether to add a bias.
        kernel_initializer, bias_initializer: what the weights start with.
        kernel_regularizer, bias_regularizer: penalties on the weights, added to the loss.
        activity_regularizer: a penalty on the output, added to the loss.
        kernel_constraint, bias_constraint: projections of the weights after each update.
        lora_rank, lora_alpha: of a low-rank change of the kernel, see `enable_lora`; default none.
        quantization_config: of Keras, not supported yet.

    Raises:
        ValueError: if `units` is not a positive integer, or the input has fewer than two axes or other features than
            the layer was built for.

    Example:
        >>> Dense(3, activation="relu")(np.ones((2, 4), "float32")).shape
        (2, 3)
    """

    kernel = adaptable_weight("kernel")

    def __init__(
        self,
        units,
        activation=None,
        use_bias=True,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        activity_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        lora_rank=None,
        lora_alpha=None,
        quantization_config=None,
        **kwargs,
    ):
        not_supported(quantization_config=quantization_config)
        super().__init__(
            activity_regularizer=activity_regularizer, lora_rank=lora_rank, lora_alpha=lora_alpha, **kwargs
        )
        self.units = positive_integer("units", units)
        self.activation = activations.get(activation)
        self.use_bias = use_bias
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.input_spec = InputSpec(min_ndim=2)
        self.supports_masking = True
        self.bias = None

    def build(self, input_shape):
        features = input_shape[-1]
        self._kernel = self.add_weight(
            name="kernel",
            shape=(features, self.units),
            initializer=self.kernel_initializer,
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        if self.use_bias:
            self.bias = self.add_weight(
                name="bias",
                shape=(self.units,),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        self.input_spec = InputSpec(min_ndim=2, axes={-1: features})
        self.begin_lora()

    def call(self, x):
        name = name_in_kernel(self.activation)
        y = ops.dense(x, self.kernel, self.bias, activation=name)
        return y if name else self.activation(y)


class Activation(Layer):
    """An activation function as a layer.

    Args:
        activation: a name or a function.

    Example:
        >>> Activation("relu")(np.array([-1.0, 2.0], "float32"))
        array([0., 2.], dtype=float32)
    """

    def __init__(self, activation, **kwargs):
        super().__init__(**kwargs)
        self.activation = activations.get(activation)
        self.supports_masking = True

    def call(self, x):
        return self.activation(x)


class Identity(Layer):
    """Its input, unchanged."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, inputs):
        return inputs


class Lambda(Layer):
    """A function as a layer, for what needs no weights.

    Args:
        function: of the inputs; it computes with `ops`. It may take `mask` and `training` too.
        output_shape: without the batch axis, or a function from the input's shape to the output's; needed only where
            the function cannot be run on shapes.
        mask: the output's mask, or a function of inputs and mask that gives it.
        arguments: a dictionary of further keyword arguments.

    A lambda cannot be written to a file: give the function a name and register it if you want to save the model.

    Example:
        >>> Lambda(lambda x: x**2)(np.array([3.0], "float32"))
        array([9.], dtype=float32)
    """

    def __init__(self, function, output_shape=None, mask=None, arguments=None, **kwargs):
        super().__init__(**kwargs)
        if not callable(function):
            raise ValueError(f"function must be callable, got {function!r}")
        self.function = function
        self.output_shape = output_shape
        self.mask = mask
        self.arguments = arguments or {}
        self.supports_masking = mask is not None
        self._accepted = inspect.signature(function).parameters.keys()

    def call(self, inputs, mask=None, training=None):
        context = {"mask": mask, "training": training}
        passed = {name: value for name, value in context.items() if name in self._accepted}
        return self.function(inputs, **self.arguments, **passed)

    @property
    def _makes_masks(self):
        return self.mask is not None

    @property
    def _uses_masks(self):
        return "mask" in self._accepted

    def compute_mask(self, inputs, mask=None):
        return self.mask(inputs, mask) if callable(self.mask) else self.mask

    def compute_output_spec(self, inputs, *args, **kwargs):
        if self.output_shape is None:
            return super().compute_output_spec(inputs, *args, **kwargs)
        if callable(self.output_shape):
            shapes = tree.map_structure(lambda tensor: tensor.shape, inputs)
            return KerasTensor(self.output_shape(shapes), self.compute_dtype)
        return KerasTensor((tree.flatten(inputs)[0].shape[0], *self.output_shape), self.compute_dtype)


class Masking(Layer):
    """Masks the steps of a sequence all of whose features equal `mask_value`, and sets them to 0.

    Later layers that know masks, the recurrent ones first of all, skip these steps.

    Args:
        mask_value: what marks a step as missing.

    Inputs are (batch, steps, features).
    """

    def __init__(self, mask_value=0.0, **kwargs):
        super().__init__(**kwargs)
        self.mask_value = mask_value
        self.supports_masking = True

    def call(self, inputs):
        return ops.where(self._kept(inputs, keepdims=True), inputs, 0)

    def compute_mask(self, inputs, mask=None):
        return self._kept(inputs)

    def _kept(self, inputs, keepdims=False):
        return ops.any(ops.not_equal(inputs, self.mask_value), axis=-1, keepdims=keepdims)


class Embedding(LowRankAdaptable):
    """A learned vector for each of the integers 0 … input_dim - 1: (batch, …) → (batch, …, output_dim).

    Args:
        input_dim: the largest integer of the input, plus 1.
        output_dim: the length of the vectors.
        embeddings_initializer, embeddings_regularizer, embeddings_constraint: of the (input_dim, output_dim) weights.
        mask_zero: whether 0 is padding, which later layers are to skip.
        weights: an array to begin with, of that shape.
        lora_rank, lora_alpha: of a low-rank change of the vectors, see `enable_lora`; default none.
        quantization_config: of Keras, not supported yet.

    Example:
        >>> Embedding(1000, 8)(np.array([[4, 7, 0]])).shape
        (1, 3, 8)
    """

    base_parameters: tuple[str, ...] = ("activity_regularizer",)
    adapted = "embeddings"
    embeddings = adaptable_weight("embeddings")
    unwritten = ("weights",)  # what training begins with says nothing of the layer, and may be large

    def __init__(
        self,
        input_dim,
        output_dim,
        embeddings_initializer="uniform",
        embeddings_regularizer=None,
        embeddings_constraint=None,
        mask_zero=False,
        weights=None,
        lora_rank=None,
        lora_alpha=None,
        quantization_config=None,
        **kwargs,
    ):
        not_supported(quantization_config=quantization_config)
        length = kwargs.pop("input_length", None)  # of Keras 2: the steps of each sequence
        if length is not None:
            kwargs.setdefault("input_shape", (length,))
        super().__init__(lora_rank=lora_rank, lora_alpha=lora_alpha, **kwargs)
        self.input_dim = positive_integer("input_dim", input_dim)
        self.output_dim = positive_integer("output_dim", output_dim)
        self.embeddings_initializer = initializers.get(embeddings_initializer)
        self.embeddings_regularizer = regularizers.get(embeddings_regularizer)
        self.embeddings_constraint = constraints.get(embeddings_constraint)
        self.mask_zero = mask_zero
        self.supports_masking = mask_zero
        self.autocast = False
        if weights is not None:
            self.build()
            self.built = True
            self.set_weights(weights if isinstance(weights, (list, tuple)) else [weights])

    def build(self, input_shape=None):
        if self.built:
            return
        self._embeddings = self.add_weight(
            name="embeddings",
            shape=(self.input_dim, self.output_dim),
            initializer=self.embeddings_initializer,
            regularizer=self.embeddings_regularizer,
            constraint=self.embeddings_constraint,
        )
        self.begin_lora()

    def call(self, inputs):
        indices = inputs if "int" in str(inputs.dtype) else ops.cast(inputs, "int32")
        try:
            vectors = ops.take(self._embeddings, indices, axis=0)
        except IndexError:
            raise ValueError(
                f"{self.title} expects integers from 0 to {self.input_dim - 1}, got {int(ops.max(indices))}: "
                "input_dim must be the largest integer plus 1"
            ) from None
        if self.lora_enabled:  # the change of these rows only
            change = ops.matmul(ops.take(self.lora_a, indices, axis=0), self.lora_b)
            vectors = vectors + (self.lora_alpha / self.lora_rank) * change
        return ops.cast(vectors, self.compute_dtype)

    def compute_mask(self, inputs, mask=None):
        return ops.not_equal(inputs, 0) if self.mask_zero else None
