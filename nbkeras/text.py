"""Text in arrays: one rule for what comes in, one form for what goes out.

In comes anything that holds text: a string, bytes, lists of them, arrays of strings, of bytes or of objects, columns of
frames. Inside and out it is an array of objects, each a `str`: texts differ in length, and an array of fixed width
would give each of them the memory of the longest.
"""

import numpy as np

__all__ = ["as_text", "is_text"]


def is_text(dtype):
    """Whether arrays of this NumPy dtype may hold text."""
    return dtype.kind in "OSTU"


def as_text(value, encoding="utf-8", title="text"):
    """`value` as an array of objects, each a `str`.

    Args:
        value: text in any of the forms above, of any shape.
        encoding: of bytes; what is no text in it becomes U+FFFD.
        title: what the text is for, in messages.

    Raises:
        ValueError: for anything but text, and for rows of several lengths.

    Example:
        >>> as_text([b"caf\\xc3\\xa9", "tea"])
        array(['café', 'tea'], dtype=object)
    """
    try:
        array = value if isinstance(value, np.ndarray) else np.asarray(value, dtype=object)
    except ValueError:
        raise ValueError(f"{title} expects rows of one length, got rows of several; pad them with ''") from None
    if not is_text(array.dtype):
        raise ValueError(f"{title} expects text, got an array of {array.dtype}; convert it, e.g. with x.astype(str)")
    objects = array.astype(object, copy=False)
    flat = objects.ravel().tolist()
    if set(map(type, flat)) <= {str}:
        return objects
    text = np.empty(len(flat), object)
    text[:] = [_decoded(item, encoding, title) for item in flat]
    return text.reshape(objects.shape)


def _decoded(item, encoding, title):
    if isinstance(item, bytes):
        return item.decode(encoding, "replace")
    if isinstance(item, str):
        return str(item)
    if isinstance(item, (list, tuple, np.ndarray)):
        raise ValueError(f"{title} expects rows of one length, got rows of several; pad them with ''")
    raise ValueError(
        f"{title} expects text, got {item!r} of type {type(item).__name__}; fill in what is missing, e.g. with "
        "Series.fillna('')"
    )
