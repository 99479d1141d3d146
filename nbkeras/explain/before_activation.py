"""The scores of a layer before its activation, as Grad-CAM asks for them."""

import copy
from collections.abc import Callable
from typing import Any

from nbkeras import activations
from nbkeras.layers import Layer, Softmax

__all__ = ["without_activation"]


def without_activation(layer: Layer, call: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What `layer` computes before its activation; a twin that shares the weights computes it."""
    if isinstance(layer, Softmax):
        return args[0]
    twin = copy.copy(layer)
    vars(twin).pop("call", None)
    vars(twin)["activation"] = activations.linear
    return twin.call(*args, **kwargs)
