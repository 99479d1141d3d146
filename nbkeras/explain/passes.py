"""Passes through a model in inference mode that leave everything of it as it is."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from nbkeras import ops, tree
from nbkeras.backends import backend, use_backend
from nbkeras.config import floatx
from nbkeras.explain.before_activation import without_activation
from nbkeras.layers import Layer, Softmax
from nbkeras.layers.interception import Around, intercepting
from nbkeras.models import Model
from nbkeras.variables import Scope

__all__ = ["CHUNK", "Call", "Passes", "in_chunks", "is_float"]

CHUNK = 128  # rows in one pass, which bounds the memory of the 512 points of a path


@dataclass(frozen=True)
class Call:
    """A call of a layer during a pass.

    Attributes:
        argument: the first one, as a NumPy array or nested ones.
        outputs: what the layer gave, likewise.
    """

    layer: Layer
    argument: Any
    outputs: Any

    def read(self, x: np.ndarray) -> bool:
        """Whether the layer was called on the values `x`."""
        return isinstance(self.argument, np.ndarray) and np.array_equal(self.argument, x)


class Passes:
    """Runs a model, and differentiates one of its outputs with respect to inputs and to what layers give.

    Args:
        structure: how the inputs are nested.
    """

    def __init__(self, model: Model, structure: Any) -> None:
        self.model = model
        self.structure = structure

    def run(self, leaves: Sequence[np.ndarray]) -> np.ndarray:
        """The outputs for inputs, (rows, …)."""
        with self._scope():
            return np.concatenate([backend().to_numpy(self._output(part)) for part in in_chunks(leaves)])

    def gradients(self, leaves: Sequence[np.ndarray], targets: np.ndarray) -> list[np.ndarray]:
        """The gradient of each row's output `targets` with respect to the inputs; zeros for whole numbers."""
        parts = [self._gradients(part, chosen) for *part, chosen in in_chunks([*leaves, targets])]
        return [np.concatenate(arrays) for arrays in zip(*parts)]

    def _gradients(self, leaves, targets):
        floats = [index for index, leaf in enumerate(leaves) if is_float(leaf)]

        def total(arrays):
            inputs = list(leaves)
            for index, array in zip(floats, arrays):
                inputs[index] = array
            return self._total(inputs, targets), ()

        with self._scope():
            _, found = backend().value_and_grad(total)([leaves[index] for index in floats])
            known = dict(zip(floats, map(backend().to_numpy, found)))
        return [known.get(index, np.zeros(leaf.shape, floatx())) for index, leaf in enumerate(leaves)]

    def gradients_at(
        self, layer: Layer, leaves: Sequence[np.ndarray], targets: np.ndarray, raw: bool = False
    ) -> list[tuple[np.ndarray, np.ndarray]]:
        """For each call of `layer`: what it gives, and the gradient of the outputs `targets` with respect to that.

        Zeros are added to what the layer gives; the gradient with respect to the zeros is the one that is wanted.

        Args:
            raw: whether the outputs are taken before their activation.

        Raises:
            ValueError: if the layer is not called, or gives several arrays.
        """
        given = [call.outputs for call in self.calls([layer], leaves)]
        if not given:
            raise ValueError(f"{layer.title} takes no part in what {self.model.title} computes")
        if any(not isinstance(outputs, np.ndarray) for outputs in given):
            raise ValueError(f"{layer.title} gives several arrays; choose a layer that gives one")
        ends = self.ends(leaves) if raw else []

        def total(zeros):
            waiting = iter(zeros)

            def changed(layer, call, args, kwargs):
                return call(*args, **kwargs) + next(waiting)

            with intercepting(ends, without_activation), intercepting([layer], changed):
                return self._total(leaves, targets), ()

        with self._scope():
            _, found = backend().value_and_grad(total)([np.zeros_like(outputs) for outputs in given])
            return list(zip(given, map(backend().to_numpy, found)))

    def calls(self, layers: Sequence[Layer], leaves: Sequence[np.ndarray]) -> list[Call]:
        """The calls of `layers` in a pass over the inputs, in the order in which they end."""
        seen = []

        def seeing(layer, call, args, kwargs):
            outputs = call(*args, **kwargs)
            argument = args[0] if args else next(iter(kwargs.values()), None)
            seen.append(Call(layer, *(tree.map_structure(_plain, value) for value in (argument, outputs))))
            return outputs

        self.through(layers, seeing, leaves)
        return seen

    def through(self, layers: Sequence[Layer], around: Around, leaves: Sequence[np.ndarray]) -> None:
        """One pass in which `around` stands in for the calls of `layers`, as `intercepting` has it."""
        with self._scope(), intercepting(layers, around):
            self._output(leaves)

    def ends(self, leaves: Sequence[np.ndarray]) -> list[Layer]:
        """The layer whose activation gives the outputs, if there is one."""
        given: list[tuple[Layer, Any]] = []

        def noting(layer, call, args, kwargs):
            given.append((layer, call(*args, **kwargs)))
            return given[-1][1]

        layers = [layer for layer in self.model._flatten_layers() if hasattr(layer, "activation")]
        layers += [layer for layer in self.model._flatten_layers() if isinstance(layer, Softmax)]
        with self._scope(), intercepting(layers, noting):
            last = self._output(leaves)
        return [layer for layer, outputs in given if outputs is last][:1]

    @contextmanager
    def _scope(self) -> Iterator[None]:
        """The model's backend, and a scope that keeps to itself whatever a layer assigns."""
        with use_backend(self.model._backend_name), Scope():
            try:
                yield
            finally:
                self.model.forget_losses()

    def _output(self, leaves):
        """The model's one output for inputs that may be watched."""
        inputs = tree.pack_sequence_as(self.structure, leaves)
        outputs = tree.flatten(self.model(inputs, training=False))
        if len(outputs) > 1:
            names = self.model.output_names or range(len(outputs))
            raise ValueError(
                f"an explanation is of one output, {self.model.title} has {len(outputs)}: "
                f"{', '.join(map(str, names))}; make a model of one, such as Model(net.inputs, net.outputs[0])"
            )
        return outputs[0]

    def _total(self, leaves, targets):
        """The sum over the rows of their outputs `targets`; in inference no row depends on another."""
        outputs = ops.reshape(self._output(leaves), (len(targets), -1))
        return ops.sum(ops.take_along_axis(outputs, targets[:, None], axis=1))


def in_chunks(arrays: Sequence[np.ndarray]) -> Iterator[list[np.ndarray]]:
    """The same rows of all `arrays`, at most `CHUNK` at a time."""
    for start in range(0, len(arrays[0]), CHUNK):
        yield [array[start : start + CHUNK] for array in arrays]


def is_float(array: np.ndarray) -> bool:
    """Whether an array holds floating-point numbers."""
    return array.dtype.kind == "f"


def _plain(value):
    return np.asarray(value) if hasattr(value, "shape") else value
