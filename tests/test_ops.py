"""Every op: its values against NumPy or real Keras, its dtypes, its symbolic shapes, and JAX against NumPy."""

import importlib

import numpy as np
import pytest

from nbkeras import ops, tree
from nbkeras.autodiff import Tape, Tensor
from nbkeras.backends import use_backend
from nbkeras.symbolic import KerasTensor
from tests.cases.numbers import coins, drawn, given, integers, normal, one_hot, simplex, uniform

x = normal(3, 4)
y = normal(3, 4)
row_vector = normal(4)
positive = uniform(3, 4, low=0.2, high=3.0)
inside = uniform(3, 4, low=-0.95, high=0.95)
whole = integers(3, 4, high=9)
small = integers(3, 4, high=4)
flags = given([[1, 0, 1, 1], [0, 0, 1, 0], [1, 1, 1, 1]], "bool")
ties = given([[1.0, 3.0, 3.0, 2.0], [0.0, 0.0, -1.0, 0.0]])
holes = given([[1.0, np.nan, 3.0], [np.inf, 2.0, -np.inf]])
nans = given([[1.0, np.nan, 3.0, 0.5], [np.nan, 2.0, -1.0, 4.0]])
square = given([[2.0, 0.3, 0.1], [0.3, 1.5, -0.2], [0.1, -0.2, 1.1]])
image = normal(2, 7, 6, 4)
heads = normal(2, 5, 3, 4)


class Row:
    """One call of an op.

    Args:
        reference: a function of the same arguments; default: NumPy's of that name. `None`: only real Keras knows.
        traced: whether the op works on traced arrays, so that JAX can compile it and symbolic tensors have a shape.
    """

    def __init__(self, name, *args, reference="numpy", traced=True, keras=True, tolerance=1, **kwargs):
        self.name, self.args, self.kwargs = name, args, kwargs
        self.reference, self.traced, self.keras, self.tolerance = reference, traced, keras, tolerance

    def __repr__(self):
        shapes = ["x".join(map(str, getattr(a, "shape", ["·"]))) for a in self.args]
        return f"{self.name}-{'-'.join(shapes)}-{self.kwargs}"[:80]

    def arguments(self):
        return [_drawn(a, self.name, i) for i, a in enumerate(self.args)]

    def call(self, room, args):
        function = room
        for part in self.name.split("."):
            function = getattr(function, part)
        return function(*args, **self.kwargs)

    def expected(self, args):
        function = getattr(np, self.name) if self.reference == "numpy" else self.reference
        with np.errstate(all="ignore"):
            return function(*args, **self.kwargs)


def _drawn(a, *key):
    if isinstance(a, list) and a and hasattr(a[0], "rule"):
        return drawn(a, *key)
    return drawn(a, *key) if hasattr(a, "rule") else a


def rows(names, *args, **kwargs):
    return [Row(name, *args, **kwargs) for name in names.split()]


def keras_only(names, *args, **kwargs):
    return rows(names, *args, reference=None, **kwargs)


