"""Every NumPy kernel: its gradient by finite differences, its dtypes, and, if it is fused, its composition."""

import numpy as np
import pytest

from nbkeras import ops
from nbkeras.autodiff import Tape, detach
from nbkeras.backends import HOLE
from nbkeras.backends.numpy.registry import KERNELS
from nbkeras.ops.dispatch import FUSED
from tests.cases.numbers import drawn, given, integers, normal, simplex, uniform

OWN = {
    "elementwise",
    "factorizations",
    "fourier",
    "indexing",
    "linear",
    "nn",
    "random",
    "reductions",
    "shaping",
}  # the others have tests beside them
apart = given([[0.3, -1.2, 2.4], [1.1, 0.4, -0.7]])  # no ties, nothing near 0, half or whole numbers
apart2 = given([[0.9, -2.1, 1.6], [-0.6, 1.7, 2.2]])
square = given([[2.0, 0.3, 0.1], [0.3, 1.5, -0.2], [0.1, -0.2, 1.1]])
positive = uniform(2, 3, low=0.3, high=2.0)
inside = uniform(2, 3, low=-0.9, high=0.9)
ids = integers(4, 2, high=5)


def row(name, *args, smooth=True, **attributes):
    return pytest.param(name, list(args), attributes, smooth, id=f"{name}-{len(args)}-{attributes}"[:70])


