"""Native attention, normalisation, softmax and embedding: NumPy's numbers in float64, for every instruction set."""

import numpy as np
import pytest

from nbkeras.backends.numpy import native, native_attention, native_embedding, native_normalization
from nbkeras.backends.numpy.recordable import is_recording
from nbkeras.backends.numpy.registry import KERNELS
from nbkeras.backends.numpy.threads import thread_count
from nbkeras.backends.numpy.traced import Recorder
from tests.cases.numbers import stream

pytestmark = pytest.mark.native

TOLERANCE = 2e-5  # of the largest number: sums of up to some thousand products in float32


def drawn(*shape, salt=0):
    return stream("rows", salt, *shape).standard_normal(shape).astype("f4")


def kept(*shape):
    return stream("kept", *shape).random_sample(shape) < 0.6


def places(rows, *shape):
    """Positions in a table, counted from either end."""
    return stream("places", *shape).randint(-rows, rows, shape).astype("i4")


def row(name, *arrays, **attributes):
    return name, arrays, attributes


def attention(batch, queries, keys, heads, size, value_size, mask=None, dropped=False, zero=False):
    q, k, v = (
        drawn(batch, n, heads, s, salt=i)
        for i, (n, s) in enumerate([(queries, size), (keys, size), (keys, value_size)])
    )
    dropout = kept(batch, heads, queries, keys).astype("f4") * 2 if dropped else None
    return row("attention", q, k, v, mask, dropout, scale=size**-0.5, zero_masked_rows=zero)


# Batch, queries, keys, heads and sizes: single ones, less and more than a vector, several blocks of 64, work to share.
PLAIN = [
    (1, 1, 1, 1, 1, 1), (2, 3, 5, 2, 3, 4), (1, 64, 64, 1, 16, 16), (2, 65, 130, 3, 17, 33), (1, 200, 70, 2, 64, 128),
    (32, 64, 64, 4, 16, 16),
]  # fmt: skip
MASKS = {
    "of keys": kept(2, 1, 1, 130),
    "of keys, less axes": kept(1, 130),
    "causal": np.tri(70, 130, dtype=bool)[None, None],
    "of each head": kept(2, 3, 70, 130),
    "of queries": kept(2, 1, 70, 1),
    "of all": np.zeros((1, 1, 1, 1), bool),
}
ROWS = {
    **{f"attention {sizes}": attention(*sizes) for sizes in PLAIN},
    "attention, further axis": row("attention", *(drawn(3, 2, 7, 2, 8, salt=i) for i in range(3)), scale=0.3),
    **{
        f"attention, mask {name}, dropped {dropped}, zero {zero}": attention(
            2, 70, 130, 3, 8, 5, mask=mask, dropped=dropped, zero=zero
        )
        for name, mask in MASKS.items()
        for dropped in (False, True)
        for zero in (False, True)
    },
    "attention, dropout": attention(2, 70, 130, 3, 8, 5, dropped=True),
    **{
        f"{name} {shape}": row(name, drawn(*shape), *parameters(shape[-1]), epsilon=1e-3)
        for shape in [(1,), (3, 1), (2, 3, 5), (33, 100), (7, 16), (2048, 64), (200, 333)]
        for name, parameters in {
            "layer_norm": lambda n: (drawn(n, salt=1), drawn(n, salt=2)),
            "rms_norm": lambda n: (drawn(n, salt=1),),
        }.items()
    },
    "layer_norm, scale only": row("layer_norm", drawn(9, 20), drawn(20), None, epsilon=1e-3),
    "layer_norm, offset only": row("layer_norm", drawn(9, 20), None, drawn(20), epsilon=1e-3),
    "rms_norm, no scale": row("rms_norm", drawn(9, 20), None, epsilon=1e-3),
    **{f"softmax {n}": row("softmax", 9 * drawn(*n)) for n in [(5,), (4, 1), (33, 10), (3, 257), (90, 640)]},
    **{
        f"take {table} {indices}": row("take", drawn(*table), places(table[0], *indices), axis=0)
        for table, indices in [((1, 1), (1,)), ((7, 3), (40,)), ((500, 64), (9, 99)), ((20, 2, 3), (2,)), ((9,), (5,))]
    },
    "take, mostly one": row("take", drawn(500, 64), places(500, 2000) * kept(2000), axis=0),
}
rows = pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)


