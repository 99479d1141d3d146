"""Checks of constructor arguments: each returns the value in its normal form, or says what it should have been."""

from numbers import Integral, Real

__all__ = ["choice", "fraction", "integer_tuple", "not_supported", "positive_integer", "side_pairs"]


def positive_integer(name, value):
    """`value` as an int above 0."""
    if not _is_integer(value) or value < 1:
        raise ValueError(f"{name} must be a positive integer, got {value!r}{_cure_of_integer(value)}")
    return int(value)


def _cure_of_integer(value):
    if isinstance(value, str) and value.isdecimal():
        return f"; leave out the quotes, {int(value)}"
    if isinstance(value, float) and value.is_integer() and value > 0:
        return f"; write {int(value)}, and // for a division without remainder"
    return ""


def integer_tuple(name, value, rank, least=1):
    """`value`, an integer for all axes or one for each, as a tuple of `rank` integers of at least `least`."""
    values = (value,) * rank if _is_integer(value) else value
    if not isinstance(values, (list, tuple)) or len(values) != rank or not all(map(_is_integer, values)):
        each = "an integer" if rank == 1 else f"an integer or a tuple of {rank} integers"
        raise ValueError(f"{name} must be {each}, got {value!r}")
    if min(values) < least:
        raise ValueError(f"{name} must be at least {least} along each axis, got {value!r}")
    return tuple(map(int, values))


def side_pairs(name, value, rank):
    """What to add or cut before and after each axis, as `rank` pairs.

    `value` is an integer for all sides, one for each axis, or one for each side; a pair means the two sides of the
    only axis where `rank` is 1.
    """
    if _is_integer(value):
        value = (value,) * rank
    elif rank == 1:
        value = (value,)
    if not isinstance(value, (list, tuple)) or len(value) != rank:
        raise ValueError(f"{name} must be an integer or a tuple with an entry for each of {rank} axes, got {value!r}")
    return tuple(integer_tuple(name, sides, 2, least=0) for sides in value)


def choice(name, value, choices):
    """`value` in lower case, which must be among `choices`."""
    lowered = value.lower() if isinstance(value, str) else value
    if lowered not in choices:
        raise ValueError(f"{name} must be {' or '.join(map(repr, choices))}, got {value!r}")
    return lowered


def fraction(name, value):
    """`value`, a number from 0 to 1."""
    if not isinstance(value, Real) or not 0 <= value <= 1:
        percent = f"; {value} % is {value / 100:g}" if isinstance(value, Real) and 1 < value <= 100 else ""
        raise ValueError(f"{name} must be a number from 0 to 1, got {value!r}{percent}")
    return value


def not_supported(**arguments):
    """Raises NotImplementedError for an argument of Keras that has a value and no meaning here yet."""
    for name, value in arguments.items():
        if value:
            raise NotImplementedError(f"{name} is not supported yet, got {value!r}; leave it out")


def _is_integer(value):
    return isinstance(value, Integral) and not isinstance(value, bool)
