"""Native convolution and pooling: the numbers of the NumPy kernels, which take what is float64."""

import numpy as np
import pytest

from nbkeras.backends.numpy import native, native_windows
from nbkeras.backends.numpy.pooled_convolutions import pooled
from nbkeras.backends.numpy.registry import KERNELS
from nbkeras.backends.numpy.traced import Recorder
from tests.pooled_steps import PLAIN, check_rewrite
from tests.test_kernels import gradients

pytestmark = pytest.mark.native

CHANNELS = [1, 2, 3, 5, 8, 16, 17, 32, 33, 40, 70]  # around the lengths of vectors and panels


@pytest.fixture(params=[1, 2, 3])
def threads(request):
    native.library().set_threads(request.param)
    yield request.param
    native.library().set_threads(native.thread_count())


def draws(count, *seed):
    """Seeded generators, one for each case."""
    return (np.random.default_rng([i, *seed]) for i in range(count))


def whole(values):
    return tuple(int(v) for v in values)


def convolution(rng):
    """Shapes and attributes of a convolution that has at least one window."""
    rank = int(rng.integers(1, 3))
    while True:
        size, strides, dilation = (whole(rng.integers(1, most, rank)) for most in (5, 4, 3))
        space = whole(rng.integers(1, 34, rank))
        padding = tuple(whole(pair) for pair in rng.integers(-1, 3, (rank, 2)) * rng.integers(0, 2))
        lengths = [n + sum(pair) for n, pair in zip(space, padding)]
        if all(n >= (k - 1) * d + 1 and n > 0 for n, k, d in zip(lengths, size, dilation)):
            channels, outputs = whole(rng.choice(CHANNELS, 2))
            shapes = (int(rng.integers(1, 6)), *space, channels), (*size, channels, outputs)
            return shapes, {"strides": strides, "padding": padding, "dilation": dilation}


def close(found, expected):
    assert found.dtype == np.float32
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=2e-5 * np.abs(expected).max(initial=1e-3))


def compare(name, args, **attributes):
    """Results and gradients for float32 against those for float64 of the same numbers."""
    args = [None if a is None else a.astype("f4") for a in args]
    exact = [None if a is None else a.astype("f8") for a in args]
    (y, back), (expected, exact_back) = (KERNELS[name](*a, **attributes) for a in (args, exact))
    close(y, expected)
    d = np.random.default_rng(0).normal(size=y.shape).astype("f4")
    present = [a for a in args if a is not None]
    for found, exactly in zip(gradients(back, d, present), gradients(exact_back, d.astype("f8"), present)):
        close(found, exactly)


def used(monkeypatch):
    """The names of the native kernels that run."""
    names, kernel = set(), native.kernel
    monkeypatch.setattr(native_windows.native, "kernel", lambda name: names.add(name) or kernel(name))
    return names


@pytest.mark.parametrize("activation", ["relu", "tanh", None])
def test_convolution(variant, threads, activation):
    for rng in draws(40, threads):
        (shape, kernel), attributes = convolution(rng)
        bias = rng.normal(size=kernel[-1]) if rng.integers(2) else None
        args = rng.normal(size=shape), rng.normal(size=kernel), bias
        compare("biased_conv", args, activation=activation, groups=1, **attributes)


def test_all_of_a_convolution_is_native(native_kernels, monkeypatch):
    names = used(monkeypatch)
    args = [np.ones(shape) for shape in [(2, 5, 5, 3), (3, 3, 3, 4), (4,)]]
    compare("biased_conv", args, activation="relu", **PLAIN)
    assert names == {"convolve", "convolve_transpose", "convolve_gradient"}
    names.clear()
    compare("conv", [np.ones((2, 5, 5, 3)), np.ones((3, 3, 1, 3))], **{**PLAIN, "groups": 3})
    assert names == {"convolve", "depthwise", "depthwise_transpose", "depthwise_gradient"}
    names.clear()
    for name in ("max_pool", "average_pool"):
        compare(name, [np.ones((2, 5, 5, 3))], size=(2, 2), strides=(1, 1), padding=((0, 0),) * 2)
    assert names >= {"max_pool", "max_pool_gradient", "average_pool", "average_pool_gradient"}


def test_transposed_and_grouped_convolution(variant, threads):
    for rng in draws(40, threads):
        (shape, kernel), attributes = convolution(rng)
        x, weights = rng.normal(size=shape), rng.normal(size=kernel)
        y = KERNELS["conv"](x, weights, groups=1, **attributes)[0]
        compare("conv_transpose", (y, weights), output_shape=shape[1:-1], **attributes)
        compare("conv", (np.concatenate([x, x], -1), np.concatenate([weights, weights], -1)), groups=2, **attributes)


