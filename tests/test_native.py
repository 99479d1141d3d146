"""Native kernels and the programs made of them: the numbers of NumPy, for every instruction set that runs here."""

import os
import subprocess
import sys
import textwrap
from functools import partial

import numpy as np
import pytest

from nbkeras.backends.numpy import native
from nbkeras.backends.numpy.native_program import NativeCall, natively
from nbkeras.backends.numpy.products import dot
from nbkeras.backends.numpy.threads import thread_count
from nbkeras.backends.numpy.traced import Recorder

pytestmark = pytest.mark.native

ONE = "negative absolute square sqrt reciprocal sign exp log tanh sin floor".split()
TWO = "add subtract multiply divide maximum minimum power".split()
COMPARISONS = "equal not_equal less less_equal greater greater_equal".split()
BITWISE = "bitwise_xor bitwise_and bitwise_or".split()
SPECIAL = [0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 1e-40, -1e-40, 3.4e38, 88.7, 89.5, -87.4, -103.0, -104.5]


def stream(name):
    return np.random.default_rng([ord(letter) for letter in name])


def recorded(function, arrays):
    """The result of `function(*arrays)`, and the calls that made it, as natively as can be."""
    recorder = Recorder()
    with recorder, np.errstate(all="ignore"):
        wrapped = [recorder.wrap(a) for a in arrays]
        result = function(*wrapped)
    return result.array, natively(recorder.calls, [t.memory.block for t in (result, *wrapped)])


def check(function, *arrays):
    """A native program writes, bit by bit, what NumPy has written; it is all native."""
    result, translated = recorded(function, arrays)
    expected = result.copy()
    assert [type(call.function) for call in translated] == [NativeCall]
    result.fill(77)
    translated[0].function()
    same = result.view(f"u{result.itemsize}") == expected.view(f"u{result.itemsize}")
    assert (same | ((result != result) & (expected != expected))).all()


def layouts(rng, make):
    """Arrays of many shapes and layouts, each with a partner of the same shape."""
    for shape in [(), (1,), (7,), (16,), (33,), (1000,), (5, 3), (4, 17), (3, 4, 5), (2, 1, 9), (20000,)]:
        yield make(rng, shape), make(rng, shape)
    yield make(rng, (6, 10))[::2, 1::3], make(rng, (3, 3))
    yield make(rng, (8, 5)).T, make(rng, (5, 8))
    yield make(rng, (8, 5)).T, make(rng, (8, 5)).T
    yield make(rng, (5, 8)), make(rng, (8,))
    yield make(rng, (5, 8)), make(rng, (5, 1))
    yield make(rng, (5, 1)), make(rng, (1, 8))
    yield make(rng, (4, 3, 5)), make(rng, (3, 1))
    yield make(rng, (9,)), make(rng, ())
    yield make(rng, (20000,)), make(rng, ())


def floats(rng, shape):
    return rng.normal(size=shape).astype("f4")


def whole(dtype):
    return lambda rng, shape: rng.integers(0, 5, shape).astype(dtype)


def special(rng, shape):
    return rng.choice(np.array(SPECIAL, "f4"), shape)


@pytest.mark.parametrize("make", [floats, special])
@pytest.mark.parametrize("name", ONE)
def test_one_argument(variant, name, make):
    for x, _ in layouts(stream(name), make):
        check(getattr(np, name), x)


@pytest.mark.parametrize("make", [floats, special])
@pytest.mark.parametrize("name", [*TWO, *COMPARISONS])
def test_two_arguments(variant, name, make):
    for x, y in layouts(stream(name), make):
        check(getattr(np, name), x, y)


@pytest.mark.parametrize(
    ("name", "dtype"),
    [*((name, "i4") for name in [*COMPARISONS, "add", "subtract", "multiply"]), *((name, "u2") for name in COMPARISONS)]
    + [(name, "u4") for name in [*BITWISE, "add", "multiply", "left_shift", "right_shift"]],
)
def test_whole_numbers(variant, name, dtype):
    for x, y in layouts(stream(name), whole(dtype)):
        check(getattr(np, name), x, y)


@pytest.mark.parametrize("name", ["logical_and", "logical_or", "multiply", "multiply of a mask"])
def test_masks(variant, name):
    for x, y in layouts(stream(name), lambda rng, shape: rng.random(shape) < 0.5):
        if name.startswith("logical"):
            check(getattr(np, name), x, y)
        else:
            pair = (x, y.astype("f4")) if name == "multiply" else (x.astype("f4"), y)
            check(np.multiply, *pair)


CASTS = "f4:f4 i4:i4 i8:i8 u4:u4 ?:? i4:f4 i8:f4 i8:i4 i4:i8 u4:i4 i4:u4 ?:f4 ?:i4 f4:i4 f4:?".split()


@pytest.mark.parametrize("cast", CASTS)
def test_copies(variant, cast):
    before, after = cast.split(":")
    for x, _ in layouts(stream(cast), whole(before)):
        check(lambda x: x.astype(after), x)


@pytest.mark.parametrize("dtype", ["f2", "f8", "i8", "u1"])
def test_other_types(variant, dtype):
    for x, y in layouts(stream(dtype), whole(dtype)):
        check(np.add, x, y)


@pytest.mark.parametrize("name", ["sum", "max", "min"])
def test_reductions(variant, name):
    rng = stream(name)
    axes = {1: [None, 0], 2: [None, 0, 1, -1], 3: [None, 0, 1, 2, (0, 1), (1, 2)]}
    for shape in [(5,), (300,), (8192,), (7, 5), (3, 700), (700, 3), (4, 5, 6), (2, 200, 3), (3, 1, 9)]:
        for axis in axes[len(shape)]:
            for keepdims in (False, True):
                check(partial(getattr(np, name), axis=axis, keepdims=keepdims), floats(rng, shape))


