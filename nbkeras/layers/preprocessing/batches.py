"""What `adapt` goes over."""

import itertools
from numbers import Number

__all__ = ["batches_of"]


def batches_of(data, steps=None):
    """The batches in `data`: itself, if it is an array or a list; else what the iterable gives, without targets.

    Args:
        data: an array, a list of numbers or of text, or an iterable of batches; of `(inputs, targets)`, the inputs.
        steps: how many batches of an iterable to take; default all.
    """
    if hasattr(data, "shape") or _is_plain(data):
        yield data
        return
    for item in itertools.islice(data, steps):
        yield item[0] if isinstance(item, tuple) else item


def _is_plain(data):
    """Whether `data` is text or a number, or a list of such, or of lists of such."""
    while isinstance(data, (list, tuple)) and data:
        data = data[0]
    return isinstance(data, (Number, str, bytes, list, tuple))  # a list only if it is empty
