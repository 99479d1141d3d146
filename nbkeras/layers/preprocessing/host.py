"""The base of layers that read text or look things up: no array library does that, so NumPy and Python do."""

import numpy as np

from nbkeras import ops
from nbkeras.backends.abstract import AbstractArray, Unknown
from nbkeras.layers.layer import Layer
from nbkeras.symbolic import KerasTensor, any_symbolic
from nbkeras.text import is_text

__all__ = ["HostLayer"]


class HostLayer(Layer):
    """A layer that computes on the host, element by element, whatever the backend; nothing flows back through it.

    A subclass writes `call_on_host`, which gets NumPy arrays, `compute_output_shape` and `output_dtype`.
    """

    takes_text = True

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.autocast = False  # what is looked up must stay as it is

    @property
    def output_dtype(self):
        """The dtype of the outputs."""
        raise NotImplementedError(f"{type(self).__name__} needs a property output_dtype")

    def call_on_host(self, inputs):
        """The outputs for a NumPy array, or for a list of them."""
        raise NotImplementedError(f"{type(self).__name__} needs a method call_on_host(self, inputs)")

    def __call__(self, inputs, *args, **kwargs):
        if not any_symbolic([inputs]):
            inputs = self.prepared(inputs)
        return super().__call__(inputs, *args, **kwargs)

    def prepared(self, inputs):
        """Lists of text or numbers as an array, before the base class takes them for lists of tensors."""
        return inputs if hasattr(inputs, "shape") else np.asarray(inputs, object if _holds_text(inputs) else None)

    def call(self, inputs):
        first = inputs[0] if isinstance(inputs, (list, tuple)) else inputs
        if type(first) is AbstractArray:
            return self._abstract_outputs(inputs, first)
        outputs = self.call_on_host(self._on_host(inputs))
        return outputs if is_text(outputs.dtype) else ops.convert_to_tensor(outputs)

    def compute_output_spec(self, inputs):
        return KerasTensor(self.compute_output_shape(_shapes(inputs)), self.output_dtype)

    def _abstract_outputs(self, inputs, first):
        """What stands for the outputs while a model is run on shapes; a length that the text decides is unknown."""
        unknown = next((size for size in first.shape if isinstance(size, Unknown)), 1)
        shape = [unknown if size is None else size for size in self.compute_output_shape(_shapes(inputs))]
        return AbstractArray(shape, object if self.output_dtype == "string" else self.output_dtype)

    def _on_host(self, inputs):
        if isinstance(inputs, (list, tuple)):
            return [self._on_host(x) for x in inputs]
        try:
            return ops.convert_to_numpy(inputs)
        except TypeError as error:
            raise TypeError(
                f"{self.title} reads its inputs on the host, which a compiled step cannot do: apply it to the data "
                "before, with dataset.map(layer), or compile(run_eagerly=True)"
            ) from error


def _holds_text(value):
    while isinstance(value, (list, tuple)) and value:
        value = value[0]
    return isinstance(value, (str, bytes))


def _shapes(inputs):
    return [tuple(x.shape) for x in inputs] if isinstance(inputs, (list, tuple)) else tuple(inputs.shape)
