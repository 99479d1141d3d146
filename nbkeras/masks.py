"""Masks that travel beside tensors: which entries of a tensor count.

A mask belongs to a tensor, not to its values, and lives as long as the outermost open `scope()` on this thread.
"""

import threading

__all__ = ["any_set", "get", "scope", "set"]


class _Open(threading.local):
    depth = 0
    table = None


_open = _Open()


class scope:
    """While it is open, `set` and `get` work; the outermost one forgets every mask when it closes."""

    def __enter__(self):
        if _open.depth == 0:
            _open.table = {}
        _open.depth += 1
        return self

    def __exit__(self, *error):
        _open.depth -= 1
        if _open.depth == 0:
            _open.table = None


def set(tensor, mask):
    """Gives `tensor` a mask (`None` takes it away); without an open scope nothing is kept."""
    table = _open.table
    if table is None:
        return
    if mask is None:
        table.pop(id(tensor), None)
    else:
        table[id(tensor)] = (tensor, mask)  # holding the tensor keeps its id from being used again


def get(tensor):
    """The mask of `tensor`, or `None`."""
    table = _open.table
    if not table:
        return None
    entry = table.get(id(tensor))
    return None if entry is None else entry[1]


def any_set():
    """Whether any tensor has a mask now."""
    return bool(_open.table)
