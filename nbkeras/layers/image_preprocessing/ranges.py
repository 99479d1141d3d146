"""Constructor arguments that are ranges: from where to where chance may go."""

from numbers import Real

__all__ = ["INTERPOLATIONS", "around_zero", "interval", "unsigned", "value_range_of"]

INTERPOLATIONS = ("nearest", "bilinear")


def interval(name, value, low, high, lower=None):
    """`value`, a number or a pair within `low` and `high`, as a sorted pair.

    A number stands for the pair from `lower(value)` up to it; default from `low` or 0, whichever is more.
    """
    if isinstance(value, (tuple, list)) and len(value) == 2 and all(_is_number(v) for v in value):
        pair = sorted(value)
    elif _is_number(value):
        pair = [max(low, 0) if lower is None else lower(abs(value)), abs(value)]
        value = (value, value)
    else:
        raise ValueError(f"{name} must be a number or a pair of numbers from {low} to {high}, got {value!r}")
    if not low <= min(value) <= max(value) <= high:
        raise ValueError(f"{name} must lie from {low} to {high}, got {value!r}")
    return tuple(pair)


def around_zero(name, value):
    """`value`, a number or a pair within -1 and 1, as a sorted pair; a number stands for both directions."""
    return interval(name, value, -1, 1, lower=lambda f: -f)


def unsigned(value):
    """`value`; of (-f, f), which Keras' configurations hold of a number f that is not to be negative, that number."""
    if isinstance(value, (tuple, list)) and len(value) == 2 and _is_number(value[1]) and value[0] == -value[1]:
        return abs(value[1])
    return value


def value_range_of(value):
    """A `value_range`, the least and the largest value of the images, sorted."""
    if not isinstance(value, (tuple, list)) or len(value) != 2 or not all(_is_number(v) for v in value):
        raise ValueError(f"value_range must be a pair of numbers, got {value!r}")
    if value[0] == value[1]:
        raise ValueError(f"value_range must be of two different numbers, got {value!r}")
    return sorted(value)


def _is_number(value):
    return isinstance(value, Real) and not isinstance(value, bool)
