"""Native recurrences: the numbers of the NumPy kernels, whatever is masked, for each instruction set that runs here."""

import numpy as np
import pytest

from nbkeras.backends.numpy import native, native_recurrent
from nbkeras.backends.numpy.registry import KERNELS
from nbkeras.backends.numpy.threads import thread_count
from nbkeras.backends.numpy.traced import Recorder, Traced
from tests.cases.numbers import stream

pytestmark = pytest.mark.native

# The op, its gates, how many states it has, whether it has a bias, and attributes.
ROWS = {
    "simple rnn": ("simple_rnn", 1, 1, None, {}),
    "lstm": ("lstm", 4, 2, None, {}),
    "gru": ("gru", 3, 1, True, {}),
    "gru without bias": ("gru", 3, 1, False, {}),
    "gru reset before": ("gru", 3, 1, False, {"reset_after": False}),
}
# Steps, batch, units: single ones, less and more than a vector and than a tile, several blocks of the batch.
SHAPES = [(1, 1, 1), (3, 2, 5), (5, 9, 16), (4, 1, 64), (7, 33, 17), (2, 130, 16), (3, 6, 130), (20, 30, 64)]
rows = pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)


def drawn(*shape, salt):
    return (stream("native", salt).standard_normal(shape) / 2).astype("f4")


def arguments(row, shape):
    _, gates, states, bias, _ = row
    steps, batch, units = shape
    args = [drawn(steps, batch, gates * units, salt=0), *(drawn(batch, units, salt=1 + i) for i in range(states))]
    args.append(drawn(units, gates * units, salt=3) / np.float32(units**0.5))
    if bias is not None:
        args.append(drawn(gates * units, salt=4) if bias else None)
    return args


def masks(shape):
    kept = stream("mask", 0).random((shape[1], shape[0])) < 0.6
    kept[0] = False
    return None, kept.T


def results(row, args, mask, d, dropout=None, **options):
    """Outputs, states and gradients of the kernel."""
    y, vjp = KERNELS[row[0]](*args, mask, dropout, **row[-1], **options)
    return [*y, *(g for g in vjp(d) if g is not None)]


def by_numpy(monkeypatch, *args, **options):
    with monkeypatch.context() as patched:
        patched.setattr(native_recurrent, "applies", lambda *args: False)
        return results(*args, **options)


def gradients(row, shape, sequences):
    """One for each output, and then with each of them unused."""
    steps, batch, units = shape
    first = drawn(steps, batch, units, salt=5) if sequences else drawn(batch, units, salt=5)
    d = (first, *(drawn(batch, units, salt=6 + i) for i in range(row[2])))
    return d, *(tuple(None if i == unused else q for i, q in enumerate(d)) for unused in range(len(d)))


@rows
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_equals_numpy(variant, monkeypatch, row, shape):
    args = arguments(row, shape)
    for mask in masks(shape):
        for sequences in (False, True):
            options = {"return_sequences": sequences, "zero_output_for_mask": sequences}
            for d in gradients(row, shape, sequences):
                found = results(row, args, mask, d, **options)
                expected = by_numpy(monkeypatch, row, args, mask, d, **options)
                assert len(found) == len(expected)
                for ours, theirs in zip(found, expected):
                    assert ours.dtype == np.float32
                    np.testing.assert_allclose(ours, theirs, rtol=2e-5, atol=2e-6 * max(1, np.abs(theirs).max()))


@rows
def test_any_number_of_threads_gives_the_same_bits(variant, row):
    shape = (20, 30, 64)
    args, d = arguments(row, shape), gradients(row, shape, True)[0]
    for mask in masks(shape):
        expected = None
        for count in (1, 2, 5):
            native.library().set_threads(count)
            found = results(row, args, mask, d)
            expected = expected or found
            assert all(np.array_equal(a, b) for a, b in zip(found, expected))
    native.library().set_threads(thread_count())


@rows
def test_takes_views(variant, row):
    """Arrays in any order of memory, read only; what is given is not changed."""
    shape = (3, 5, 18)
    args, d, mask = arguments(row, shape), gradients(row, shape, True)[0], masks(shape)[1]
    expected = results(row, args, mask, d)

    def view(a):
        a = None if a is None else np.repeat(a, 2, axis=-1)[..., ::2]
        if a is not None:
            a.setflags(write=False)
        return a

    found = results(row, [view(a) for a in args], view(mask), tuple(view(q) for q in d))
    assert all(np.array_equal(a, b) for a, b in zip(found, expected))


@rows
def test_is_one_call_of_a_record_each_way(variant, row):
    shape = (3, 5, 16)
    args, d = arguments(row, shape), gradients(row, shape, False)[0]
    expected = results(row, args, None, d, return_sequences=False)
    recorder = Recorder()
    with recorder:
        traced = [a if a is None else recorder.wrap(a) for a in args]
        found = results(row, traced, None, tuple(recorder.wrap(q) for q in d), return_sequences=False)
    assert sum(isinstance(call.function, native.Kernel) for call in recorder.calls) == 2
    assert all(type(a) is Traced and np.array_equal(a.array, b) for a, b in zip(found, expected))


def test_what_it_does_not_do_stays_with_numpy(variant):
    shape = (3, 5, 16)
    args = arguments(ROWS["lstm"], shape)
    mask = masks(shape)[1]
    dropout = np.ones((4, 5, 16), "f4")
    assert native_recurrent.applies("lstm", args, mask, None)
    assert not native_recurrent.applies("lstm", args, mask, dropout)
    assert not native_recurrent.applies("lstm", args, mask.astype("i4"), None)
    assert not native_recurrent.applies("lstm", [*args[:-1], args[-1].astype("f8")], mask, None)


# The functions of elementary.h as the kernels use them: tanh as a step of a simple RNN without recurrence, the sigmoid
# as what an LSTM's forget gate leaves of 1, the exponential as a softmax of two numbers.
def tanh(x):
    (ys, *_), _ = KERNELS["simple_rnn"](x[None], np.zeros_like(x), np.zeros((16, 16), "f4"), None, None)
    return ys


def sigmoid(x):
    closed, nothing = np.full_like(x, -200), np.zeros_like(x)
    z = np.concatenate([closed, x, nothing, nothing], axis=1)[None]
    y, _ = KERNELS["lstm"](z, nothing, np.ones_like(x), np.zeros((16, 64), "f4"), None, None)
    return y[-1]


def first_of_two(x):
    columns = np.full((x.size, 16), -200, "f4")
    columns[:, 0], columns[:, 1] = x.ravel(), 0
    return KERNELS["softmax"](columns, axis=-1)[0][:, 0].reshape(x.shape)


ELEMENTARY = {"tanh": (tanh, np.tanh), "sigmoid": (sigmoid, None), "exp": (first_of_two, None)}


@pytest.mark.parametrize("name", ELEMENTARY)
def test_elementary_functions_are_within_three_units_in_the_last_place(variant, name):
    ours, exactly = ELEMENTARY[name]
    small = np.geomspace(1e-30, 1, 40_000)
    x = np.concatenate([np.linspace(-80, 80, 160_000), small, -small]).astype("f4").reshape(-1, 16)
    exact = (exactly or (lambda x: 1 / (1 + np.exp(-x))))(x.astype("f8"))
    units = np.abs(ours(x) - exact) / np.spacing(np.abs(exact).astype("f4"))
    assert units.max() <= 3
