"""Calls of the ops that loop, branch, map and convert, and of the last functions that have no row elsewhere."""

import numpy as np

from tests.cases.numbers import coins, given, normal
from tests.cases.ops import keras_only, numbered, row

x = normal(3, 4)
rows = normal(5, 3)
counted = [normal(2, 2), given(0, "int32")]


def running(carry, row):
    return carry + row, carry * row


def below_five(total, step):
    return step < 5


def grown(total, step):
    return total * 2.0, step + 1


LOOPS = [
    *keras_only("scan", running, normal(3), rows),
    *keras_only("scan", running, normal(3), rows, reverse=True),
    *keras_only("scan", lambda carry, _: (carry * 0.5, carry), normal(3), length=4),
    *keras_only("while_loop", below_five, grown, counted, traced=False),
    *keras_only("while_loop", below_five, grown, counted, maximum_iterations=2, traced=False),
    *keras_only("fori_loop", 1, 4, lambda i, value: value * i + 1.0, x),
    *keras_only("map", lambda r: r * r[0], rows),
    *keras_only("vectorized_map", lambda r: (r + 1.0, r[0]), rows),
    *keras_only("vectorized_map", lambda pair: pair[0] * pair[1], [rows, normal(5, 1)]),
]
BRANCHES = [
    *keras_only(
        "cond", given(True, "bool"), lambda: np.float32([1.0, 2.0]), lambda: np.float32([3.0, 4.0]), traced=False
    ),
    *keras_only("cond", given(False, "bool"), lambda: np.float32([1.0]), lambda: np.float32([3.0]), traced=False),
    *[
        row("switch", given(i, "int32"), [lambda v: v + 1.0, lambda v: v * 2.0], x, traced=False, reference=None)
        for i in (-1, 0, 1, 5)
    ],
]
CONVERSIONS = [
    *keras_only("convert_to_tensor", x),
    *keras_only("convert_to_tensor", x, dtype="int32"),
    *keras_only("convert_to_tensor", coins(3, dtype="bool"), dtype="float32"),
    *keras_only("convert_to_tensor", [1.5, 2.0], traced=False),
    row("convert_to_numpy", x, traced=False, reference=lambda a: a),
    row("size", x, traced=False, reference=np.size),
    row("ndim", x, traced=False, reference=np.ndim),
]
REST = [
    row("histogram", normal(20), bins=4, range=(-2, 2), traced=False, reference=None),
    row("eig", given([[2.0, 0.0], [1.0, 3.0]]), traced=False, reference=None),
]

ALL = [*numbered([*LOOPS, *BRANCHES, *CONVERSIONS, *REST])]
CASES = [case for case in ALL if case.keras]  # those that real Keras can run
