"""A recorded convolution with pooling, and what a rewrite of its calls must not change."""

import numpy as np

from nbkeras.backends.numpy.registry import KERNELS
from nbkeras.backends.numpy.traced import Recorder

PLAIN = {"groups": 1, "strides": (1, 1), "padding": ((0, 0), (0, 0)), "dilation": (1, 1)}


def check_rewrite(rewrite, size, outputs, activation, rounded):
    """That `rewrite(calls, results)` changes no bit; the names of the functions that it leaves."""
    recorder = Recorder()
    with recorder:
        results = _step(*map(recorder.wrap, _drawn(size, outputs, rounded)), size, activation)
    expected = [r.array.copy() for r in results]
    calls = rewrite(recorder.calls, [r.memory.block for r in results])
    for r in results:
        r.array.fill(7)
    for call in calls:
        call.function(*call.args, **call.kwargs)
    for r, e in zip(results, expected):
        np.testing.assert_array_equal(r.array.view("u4"), e.view("u4"))
    return [getattr(call.function, "__name__", None) or call.function.function.__name__ for call in calls]


SPACE, PADDING = (14, 13), ((1, 0), (1, 1))


def _drawn(size, outputs, rounded):
    """Images, kernel, bias, and the gradient of the maxima; `rounded` for equal maxima."""
    rng = np.random.default_rng(1)
    counts = [(n - 2 + sum(pair)) // k for n, pair, k in zip(SPACE, PADDING, size)]
    shapes = (3, *SPACE, 3), (3, 3, 3, outputs), outputs, (3, *counts, outputs)
    arrays = [rng.normal(size=shape) for shape in shapes]
    return [(np.round(a) if rounded else a).astype("f4") for a in arrays]


def _step(x, kernel, bias, d, size, activation):
    """The maxima, and the gradients of images, kernel and bias."""
    attributes = {**PLAIN, "padding": PADDING}
    y, back = KERNELS["biased_conv"](x, kernel, bias, activation=activation, **attributes)
    maxima, pool_back = KERNELS["max_pool"](y, size=size, strides=size, padding=((0, 0), (0, 0)))
    (spread,) = pool_back(d)
    return maxima, *(gradient() for gradient in back(spread()))
