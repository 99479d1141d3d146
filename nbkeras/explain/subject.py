"""A model and the examples on which it is explained: which inputs, which output, compared with what."""

import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np

from nbkeras import tree
from nbkeras.config import floatx
from nbkeras.explain.explanation import Explanation
from nbkeras.explain.passes import Passes, is_float
from nbkeras.layers import Embedding, Layer
from nbkeras.models import Model

__all__ = ["Subject"]


class Subject:
    """What every method begins with.

    Args:
        model: with one output; any backend.
        x: the examples, nested as the model's inputs; one example without the axis of rows will do.

    Attributes:
        leaves: the inputs as NumPy arrays with an axis of rows, in the dtype that the model takes.
        outputs: what the model gives, (rows, …).
        passes: runs the model on other inputs, and differentiates it.

    Raises:
        ValueError: if the model has several outputs, or an input is no array of numbers.
    """

    def __init__(self, model: Model, x: Any) -> None:
        self.model = model
        graph = model.graph
        specs = [(t.shape, t.dtype) for t in graph.input_tensors] if graph is not None else []
        nested = tree.is_nested(x) and (len(specs) > 1 or isinstance(x, dict))
        self.structure = x if nested else np.asarray(x)
        found = [_numbers(leaf, model) for leaf in tree.flatten(self.structure)]
        specs = specs if len(specs) == len(found) else [(None, None)] * len(found)
        self.leaves = [_as_rows(leaf, shape).astype(_dtype(leaf, dtype)) for leaf, (shape, dtype) in zip(found, specs)]
        self.passes = Passes(model, self.structure)
        self.outputs = self.passes.run(self.leaves)

    @property
    def rows(self) -> int:
        """The number of examples."""
        return len(self.leaves[0])

    @property
    def inputs(self) -> Any:
        """The examples, nested as they were given."""
        return self.packed(self.leaves)

    def packed(self, leaves: Sequence[Any]) -> Any:
        """Arrays, one for each input, nested as the inputs."""
        return tree.pack_sequence_as(self.structure, leaves)

    def only(self, method: str) -> np.ndarray:
        """The one input; ValueError if there are several."""
        if len(self.leaves) > 1:
            raise ValueError(
                f"{method} explains models of one input, {self.model.title} has {len(self.leaves)}; "
                "integrated_gradients, gradient_x_input and smooth_grad take several"
            )
        return self.leaves[0]

    def require_floats(self, method: str) -> None:
        """Raises ValueError unless an input can be moved by a little."""
        if self.table is not None or not any(map(is_float, self.leaves)):
            raise ValueError(
                f"{method} expects inputs that can change by a little, {self.model.title} reads whole numbers; "
                "gradient_x_input and occlusion explain these"
            )

    # --- what is explained --------------------------------------------------------------------------------------

    def targets(self, target: Any = None) -> np.ndarray:
        """For each row the place of the explained output in the flattened row.

        Args:
            target: an integer, a tuple of them where an example has several axes of outputs, or an array with an
                integer for each row; default the largest output.

        Raises:
            ValueError: for a target that the model does not have.
        """
        sizes = self.outputs.shape[1:]
        count = math.prod(sizes)
        if target is None:
            return self.outputs.reshape(self.rows, count).argmax(1)
        if isinstance(target, tuple) and len(target) == len(sizes):
            if all(0 <= index < size for index, size in zip(target, sizes)):
                return np.full(self.rows, np.ravel_multi_index(target, sizes))
        elif not isinstance(target, (str, tuple)):
            places = np.asarray(target)
            fits = places.dtype.kind in "iu" and places.shape in ((), (self.rows,))
            if fits and np.all((places >= 0) & (places < count)):
                return np.broadcast_to(places, (self.rows,)).copy()
        wanted = f"an integer from 0 to {count - 1}" if count > 1 else "0, for its only output"
        raise ValueError(f"target expects {wanted}: {self.model.title} has outputs {(None, *sizes)}, got {target!r}")

    def values(self, leaves: Sequence[np.ndarray], targets: np.ndarray) -> np.ndarray:
        """The explained output of each row of other inputs, in float64."""
        outputs = self.passes.run(leaves)
        return np.take_along_axis(outputs.reshape(len(outputs), -1).astype("float64"), targets[:, None], axis=1)[:, 0]

    def baseline(self, baseline: Any) -> list[np.ndarray]:
        """A baseline for each input, of its shape; inputs of whole numbers stay as they are.

        Args:
            baseline: a number for all, an array that broadcasts, or one of these for each of several inputs.

        Raises:
            ValueError: if it does not fit.
        """
        given = tree.flatten(baseline) if tree.is_nested(baseline) and len(self.leaves) > 1 else None
        if given is not None and len(given) != len(self.leaves):
            raise ValueError(f"baseline expects a value for each of {len(self.leaves)} inputs, got {len(given)}")
        return [_baseline(leaf, given[i] if given else baseline) for i, leaf in enumerate(self.leaves)]

    def explanation(
        self, method: str, attributions: Sequence[np.ndarray], targets: np.ndarray, **details: Any
    ) -> Explanation:
        """What a method found, with one array of attributions for each input."""
        return Explanation(
            method,
            self.packed(attributions),
            self.inputs,
            self.outputs,
            targets,
            tokens=self.table is not None,
            **details,
        )

    # --- layers -------------------------------------------------------------------------------------------------

    @property
    def layers(self) -> list[Layer]:
        """All layers, those within models and other layers too."""
        return [layer for layer in self.model._flatten_layers() if layer is not self.model]

    def layer(self, name: str) -> Layer:
        """The layer that a label of the declaration, or a name, stands for; ValueError if there is none."""
        labelled = self.model.labels.get(name)
        node = getattr(labelled, "node", None)
        found = labelled if node is None else node.operation
        if isinstance(found, Layer):
            return found
        for layer in self.layers:
            if layer.name == name:
                return layer
        names = dict.fromkeys([*self.model.labels, *(layer.name for layer in self.model.layers)])
        raise ValueError(f"{self.model.title} has no layer '{name}'; it has {', '.join(names)}")

    @cached_property
    def table(self) -> Layer | None:
        """The `Embedding` that looks up the vectors of the only input, which then are tokens; or `None`."""
        tables = [layer for layer in self.layers if isinstance(layer, Embedding)]
        if len(self.leaves) > 1 or not tables:
            return None
        found = self.passes.calls(tables, self.leaves)
        x = self.leaves[0]
        return next((call.layer for call in found if call.read(x)), None)


def _numbers(leaf, model):
    array = np.asarray(leaf)
    if array.dtype.kind not in "fiub":
        raise ValueError(f"{model.title} expects numbers, got an array of type {array.dtype}")
    return array


def _dtype(leaf, dtype):
    return dtype or (floatx() if is_float(leaf) else leaf.dtype)


def _as_rows(array, shape):
    """`array` with an axis of rows, and with a last axis of one where only that is missing."""
    if shape is None:
        return array
    for candidate in (array[None], array, array[None, ..., None], array[..., None]):
        sizes = candidate.shape[1:]
        if len(sizes) == len(shape) - 1 and all(e in (None, n) for e, n in zip(shape[1:], sizes)):
            return candidate
    return array


def _baseline(leaf, value):
    if not is_float(leaf):
        return leaf
    value = np.asarray(value, leaf.dtype)
    try:
        return np.broadcast_to(value, leaf.shape)
    except ValueError:
        raise ValueError(
            f"baseline expects a number or an array of shape {leaf.shape[1:]}, as one example has, got {value.shape}"
        ) from None