ELEMENTWISE = [
    *rows(
        "abs absolute negative square exp exp2 expm1 sin cos tan arctan sinh cosh tanh arcsinh cbrt sign floor ceil", x
    ),
    *rows("trunc isnan isinf isfinite signbit deg2rad rad2deg sinc real imag conj conjugate isreal fabs angle", x),
    *rows("sqrt log log1p log2 log10 reciprocal", positive),
    *rows("arcsin arccos arctanh", inside),
    *rows("arccosh", uniform(3, 4, low=1.1, high=3.0)),
    *keras_only("rsqrt erf erfc", positive),
    *keras_only("erfinv", inside),
    *rows("isnan isinf isfinite isneginf isposinf nan_to_num", holes),
    Row("nan_to_num", holes, nan=1.0, posinf=7.0, neginf=-7.0),
    *rows("add subtract multiply divide true_divide maximum minimum mod fmod arctan2 hypot logaddexp logaddexp2", x, y),
    *rows("add subtract multiply divide maximum minimum mod floor_divide", x, normal(4)),
    *rows("add multiply subtract maximum", normal(3, 1), normal(4)),
    *rows("fmax fmin", nans, normal(2, 4)),
    *rows("equal not_equal less less_equal greater greater_equal", small, integers(3, 4, high=4)),
    *rows("logical_and logical_or logical_xor", flags, coins(3, 4, dtype="bool")),
    *rows("logical_not bitwise_not", flags),
    *rows("bitwise_and bitwise_or bitwise_xor gcd lcm left_shift right_shift", whole, small),
    *keras_only("bitwise_left_shift bitwise_right_shift", whole, small),
    Row("bitwise_invert", whole),
    Row("power", positive, y),
    Row("power", x, 2),
    Row("power", small, 2),
    Row("floor_divide", whole, 4),
    Row("ldexp", x, small),
    Row("heaviside", given([-1.0, 0.0, 2.0]), 0.5),
    Row("nextafter", x, y),
    Row(
        "divide_no_nan",
        given([1.0, 2.0, 3.0]),
        given([2.0, 0.0, 4.0]),
        reference=lambda a, b: np.float32([0.5, 0, 0.75]),
    ),
    Row("where", flags, x, y),
    Row("where", flags, x, 0.0),
    Row("where", flags, 1.5, 0.5, reference=lambda c, a, b: np.where(c, a, b).astype("float32")),
    Row("clip", x, -0.5, 0.5),
    Row("clip", whole, 2, 5),
    Row("round", x),
    Row("round", x, decimals=1),
    Row("isclose", x, y, rtol=0.5),
    Row("isclose", nans, nans, equal_nan=True),
    Row("allclose", x, x),
    Row("select", [flags], [x], default=2.0),
]
REDUCTIONS = [
    *[
        Row(name, x, axis=axis, keepdims=keepdims)
        for name in ("sum", "prod", "mean", "var", "std", "max", "min", "amax", "amin", "ptp")
        for axis, keepdims in ((None, False), (1, True), (-2, False))
    ],
    Row("sum", normal(2, 3, 4), axis=(0, 2)),
    Row("mean", normal(2, 3, 4), axis=(0, -1), keepdims=True),
    Row("sum", whole, reference=lambda a: np.int32(a.sum())),
    Row("sum", flags, axis=0, reference=lambda a, axis: a.sum(axis, dtype="int32")),
    Row("mean", whole, axis=0, reference=lambda a, axis: a.mean(axis).astype("float32")),
    Row("max", x, axis=1, initial=0.5),
    Row("min", x, axis=1, initial=-0.5),
    *[Row(name, flags, axis=axis) for name in ("any", "all") for axis in (None, 1)],
    *[
        Row(name, ties, axis=axis, reference=lambda a, axis, f=name: getattr(np, f)(a, axis).astype("int32"))
        for name in ("argmax", "argmin")
        for axis in (None, 1)
    ],
    Row("argmax", x, axis=1, keepdims=True, reference=lambda a, axis, keepdims: a.argmax(1)[:, None].astype("int32")),
    Row("count_nonzero", small, axis=1, reference=lambda a, axis: np.count_nonzero(a, axis).astype("int32")),
    Row("logsumexp", x, axis=1, reference=lambda a, axis: np.log(np.exp(a).sum(axis))),
    Row("logsumexp", x, reference=lambda a: np.log(np.exp(a).sum())),
    Row("average", x, axis=1, weights=np.float32([1, 2, 3, 4])),
    Row("average", x, axis=0),
    *[Row(name, x, axis=axis) for name in ("cumsum", "cumprod") for axis in (None, 1)],
    Row("sort", x, axis=0),
    Row("argsort", ties, axis=-1, reference=lambda a, axis: np.argsort(a, axis, kind="stable").astype("int32")),
    Row("top_k", x, k=2, reference=None),
    Row("in_top_k", given([1, 0], "int32"), ties, k=1, reference=None),
    Row("searchsorted", given([0.0, 1.0, 2.0]), x, reference=lambda a, v: np.searchsorted(a, v).astype("int32")),
    Row("digitize", x, given([-1.0, 0.0, 1.0]), reference=lambda a, bins: np.digitize(a, bins).astype("int32")),
    Row("bincount", given([1, 3, 3, 0], "int32"), minlength=5, traced=False, reference=None),
    Row("bincount", given([1, 3, 3, 0], "int32"), weights=np.float32([1, 2, 3, 4]), traced=False, reference=None),
    *[Row("quantile", x, q, axis=1) for q in (0.3, 0.5)],
    *[Row("quantile", x, 0.4, axis=0, method=m) for m in ("lower", "higher", "nearest", "midpoint")],
    Row("quantile", x, given([0.1, 0.9]), axis=0, keepdims=True),
    Row("percentile", x, 30.0, axis=0),
    Row("median", x, axis=0),
    Row("median", x),
    Row("diff", x, n=2, axis=0),
    Row("trapezoid", x, axis=1),
    *rows("nansum nanprod nanmean nanstd nanvar nanmax nanmin", nans, axis=1),
    *[
        Row(name, nans, axis=1, reference=lambda a, axis, f=name: getattr(np, f)(a, axis).astype("int32"))
        for name in ("nanargmax", "nanargmin")
    ],
    *rows("nancumsum nancumprod", nans, axis=1),
    Row("nanmedian", nans, axis=1),
    Row("nanquantile", nans, 0.3, axis=0, keepdims=True),
    Row("nanpercentile", nans, 30.0),
]
SHAPES = [
    Row("reshape", x, (2, -1)),
    Row("ravel", x),
    Row("transpose", image, (0, 3, 1, 2)),
    Row("transpose", x),
    Row("swapaxes", image, 1, -1),
    Row("moveaxis", image, 1, -1),
    Row("moveaxis", image, (0, 1), (2, 0)),
    Row("expand_dims", x, 1),
    Row("expand_dims", x, (0, -1)),
    Row("squeeze", normal(1, 3, 1, 2)),
    Row("squeeze", normal(1, 3, 1, 2), axis=2),
    Row("broadcast_to", row_vector, (3, 4)),
    Row("concatenate", [x, normal(2, 4)], axis=0),
    Row("stack", [x, y], axis=1),
    Row("unstack", x, axis=1, reference=lambda a, axis: list(np.moveaxis(a, axis, 0))),
    Row("append", x, y),
    Row("append", x, y, axis=1),
    *rows("hstack vstack dstack", [x, y]),
    *rows("hstack vstack dstack", [row_vector, normal(4)]),
    Row("split", x, 2, axis=1),
    Row("split", x, [1, 3], axis=1),
    Row("array_split", x, 3, axis=1),
    *rows("hsplit vsplit", normal(4, 4), 2),
    Row("dsplit", normal(2, 2, 4), 2),
    Row("pad", x, ((1, 0), (2, 3))),
    Row("pad", x, 1, constant_values=2.0),
    *[Row("pad", x, ((1, 2), (2, 3)), mode=m) for m in ("reflect", "symmetric")],
    *[Row("flip", x, axis=a) for a in (None, 1)],
    *rows("fliplr flipud", x),
    *[Row("rot90", x, k=k) for k in range(4)],
    Row("roll", x, 2),
    Row("roll", x, (1, 2), axis=(0, 1)),
    Row("repeat", x, 2, axis=1),
    Row("repeat", x, [1, 0, 2], axis=0, keras=False),
    Row("repeat", x, 3),
    Row("tile", x, (2, 1, 3)),
    Row("tile", x, 2),
    Row("meshgrid", normal(3), normal(4), normal(2), reference=lambda *a: list(np.meshgrid(*a))),
    Row(
        "meshgrid",
        normal(3),
        normal(4),
        indexing="ij",
        reference=lambda *a, indexing: list(np.meshgrid(*a, indexing="ij")),
    ),
    Row("diagonal", normal(2, 4, 3), offset=-1, axis1=1, axis2=2),
    Row("diag", row_vector, k=1),
    Row("diag", x, k=1),
    Row("diagflat", normal(2, 2), k=-1),
    *[Row(name, x, k=k) for name in ("tril", "triu") for k in (0, 1, -1)],
    Row("trace", normal(3, 3)),
    Row("copy", x),
]
CREATION = [
    Row("zeros", (2, 3), reference=lambda s: np.zeros(s, "float32")),
    Row("ones", (2,), dtype="int32"),
    Row("full", (2, 3), 1.5, reference=lambda s, v: np.full(s, v, "float32")),
    *rows("zeros_like ones_like", whole),
    Row("full_like", x, 3.0),
    Row("empty_like", x, reference=np.zeros_like, keras=False),
    Row("empty", (2, 2), reference=lambda s: np.zeros(s, "float32"), keras=False),
    Row("array", [1.0, 2.0], reference=lambda v: np.float32(v)),
    Row("arange", 5, reference=lambda n: np.arange(n, dtype="int32")),
    Row("arange", 1.0, 2.0, 0.25, reference=lambda *a: np.arange(*a, dtype="float32")),
    Row("arange", 2, 9, 3, dtype="float32"),
    Row("linspace", 0, 1, 5, reference=lambda *a: np.linspace(*a, dtype="float32")),
    Row("linspace", 0, 1, 4, endpoint=False, reference=lambda *a, endpoint: np.linspace(*a, False, dtype="float32")),
    Row(
        "linspace", row_vector, 2.0, 3, axis=1, reference=lambda a, b, n, axis: np.linspace(a, np.float32(b), n, axis=1)
    ),
    Row("logspace", 0, 2, 3, reference=lambda *a: np.logspace(*a, dtype="float32")),
    Row("geomspace", 1, 8, 4, reference=lambda *a: np.geomspace(*a, dtype="float32"), keras=False),
    Row("eye", 3, 4, k=1, reference=lambda *a, k: np.eye(*a, k=k, dtype="float32")),
    Row("identity", 3, reference=lambda n: np.eye(n, dtype="float32")),
    Row("tri", 3, 4, k=1, reference=lambda *a, k: np.tri(*a, k=k, dtype="float32")),
    Row("vander", row_vector, 3),
    Row("vander", row_vector, increasing=True),
    *[
        Row(n, 5, reference=lambda m, f=n: getattr(np, f)(m).astype("float32"), tolerance=10)
        for n in ("bartlett", "blackman")
    ],
    *[
        Row(n, 5, reference=lambda m, f=n: getattr(np, f)(m).astype("float32"), tolerance=10)
        for n in ("hamming", "hanning")
    ],
    Row("kaiser", 5, 2.0, reference=lambda m, b: np.kaiser(m, b).astype("float32"), tolerance=10),
]
INDEXING = [
    Row("take", x, integers(2, 2, high=3), axis=0),
    Row("take", x, integers(5, high=12)),
    Row("take", x, given([-1, 0], "int32"), axis=1),
    Row("take_along_axis", x, integers(3, 2, high=4), axis=1),
    Row("one_hot", given([0, 2, -1], "int32"), 3, reference=None),
    Row("one_hot", small, 4, axis=1, reference=None),
    Row("multi_hot", given([[0, 2], [1, 1]], "int32"), 3, reference=None),
    Row("slice", x, (1, 1), (2, 3), reference=lambda a, s, n: a[1:3, 1:4]),
    Row("slice_update", x, (1, 2), normal(2, 2), reference=None),
    Row("scatter", given([[0], [2], [0]], "int32"), normal(3, 2), (4, 2), reference=None),
    *[
        Row("scatter_update", x, given([[0, 1], [2, 2], [0, 1]], "int32"), normal(3), reduction=r, reference=None)
        for r in ("add", "max", "min", "mul")
    ],
    Row("scatter_update", x, given([[0], [2]], "int32"), normal(2, 4), reference=None),
    *keras_only("segment_sum segment_max", normal(5, 2), given([0, 2, 2, 0, 1], "int32"), num_segments=3),
    *keras_only("segment_min segment_prod", normal(5, 2), given([0, 2, 2, 0, 1], "int32"), num_segments=3, keras=False),
    Row(
        "unravel_index", given([5, 7], "int32"), (3, 4), reference=lambda i, s: tuple(np.int32(np.unravel_index(i, s)))
    ),
    Row("isin", small, given([1, 3], "int32")),
    Row("nonzero", flags, traced=False, reference=lambda a: tuple(i.astype("int32") for i in np.nonzero(a))),
    Row("unique", small, traced=False),
    Row("extract_sequences", normal(2, 9), 4, 2, reference=None),
    Row("get_item", x, 1, reference=lambda a, k: a[k]),
]
PRODUCTS = [
    *[
        Row("matmul", normal(*a), normal(*b))
        for a, b in (((3, 4), (4, 2)), ((4,), (4, 2)), ((3, 4), (4,)), ((5, 3, 4), (4, 2)), ((5, 3, 4), (5, 4, 2)))
    ],
    *[
        Row("dot", normal(*a), normal(*b))
        for a, b in (((4,), (4,)), ((3, 4), (4, 2)), ((2, 3, 4), (5, 4, 2)), ((), (3,)))
    ],
    Row("vdot", x, y),
    Row("inner", x, normal(2, 4)),
    Row("outer", x, row_vector),
    Row("tensordot", normal(2, 3, 4), normal(3, 4, 5)),
    Row("tensordot", normal(2, 3, 4), normal(4, 3), axes=((1, 2), (1, 0))),
    Row("tensordot", x, normal(4, 2), axes=1),
    *[
        Row("einsum", text, *[normal(*s) for s in shapes])
        for text, *shapes in (
            ("ij,jk->ik", (2, 3), (3, 4)),
            ("bij,bjk", (2, 3, 4), (2, 4, 5)),
            ("...ij,jk->...ik", (2, 3, 4), (4, 5)),
            ("ii->i", (3, 3)),
            ("ij->", (3, 4)),
            ("abc,cde,e->abd", (2, 3, 4), (4, 5, 6), (6,)),
        )
    ],
    Row("cross", normal(4, 3), normal(4, 3)),
    Row("kron", normal(2, 3), normal(3, 2)),
    *[Row("correlate", normal(6), normal(3), mode=m) for m in ("valid", "same", "full")],
    Row("correlate", normal(3), normal(6), mode="same"),
    Row("correlate", normal(4), normal(6), mode="same"),
    Row("correlate", normal(3), normal(6), mode="valid"),
    Row("corrcoef", x),
    Row("cdist", x, normal(2, 4), reference=lambda a, b: np.linalg.norm(a[:, None] - b, axis=-1), keras=False),
    *[Row(name, square, reference=getattr(np.linalg, name)) for name in ("det", "inv", "cholesky", "pinv")],
    Row("slogdet", square, reference=lambda a: tuple(np.linalg.slogdet(a))),
    Row("logdet", square, reference=lambda a: np.linalg.slogdet(a)[1]),
    Row("cholesky_inverse", square, reference=lambda a: np.linalg.inv(a @ a.T), keras=False, tolerance=10),
    Row("solve", square, normal(3, 2), reference=np.linalg.solve),
    Row(
        "solve_triangular", square, normal(3), lower=True, reference=lambda a, b, lower: np.linalg.solve(np.tril(a), b)
    ),
    Row("lstsq", normal(5, 3), normal(5), reference=lambda a, b: np.linalg.lstsq(a, b)[0], tolerance=10),
    Row("matrix_rank", square, reference=None),
    Row("eigh", square, reference=lambda a: tuple(np.linalg.eigh(a)), keras=False, tolerance=10),
    Row("svd", x, compute_uv=False, reference=lambda a, compute_uv: np.linalg.svd(a, compute_uv=False)),
    Row("qr", x, reference=lambda a: tuple(np.linalg.qr(a)), tolerance=10),
    *[Row("norm", x, ord=o, axis=1, reference=np.linalg.norm) for o in (None, 1, 2, 3, np.inf, -np.inf, 0)],
    *[Row("norm", x, ord=o, reference=np.linalg.norm) for o in (None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)],
    Row("norm", x, axis=0, keepdims=True, reference=np.linalg.norm),
]
NN = [
    *keras_only("relu relu6 sigmoid log_sigmoid softplus softsign silu swish hard_sigmoid hard_silu hard_swish", x),
    *keras_only("hard_tanh elu selu celu gelu glu tanh_shrink hard_shrink soft_shrink squareplus sparse_plus", x),
    *keras_only("sparse_sigmoid softmax log_softmax sparsemax leaky_relu normalize", x),
    *keras_only("relu softplus sigmoid hard_sigmoid relu6 softmax", normal(3, 4, scale=30.0)),
    *[
        Row(name, x, 0.7, reference=None)
        for name in ("leaky_relu", "elu", "celu", "hard_shrink", "soft_shrink", "squareplus")
    ],
    Row("gelu", x, approximate=False, reference=None),
    Row("threshold", x, 0.2, -1.0, reference=None),
    *[
        Row(name, image, axis=axis, reference=None)
        for name in ("softmax", "log_softmax")
        for axis in (1, (1, 2), None)
        if (name, axis) != ("log_softmax", (1, 2))
    ],
    Row("log_softmax", image, axis=(1, 2), reference=lambda a, axis: _log_softmax(a, axis), keras=False),
    Row("normalize", x, axis=0, order=3, reference=None),
    Row("moments", image, axes=(0, 2), reference=None),
    Row("moments", image, axes=[0], keepdims=True, reference=None),
    Row("batch_normalization", image, normal(4), uniform(4), -1, reference=None),
    Row("batch_normalization", image, normal(7), uniform(7), 1, normal(7), normal(7), epsilon=0.01, reference=None),
    Row("layer_normalization", x, row_vector, normal(4), reference=None, tolerance=5),
    Row("layer_normalization", image, axis=(1, 2), epsilon=0.1, reference=None),
    Row("rms_normalization", x, row_vector, epsilon=0.1, reference=None),
    Row("binary_crossentropy", coins(3, 4), uniform(3, 4), reference=None),
    Row("binary_crossentropy", coins(3, 4), x, from_logits=True, reference=None),
    Row("categorical_crossentropy", one_hot(3, 4), uniform(3, 4), reference=None),
    Row("categorical_crossentropy", one_hot(3, 4), simplex(3, 4), axis=0, reference=None),
    Row("categorical_crossentropy", simplex(3, 4), x, from_logits=True, reference=None),
    Row("sparse_categorical_crossentropy", integers(3, high=4), simplex(3, 4), reference=None),
    Row("sparse_categorical_crossentropy", integers(3, high=4), x, from_logits=True, reference=None),
    *[
        Row("dot_product_attention", heads, heads, heads, reference=None, **more)
        for more in ({}, {"is_causal": True}, {"scale": 0.3}, {"mask": np.tril(np.ones((1, 1, 5, 5), bool))})
    ],
    Row("psnr", uniform(4, 4), uniform(4, 4), 1.0, reference=None),
    *[
        Row("conv", image, normal(*shape), reference=None, tolerance=5, **more)
        for shape, more in (
            ((3, 3, 4, 5), {}),
            ((3, 2, 4, 5), {"strides": 2, "padding": "same"}),
            ((3, 2, 4, 5), {"strides": (1, 2), "padding": "valid"}),
            ((2, 3, 4, 5), {"dilation_rate": 2, "padding": "same"}),
            ((3, 3, 2, 6), {"padding": "same"}),
        )
    ],
    Row("conv", normal(2, 9, 3), normal(4, 3, 5), strides=3, padding="same", reference=None, tolerance=5),
    Row("conv", normal(2, 5, 4, 5, 2), normal(2, 3, 2, 2, 3), reference=None, tolerance=5),
    Row("conv", normal(2, 4, 7, 6), normal(3, 3, 4, 5), data_format="channels_first", reference=None, tolerance=5),
    Row("depthwise_conv", image, normal(3, 3, 4, 2), padding="same", reference=None, tolerance=5),
    Row("depthwise_conv", image, normal(3, 2, 4, 1), strides=2, reference=None, tolerance=5),
    Row("separable_conv", image, normal(3, 3, 4, 2), normal(1, 1, 8, 3), padding="same", reference=None, tolerance=5),
    *[
        Row("conv_transpose", image, normal(*size, 3, 4), reference=None, tolerance=5, strides=s, padding=p, **more)
        for size, s, more in (
            ((3, 3), 1, {}),
            ((3, 2), 2, {}),
            ((2, 5), (3, 2), {}),
            ((3, 3), 2, {"output_padding": 1}),
            ((3, 3), 1, {"dilation_rate": 2}),
        )
        for p in ("valid", "same")
    ],
    *[
        Row(name, image, size, strides=s, padding=p, reference=None)
        for name in ("max_pool", "average_pool")
        for size, s, p in ((2, 2, "valid"), ((3, 2), 2, "same"), (3, 1, "same"), (2, (2, 3), "valid"))
    ],
    Row("max_pool", normal(2, 9, 3), 2, strides=2, reference=None),
    Row("average_pool", normal(2, 4, 7, 6), 2, strides=2, data_format="channels_first", reference=None),
    *keras_only("adaptive_average_pool adaptive_max_pool", image, (3, 2), data_format="channels_last"),
    *keras_only("depth_to_space", image, 2),
    *keras_only("space_to_depth", normal(2, 4, 6, 3), 2),
]
CORE = [
    Row("cast", x, "int32", reference=lambda a, d: a.astype(d)),
    Row("saturate_cast", given([-3.0, 300.0, 12.0]), "uint8", reference=lambda a, d: np.uint8([0, 255, 12])),
    Row("stop_gradient", x, reference=lambda a: a),
    Row("associative_scan", lambda a, b: a * b, x, axis=1, reference=lambda f, a, axis: np.cumprod(a, axis)),
    Row(
        "associative_scan", lambda a, b: a + b, x, reverse=True, reference=lambda f, a, reverse: a[::-1].cumsum(0)[::-1]
    ),
]
ALL = [*ELEMENTWISE, *REDUCTIONS, *SHAPES, *CREATION, *INDEXING, *PRODUCTS, *NN, *CORE]
TRACED = [r for r in ALL if r.traced]


