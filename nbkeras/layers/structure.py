"""Whether the layers and variables of a model are still those that were found by walking it."""

from functools import cached_property

from nbkeras.layers.layer import Layer
from nbkeras.variables import Changes

__all__ = ["Structure"]


class Structure:
    """What a walk over the layers of `layer` depended on; `holds()` is a hundred times faster than walking again.

    Assignments are counted by `Changes`. A list that grows or shrinks in place is noticed by its length.

    Attributes:
        takes_text: whether one of the layers reads text.
        is_ours: whether all layers within are the library's, so that their calls have no effects of a user's own.
    """

    def __init__(self, layer):
        self._layer = layer
        self._version = Changes.structure
        layers = layer._flatten_layers()
        self._containers = [
            value
            for inner in layers
            for name, value in vars(inner).items()
            if name not in inner._unwalked and isinstance(value, (list, dict, set))
        ]
        self._sizes = [len(value) for value in self._containers]
        self.takes_text = any(getattr(inner, "takes_text", False) for inner in layers)
        self.is_ours = all(_is_ours(inner) for inner in layers if inner is not layer)

    @cached_property
    def metrics(self):
        """The metrics assigned to the layers."""
        return Layer.metrics.fget(self._layer)

    def holds(self):
        """Whether a walk would find the same."""
        return self._version == Changes.structure and list(map(len, self._containers)) == self._sizes


def _is_ours(layer):
    ours = type(layer).__module__.startswith(("nbkeras.layers.", "nbkeras.models."))
    return ours and type(layer).__name__ != "Lambda"
