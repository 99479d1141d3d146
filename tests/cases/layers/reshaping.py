"""Layers that move values: reshaping, padding, cropping, upsampling."""

from tests.cases.case import LayerCase as Case
from tests.cases.numbers import given

FIRST = "channels_first"

CASES = [
    Case("flatten", lambda k: k.layers.Flatten(), [(2, 3, 4)]),
    Case("flatten vectors", lambda k: k.layers.Flatten(), [(3,)]),
    Case("flatten rows", lambda k: k.layers.Flatten(), [(3, 4)]),
    Case("flatten channels first", lambda k: k.layers.Flatten(data_format=FIRST), [(2, 3, 2, 2)]),
    Case("flatten unknown length", lambda k: k.layers.Flatten(), [(2, 3, 4)], symbolic=[(None, None, 4)]),
    Case("reshape", lambda k: k.layers.Reshape((4, 3)), [(2, 3, 4)]),
    Case("reshape infers", lambda k: k.layers.Reshape((-1, 2)), [(2, 3, 4)]),
    Case("reshape infers unknown", lambda k: k.layers.Reshape((-1, 2)), [(2, 3, 4)], symbolic=[(None, None, 4)]),
    Case("reshape to row", lambda k: k.layers.Reshape((12,)), [(2, 3, 4)]),
    Case("permute", lambda k: k.layers.Permute((2, 1)), [(2, 3, 4)]),
    Case("permute three", lambda k: k.layers.Permute((3, 1, 2)), [(2, 3, 4, 2)]),
    Case("repeat vector", lambda k: k.layers.RepeatVector(3), [(2, 4)]),
    Case("zero padding 1d", lambda k: k.layers.ZeroPadding1D(), [(2, 3, 2)], symbolic=[(None, None, 2)]),
    Case("zero padding 1d sides", lambda k: k.layers.ZeroPadding1D((2, 1)), [(2, 3, 2)]),
    Case("zero padding 1d channels first", lambda k: k.layers.ZeroPadding1D(2, data_format=FIRST), [(2, 2, 3)]),
    Case("zero padding 2d", lambda k: k.layers.ZeroPadding2D(), [(2, 2, 3, 2)], symbolic=[(None, None, None, 2)]),
    Case("zero padding 2d pair", lambda k: k.layers.ZeroPadding2D((1, 2)), [(2, 2, 3, 2)]),
    Case("zero padding 2d sides", lambda k: k.layers.ZeroPadding2D(((1, 0), (2, 3))), [(2, 2, 3, 2)]),
    Case("zero padding 2d channels first", lambda k: k.layers.ZeroPadding2D(1, data_format=FIRST), [(2, 2, 2, 3)]),
    Case("cropping 1d", lambda k: k.layers.Cropping1D(), [(2, 4, 2)], symbolic=[(None, None, 2)]),
    Case("cropping 1d sides", lambda k: k.layers.Cropping1D((2, 1)), [(2, 5, 2)]),
    Case("cropping 1d end", lambda k: k.layers.Cropping1D((0, 2)), [(2, 5, 2)]),
    Case("cropping 2d nothing", lambda k: k.layers.Cropping2D(), [(2, 3, 4, 2)]),
    Case("cropping 2d", lambda k: k.layers.Cropping2D(1), [(2, 4, 5, 2)]),
    Case("cropping 2d pair", lambda k: k.layers.Cropping2D((1, 0)), [(2, 4, 3, 2)]),
    Case("cropping 2d sides", lambda k: k.layers.Cropping2D(((1, 0), (0, 2))), [(2, 4, 5, 2)]),
    Case("cropping 2d channels first", lambda k: k.layers.Cropping2D(1, data_format=FIRST), [(2, 2, 4, 5)]),
    Case("upsampling 1d", lambda k: k.layers.UpSampling1D(), [(2, 3, 2)], symbolic=[(None, None, 2)]),
    Case("upsampling 1d by three", lambda k: k.layers.UpSampling1D(3), [(2, 3, 2)]),
    Case("upsampling 2d", lambda k: k.layers.UpSampling2D(), [(2, 2, 3, 2)], symbolic=[(None, None, None, 2)]),
    Case("upsampling 2d by a pair", lambda k: k.layers.UpSampling2D((1, 3)), [(2, 2, 3, 2)]),
    Case("upsampling 2d channels first", lambda k: k.layers.UpSampling2D(2, data_format=FIRST), [(2, 2, 2, 3)]),
    *(
        Case(
            f"upsampling 2d {method}",
            lambda k, method=method: k.layers.UpSampling2D((2, 3), interpolation=method),
            [(2, 3, 2, 2)],
        )
        for method in ("bilinear", "bicubic", "lanczos3", "lanczos5")
    ),
    Case(
        "upsampling 2d bilinear channels first",
        lambda k: k.layers.UpSampling2D(2, interpolation="bilinear", data_format=FIRST),
        [(2, 2, 2, 3)],
    ),
    Case("zero padding 3d", lambda k: k.layers.ZeroPadding3D(((1, 0), (0, 2), (1, 1))), [(1, 2, 1, 2, 2)]),
    Case("zero padding 3d channels first", lambda k: k.layers.ZeroPadding3D(1, data_format=FIRST), [(1, 2, 1, 2, 2)]),
    Case("cropping 3d", lambda k: k.layers.Cropping3D(((1, 0), (0, 2), (1, 1))), [(1, 2, 3, 4, 2)]),
    Case("cropping 3d channels first", lambda k: k.layers.Cropping3D(1, data_format=FIRST), [(1, 2, 3, 4, 3)]),
    Case("upsampling 3d", lambda k: k.layers.UpSampling3D((1, 2, 3)), [(1, 2, 1, 2, 2)]),
    Case("upsampling 3d channels first", lambda k: k.layers.UpSampling3D(data_format=FIRST), [(1, 2, 1, 2, 2)]),
    Case("padding of ones", lambda k: k.layers.ZeroPadding1D(1), [given([[[1.0], [1.0]]])]),
]
