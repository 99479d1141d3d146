"""Automatic names: `dense`, `dense_1`, … by class, counted until `clear_session`."""

import re
import threading
from collections import Counter
from contextlib import ContextDecorator, contextmanager

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


def next_number(prefix):
    """How often this was asked for `prefix`, counted from 1."""
    _counts[prefix] += 1
    return _counts[prefix]


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


class _Scopes(threading.local):
    open: tuple = ()


_scopes = _Scopes()


class name_scope(ContextDecorator):
    """A block in which the paths of variables begin with `name/`; scopes within scopes make longer paths.

    Args:
        name: without a "/".
        caller: whose block it is; with `deduplicate`, a block of the same name and caller within it adds nothing.
        deduplicate: see above.
        override_parent: the path to begin with, in the place of that of the scopes around.

    Example:
        >>> with name_scope("encoder"):
        ...     kernel = Variable([1.0], name="kernel")
        >>> kernel.path
        'encoder/kernel'
    """

    def __init__(self, name, caller=None, deduplicate=True, override_parent=None):
        if not isinstance(name, str) or "/" in name:
            raise ValueError(f"name_scope expects a name without '/', got {name!r}")
        self.name = name
        self.caller = caller
        self.deduplicate = deduplicate
        self.override_parent = override_parent

    def __enter__(self):
        self._outer = _scopes.open
        again = is_inside(self.caller) and _scopes.open[-1].name == self.name
        if not (self.deduplicate and again):
            _scopes.open = (*_scopes.open, self)
        return self

    def __exit__(self, *error):
        _scopes.open = self._outer


def scope_of(bearer):
    """The `name_scope` of a layer or a metric, whose name may have a "/": a ">" in paths, as Keras writes it."""
    return name_scope(bearer.name.replace("/", ">"), bearer)


def is_inside(caller):
    """Whether the innermost `name_scope` on this thread is that of `caller`."""
    return caller is not None and bool(_scopes.open) and _scopes.open[-1].caller is caller


def current_path():
    """The names of the open scopes on this thread, joined by "/"."""
    parts = []
    for scope in _scopes.open:
        if scope.override_parent is not None:
            parts = [scope.override_parent] if scope.override_parent else []
        parts.append(scope.name)
    return "/".join(parts)