UNARY = {
    apart: "absolute negative square exp exp2 expm1 sin cos tan arctan sinh cosh tanh arcsinh cbrt erf i0 conj sign "
    "floor ceil trunc round reciprocal real imag relu sigmoid log_sigmoid softplus relu6 hard_sigmoid silu copy",
    positive: "sqrt rsqrt log log1p log2 log10",
    inside: "arcsin arccos arctanh erfinv",
    uniform(2, 3, low=1.2, high=3.0): "arccosh",
}
BINARY = "add subtract multiply true_divide power maximum minimum fmod mod arctan2 hypot logaddexp floor_divide"
ROWS = [
    *[row(name, x) for x, names in UNARY.items() for name in names.split()],
    *[row(name, positive, uniform(2, 3, low=2.1, high=3.0)) for name in BINARY.split()],
    *[row(name, uniform(2, 3, low=2.1, high=3.0), uniform(3, low=0.5, high=1.0)) for name in BINARY.split()],
    *[row(name, uniform(2, 1, low=0.5, high=1.0), uniform(4, 1, 3, low=2.1, high=3.0)) for name in BINARY.split()],
    row("nextafter", apart, apart2, smooth=False),
    row("power", apart, 2),
    row("power", positive, 0.5),
    row("power", apart, given([2, 0, 3], "int8")),
    row("multiply", 3.0, apart),
    row("where", given([[1, 0, 1], [0, 0, 1]], "bool"), apart, apart2),
    row("where", given([1, 0, 1], "bool"), apart, given([0.5])),
    row("divide_no_nan", apart, positive),
    row("divide_no_nan", apart, given([0.0, 2.0, 0.0]), smooth=False),
    row("clip", apart, -1.0, 1.0),
    row("clip", apart, given([-1.0, -1.0, 0.2]), given([[1.0], [0.6]])),
    row("leaky_relu", apart, negative_slope=0.3),
    row("elu", apart, alpha=1.3),
    row("gelu", apart, approximate=True),
    row("gelu", apart, approximate=False),
    *[row(name, apart, axis=axis) for name in ("softmax", "log_softmax") for axis in (0, 1)],
    *[
        row(name, x, axis=axis, keepdims=keepdims)
        for name in ("sum", "mean", "var", "prod", "max", "min", "logsumexp")
        for x, axis, keepdims in ((apart, None, False), (apart, 1, True), (normal(2, 3, 4), (0, 2), False))
    ],
    row("prod", given([[0.0, 2.0, 3.0], [0.5, 0.0, 0.0]]), axis=1),
    row("prod", given([[0.0, 2.0, 3.0], [0.5, 0.7, 0.2]])),
    row("cumsum", normal(2, 3, 4), axis=1),
    row("cumprod", normal(2, 3, 4), axis=1),
    row("cumprod", given([[0.0, 2.0, 3.0], [0.5, 0.0, 0.4]]), axis=1),
    row("sort", normal(3, 4), axis=0),
    row("top_k", normal(3, 4), k=2),
    row("full", given(2.0), shape=(2, 3), dtype=None),
    row("reshape", apart, shape=(3, 2)),
    row("transpose", normal(2, 3, 4), axes=(2, 0, 1)),
    row("transpose", normal(2, 3, 4)),
    row("broadcast_to", normal(2, 1), shape=(4, 2, 3)),
    row("concatenate", normal(2, 3), normal(2, 1), normal(2, 2), axis=1),
    row("stack", normal(2, 3), normal(2, 3), axis=1),
    row("pad", normal(3, 4), widths=((1, 0), (2, 3))),
    row("pad", normal(3, 4), widths=((1, 2), (2, 3)), mode="reflect"),
    row("pad", normal(3, 4), widths=((3, 1), (2, 3)), mode="symmetric"),
    row("pad", normal(3, 4), widths=((3, 1), (0, 3)), mode="edge"),
    row("flip", normal(3, 4), axis=(0,)),
    row("roll", normal(3, 4), shift=2, axis=1),
    row("roll", normal(3, 4), shift=2, axis=None),
    row("roll", normal(3, 4), shift=(1, -2), axis=(0, 1)),
    row("repeat", normal(3, 4), repeats=2, axis=1),
    row("repeat", normal(3, 4), repeats=(1, 0, 3), axis=0),
    row("getitem", normal(3, 4), key=(1, slice(None, None, -2))),
    row("getitem", normal(3, 4), key=(Ellipsis, None, slice(1, 3))),
    row("getitem", normal(3, 4), integers(5, high=3), key=(HOLE, 2)),
    row("getitem", normal(3, 4), integers(2, 2, high=4), key=(slice(None), HOLE)),
    row("getitem", normal(3, 4), given([1, 0, 1], "bool"), key=(HOLE,)),
    row("take", normal(5, 3), ids, axis=0),
    row("take", normal(2, 5, 3), ids, axis=1),
    row("take", normal(5, 3), given([0, -1, 14, 0], "int32"), axis=None),
    row("take", normal(5, 2), given([3] * 70 + [1, -5, 4], "int32"), axis=0),
    row("take", normal(5, 2), given(2, "int32"), axis=0),
    row("take_along_axis", normal(3, 5), integers(3, 2, high=5), axis=1),
    row("take_along_axis", normal(3, 1), integers(1, 5, high=3), axis=0),
    row("block", normal(3, 4), given([1, 3], "int32"), shape=(2, 2)),
    row("block_update", normal(3, 4), given([1, 3], "int32"), normal(2, 2)),
    row("scatter", normal(5, 2), given([[1], [3], [1]], "int32"), normal(3, 2), reduction="add"),
    row("scatter", normal(5, 2), given([[1, 0], [3, 1], [1, 0]], "int32"), normal(3), reduction="add"),
    row("scatter", normal(5, 2), given([[1], [3]], "int32"), normal(2, 2)),
    *[
        row("scatter", normal(5, 2), given([[1], [3]], "int32"), normal(2, 2), reduction=r)
        for r in ("max", "min", "mul")
    ],
    *[
        row("matmul", normal(*a), normal(*b))
        for a, b in (
            ((2, 3), (3, 4)),
            ((3,), (3,)),
            ((3,), (3, 4)),
            ((2, 3), (3,)),
            ((5, 2, 3), (3, 4)),
            ((5, 2, 3), (5, 3, 4)),
            ((2, 3), (5, 3, 4)),
            ((5, 1, 2, 3), (4, 3, 2)),
            ((3,), (5, 3, 4)),
            ((5, 2, 3), (3,)),
        )
    ],
    row("einsum", normal(2, 3), normal(3, 4), subscripts="ij,jk->ik"),
    row("einsum", normal(2, 3, 3), subscripts="bii->b"),
    row("einsum", normal(2, 3), normal(2), subscripts="ij,i->"),
    row("einsum", normal(2, 3), normal(2, 5), normal(5), subscripts="ij,ik,k->jk"),
    *[
        row("dense", normal(2, 3, 4), normal(4, 5), normal(5), activation=name)
        for name in (None, "linear", "relu", "tanh", "sigmoid")
    ],
    row("dense", normal(6, 4), normal(4, 5), None),
    row("inv", square),
    row("det", square),
    row("slogdet", square),
    row("solve", square, normal(3, 2)),
    row("solve", square, normal(3)),
    row("fft", normal(3, 5), normal(3, 5), axes=(1,)),
    row("fft", normal(2, 3, 4), normal(2, 3, 4), axes=(1, 2), inverse=True),
    *[row("rfft", normal(2, 6), n=n) for n in (6, 5, 9)],
    *[row("irfft", normal(2, 4), normal(2, 4), n=n) for n in (6, 7, 5, 11)],
    row("lu", normal(4, 4)),
    row("lu", normal(2, 3, 3)),
    row("qr", normal(4, 3), mode="reduced"),
    row("qr", normal(2, 3, 3), mode="reduced"),
    *[row("svd", normal(*shape), full_matrices=False) for shape in ((3, 3), (4, 3), (2, 3, 4))],
    row("svd", normal(3, 4), compute_uv=False),
    *[row("lstsq", normal(*shape), normal(shape[0], 2)) for shape in ((4, 3), (3, 4))],
    row("lstsq", normal(4, 3), normal(4)),
    row("softmax_cross_entropy", simplex(3, 4), normal(3, 4)),
    row("sparse_softmax_cross_entropy", integers(3, 2, high=4), normal(3, 2, 4)),
    row("binary_crossentropy", uniform(3, 4), uniform(3, 4, low=0.1, high=0.9), epsilon=0.2),
    row("categorical_crossentropy", simplex(3, 4), uniform(3, 4, low=0.1, high=2.0), epsilon=0.15),
    row("sparse_categorical_crossentropy", integers(3, 2, high=4), uniform(3, 2, 4, low=0.1), epsilon=0.15),
    row("sigmoid_cross_entropy", uniform(3, 4), normal(3, 4, scale=3.0)),
    row("layer_norm", normal(2, 3, 5), normal(5), normal(5), epsilon=1e-3),
    row("layer_norm", normal(4, 5), None, None, epsilon=1e-3),
    row("rms_norm", normal(2, 3, 5), normal(5), epsilon=1e-3),
    row("rms_norm", normal(4, 5), None, epsilon=1e-3),
    row("normalize_columns", normal(2, 3, 5), normal(5), normal(5), epsilon=1e-3),
    row("normalize_columns", normal(6, 5), None, None, epsilon=1e-3),
    row("dropout", normal(4, 5), given([3, 1], "uint32"), rate=0.4, shape=(4, 1)),
]
SYMMETRIC = {"cholesky", "eigh"}  # functions of symmetric matrices: differentiated along symmetric directions
WITHOUT = {
    "as_complex", "bitcast", "eig", "arange", "nonzero", "random_bits", "one_hot", "any", "all", "argmax", "argmin",
    "argsort", "searchsorted", "stop_gradient", "equal", "not_equal", "less", "less_equal", "greater", "greater_equal",
    "logical_and", "logical_or", "logical_xor", "logical_not", "bitwise_and", "bitwise_or", "bitwise_xor",
    "bitwise_not", "left_shift", "right_shift", "gcd", "lcm", "isnan", "isinf", "isfinite", "signbit", "cast",
}  # fmt: skip


