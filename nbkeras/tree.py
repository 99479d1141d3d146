"""Nested structures of lists, tuples and dictionaries: their leaves, and maps over them.

Dictionaries are walked by sorted keys, an `OrderedDict` in its own order.
"""

from collections import OrderedDict, defaultdict, deque

from nbkeras.warning import warn

__all__ = [
    "MAP_TO_NONE", "assert_same_paths", "assert_same_structure", "flatten", "flatten_with_path", "is_nested",
    "lists_to_tuples", "map_shape_structure", "map_structure", "map_structure_up_to", "pack_sequence_as", "traverse",
]  # fmt: skip


class MAP_TO_NONE:
    """What a function given to `traverse` returns to put `None` in the place of a part."""


def is_nested(structure):
    """Whether `structure` is a list, tuple, deque or dictionary (a leaf is anything else)."""
    return isinstance(structure, (list, tuple, dict, deque))


def flatten(structure):
    """The leaves of `structure` in order.

    >>> flatten({"b": [1, 2], "a": 0})
    [0, 1, 2]
    """
    if isinstance(structure, dict):
        return [leaf for key in _keys(structure) for leaf in flatten(structure[key])]
    if isinstance(structure, (list, tuple, deque)):
        return [leaf for item in structure for leaf in flatten(item)]
    return [structure]


def flatten_with_path(structure):
    """Pairs of path and leaf; a path is a tuple of keys and indices.

    >>> flatten_with_path([{"a": 42}])
    [((0, 'a'), 42)]
    """
    if not is_nested(structure):
        return [((), structure)]
    return [((key, *path), leaf) for key, item in _entries(structure) for path, leaf in flatten_with_path(item)]


def map_structure(func, *structures, none_is_leaf=True):
    """A structure like the first one, with `func` applied to corresponding leaves.

    Args:
        func: takes as many arguments as there are structures.
        structures: nested alike.
        none_is_leaf: whether `func` is called on `None` too; if not, it stays.

    Raises:
        ValueError: if the structures differ.

    >>> map_structure(lambda a, b: a + b, {"x": 1, "y": [2]}, {"x": 10, "y": [20]})
    {'x': 11, 'y': [22]}
    """
    first = structures[0]
    if not is_nested(first):
        for other in structures[1:]:
            if is_nested(other):
                raise ValueError(_differ(first, other))
        return None if first is None and not none_is_leaf else func(*structures)
    for other in structures[1:]:
        _check_alike(first, other)
    if isinstance(first, dict):
        return _like(
            first, {k: map_structure(func, *(s[k] for s in structures), none_is_leaf=none_is_leaf) for k in first}
        )
    return _like(first, [map_structure(func, *group, none_is_leaf=none_is_leaf) for group in zip(*structures)])


def map_structure_up_to(shallow_structure, func, *structures):
    """`func` applied to the parts of `structures` where `shallow_structure` has leaves.

    >>> map_structure_up_to([None, None], len, [[1, 1], [2, 2]])
    [2, 2]
    """
    if not is_nested(shallow_structure):
        return func(*structures)
    for other in structures:
        _check_alike(shallow_structure, other)
    if isinstance(shallow_structure, dict):
        items = {k: map_structure_up_to(s, func, *(o[k] for o in structures)) for k, s in shallow_structure.items()}
    else:
        items = [map_structure_up_to(s, func, *group) for s, *group in zip(shallow_structure, *structures)]
    return _like(shallow_structure, items)


def map_shape_structure(func, structure):
    """`map_structure` where a list or tuple of integers and `None` is a leaf: a shape.

    >>> map_shape_structure(len, {"a": (2, None), "b": [(1, 2, 3)]})
    {'a': 2, 'b': [3]}
    """
    if isinstance(structure, (list, tuple)) and all(d is None or isinstance(d, int) for d in structure):
        return func(structure)
    if isinstance(structure, dict):
        return _like(structure, {key: map_shape_structure(func, item) for key, item in structure.items()})
    if is_nested(structure):
        return _like(structure, [map_shape_structure(func, item) for item in structure])
    return func(structure)


