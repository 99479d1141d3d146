"""Standing between a model and its layers while they compute."""

import functools
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from nbkeras.layers.layer import Layer

__all__ = ["Around", "intercepting", "observing"]

Around = Callable[[Layer, Callable[..., Any], tuple[Any, ...], dict[str, Any]], Any]


@contextmanager
def intercepting(layers: Iterable[Layer], around: Around) -> Iterator[None]:
    """Runs `around(layer, call, args, kwargs)` in place of each call of one of `layers` in the block.

    Other threads, in which the model may be training, call the layers as ever.
    """
    watched = list({id(layer): layer for layer in layers}.values())
    before = [vars(layer).get("call") for layer in watched]
    try:
        for layer in watched:
            vars(layer)["call"] = _intercepted(layer, layer.call, around)  # by vars: it is nothing that a layer tracks
        yield
    finally:
        for layer, call in zip(watched, before):
            if call is None:
                vars(layer).pop("call", None)
            else:
                vars(layer)["call"] = call


def observing(layers: Iterable[Layer], react: Callable[[Layer, Any], None]) -> AbstractContextManager[None]:
    """Calls `react(layer, outputs)` after each call of one of `layers` in the block, inner layers first.

    >>> with observing(model.layers, lambda layer, outputs: print(layer.name, outputs.shape)):
    ...     model(x)
    """

    def around(layer, call, args, kwargs):
        outputs = call(*args, **kwargs)
        react(layer, outputs)
        return outputs

    return intercepting(layers, around)


def _intercepted(layer, call, around):
    owner = threading.get_ident()

    @functools.wraps(call)  # some layers ask what others' calls take
    def intercepted_call(*args, **kwargs):
        if threading.get_ident() != owner:
            return call(*args, **kwargs)
        return around(layer, call, args, kwargs)

    return intercepted_call
