"""Layers that merge several inputs, as classes and as functions."""

from tests.cases.case import LayerCase as Case
from tests.cases.case import call_without_mask
from tests.cases.numbers import given

ELEMENTWISE = ("Add", "Multiply", "Average", "Maximum", "Minimum")
MASKS = {"mask": [given([[1, 1, 0], [1, 0, 1]], "bool"), given([[0, 1, 1], [1, 0, 1]], "bool")]}

CASES = [
    *(Case(f"{name.lower()}", lambda k, name=name: getattr(k.layers, name)(), [(3, 4)] * 2) for name in ELEMENTWISE),
    *(
        Case(f"{name.lower()} of three", lambda k, name=name: getattr(k.layers, name)(), [(3, 4)] * 3)
        for name in ELEMENTWISE
    ),
    *(
        Case(f"{name.lower()} broadcasts", lambda k, name=name: getattr(k.layers, name)(), [(2, 3, 4), (2, 1, 4)])
        for name in ELEMENTWISE
    ),
    Case("add broadcasts ranks", lambda k: k.layers.Add(), [(2, 3, 4), (2, 4)]),
    Case("subtract", lambda k: k.layers.Subtract(), [(3, 4)] * 2),
    Case("subtract broadcasts", lambda k: k.layers.Subtract(), [(2, 3, 4), (2, 3, 1)]),
    Case("add masks", lambda k: k.layers.Add(), [(2, 3, 4)] * 2, call=call_without_mask, keywords=MASKS, masks=True),
    Case("concatenate", lambda k: k.layers.Concatenate(), [(3, 4), (3, 2)]),
    Case("concatenate of three", lambda k: k.layers.Concatenate(), [(3, 4), (3, 2), (3, 1)]),
    Case("concatenate axis", lambda k: k.layers.Concatenate(axis=1), [(2, 3, 4), (2, 2, 4)]),
    Case(
        "concatenate unknown", lambda k: k.layers.Concatenate(axis=1), [(2, 3, 4)] * 2, symbolic=[(None, None, 4)] * 2
    ),
    Case(
        "concatenate masks",
        lambda k: k.layers.Concatenate(axis=1),
        [(2, 3, 4)] * 2,
        call=call_without_mask,
        keywords=MASKS,
        masks=True,
    ),
    Case("dot vectors", lambda k: k.layers.Dot(axes=1), [(3, 4)] * 2),
    Case("dot normalized", lambda k: k.layers.Dot(axes=1, normalize=True), [(3, 4)] * 2),
    Case("dot matrices", lambda k: k.layers.Dot(axes=(2, 1)), [(2, 3, 4), (2, 4, 5)]),
    Case("dot last axes", lambda k: k.layers.Dot(axes=-1), [(2, 3, 4), (2, 5, 4)]),
    Case("dot matrix and vector", lambda k: k.layers.Dot(axes=(2, 1)), [(2, 3, 4), (2, 4)]),
    *(
        Case(
            f"function {name}",
            lambda k, name=name: functional(k, lambda x: getattr(k.layers, name)(x), [(4,), (4,)]),
            [(3, 4)] * 2,
            config=False,
        )
        for name in ("add", "subtract", "multiply", "average", "maximum", "minimum", "concatenate")
    ),
    Case(
        "function concatenate axis",
        lambda k: functional(k, lambda x: k.layers.concatenate(x, axis=1), [(3, 4), (2, 4)]),
        [(2, 3, 4), (2, 2, 4)],
        config=False,
    ),
    Case(
        "function dot",
        lambda k: functional(k, lambda x: k.layers.dot(x, axes=-1, normalize=True), [(4,), (4,)]),
        [(3, 4)] * 2,
        config=False,
    ),
]


def functional(k, fn, shapes):
    inputs = [k.Input(shape) for shape in shapes]
    return k.Model(inputs, fn(inputs))
