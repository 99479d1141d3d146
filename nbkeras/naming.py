"""Automatic names: `dense`, `dense_1`, … by class, counted until `clear_session`."""

import re
from collections import Counter
from contextlib import contextmanager

_counts: Counter = Counter()


def to_snake_case(name):
    """`"Conv2DTranspose"` → `"conv2d_transpose"`."""
    name = re.sub(r"\W+", "", name)
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def unique_name(class_name):
    """The next free automatic name for a class or op name."""
    return numbered(to_snake_case(class_name))


def is_free(base):
    """Whether no name was made of `base` yet."""
    return not _counts[base]


def numbered(base):
    """`base`, with a number from the second time on."""
    count = _counts[base]
    _counts[base] += 1
    return f"{base}_{count}" if count else base


def give_back(name):
    """Lets an automatic name be given again, if it is the latest of its kind: its bearer is called otherwise now."""
    stem, _, number = name.rpartition("_")
    base, count = (stem, int(number)) if stem and number.isdigit() else (name, 0)
    if _counts[base] == count + 1:
        _counts[base] = count


def reset_names():
    """Starts all counts again."""
    _counts.clear()


@contextmanager
def fresh_names():
    """Counts from the start within a block, so that what is made there is named alike every time."""
    with trial_names():
        reset_names()
        yield


@contextmanager
def trial_names():
    """Forgets at the end of a block what was counted in it."""
    outside = _counts.copy()
    try:
        yield
    finally:
        reset_names()
        _counts.update(outside)