def pack_sequence_as(structure, flat_sequence):
    """A structure like `structure`, holding `flat_sequence` in the order of `flatten`.

    Raises:
        ValueError: if there are more or fewer leaves.
    """
    leaves = list(flat_sequence)
    expected = len(flatten(structure))
    if len(leaves) != expected:
        raise ValueError(f"the structure has {expected} leaves, got {len(leaves)}")
    return _pack(structure, iter(leaves))


def assert_same_structure(a, b, check_types=None):
    """Raises ValueError unless `a` and `b` are nested alike, in containers of the same types.

    Dictionaries of all kinds count as one type. `check_types` has no effect and warns, as in Keras.
    """
    if check_types is not None:
        warn("assert_same_structure: check_types has no effect; leave it out", DeprecationWarning)
    if is_nested(a) and is_nested(b):
        _check_alike(a, b)
        for (_, one), (_, other) in zip(_entries(a), _entries(b)):
            assert_same_structure(one, other)
    elif is_nested(a) or is_nested(b):
        raise ValueError(_differ(a, b))


def assert_same_paths(a, b):
    """Raises ValueError unless `a` and `b` have leaves at the same paths, in whatever kinds of sequences."""
    ours, theirs = ({path for path, _ in flatten_with_path(s)} for s in (a, b))
    if ours != theirs:
        raise ValueError(
            f"the structures have leaves at different paths: the first alone at {sorted(ours - theirs, key=str)}, "
            f"the second at {sorted(theirs - ours, key=str)}"
        )


def lists_to_tuples(structure):
    """`structure` with its lists as tuples."""
    return traverse(lambda part: tuple(part) if isinstance(part, list) else None, structure, top_down=False)


def traverse(func, structure, top_down=True):
    """Applies `func` to every part of `structure`, containers and leaves, depth first.

    Args:
        func: returns what takes the place of a part; `None` leaves it, and `MAP_TO_NONE` puts `None` there.
        structure: any nest.
        top_down: whether containers come before what is in them; the parts of one that was replaced are not visited.

    Raises:
        TypeError: if `func` cannot be called.
    """
    if not callable(func):
        raise TypeError(f"traverse expects a function, got {func!r}")
    found = func(structure) if top_down else None
    if found is None and is_nested(structure):
        items = [traverse(func, item, top_down) for _, item in _entries(structure)]
        keys = [key for key, _ in _entries(structure)]
        structure = _like(structure, dict(zip(keys, items)) if isinstance(structure, dict) else items)
    if not top_down:
        found = func(structure)
    if found is None:
        return structure
    return None if found is MAP_TO_NONE else found


def _entries(structure):
    """Pairs of key or index and item, in the order of `flatten`."""
    if isinstance(structure, dict):
        return [(key, structure[key]) for key in _keys(structure)]
    return list(enumerate(structure))


def _check_alike(a, b):
    """Raises ValueError unless the containers `a` and `b` are of one kind and have the same keys or as many items."""
    if isinstance(a, dict):
        alike = isinstance(b, dict) and a.keys() == b.keys()
    else:
        alike = type(a) is type(b) and len(a) == len(b)
    if not alike:
        raise ValueError(_differ(a, b))


def _differ(a, b):
    return f"the structures differ: {a!r} and {b!r}"


def _like(structure, items):
    """A container of the kind of `structure` with `items`; a dictionary's keys keep the order that `structure` has."""
    if isinstance(structure, dict):
        items = {key: items[key] for key in structure}
        return (
            defaultdict(structure.default_factory, items)
            if isinstance(structure, defaultdict)
            else type(structure)(items)
        )
    return type(structure)(*items) if hasattr(structure, "_fields") else type(structure)(items)


def _pack(structure, leaves):
    if isinstance(structure, dict):
        return _like(structure, {key: _pack(structure[key], leaves) for key in _keys(structure)})
    return _like(structure, [_pack(item, leaves) for item in structure]) if is_nested(structure) else next(leaves)


def _keys(dictionary):
    if isinstance(dictionary, OrderedDict):
        return list(dictionary)
    try:
        return sorted(dictionary)
    except TypeError:  # keys of several types have no order: keep theirs
        return list(dictionary)