def test_depthwise_convolution(variant, threads):
    for rng in draws(40, threads):
        (shape, kernel), attributes = convolution(rng)
        channels, multiplier = shape[-1], int(rng.integers(1, 4))
        args = rng.normal(size=shape), rng.normal(size=(*kernel[:-2], 1, channels * multiplier))
        compare("conv", args, groups=channels, **attributes)


@pytest.mark.parametrize("shape", [(64, 40, 40, 3), (3, 96, 96, 16), (1, 128, 128, 8)])
def test_work_that_threads_share(variant, threads, shape):
    rng = np.random.default_rng(0)
    args = rng.normal(size=shape), rng.normal(size=(3, 3, shape[-1], 24)), rng.normal(size=24)
    compare("biased_conv", args, activation="relu", **{**PLAIN, "padding": ((1, 1), (1, 1))})
    depthwise = rng.normal(size=(3, 3, 1, shape[-1]))
    compare("conv", (args[0], depthwise), **{**PLAIN, "groups": shape[-1]})
    for name in ("max_pool", "average_pool"):
        compare(name, args[:1], size=(3, 3), strides=(2, 2), padding=((0, 1), (1, 0)))


def pools(rng, *, rounded):
    rank = int(rng.integers(1, 3))
    size = whole(rng.integers(1, 5, rank))
    strides = whole(rng.integers(1, 4, rank))
    padding = tuple((int(rng.integers(k)), int(rng.integers(k))) for k in size)
    shape = int(rng.integers(1, 4)), *whole(rng.integers(4, 20, rank)), int(rng.choice(CHANNELS))
    x = rng.normal(size=shape)
    return np.round(x) if rounded else x, {"size": size, "strides": strides, "padding": padding}


@pytest.mark.parametrize("rounded", [True, False])
@pytest.mark.parametrize("name", ["max_pool", "average_pool"])
def test_pooling(variant, name, rounded):
    """With whole numbers there are equal maxima, of which the first has the gradient."""
    for rng in draws(60):
        x, attributes = pools(rng, rounded=rounded)
        compare(name, (x,), **attributes)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, -0.0])
def test_special_numbers(variant, value):
    x = np.zeros((1, 4, 4, 18), "f4")
    x[0, 1:3, 2] = value
    for name in ("max_pool", "average_pool"):
        y, expected = (
            KERNELS[name](a, size=(2, 2), strides=(2, 2), padding=((0, 0),) * 2)[0] for a in (x, x.astype("f8"))
        )
        np.testing.assert_array_equal(y, expected)
    kernel = np.ones((1, 1, 18, 18), "f4")
    y, _ = KERNELS["biased_conv"](x, kernel, None, activation="relu", **PLAIN)
    exact, _ = KERNELS["biased_conv"](x.astype("f8"), kernel.astype("f8"), None, activation="relu", **PLAIN)
    np.testing.assert_array_equal(y, exact)


def test_a_gradient_may_be_a_view_of_fewer_numbers(native_kernels):
    x, kernel = np.ones((2, 5, 5, 3), "f4"), np.ones((2, 2, 3, 4), "f4")
    y, back = KERNELS["conv"](x, kernel, **PLAIN)
    narrow = np.broadcast_to(np.float64(2), y.shape)
    for found, expected in zip(back(narrow), back(np.full(y.shape, 2, "f4"))):
        np.testing.assert_array_equal(found(), expected())


@pytest.mark.parametrize("rounded", [True, False])
@pytest.mark.parametrize("activation", ["relu", None])
@pytest.mark.parametrize("outputs", [5, 40])
@pytest.mark.parametrize("size", [(2, 2), (3, 2), (1, 1), (4, 5)])
def test_pooling_within_a_convolution_changes_no_bit(variant, size, outputs, activation, rounded):
    names = check_rewrite(pooled, size, outputs, activation, rounded)
    assert names == ["convolve", "convolve_transpose", "convolve_gradient"]


def overlapping(x, kernel):
    """Windows that share cells."""
    y = KERNELS["conv"](x, kernel, **PLAIN)[0]
    return KERNELS["max_pool"](y, size=(3, 3), strides=(2, 2), padding=((0, 0),) * 2)[0]


def read_elsewhere(x, kernel):
    y = KERNELS["conv"](x, kernel, **PLAIN)[0]
    return KERNELS["max_pool"](y, size=(2, 2), strides=(2, 2), padding=((0, 0),) * 2)[0], y.sum()


@pytest.mark.parametrize("function", [overlapping, read_elsewhere])
def test_other_pooling_stays_apart(native_kernels, function):
    recorder = Recorder()
    with recorder:
        results = function(*[recorder.wrap(np.ones(shape, "f4")) for shape in [(2, 8, 8, 3), (3, 3, 3, 4)]])
    results = results if type(results) is tuple else (results,)
    assert pooled(recorder.calls, [r.memory.block for r in results]) == recorder.calls
