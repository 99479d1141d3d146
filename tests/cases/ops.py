"""Calls of ops: what goes in, and who knows what comes out."""

from collections import Counter
from dataclasses import replace

import numpy as np

from tests.cases.case import OpCase
from tests.cases.numbers import coins, given, integers, normal, one_hot, simplex, uniform

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


def row(op, *args, reference="numpy", traced=True, keras=True, tolerance=1, **kwargs):
    return OpCase(op, op, args, kwargs, reference, traced, keras, tolerance)


def rows(ops, *args, **kwargs):
    return [row(op, *args, **kwargs) for op in ops.split()]


def keras_only(ops, *args, **kwargs):
    return rows(ops, *args, reference=None, **kwargs)


def _on_simplex(a, axis=-1):
    """The nearest probabilities, by bisection. (Keras 3.15.1 returns rows that do not sum to one.)"""
    low, high = a.min(axis, keepdims=True) - 1.0, a.max(axis, keepdims=True)
    for _ in range(60):
        middle = (low + high) / 2
        above = np.maximum(a - middle, 0).sum(axis, keepdims=True) > 1
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.maximum(a - low, 0)


def _log_softmax(a, axis):
    return a - np.log(np.exp(a).sum(axis, keepdims=True))


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
    row("nan_to_num", holes, nan=1.0, posinf=7.0, neginf=-7.0),
    *rows("add subtract multiply divide true_divide maximum minimum mod fmod arctan2 hypot logaddexp logaddexp2", x, y),
    *rows("add subtract multiply divide maximum minimum mod floor_divide", x, normal(4)),
    *rows("add multiply subtract maximum", normal(3, 1), normal(4)),
    *rows("fmax fmin", nans, normal(2, 4)),
    *rows("equal not_equal less less_equal greater greater_equal", small, integers(3, 4, high=4)),
    *rows("logical_and logical_or logical_xor", flags, coins(3, 4, dtype="bool")),
    *rows("logical_not bitwise_not", flags),
    *rows("bitwise_and bitwise_or bitwise_xor gcd lcm left_shift right_shift", whole, small),
    *keras_only("bitwise_left_shift bitwise_right_shift", whole, small),
    row("bitwise_invert", whole),
    row("power", positive, y),
    row("power", x, 2),
    row("power", small, 2),
    row("floor_divide", whole, 4),
    row("ldexp", x, small),
    row("heaviside", given([-1.0, 0.0, 2.0]), 0.5),
    row("nextafter", x, y),
    row(
        "divide_no_nan",
        given([1.0, 2.0, 3.0]),
        given([2.0, 0.0, 4.0]),
        reference=lambda a, b: np.float32([0.5, 0, 0.75]),
    ),
    row("where", flags, x, y),
    row("where", flags, x, 0.0),
    row("where", flags, 1.5, 0.5, reference=lambda c, a, b: np.where(c, a, b).astype("float32")),
    row("clip", x, -0.5, 0.5),
    row("clip", whole, 2, 5),
    row("round", x),
    row("round", x, decimals=1),
    row("isclose", x, y, rtol=0.5),
    row("isclose", nans, nans, equal_nan=True),
    row("allclose", x, x),
    row("select", [flags], [x], default=2.0),
]
REDUCTIONS = [
    *[
        row(name, x, axis=axis, keepdims=keepdims)
        for name in ("sum", "prod", "mean", "var", "std", "max", "min", "amax", "amin", "ptp")
        for axis, keepdims in ((None, False), (1, True), (-2, False))
    ],
    row("sum", normal(2, 3, 4), axis=(0, 2)),
    row("mean", normal(2, 3, 4), axis=(0, -1), keepdims=True),
    row("sum", whole, reference=lambda a: np.int32(a.sum())),
    row("sum", flags, axis=0, reference=lambda a, axis: a.sum(axis, dtype="int32")),
    row("mean", whole, axis=0, reference=lambda a, axis: a.mean(axis).astype("float32")),
    row("max", x, axis=1, initial=0.5),
    row("min", x, axis=1, initial=-0.5),
    *[row(name, flags, axis=axis) for name in ("any", "all") for axis in (None, 1)],
    *[
        row(name, ties, axis=axis, reference=lambda a, axis, f=name: getattr(np, f)(a, axis).astype("int32"))
        for name in ("argmax", "argmin")
        for axis in (None, 1)
    ],
    row("argmax", x, axis=1, keepdims=True, reference=lambda a, axis, keepdims: a.argmax(1)[:, None].astype("int32")),
    row("count_nonzero", small, axis=1, reference=lambda a, axis: np.count_nonzero(a, axis).astype("int32")),
    row("logsumexp", x, axis=1, reference=lambda a, axis: np.log(np.exp(a).sum(axis))),
    row("logsumexp", x, reference=lambda a: np.log(np.exp(a).sum())),
    row("average", x, axis=1, weights=np.float32([1, 2, 3, 4])),
    row("average", x, axis=0),
    *[row(name, x, axis=axis) for name in ("cumsum", "cumprod") for axis in (None, 1)],
    row("sort", x, axis=0),
    row("argsort", ties, axis=-1, reference=lambda a, axis: np.argsort(a, axis, kind="stable").astype("int32")),
    row("top_k", x, k=2, reference=None),
    row("in_top_k", given([1, 0], "int32"), ties, k=1, reference=None),
    row("searchsorted", given([0.0, 1.0, 2.0]), x, reference=lambda a, v: np.searchsorted(a, v).astype("int32")),
    row("digitize", x, given([-1.0, 0.0, 1.0]), reference=lambda a, bins: np.digitize(a, bins).astype("int32")),
    row("bincount", given([1, 3, 3, 0], "int32"), minlength=5, traced=False, reference=None),
    row("bincount", given([1, 3, 3, 0], "int32"), weights=np.float32([1, 2, 3, 4]), traced=False, reference=None),
    *[row("quantile", x, q, axis=1) for q in (0.3, 0.5)],
    *[row("quantile", x, 0.4, axis=0, method=m) for m in ("lower", "higher", "nearest", "midpoint")],
    row("quantile", x, given([0.1, 0.9]), axis=0, keepdims=True),
    row("percentile", x, 30.0, axis=0),
    row("median", x, axis=0),
    row("median", x),
    row("diff", x, n=2, axis=0),
    row("trapezoid", x, axis=1),
    *rows("nansum nanprod nanmean nanstd nanvar nanmax nanmin", nans, axis=1),
    *[
        row(name, nans, axis=1, reference=lambda a, axis, f=name: getattr(np, f)(a, axis).astype("int32"))
        for name in ("nanargmax", "nanargmin")
    ],
    *rows("nancumsum nancumprod", nans, axis=1),
    row("nanmedian", nans, axis=1),
    row("nanquantile", nans, 0.3, axis=0, keepdims=True),
    row("nanpercentile", nans, 30.0),
]
SHAPES = [
    row("reshape", x, (2, -1)),
    row("ravel", x),
    row("transpose", image, (0, 3, 1, 2)),
    row("transpose", x),
    row("swapaxes", image, 1, -1),
    row("moveaxis", image, 1, -1),
    row("moveaxis", image, (0, 1), (2, 0)),
    row("expand_dims", x, 1),
    row("expand_dims", x, (0, -1)),
    row("squeeze", normal(1, 3, 1, 2)),
    row("squeeze", normal(1, 3, 1, 2), axis=2),
    row("broadcast_to", row_vector, (3, 4)),
    row("concatenate", [x, normal(2, 4)], axis=0),
    row("stack", [x, y], axis=1),
    row("unstack", x, axis=1, reference=lambda a, axis: list(np.moveaxis(a, axis, 0))),
    row("append", x, y),
    row("append", x, y, axis=1),
    *rows("hstack vstack dstack", [x, y]),
    *rows("hstack vstack dstack", [row_vector, normal(4)]),
    row("split", x, 2, axis=1),
    row("split", x, [1, 3], axis=1),
    row("array_split", x, 3, axis=1),
    *rows("hsplit vsplit", normal(4, 4), 2),
    row("dsplit", normal(2, 2, 4), 2),
    row("pad", x, ((1, 0), (2, 3))),
    row("pad", x, 1, constant_values=2.0),
    *[row("pad", x, ((1, 2), (2, 3)), mode=m) for m in ("reflect", "symmetric")],
    *[row("flip", x, axis=a) for a in (None, 1)],
    *rows("fliplr flipud", x),
    *[row("rot90", x, k=k) for k in range(4)],
    row("roll", x, 2),
    row("roll", x, (1, 2), axis=(0, 1)),
    row("repeat", x, 2, axis=1),
    row("repeat", x, [1, 0, 2], axis=0, keras=False),
    row("repeat", x, 3),
    row("tile", x, (2, 1, 3)),
    row("tile", x, 2),
    row("meshgrid", normal(3), normal(4), normal(2), reference=lambda *a: list(np.meshgrid(*a))),
    row(
        "meshgrid",
        normal(3),
        normal(4),
        indexing="ij",
        reference=lambda *a, indexing: list(np.meshgrid(*a, indexing="ij")),
    ),
    row("diagonal", normal(2, 4, 3), offset=-1, axis1=1, axis2=2),
    row("diag", row_vector, k=1),
    row("diag", x, k=1),
    row("diagflat", normal(2, 2), k=-1),
    *[row(name, x, k=k) for name in ("tril", "triu") for k in (0, 1, -1)],
    row("trace", normal(3, 3)),
    row("copy", x),
]
CREATION = [
    row("zeros", (2, 3), reference=lambda s: np.zeros(s, "float32")),
    row("ones", (2,), dtype="int32"),
    row("full", (2, 3), 1.5, reference=lambda s, v: np.full(s, v, "float32")),
    *rows("zeros_like ones_like", whole),
    row("full_like", x, 3.0),
    row("empty_like", x, reference=np.zeros_like, keras=False),
    row("empty", (2, 2), reference=lambda s: np.zeros(s, "float32"), keras=False),
    row("array", [1.0, 2.0], reference=lambda v: np.float32(v)),
    row("arange", 5, reference=lambda n: np.arange(n, dtype="int32")),
    row("arange", 1.0, 2.0, 0.25, reference=lambda *a: np.arange(*a, dtype="float32")),
    row("arange", 2, 9, 3, dtype="float32"),
    row("linspace", 0, 1, 5, reference=lambda *a: np.linspace(*a, dtype="float32")),
    row("linspace", 0, 1, 4, endpoint=False, reference=lambda *a, endpoint: np.linspace(*a, False, dtype="float32")),
    row(
        "linspace", row_vector, 2.0, 3, axis=1, reference=lambda a, b, n, axis: np.linspace(a, np.float32(b), n, axis=1)
    ),
    row("logspace", 0, 2, 3, reference=lambda *a: np.logspace(*a, dtype="float32")),
    row("geomspace", 1, 8, 4, reference=lambda *a: np.geomspace(*a, dtype="float32"), keras=False),
    row("eye", 3, 4, k=1, reference=lambda *a, k: np.eye(*a, k=k, dtype="float32")),
    row("identity", 3, reference=lambda n: np.eye(n, dtype="float32")),
    row("tri", 3, 4, k=1, reference=lambda *a, k: np.tri(*a, k=k, dtype="float32")),
    row("vander", row_vector, 3),
    row("vander", row_vector, increasing=True),
    *[
        row(n, 5, reference=lambda m, f=n: getattr(np, f)(m).astype("float32"), tolerance=10)
        for n in ("bartlett", "blackman")
    ],
    *[
        row(n, 5, reference=lambda m, f=n: getattr(np, f)(m).astype("float32"), tolerance=10)
        for n in ("hamming", "hanning")
    ],
    row("kaiser", 5, 2.0, reference=lambda m, b: np.kaiser(m, b).astype("float32"), tolerance=10),
]
INDEXING = [
    row("take", x, integers(2, 2, high=3), axis=0),
    row("take", x, integers(5, high=12)),
    row("take", x, given([-1, 0], "int32"), axis=1),
    row("take_along_axis", x, integers(3, 2, high=4), axis=1),
    row("one_hot", given([0, 2, -1], "int32"), 3, reference=None),
    row("one_hot", small, 4, axis=1, reference=None),
    row("multi_hot", given([[0, 2], [1, 1]], "int32"), 3, reference=None),
    row("slice", x, (1, 1), (2, 3), reference=lambda a, s, n: a[1:3, 1:4]),
    row("slice_update", x, (1, 2), normal(2, 2), reference=None),
    row("scatter", given([[0], [2], [0]], "int32"), normal(3, 2), (4, 2), reference=None),
    *[
        row("scatter_update", x, given([[0, 1], [2, 2], [0, 1]], "int32"), normal(3), reduction=r, reference=None)
        for r in ("add", "max", "min", "mul")
    ],
    row("scatter_update", x, given([[0], [2]], "int32"), normal(2, 4), reference=None),
    *keras_only("segment_sum segment_max", normal(5, 2), given([0, 2, 2, 0, 1], "int32"), num_segments=3),
    *keras_only("segment_min segment_prod", normal(5, 2), given([0, 2, 2, 0, 1], "int32"), num_segments=3, keras=False),
    row(
        "unravel_index", given([5, 7], "int32"), (3, 4), reference=lambda i, s: tuple(np.int32(np.unravel_index(i, s)))
    ),
    row("isin", small, given([1, 3], "int32")),
    row("nonzero", flags, traced=False, reference=lambda a: tuple(i.astype("int32") for i in np.nonzero(a))),
    row("unique", small, traced=False),
    row("extract_sequences", normal(2, 9), 4, 2, reference=None),
    row("get_item", x, 1, reference=lambda a, k: a[k]),
]
PRODUCTS = [
    *[
        row("matmul", normal(*a), normal(*b))
        for a, b in (((3, 4), (4, 2)), ((4,), (4, 2)), ((3, 4), (4,)), ((5, 3, 4), (4, 2)), ((5, 3, 4), (5, 4, 2)))
    ],
    *[
        row("dot", normal(*a), normal(*b))
        for a, b in (((4,), (4,)), ((3, 4), (4, 2)), ((2, 3, 4), (5, 4, 2)), ((), (3,)))
    ],
    row("vdot", x, y),
    row("inner", x, normal(2, 4)),
    row("outer", x, row_vector),
    row("tensordot", normal(2, 3, 4), normal(3, 4, 5)),
    row("tensordot", normal(2, 3, 4), normal(4, 3), axes=((1, 2), (1, 0))),
    row("tensordot", x, normal(4, 2), axes=1),
    *[
        row("einsum", text, *[normal(*s) for s in shapes])
        for text, *shapes in (
            ("ij,jk->ik", (2, 3), (3, 4)),
            ("bij,bjk", (2, 3, 4), (2, 4, 5)),
            ("...ij,jk->...ik", (2, 3, 4), (4, 5)),
            ("ii->i", (3, 3)),
            ("ij->", (3, 4)),
            ("abc,cde,e->abd", (2, 3, 4), (4, 5, 6), (6,)),
        )
    ],
    row("cross", normal(4, 3), normal(4, 3)),
    row("kron", normal(2, 3), normal(3, 2)),
    *[row("correlate", normal(6), normal(3), mode=m) for m in ("valid", "same", "full")],
    row("correlate", normal(3), normal(6), mode="same"),
    row("correlate", normal(4), normal(6), mode="same"),
    row("correlate", normal(3), normal(6), mode="valid"),
    row("corrcoef", x),
    row("cdist", x, normal(2, 4), reference=lambda a, b: np.linalg.norm(a[:, None] - b, axis=-1), keras=False),
    *[row(name, square, reference=getattr(np.linalg, name)) for name in ("det", "inv", "cholesky", "pinv")],
    row("slogdet", square, reference=lambda a: tuple(np.linalg.slogdet(a))),
    row("logdet", square, reference=lambda a: np.linalg.slogdet(a)[1]),
    row("cholesky_inverse", square, reference=lambda a: np.linalg.inv(a @ a.T), keras=False, tolerance=10),
    row("solve", square, normal(3, 2), reference=np.linalg.solve),
    row(
        "solve_triangular", square, normal(3), lower=True, reference=lambda a, b, lower: np.linalg.solve(np.tril(a), b)
    ),
    row("lstsq", normal(5, 3), normal(5), reference=lambda a, b: np.linalg.lstsq(a, b)[0], tolerance=10),
    row("matrix_rank", square, reference=None),
    row("eigh", square, reference=lambda a: tuple(np.linalg.eigh(a)), keras=False, tolerance=10),
    row("svd", x, compute_uv=False, reference=lambda a, compute_uv: np.linalg.svd(a, compute_uv=False)),
    row("qr", x, reference=lambda a: tuple(np.linalg.qr(a)), tolerance=10),
    *[row("norm", x, ord=o, axis=1, reference=np.linalg.norm) for o in (None, 1, 2, 3, np.inf, -np.inf, 0)],
    *[row("norm", x, ord=o, reference=np.linalg.norm) for o in (None, "fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)],
    row("norm", x, axis=0, keepdims=True, reference=np.linalg.norm),
]
NN = [
    *keras_only("relu relu6 sigmoid log_sigmoid softplus softsign silu swish hard_sigmoid hard_silu hard_swish", x),
    *keras_only("hard_tanh elu selu celu gelu glu tanh_shrink hard_shrink soft_shrink squareplus sparse_plus", x),
    *keras_only("sparse_sigmoid softmax log_softmax leaky_relu normalize", x),
    *keras_only("relu softplus sigmoid hard_sigmoid relu6 softmax", normal(3, 4, scale=30.0)),
    *[
        row(name, x, 0.7, reference=None)
        for name in ("leaky_relu", "elu", "celu", "hard_shrink", "soft_shrink", "squareplus")
    ],
    row("gelu", x, approximate=False, reference=None),
    row("sparsemax", x, reference=_on_simplex, keras=False),
    row("sparsemax", image, axis=1, reference=_on_simplex, keras=False),
    row("threshold", x, 0.2, -1.0, reference=None),
    *[
        row(name, image, axis=axis, reference=None)
        for name in ("softmax", "log_softmax")
        for axis in (1, (1, 2), None)
        if (name, axis) != ("log_softmax", (1, 2))
    ],
    row("log_softmax", image, axis=(1, 2), reference=lambda a, axis: _log_softmax(a, axis), keras=False),
    row("normalize", x, axis=0, order=3, reference=None),
    row("moments", image, axes=(0, 2), reference=None),
    row("moments", image, axes=[0], keepdims=True, reference=None),
    row("batch_normalization", image, normal(4), uniform(4), -1, reference=None),
    row("batch_normalization", image, normal(7), uniform(7), 1, normal(7), normal(7), epsilon=0.01, reference=None),
    row("layer_normalization", x, row_vector, normal(4), reference=None, tolerance=5),
    row("layer_normalization", image, axis=(1, 2), epsilon=0.1, reference=None),
    row("rms_normalization", x, row_vector, epsilon=0.1, reference=None),
    row("binary_crossentropy", coins(3, 4), uniform(3, 4), reference=None),
    row("binary_crossentropy", coins(3, 4), x, from_logits=True, reference=None),
    row("categorical_crossentropy", one_hot(3, 4), uniform(3, 4), reference=None),
    row("categorical_crossentropy", one_hot(3, 4), simplex(3, 4), axis=0, reference=None),
    row("categorical_crossentropy", simplex(3, 4), x, from_logits=True, reference=None),
    row("sparse_categorical_crossentropy", integers(3, high=4), simplex(3, 4), reference=None),
    row("sparse_categorical_crossentropy", integers(3, high=4), x, from_logits=True, reference=None),
    *[
        row("dot_product_attention", heads, heads, heads, reference=None, **more)
        for more in ({}, {"is_causal": True}, {"scale": 0.3}, {"mask": np.tril(np.ones((1, 1, 5, 5), bool))})
    ],
    row(
        "ctc_loss",
        given([[1, 2, 2, 0], [3, 3, 4, 1], [2, 0, 0, 0]], "int32"),
        normal(3, 9, 5),
        given([3, 4, 1], "int32"),
        given([9, 8, 5], "int32"),
        reference=None,
    ),
    row("psnr", uniform(4, 4), uniform(4, 4), 1.0, reference=None),
    *[
        row("conv", image, normal(*shape), reference=None, tolerance=5, **more)
        for shape, more in (
            ((3, 3, 4, 5), {}),
            ((3, 2, 4, 5), {"strides": 2, "padding": "same"}),
            ((3, 2, 4, 5), {"strides": (1, 2), "padding": "valid"}),
            ((2, 3, 4, 5), {"dilation_rate": 2, "padding": "same"}),
            ((3, 3, 2, 6), {"padding": "same"}),
        )
    ],
    row("conv", normal(2, 9, 3), normal(4, 3, 5), strides=3, padding="same", reference=None, tolerance=5),
    row("conv", normal(2, 5, 4, 5, 2), normal(2, 3, 2, 2, 3), reference=None, tolerance=5),
    row("conv", normal(2, 4, 7, 6), normal(3, 3, 4, 5), data_format="channels_first", reference=None, tolerance=5),
    row("depthwise_conv", image, normal(3, 3, 4, 2), padding="same", reference=None, tolerance=5),
    row("depthwise_conv", image, normal(3, 2, 4, 1), strides=2, reference=None, tolerance=5),
    row("separable_conv", image, normal(3, 3, 4, 2), normal(1, 1, 8, 3), padding="same", reference=None, tolerance=5),
    *[
        row("conv_transpose", image, normal(*size, 3, 4), reference=None, tolerance=5, strides=s, padding=p, **more)
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
        row(name, image, size, strides=s, padding=p, reference=None)
        for name in ("max_pool", "average_pool")
        for size, s, p in ((2, 2, "valid"), ((3, 2), 2, "same"), (3, 1, "same"), (2, (2, 3), "valid"))
    ],
    row("max_pool", normal(2, 9, 3), 2, strides=2, reference=None),
    row("average_pool", normal(2, 4, 7, 6), 2, strides=2, data_format="channels_first", reference=None),
    *keras_only("adaptive_average_pool adaptive_max_pool", image, (3, 2), data_format="channels_last"),
    *keras_only("depth_to_space", image, 2),
    *keras_only("space_to_depth", normal(2, 4, 6, 3), 2),
]
CORE = [
    row("cast", x, "int32", reference=lambda a, d: a.astype(d)),
    row("saturate_cast", given([-3.0, 300.0, 12.0]), "uint8", reference=lambda a, d: np.uint8([0, 255, 12])),
    row("stop_gradient", x, reference=lambda a: a),
    row("associative_scan", lambda a, b: a * b, x, axis=1, reference=lambda f, a, axis: np.cumprod(a, axis)),
    row(
        "associative_scan", lambda a, b: a + b, x, reverse=True, reference=lambda f, a, reverse: a[::-1].cumsum(0)[::-1]
    ),
]


def numbered(cases):
    """The cases with unique names: the op's, and a number if it has several."""
    seen = Counter()
    for case in cases:
        seen[case.op] += 1
        yield replace(case, name=f"{case.op} {seen[case.op]}" if seen[case.op] > 1 else case.op)


ALL = [*numbered([*ELEMENTWISE, *REDUCTIONS, *SHAPES, *CREATION, *INDEXING, *PRODUCTS, *NN, *CORE])]
CASES = [case for case in ALL if case.keras]  # those that real Keras can run