def arrays(descriptions, name, dtype):
    """The arguments of a row, floats in `dtype`."""

    def convert(a):
        return a.astype(dtype) if isinstance(a, np.ndarray) and a.dtype == np.float32 else a

    return [a if isinstance(a, (int, float)) else convert(drawn(a, name, i)) for i, a in enumerate(descriptions)]


def is_float(a):
    return isinstance(a, np.ndarray) and a.dtype.kind == "f"


def as_tuple(y):
    return y if isinstance(y, tuple) else (y,)


def weights_like(y):
    """A random `d` for every float result, `None` for the others."""
    generator = np.random.RandomState(5)
    ds = tuple(
        generator.standard_normal(np.shape(p)).astype(p.dtype) if p.dtype.kind == "f" else None for p in as_tuple(y)
    )
    return ds if isinstance(y, tuple) else ds[0]


def projected(y, d):
    return sum(float((p * q).sum()) for p, q in zip(as_tuple(y), as_tuple(d)) if q is not None)


def gradients(vjp, d, args):
    """The gradients of the float arrays among `args`, `None` for the others."""
    return [(g() if callable(g) else g) if is_float(a) else None for a, g in zip(args, vjp(d))]


@pytest.mark.parametrize(("name", "args", "attributes", "smooth"), ROWS)
def test_gradient_by_finite_differences(name, args, attributes, smooth):
    attributes = dict(attributes)
    if name == "full":
        attributes["dtype"] = "float64"
    args = arrays(args, name, "float64")
    y, vjp = KERNELS[name](*args, **attributes)
    d = weights_like(y)
    grads = gradients(vjp, d, args)
    generator = np.random.RandomState(7)
    checked = 0
    for i, (a, g) in enumerate(zip(args, grads)):
        if not is_float(a) or not smooth:
            continue
        checked += 1
        v = generator.standard_normal(a.shape)
        step = 1e-6
        ahead, behind = (
            projected(KERNELS[name](*args[:i], a + s * v, *args[i + 1 :], **attributes)[0], d) for s in (step, -step)
        )
        expected = (ahead - behind) / (2 * step)
        assert g.shape == a.shape
        np.testing.assert_allclose((g * v).sum(), expected, rtol=2e-5, atol=1e-7)
    assert checked or not smooth


