"""The view of what a magic returns, shown in its place in the cell that made it: the array itself stays an array."""

import weakref
from collections.abc import Callable
from typing import Any

import numpy as np

from nbkeras import tree

__all__ = ["Pictured", "add_pictures", "remove_pictures"]

ARRAYS = (np.ndarray, list, dict)  # what `%predict` returns
Bundle = dict[str, str]


class Pictured:
    """The last value that a magic returned, and its view.

    Args:
        shell: IPython's; the number of its cell tells whether the value is shown where it was made.
    """

    def __init__(self, shell: Any):
        self.shell = shell
        self._first: Any = None  # a weak reference to its first array: a large one is not kept alive by its view
        self._kind: type | None = None
        self._bundle: Bundle = {}
        self._cell: int | None = None

    def note(self, value: Any, bundle: Bundle) -> Any:
        """Keeps the view of `value`, an array or a structure of arrays, and returns the value."""
        self._first, self._kind = weakref.ref(tree.flatten(value)[0]), type(value)
        self._bundle, self._cell = bundle, self.shell.execution_count
        return value

    def bundle_of(self, value: Any) -> Bundle | None:
        """The view of `value` if it is that of this cell; `None` for any other."""
        if type(value) is not self._kind or self._cell != self.shell.execution_count:
            return None
        leaves = tree.flatten(value)
        return self._bundle if leaves and leaves[0] is self._first() else None


def add_pictures(shell: Any, pictured: Pictured) -> None:
    """Shows the view of what a magic returned last in its place; all else is shown as ever."""
    bundles, plain = _formatters(shell)
    for kind in ARRAYS:
        bundles.for_type(kind, lambda value: pictured.bundle_of(value) or _own_bundle(value))
        if plain.for_type(kind) is not None:  # IPython's printer of lists and dictionaries, which would go first
            plain.for_type(kind, _Printer(plain.for_type(kind), pictured.bundle_of))


def remove_pictures(shell: Any) -> None:
    """Takes back what `add_pictures` did."""
    bundles, plain = _formatters(shell)
    for kind in ARRAYS:
        bundles.pop(kind, None)
        if isinstance(plain.for_type(kind), _Printer):
            plain.for_type(kind, plain.for_type(kind).before)


class _Printer:
    """Prints the text of the view where there is one, and else what was printed `before`."""

    def __init__(self, before: Callable[..., Any], bundle_of: Callable[[Any], Bundle | None]):
        self.before, self.bundle_of = before, bundle_of

    def __call__(self, value: Any, printer: Any, cycle: bool) -> None:
        bundle = self.bundle_of(value)
        if bundle is None:
            self.before(value, printer, cycle)
        else:
            printer.text(bundle["text/plain"])


def _own_bundle(value):
    """The view of a subclass that has one of its own, since IPython asks for its base's first."""
    own = getattr(type(value), "_repr_mimebundle_", None)
    return own(value) if own is not None else None


def _formatters(shell):
    return shell.display_formatter.mimebundle_formatter, shell.display_formatter.formatters["text/plain"]
