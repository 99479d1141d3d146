"""Nests: every function against hand-made results and, where it is installed, real Keras."""

from collections import OrderedDict, defaultdict, namedtuple

import pytest

from nbkeras import tree

Point = namedtuple("Point", "x y")
NEST = {"b": [1, (2, 3)], "a": Point(4, {"z": 5})}
CALLS = {
    "is_nested": lambda t: [t.is_nested(x) for x in (1, "text", [], (), {}, None, Point(1, 2))],
    "flatten": lambda t: t.flatten(NEST),
    "flatten ordered": lambda t: t.flatten(OrderedDict([("b", 1), ("a", 2)])),
    "flatten default": lambda t: t.flatten(defaultdict(int, {"b": 1, "a": 2})),
    "flatten none": lambda t: t.flatten([None, 1]),
    "with path": lambda t: t.flatten_with_path({"b": [1, (2, 3)], "a": {"z": 5}}),
    "with path leaf": lambda t: t.flatten_with_path(3),
    "map": lambda t: t.map_structure(lambda a, b: a + b, NEST, NEST),
    "map leaf": lambda t: t.map_structure(lambda a: a + 1, 3),
    "map none": lambda t: t.map_structure(str, [None, 1]),
    "map none kept": lambda t: t.map_structure(str, [None, 1], none_is_leaf=False),
    "map up to": lambda t: t.map_structure_up_to([0, [0, 0]], str, [[1, 1], [2, 2]]),
    "map up to pair": lambda t: t.map_structure_up_to([0, 0], lambda a, b: a + b, [[1], [2]], [[3], [4]]),
    "shapes": lambda t: t.map_shape_structure(len, {"a": (2, None), "b": [(1, 2, 3), [4]]}),
    "pack": lambda t: t.pack_sequence_as(NEST, "vwxyz"),
    "pack leaf": lambda t: t.pack_sequence_as("a", ["q"]),
    "tuples": lambda t: t.lists_to_tuples([[1, 2], {"a": [3]}]),
    "paths": lambda t: t.assert_same_paths([1, [2]], (3, (4,))),
    "same": lambda t: t.assert_same_structure([(0, 1)], [(2, 3)]),
    "traverse down": lambda t: t.traverse(lambda x: len(x) if isinstance(x, tuple) else None, [(1, 2), [3]]),
    "traverse up": lambda t: t.traverse(lambda x: x + 1 if isinstance(x, int) else None, [(1, 2), [3]], top_down=False),
    "traverse to none": lambda t: t.traverse(lambda x: t.MAP_TO_NONE if x == 3 else None, [1, [3]]),
}
ERRORS = {
    "map lengths": lambda t: t.map_structure(lambda a, b: a, [1, 2], [1]),
    "map kinds": lambda t: t.map_structure(lambda a, b: a, [1, [2]], [1, 2]),
    "same kinds": lambda t: t.assert_same_structure([1], (1,)),
    "same keys": lambda t: t.assert_same_structure({"a": 1}, {"b": 1}),
    "same leaf": lambda t: t.assert_same_structure([1], 1),
    "paths": lambda t: t.assert_same_paths([1, [2]], [1, 2]),
    "up to": lambda t: t.map_structure_up_to([[0]], str, [1]),
    "pack few": lambda t: t.pack_sequence_as([1, 2], [1]),
    "pack many": lambda t: t.pack_sequence_as([1, 2], [1, 2, 3]),
}
EXPECTED = {
    "is_nested": [False, False, True, True, True, False, True],
    "flatten": [4, 5, 1, 2, 3],
    "flatten ordered": [1, 2],
    "flatten default": [2, 1],
    "flatten none": [None, 1],
    "with path": [(("a", "z"), 5), (("b", 0), 1), (("b", 1, 0), 2), (("b", 1, 1), 3)],
    "with path leaf": [((), 3)],
    "map": {"b": [2, (4, 6)], "a": Point(8, {"z": 10})},
    "map leaf": 4,
    "map none": ["None", "1"],
    "map none kept": [None, "1"],
    "map up to": ["[1, 1]", ["2", "2"]],
    "map up to pair": [[1, 3], [2, 4]],
    "shapes": {"a": 2, "b": [3, 1]},
    "pack": {"a": Point("v", {"z": "w"}), "b": ["x", ("y", "z")]},
    "pack leaf": "q",
    "tuples": ((1, 2), {"a": (3,)}),
    "paths": None,
    "same": None,
    "traverse down": [2, [3]],
    "traverse up": [(2, 3), [4]],
    "traverse to none": [1, [None]],
}


@pytest.mark.parametrize("name", CALLS)
def test_call(name):
    result = CALLS[name](tree)
    assert result == EXPECTED[name]
    assert type(result) is type(EXPECTED[name])


@pytest.mark.parametrize("name", ERRORS)
def test_error(name):
    with pytest.raises(ValueError):
        ERRORS[name](tree)


def test_traverse_wants_a_function():
    with pytest.raises(TypeError, match="expects a function, got 3"):
        tree.traverse(3, [])


def test_check_types_warns():
    with pytest.warns(DeprecationWarning, match="check_types has no effect"):
        tree.assert_same_structure([1], [2], check_types=True)


@pytest.mark.keras
def test_real_keras_agrees():
    import keras

    assert {name: call(keras.tree) for name, call in CALLS.items()} == EXPECTED
    for call in ERRORS.values():
        with pytest.raises(ValueError):
            call(keras.tree)
