"""Names that Keras has and that do not work here: whoever calls one is told what to use."""

__all__ = ["unavailable"]


def unavailable(name, message, error=NotImplementedError):
    """A class of that name which only raises.

    Args:
        name: as Keras has it, with its module: `"distribution.DataParallel"`.
        message: why, and what to use.
        error: the class of the error.

    Example:
        >>> DataParallel = unavailable("distribution.DataParallel", "nbkeras computes on one machine; use threads")
    """

    def __init__(self, *args, **kwargs):
        raise error(f"{name} is not there: {message}")

    return type(name.rpartition(".")[2], (), {"__init__": __init__, "__doc__": f"Not there: {message}."})