def _log_softmax(a, axis):
    return a - np.log(np.exp(a).sum(axis, keepdims=True))


def close(found, expected, tolerance=1):
    found, expected = (tree.flatten(list(v) if isinstance(v, (list, tuple)) else v) for v in (found, expected))
    assert len(found) == len(expected)
    for a, b in zip(found, expected):
        a, b = np.asarray(a), np.asarray(b)
        assert a.shape == b.shape
        np.testing.assert_allclose(a, b, rtol=2e-5 * tolerance, atol=2e-6 * tolerance)


def same_dtypes(found, expected):
    names = [[np.asarray(v).dtype.name for v in tree.flatten(values)] for values in (found, expected)]
    assert names[0] == names[1]


@pytest.mark.parametrize("row", [r for r in ALL if r.reference is not None], ids=repr)
def test_against_numpy(row):
    args = row.arguments()
    found, expected = row.call(ops, args), row.expected(args)
    close(found, expected, row.tolerance)
    if np.asarray(tree.flatten(expected)[0]).dtype.kind != "f":
        same_dtypes(found, expected)


@pytest.mark.keras
@pytest.mark.parametrize("row", [r for r in ALL if r.keras], ids=repr)
def test_against_keras(row):
    keras = importlib.import_module("keras")
    args = row.arguments()
    found, expected = row.call(ops, args), row.call(keras.ops, args)
    close(found, expected, row.tolerance)
    same_dtypes(found, expected)


