"""Names, their aliases, and what was probably meant by one that nobody knows."""

import difflib

from nbkeras.naming import to_snake_case

__all__ = ["did_you_mean", "table_of", "unknown"]


def did_you_mean(name, known):
    """`"; did you mean 'relu'?"` for `"rellu"`, or an empty string if nothing known is close."""
    close = difflib.get_close_matches(str(name), list(known), n=1)
    if not close:
        lowered = {k.lower().replace("_", ""): k for k in known}
        close = difflib.get_close_matches(str(name).lower().replace("_", ""), lowered, n=1)
        close = [lowered[match] for match in close]
    return f"; did you mean '{close[0]}'?" if close else ""


def unknown(kind, name, known):
    """The error for a name that is in no table.

    >>> unknown("activation", "rellu", ["relu", "tanh"])
    ValueError("unknown activation 'rellu'; did you mean 'relu'?")
    """
    hint = did_you_mean(name, known) or f"; choose one of {', '.join(sorted(_without_aliases(known), key=str.lower))}"
    return ValueError(f"unknown {kind} '{name}'{hint}")


def _without_aliases(known):
    """One name for each thing that a table knows."""
    if not isinstance(known, dict):
        return known
    return {id(thing): name for name, thing in reversed(known.items())}.values()


def table_of(*classes, **aliases):
    """Names for `classes`, as written and in snake case, and further ones: `one=Ones`."""
    table = {cls.__name__: cls for cls in classes}
    return table | {to_snake_case(cls.__name__): cls for cls in classes} | aliases
