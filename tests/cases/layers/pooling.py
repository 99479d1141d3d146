"""Pooling, local and global."""

from tests.cases.case import LayerCase as Case
from tests.cases.numbers import given

LAST, FIRST = "channels_last", "channels_first"


def local(family):
    """The rows that max and average pooling share."""

    def one(k):
        return getattr(k.layers, f"{family}Pooling1D")

    def two(k):
        return getattr(k.layers, f"{family}Pooling2D")

    name = family.lower()

    def three(k):
        return getattr(k.layers, f"{family}Pooling3D")

    return [
        Case(f"{name} pooling 3d", lambda k: three(k)(2), [(1, 4, 2, 4, 2)]),
        Case(f"{name} pooling 3d strides same", lambda k: three(k)(2, (1, 2, 3), padding="same"), [(1, 3, 3, 4, 2)]),
        Case(f"{name} pooling 3d channels first", lambda k: three(k)((1, 2, 2), data_format=FIRST), [(1, 2, 2, 4, 3)]),
        Case(f"{name} pooling 1d", lambda k: one(k)(2), [(2, 6, 2)], symbolic=[(None, None, 2)]),
        Case(f"{name} pooling 1d leaves a rest", lambda k: one(k)(2), [(2, 5, 2)]),
        Case(f"{name} pooling 1d same", lambda k: one(k)(2, padding="same"), [(2, 5, 2)]),
        Case(f"{name} pooling 1d overlapping", lambda k: one(k)(3, strides=1), [(2, 5, 2)]),
        Case(f"{name} pooling 1d overlapping same", lambda k: one(k)(3, strides=1, padding="same"), [(2, 5, 2)]),
        Case(f"{name} pooling 1d strides beyond", lambda k: one(k)(2, strides=3), [(2, 8, 2)]),
        Case(f"{name} pooling 1d channels first", lambda k: one(k)(2, data_format=FIRST), [(2, 2, 6)]),
        Case(f"{name} pooling 2d", lambda k: two(k)(2), [(2, 4, 4, 2)], symbolic=[(None, None, None, 2)]),
        Case(f"{name} pooling 2d tuple", lambda k: two(k)((2, 3)), [(2, 5, 6, 2)]),
        Case(f"{name} pooling 2d same", lambda k: two(k)((2, 2), padding="same"), [(2, 5, 3, 2)]),
        Case(f"{name} pooling 2d overlapping", lambda k: two(k)(2, strides=1), [(2, 4, 3, 2)]),
        Case(f"{name} pooling 2d overlapping same", lambda k: two(k)(3, strides=1, padding="same"), [(2, 4, 3, 2)]),
        Case(f"{name} pooling 2d strides", lambda k: two(k)(3, strides=(2, 1)), [(2, 6, 4, 2)]),
        Case(f"{name} pooling 2d strides same", lambda k: two(k)(3, strides=2, padding="same"), [(2, 6, 5, 2)]),
        Case(f"{name} pooling 2d channels first", lambda k: two(k)(2, data_format=FIRST), [(2, 2, 4, 5)]),
        Case(
            f"{name} pooling 2d channels first same",
            lambda k: two(k)(2, padding="same", data_format=FIRST),
            [(2, 2, 4, 5)],
        ),
    ]


def whole(family):
    """The rows of global pooling."""

    def one(k):
        return getattr(k.layers, f"Global{family}Pooling1D")

    def two(k):
        return getattr(k.layers, f"Global{family}Pooling2D")

    def three(k):
        return getattr(k.layers, f"Global{family}Pooling3D")

    name = f"global {family.lower()} pooling"
    return [
        Case(f"{name} 3d", lambda k: three(k)(), [(2, 2, 3, 2, 2)], symbolic=[(None, None, None, None, 2)]),
        Case(f"{name} 3d keeps axes", lambda k: three(k)(keepdims=True, data_format=FIRST), [(2, 2, 3, 2, 2)]),
        Case(f"{name} 1d", lambda k: one(k)(), [(2, 4, 3)], symbolic=[(None, None, 3)]),
        Case(f"{name} 1d keeps axes", lambda k: one(k)(keepdims=True), [(2, 4, 3)]),
        Case(f"{name} 1d channels first", lambda k: one(k)(data_format=FIRST), [(2, 4, 3)]),
        Case(f"{name} 2d", lambda k: two(k)(), [(2, 3, 4, 2)], symbolic=[(None, None, None, 2)]),
        Case(f"{name} 2d keeps axes", lambda k: two(k)(keepdims=True), [(2, 3, 4, 2)]),
        Case(f"{name} 2d channels first", lambda k: two(k)(data_format=FIRST), [(2, 3, 4, 2)]),
        Case(f"{name} 2d channels last", lambda k: two(k)(data_format=LAST), [(2, 3, 4, 2)]),
    ]


MASK = {"mask": given([[1, 1, 0, 0], [1, 0, 1, 1]], "bool")}

CASES = [
    *local("Max"),
    *local("Average"),
    Case("max pooling 1d default", lambda k: k.layers.MaxPooling1D(), [(2, 6, 2)]),
    Case("max pooling 2d default", lambda k: k.layers.MaxPooling2D(), [(2, 4, 4, 2)]),
    *whole("Max"),
    *whole("Average"),
    Case("max pooling of ties", lambda k: k.layers.MaxPooling1D(2), [given([[[1], [1], [0], [2]]])], smooth=False),
    Case(
        "global max pooling of ties", lambda k: k.layers.GlobalMaxPooling1D(), [given([[[1], [2], [2]]])], smooth=False
    ),
    Case("global average pooling mask", lambda k: k.layers.GlobalAveragePooling1D(), [(2, 4, 3)], keywords=MASK),
    Case(
        "global average pooling mask keeps axes",
        lambda k: k.layers.GlobalAveragePooling1D(keepdims=True),
        [(2, 4, 3)],
        keywords=MASK,
    ),
    Case("pooling alias", lambda k: k.layers.MaxPool2D((2, 2)), [(2, 4, 4, 1)]),
    Case("average pooling alias", lambda k: k.layers.AvgPool2D((2, 2)), [(2, 4, 4, 1)]),
]
