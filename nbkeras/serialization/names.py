"""Names, their aliases, and what was probably meant by one that nobody knows."""

import functools
import inspect

from nbkeras.naming import to_snake_case

__all__ = ["check_keywords", "did_you_mean", "parameters", "table_of", "unknown", "unknown_argument"]

# What older versions of Keras called arguments, which many tutorials still show.
FORMER = {
    "border_mode": "padding",
    "dim_ordering": "data_format",
    "init": "kernel_initializer",
    "inner_activation": "recurrent_activation",
    "lr": "learning_rate",
    "nb_epoch": "epochs",
    "nb_filter": "filters",
    "output_dim": "units",
    "p": "rate",
    "pool_length": "pool_size",
    "samples_per_epoch": "steps_per_epoch",
    "subsample": "strides",
    "W_regularizer": "kernel_regularizer",
}


def did_you_mean(name, known):
    """`"; did you mean 'relu'?"` for `"rellu"`, or an empty string if nothing known is close."""
    import difflib  # 1 ms, which every start would pay

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


def unknown_argument(owner, names, known):
    """The error for arguments that a function or a class does not take.

    >>> unknown_argument("Dense", ["activaton"], ["units", "activation"])
    TypeError("Dense has no argument 'activaton'; did you mean 'activation'?")
    """
    hint = next(filter(None, (_present_name(name, known) or did_you_mean(name, known) for name in names)), "")
    return TypeError(f"{owner} has no argument {', '.join(map(repr, names))}{hint}")


def _present_name(name, known):
    present = FORMER.get(name)
    return f"; it is called '{present}' now" if present in known else ""


def check_keywords(cls, keywords):
    """Raises TypeError for a keyword that the constructor of `cls` does not take."""
    known = _keywords_of(cls)
    if known is not None and not keywords.keys() <= known:
        raise unknown_argument(cls.__name__, [name for name in keywords if name not in known], parameters(cls))


@functools.cache
def _keywords_of(cls):
    """The names that the constructor takes; `None` if it takes any."""
    if cls.__init__ is object.__init__:
        return frozenset()
    taken = inspect.signature(cls.__init__).parameters
    return None if any(p.kind is p.VAR_KEYWORD for p in taken.values()) else taken.keys()


def parameters(function):
    """The names that a function or a class takes, those of its base classes included."""
    functions = [vars(cls).get("__init__") for cls in function.__mro__] if isinstance(function, type) else [function]
    names = {}
    for one in functions:
        if inspect.isroutine(one) and one is not object.__init__:
            names.update(dict.fromkeys(inspect.signature(one).parameters))
    return [name for name in names if name not in ("self", "args", "kwargs")]


def _without_aliases(known):
    """One name for each thing that a table knows."""
    if not isinstance(known, dict):
        return known
    return {id(thing): name for name, thing in reversed(known.items())}.values()


def table_of(*classes, **aliases):
    """Names for `classes`, as written and in snake case, and further ones: `one=Ones`."""
    table = {cls.__name__: cls for cls in classes}
    return table | {to_snake_case(cls.__name__): cls for cls in classes} | aliases
