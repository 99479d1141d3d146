"""`--classes`: names for the classes of a model's outputs, as a reader gives them."""

from collections.abc import Mapping
from typing import Any

from IPython.core.error import UsageError

from nbkeras.notebook.views.evaluation import Names

__all__ = ["names_of_classes"]


def names_of_classes(given: Any, output: str | None, number: int, magic: str) -> Names | None:
    """The name of a class by its number, `None` where none were given.

    Args:
        given: a list of names, a dictionary from number to name, or a dictionary of these by the names of outputs.
        output: which output, where there are several.
        number: of its classes.
        magic: for messages.

    Raises:
        UsageError: where there are not as many names as classes.
    """
    if isinstance(given, Mapping) and output is not None and not any(isinstance(key, int) for key in given):
        given = given.get(output)
    if given is None:
        return None
    if isinstance(given, Mapping):
        return lambda place: str(given.get(place, place))
    if isinstance(given, str) or not hasattr(given, "__len__"):
        raise UsageError(f"{magic} --classes expects a list of names, or a dictionary by number, got {given!r}")
    names = [str(name) for name in given]
    if len(names) != number:
        of = f" of output '{output}'" if output is not None else ""
        raise UsageError(f"{magic} --classes expects {number} names for the {number} classes{of}, got {len(names)}")
    return lambda place: names[place]
