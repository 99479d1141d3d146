"""A dense layer whose product is any Einstein sum."""

import re

from nbkeras import activations, constraints, initializers, ops, regularizers
from nbkeras.layers.arguments import not_supported
from nbkeras.layers.low_rank import LowRankAdaptable, adaptable_weight

__all__ = ["EinsumDense"]

_EQUATION = re.compile(r"(\.\.\.)?([a-zA-Z]+)(\.\.\.)?,([a-zA-Z]+)->(\.\.\.)?([a-zA-Z]*)(\.\.\.)?")


class EinsumDense(LowRankAdaptable):
    """`activation(einsum(equation, x, kernel) + bias)`.

    Args:
        equation: such as `"abc,cd->abd"`; `...` may stand for axes of the input before or after the named ones.
        output_shape: of the output without the batch axis, or, where the input begins with `...`, of its named axes;
            `None` for what the input tells.
        activation: a name or a function; default none.
        bias_axes: the letters of the output's axes that have biases of their own; default no bias.
        kernel_initializer, bias_initializer: what the weights start with.
        kernel_regularizer, bias_regularizer: penalties on the weights, added to the loss.
        kernel_constraint, bias_constraint: projections of the weights after each update.
        lora_rank, lora_alpha: of a low-rank change of the kernel, see `enable_lora`; default none.
        gptq_unpacked_column_size, quantization_config: of Keras, not supported yet.

    Example:
        >>> EinsumDense("abc,cde->abde", (None, 2, 3), bias_axes="de")(np.ones((1, 5, 4), "float32")).shape
        (1, 5, 2, 3)
    """

    base_parameters = ("activity_regularizer",)
    kernel = adaptable_weight("kernel")

    def __init__(
        self,
        equation,
        output_shape,
        activation=None,
        bias_axes=None,
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        kernel_regularizer=None,
        bias_regularizer=None,
        kernel_constraint=None,
        bias_constraint=None,
        lora_rank=None,
        lora_alpha=None,
        gptq_unpacked_column_size=None,
        quantization_config=None,
        **kwargs,
    ):
        not_supported(
            gptq_unpacked_column_size=gptq_unpacked_column_size,
            quantization_config=quantization_config,
        )
        super().__init__(lora_rank=lora_rank, lora_alpha=lora_alpha, **kwargs)
        self.equation = equation.replace(" ", "")
        self.output_shape = (output_shape,) if isinstance(output_shape, int) else tuple(output_shape)
        self.activation = activations.get(activation)
        self.bias_axes = bias_axes
        self.kernel_initializer = initializers.get(kernel_initializer)
        self.bias_initializer = initializers.get(bias_initializer)
        self.kernel_regularizer = regularizers.get(kernel_regularizer)
        self.bias_regularizer = regularizers.get(bias_regularizer)
        self.kernel_constraint = constraints.get(kernel_constraint)
        self.bias_constraint = constraints.get(bias_constraint)
        self.bias = None
        self._parse()

    def _parse(self):
        match = _EQUATION.fullmatch(self.equation)
        if match is None:
            raise ValueError(f"{self.title}: equation must look like 'abc,cd->abd', got {self.equation!r}")
        before, self._input, after, self._weight, _, self._output, _ = match.groups()
        self._dots = "before" if before else "after" if after else None
        given = set(self._input) | set(self._weight)
        if not set(self._output) <= given:
            raise ValueError(f"{self.title}: the output of {self.equation!r} has a letter that no operand has")
        if self.bias_axes and not set(self.bias_axes) <= set(self._output):
            raise ValueError(
                f"{self.title}: bias_axes must be letters of the output of {self.equation!r}, got {self.bias_axes!r}"
            )

    def build(self, input_shape):
        sizes = self._sizes(input_shape)
        self._kernel = self.add_weight(
            name="kernel",
            shape=[sizes[c] for c in self._weight],
            initializer=self._fan_aware_initializer(),
            regularizer=self.kernel_regularizer,
            constraint=self.kernel_constraint,
        )
        if self.bias_axes:
            self.bias = self.add_weight(
                name="bias",
                shape=self._bias_shape(sizes),
                initializer=self.bias_initializer,
                regularizer=self.bias_regularizer,
                constraint=self.bias_constraint,
            )
        self.begin_lora()

    def _sizes(self, input_shape):
        """The size of each letter: the input's, or else that of `output_shape`."""
        named = input_shape[-len(self._input) :] if self._dots == "before" else input_shape[: len(self._input)]
        if len(named) < len(self._input) or not self._dots and len(input_shape) != len(named):
            raise ValueError(f"{self.title} expects inputs with the axes {self._input!r}, got shape {input_shape}")
        sizes = dict(zip(self._input, named))
        letters = self._output if self._dots == "before" else self._output[1:]
        places = (
            zip(letters[::-1], self.output_shape[::-1]) if self._dots == "before" else zip(letters, self.output_shape)
        )
        for letter, size in places:
            if sizes.get(letter) is None:
                sizes[letter] = size
            elif size not in (None, sizes[letter]):
                raise ValueError(
                    f"{self.title}: output_shape {self.output_shape} gives axis '{letter}' of {self.equation!r} the "
                    f"size {size}, the input {input_shape} gives it {sizes[letter]}"
                )
        return sizes

    def _bias_shape(self, sizes):
        """One axis for each of the output from the first with a bias on, of length 1 where it has none."""
        first = min(map(self._output.index, self.bias_axes))
        named = [sizes[c] if c in self.bias_axes else 1 for c in self._output[first:]]
        hidden = len(self.output_shape) - len(self._output[1:]) if self._dots == "after" else 0
        return named + [1] * hidden

    def _fan_aware_initializer(self):
        """The initializer, told which axes of the kernel are summed over, if it asks for them."""
        initializer = self.kernel_initializer
        if getattr(initializer, "input_axes", ()) is not None:
            return initializer
        summed = [axis for axis, c in enumerate(self._weight) if c not in self._output]
        rest = [axis for axis, c in enumerate(self._weight) if c in self._output and c not in self._input]
        return type(initializer).from_config({**initializer.get_config(), "input_axes": summed, "output_axes": rest})

    def call(self, x):
        y = self._as_dense(x) if self._is_dense() else self._as_einsum(x)
        return self.activation(y)

    def _is_dense(self):
        """Whether the last axes of the input meet the first of the kernel, and any bias is on all its others."""
        summed = [c for c in self._weight if c not in self._output]
        n = len(summed)
        return (
            0 < n < len(self._weight)
            and self._dots != "after"
            and self._weight[:n] == self._input[-n:] == "".join(summed)
            and self._output == self._input[:-n] + self._weight[n:]
            and (not self.bias_axes or set(self.bias_axes) == set(self._weight[n:]))
        )

    def _as_dense(self, x):
        n = sum(c not in self._output for c in self._weight)
        kernel = self.kernel
        kept, new = x.shape[: len(x.shape) - n], kernel.shape[n:]
        columns = 1
        for size in new:
            columns *= size
        if n > 1:
            x = ops.reshape(x, (*kept, -1))
        bias = None if self.bias is None else ops.reshape(self.bias, (columns,))
        y = ops.dense(x, ops.reshape(kernel, (-1, columns)), bias)
        return ops.reshape(y, (*kept, *new)) if len(new) > 1 else y

    def _as_einsum(self, x):
        y = ops.einsum(self.equation, x, self.kernel)
        return y if self.bias is None else y + self.bias