@pytest.mark.parametrize("row", TRACED, ids=repr)
def test_symbolic_shape_is_the_real_one(row):
    args = row.arguments()

    def symbolic(a):
        return KerasTensor(a.shape, a.dtype) if isinstance(a, np.ndarray) else a

    args_symbolic = [tree.map_structure(symbolic, a) if isinstance(a, list) else symbolic(a) for a in args]
    if not any(isinstance(leaf, KerasTensor) for leaf in tree.flatten(args_symbolic)):
        return
    found, expected = row.call(ops, args_symbolic), row.call(ops, args)
    for a, b in zip(tree.flatten(found), tree.flatten(expected), strict=True):
        assert a.shape == np.shape(b)
        assert a.dtype == np.asarray(b).dtype.name


@pytest.mark.jax
@pytest.mark.parametrize("row", ALL, ids=repr)
def test_jax_equals_numpy(row):
    args = row.arguments()
    expected = row.call(ops, args)
    with use_backend("jax"):
        found = row.call(ops, args)
    close(found, expected, row.tolerance * 5)
    same_dtypes(found, expected)


@pytest.mark.parametrize("row", TRACED, ids=repr)
def test_the_tape_goes_through(row):
    """Under a tape an op gives the same values, and is recorded if its result is a float that depends on the input."""
    args = row.arguments()
    tape = Tape()

    def watched(a):
        return tape.watch(a) if isinstance(a, np.ndarray) and a.dtype.kind == "f" else a

    found = row.call(ops, [tree.map_structure(watched, a) if isinstance(a, list) else watched(a) for a in args])
    expected = row.call(ops, args)
    close(tree.map_structure(lambda v: v.value if type(v) is Tensor else v, found), expected)
    same_dtypes(found, expected)
