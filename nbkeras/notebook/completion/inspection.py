"""`Dense?` and Shift-Tab: the manual of what a `%%model` cell knows by name and the notebook's variables do not hold.

IPython looks names up in the reader's variables and has no place for more, so its look-up is wrapped: where it finds
nothing, the names of a declaration are looked up. In a `%%model` cell they come first, as they do when it runs:
`compile(` there is not Python's.
"""

from typing import Any

from nbkeras.notation.declaration import Declaration
from nbkeras.notation.names import library

__all__ = ["add_inspection", "remove_inspection"]

LOOK_UP = "_ofind"  # of a shell: finds an object by its dotted name, for `?`, for Shift-Tab and for %pinfo
REQUEST = "do_inspect"  # of a kernel: answers Shift-Tab, and alone knows the cell


class Inspection:
    """The look-ups of a shell and of its kernel, with the names of a declaration added.

    Args:
        shell: IPython's.
    """

    def __init__(self, shell: Any):
        self.look_up = getattr(shell, LOOK_UP)
        self.request: Any = getattr(getattr(shell, "kernel", None), REQUEST, None)
        self.in_declaration = False

    def find(self, name: str, namespaces: Any = None) -> Any:
        """As `shell._ofind`."""
        if namespaces is not None:
            return self.look_up(name, namespaces)
        ours = [("nbkeras", {**library(), **Declaration().scope()})]
        orders = [ours, None] if self.in_declaration else [None, ours]
        found = self.look_up(name, orders[0])
        return found if _is_found(found) else self.look_up(name, orders[1])

    def answer(self, code: str, *args: Any, **kwargs: Any) -> Any:
        """As `kernel.do_inspect`."""
        self.in_declaration = code.lstrip().startswith("%%model")
        try:
            return self.request(code, *args, **kwargs)
        finally:
            self.in_declaration = False


def add_inspection(shell: Any) -> None:
    """Lets IPython find the names of a declaration."""
    remove_inspection(shell)
    inspection = Inspection(shell)
    setattr(shell, LOOK_UP, inspection.find)
    if inspection.request is not None:
        setattr(shell.kernel, REQUEST, inspection.answer)


def remove_inspection(shell: Any) -> None:
    """Takes it back."""
    for owner, method in ((shell, LOOK_UP), (getattr(shell, "kernel", None), REQUEST)):
        wrapper = getattr(owner, "__dict__", {}).get(method)
        if isinstance(getattr(wrapper, "__self__", None), Inspection):
            delattr(owner, method)


def _is_found(found):
    """Whether a look-up succeeded; before IPython 8.11 its result is a dictionary."""
    return found["found"] if isinstance(found, dict) else found.found