def results(row, double=False, change=lambda a: a):
    """Outputs and gradients of the kernel, for the gradient of its first output."""
    name, arrays, attributes = row
    arrays = [a.astype("f8") if double and a is not None and a.dtype == np.float32 else a for a in arrays]
    y, vjp = KERNELS[name](*(None if a is None else change(a) for a in arrays), **attributes)
    first = y[0] if type(y) is tuple else y
    d = drawn(*first.shape, salt=9).astype(first.dtype)
    found = vjp((change(d), None) if type(y) is tuple else change(d))
    return [*(y if type(y) is tuple else (y,)), *(g() if callable(g) else g for g in found if g is not None)]


def close(ours, theirs):
    assert len(ours) == len(theirs)
    for a, b in zip(ours, theirs):
        assert (a.dtype, a.shape) == (np.float32, b.shape)
        np.testing.assert_allclose(a, b, rtol=TOLERANCE, atol=TOLERANCE * max(1, np.abs(b).max()))


def same_bits(ours, theirs):
    for a, b in zip(ours, theirs):
        np.testing.assert_array_equal(a, b)


@pytest.fixture
def only_native(monkeypatch):
    """NumPy's ways are closed to arrays of float32."""
    for module in (native_attention, native_embedding, native_normalization):
        applies = module.applies
        monkeypatch.setattr(module, "applies", lambda *args, applies=applies: _certainly(applies(*args), args))


def _certainly(applies, args):
    assert applies or any(getattr(a, "dtype", None) == np.float64 for a in args)
    return applies


@rows
def test_equals_numpy(variant, only_native, row):
    close(results(row), results(row, double=True))


@rows
def test_any_number_of_threads_gives_the_same_bits(variant, row):
    try:
        found = []
        for count in (1, 2, 5):
            native.library().set_threads(count)
            found.append(results(row))
    finally:
        native.library().set_threads(thread_count())
    same_bits(found[0], found[1])
    same_bits(found[0], found[2])


@rows
def test_views_give_the_same_bits(native_kernels, row):
    def every_other(a):
        return np.repeat(a, 2, axis=-1)[..., ::2] if a.ndim else a

    same_bits(results(row, change=every_other), results(row))


@rows
def test_gradients_of_float64_are_taken_in_float32(native_kernels, row):
    name, arrays, attributes = row
    y, vjp = KERNELS[name](*arrays, **attributes)
    if type(y) is tuple:
        found, expected = (vjp((drawn(*y[0].shape).astype(dtype), None)) for dtype in ("f8", "f4"))
    else:
        found, expected = (vjp(drawn(*y.shape).astype(dtype)) for dtype in ("f8", "f4"))
    same_bits([g for g in found if g is not None], [g for g in expected if g is not None])


@rows
def test_a_record_gives_the_same_bits(native_kernels, row):
    expected = results(row)
    recorder = Recorder()

    def traced(a):
        return recorder.wrap(a.copy())

    with recorder:
        assert is_recording()
        found = results(row, change=traced)
    for t in found:
        t.array[...] = 0
    for call in recorder.calls:
        call.function(*call.args, **call.kwargs)
    same_bits([t.array for t in found], expected)


def test_the_gradient_of_the_weights_is_numpys(native_kernels):
    _, arrays, attributes = attention(2, 70, 130, 3, 8, 5, mask=MASKS["causal"], dropped=True)
    d, d_weights = drawn(2, 70, 3, 5), drawn(2, 3, 70, 130)
    for given in ((d, d_weights), (None, d_weights)):
        found = [g for g in KERNELS["attention"](*arrays, **attributes)[1](given) if g is not None]
        double = [a.astype("f8") if a is not None and a.dtype == np.float32 else a for a in arrays]
        expected = KERNELS["attention"](*double, **attributes)[1](given)
        close(found, [g for g in expected if g is not None])


@pytest.mark.parametrize("row", [attention(2, 3, 5, 2, 300, 4), attention(2, 3, 0, 2, 8, 4)], ids=["wide", "no keys"])
def test_what_no_kernel_has_room_for_is_numpys(native_kernels, row):
    assert not native_attention.applies(*row[1])


def test_numbers_that_are_none(variant):
    """NaN and infinities come out where NumPy has them."""
    x = np.array([[1, np.nan, 2], [np.inf, 1, 2], [-np.inf, 1, 2], [-np.inf] * 3], "f4")
    for kernel in (KERNELS["softmax"], lambda x: KERNELS["layer_norm"](x, None, None, epsilon=1e-3)):
        with np.errstate(all="ignore"):
            np.testing.assert_allclose(kernel(x)[0], kernel(x.astype("f8"))[0], rtol=1e-5, atol=1e-7)