def test_products(variant):
    """Within the rounding of so many sums; recorded, the bits that a plain call gives."""
    rng = stream("dot")
    sizes = [1, 2, 3, 7, 8, 9, 16, 17, 31, 33, 50]
    for _ in range(300):
        m, n, k = rng.choice(sizes, 3)
        a = floats(rng, (m, k)) if rng.random() < 0.5 else floats(rng, (k, m)).T
        b = floats(rng, (k, n)) if rng.random() < 0.5 else floats(rng, (n, k)).T
        a = a[0] if m == 1 and rng.random() < 0.5 else a
        b = b[:, 0] if n == 1 and rng.random() < 0.5 else b
        y = dot(a, b)
        np.testing.assert_allclose(y, np.dot(a, b), rtol=0, atol=3e-7 * np.dot(np.abs(a), np.abs(b)).max())
        assert recorded(dot, [a, b])[0].tobytes() == y.tobytes()
        check(dot, a, b)


def test_a_chain_on_long_arrays_runs_tile_by_tile(variant):
    """As Adam's update; the same bits for any number of threads."""
    rng, n = stream("chain"), 100_003
    weight, grad, slot = floats(rng, n), floats(rng, n), np.abs(floats(rng, n))

    def step(weight, grad, slot):
        slot += (np.square(grad) - slot) * np.float32(0.01)
        return weight - grad / (np.sqrt(slot) + np.float32(1e-7))

    now = slot.copy()
    result, (call,) = recorded(step, [weight, grad, now])
    expected = result.copy(), now.copy()
    assert len(call.function.table) == 1
    for count in (1, 2, 5):
        native.library().set_threads(count)
        now[...], result[...] = slot, 0
        call.function()
        np.testing.assert_array_equal(result, expected[0])
        np.testing.assert_array_equal(now, expected[1])
    native.library().set_threads(thread_count())


def test_what_has_no_kernel_stays_with_numpy(variant):
    """Overlapping views, four dimensions that do not run on, axes apart, casts without a kernel, `numpy.dot`."""

    def shifted(x):
        return np.negative(x[:-1], out=x[1:])

    wide = floats(stream("wide"), (200, 300))
    cases = [
        (shifted, [np.arange(9, dtype="f4")]),
        (np.negative, [floats(stream("dimensions"), (4, 6, 4, 6))[::2, ::2, ::2, ::2]]),
        (np.dot, [wide, wide.T]),
        (partial(np.sum, axis=(0, 2)), [floats(stream("axes"), (3, 4, 5))]),
        (np.multiply, [np.ones(3, "f2"), np.ones(3)]),
        (np.sum, [floats(stream("long"), 20_000)]),
    ]
    for function, arrays in cases:
        _, translated = recorded(function, arrays)
        assert NativeCall not in [type(call.function) for call in translated]


def test_runs_once_for_each_batch(variant):
    x, total = np.zeros((2, 3), "f4"), np.zeros(3, "f4")

    def step(x, total):
        total += x.sum(0)
        return total

    _, (call,) = recorded(step, [x, total])
    batches = np.arange(30, dtype="f4").reshape(5, 2, 3)
    total[...] = 0
    call.function.over([x], [batches])
    np.testing.assert_array_equal(total, batches.sum((0, 1)))


def in_a_process(code, **environment):
    """What a fresh Python with these environment variables prints."""
    run = [sys.executable, "-c", textwrap.dedent(code)]
    return subprocess.run(run, env={**os.environ, **environment}, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"NBKERAS_NATIVE": "0"}, "native kernels  none"),
        ({"NBKERAS_NATIVE": "baseline", "NBKERAS_NUM_THREADS": "1"}, "native kernels  baseline, 1 thread"),
        ({"NBKERAS_NATIVE": "sse9"}, "NBKERAS_NATIVE expects 0, 1, avx512, avx2, baseline, got 'sse9'"),
        ({"NBKERAS_NUM_THREADS": "none"}, "NBKERAS_NUM_THREADS expects a number of threads, 1 or more, got 'none'"),
        ({"NBKERAS_NUM_THREADS": "1"}, ", 1 thread\n"),
    ],
)
def test_the_environment_chooses(environment, said, native_kernels):
    run = in_a_process("import nbkeras; nbkeras.show_config()", **environment)
    assert said in run.stdout + run.stderr


def test_a_forked_process_has_threads_of_its_own(native_kernels):
    """Work that threads share, before the fork and after it."""
    code = """
        import os, warnings
        import numpy as np
        from nbkeras.backends.numpy import native
        from nbkeras.backends.numpy.native_program import natively
        from nbkeras.backends.numpy.traced import Recorder
        warnings.simplefilter("ignore")  # Python 3.12 warns of every fork beside threads
        native.library().set_threads(3)
        x, recorder = np.ones(200_000, "f4"), Recorder()
        with recorder:
            y = np.negative(recorder.wrap(x))
        (call,) = natively(recorder.calls, [y.memory.block])
        y = y.array
        def works():
            y[:] = 0
            call.function()
            return bool((y == -1).all())
        before, child = works(), os.fork()
        if child == 0:
            os._exit(0 if works() else 1)
        print(before, os.waitpid(child, 0)[1], works())
    """
    run = in_a_process(code)
    assert run.stdout == "True 0 True\n", run.stderr
