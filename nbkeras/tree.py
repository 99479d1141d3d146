"""Nested structures of lists, tuples and dictionaries: their leaves, and maps over them."""

__all__ = ["flatten", "is_nested", "map_structure", "pack_sequence_as", "assert_same_structure"]


def is_nested(structure):
    """Whether `structure` is a list, tuple or dictionary (a leaf is anything else)."""
    return isinstance(structure, (list, tuple, dict))


def flatten(structure):
    """The leaves of `structure` in order; a dictionary's by sorted keys.

    >>> flatten({"b": [1, 2], "a": 0})
    [0, 1, 2]
    """
    if isinstance(structure, dict):
        return [leaf for key in _keys(structure) for leaf in flatten(structure[key])]
    if isinstance(structure, (list, tuple)):
        return [leaf for item in structure for leaf in flatten(item)]
    return [structure]


def map_structure(function, *structures):
    """A structure like the first one, with `function` applied to corresponding leaves.

    >>> map_structure(lambda a, b: a + b, {"x": 1, "y": [2]}, {"x": 10, "y": [20]})
    {'x': 11, 'y': [22]}
    """
    first = structures[0]
    if isinstance(first, dict):
        return {key: map_structure(function, *(s[key] for s in structures)) for key in first}
    if isinstance(first, (list, tuple)):
        lengths = {len(s) for s in structures}
        if len(lengths) > 1:
            raise ValueError(f"structures of different lengths {sorted(lengths)} do not correspond")
        items = [map_structure(function, *group) for group in zip(*structures)]
        return type(first)(*items) if hasattr(first, "_fields") else type(first)(items)
    return function(*structures)


def pack_sequence_as(structure, leaves):
    """A structure like `structure`, holding `leaves` in the order of `flatten`."""
    leaves = list(leaves)
    expected = len(flatten(structure))
    if len(leaves) != expected:
        raise ValueError(f"the structure has {expected} leaves, got {len(leaves)}")
    return _pack(structure, iter(leaves))


def assert_same_structure(a, b):
    """Raises ValueError unless `a` and `b` are nested alike."""
    if isinstance(a, dict) and isinstance(b, dict) and a.keys() == b.keys():
        for key in a:
            assert_same_structure(a[key], b[key])
    elif isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)) and len(a) == len(b):
        for one, other in zip(a, b):
            assert_same_structure(one, other)
    elif is_nested(a) or is_nested(b):
        raise ValueError(f"the structures differ: {a!r} and {b!r}")


def _pack(structure, leaves):
    if isinstance(structure, dict):
        packed = {key: _pack(structure[key], leaves) for key in _keys(structure)}
        return {key: packed[key] for key in structure}
    if isinstance(structure, (list, tuple)):
        items = [_pack(item, leaves) for item in structure]
        return type(structure)(*items) if hasattr(structure, "_fields") else type(structure)(items)
    return next(leaves)


def _keys(dictionary):
    try:
        return sorted(dictionary)
    except TypeError:  # keys of several types have no order: keep theirs
        return list(dictionary)