@pytest.mark.parametrize(("name", "args", "attributes", "smooth"), ROWS)
def test_dtype_is_preserved(name, args, attributes, smooth):
    attributes = dict(attributes)
    if name == "full":
        attributes["dtype"] = "float32"
    args = arrays(args, name, "float32")
    y, vjp = KERNELS[name](*args, **attributes)
    assert all(p.dtype in (np.float32, np.int32) for p in as_tuple(y))
    for a, g in zip(args, gradients(vjp, weights_like(y), args)):
        if is_float(a):
            assert g.dtype == np.float32
            assert g.shape == a.shape


@pytest.mark.parametrize("name", sorted(SYMMETRIC))
def test_gradient_of_functions_of_symmetric_matrices(name):
    x = drawn(square).astype("float64")
    y, vjp = KERNELS[name](x)
    d = weights_like(y)
    v = np.random.RandomState(3).standard_normal(x.shape)
    v = v + v.T
    step = 1e-6
    expected = (projected(KERNELS[name](x + step * v)[0], d) - projected(KERNELS[name](x - step * v)[0], d)) / (
        2 * step
    )
    np.testing.assert_allclose((gradients(vjp, d, [x])[0] * v).sum(), expected, rtol=1e-5)


def test_every_kernel_has_a_row():
    own = {n for n, k in KERNELS.items() if k.__module__.rsplit(".", 1)[1] in OWN}
    assert own == {r.values[0] for r in ROWS} | SYMMETRIC | WITHOUT


FUSED_ROWS = [r for r in ROWS if r.values[0] in FUSED]


@pytest.mark.parametrize(("name", "args", "attributes", "smooth"), FUSED_ROWS)
def test_kernel_equals_composition(name, args, attributes, smooth):
    args = arrays(args, name, "float32")
    y, vjp = KERNELS[name](*args, **attributes)
    d = weights_like(y)
    tape = Tape()
    watched = [tape.watch(a) if is_float(a) else a for a in args]
    reference = FUSED[name].composition(*watched, **attributes)
    total = sum(ops.sum(p * q) for p, q in zip(as_tuple(reference), as_tuple(d)))
    for p, q in zip(as_tuple(y), as_tuple(reference)):
        assert p.dtype == q.dtype
        np.testing.assert_allclose(p, detach(q), rtol=2e-5, atol=2e-6)
    expected = tape.gradient(total, np.float32(1), [w for a, w in zip(args, watched) if is_float(a)])
    found = [g for a, g in zip(args, gradients(vjp, d, args)) if is_float(a)]
    for g, e in zip(found, expected):
        np.testing.assert_allclose(g, e, rtol=2e-4, atol=2e-5)


def test_every_fused_op_of_this_room_is_compared():
    own = {name for name in FUSED if KERNELS[name].__module__.rsplit(".", 1)[1] in OWN}
    assert own <= {r.values[0] for r in FUSED_ROWS}


def test_a_missing_gradient_is_an_error():
    _, vjp = KERNELS["eig"](drawn(square))
    with pytest.raises(NotImplementedError, match=r"no gradient of ops\.eig"):
        vjp(None)


def test_unused_gradients_cost_nothing():
    """A thunk nobody wants is never called."""
    called = []
    tape = Tape()
    x = tape.watch(np.float32([1.0, 2.0]))

    def kernel(a, b):
        return a * b, lambda d: (lambda: d * b, lambda: called.append(1))

    y = tape.run(kernel, (x, np.float32(3)), {})
    np.testing.assert_array_equal(tape.gradient(y, np.ones(2, "float32"), [x])[0], [3, 3])
    assert not called
