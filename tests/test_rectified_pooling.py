"""ReLU after pooling: the same bits, and only where nobody else reads what lies between."""

import numpy as np
import pytest

from nbkeras.backends.numpy import native
from nbkeras.backends.numpy.rectified_pooling import with_late_relu
from nbkeras.backends.numpy.registry import KERNELS
from nbkeras.backends.numpy.traced import Recorder
from tests.pooled_steps import PLAIN, check_rewrite


@pytest.fixture(autouse=True)
def plain(monkeypatch):
    """NumPy's kernels, also where there are native ones."""
    monkeypatch.setattr(native, "kernel", lambda name: None)


@pytest.mark.parametrize("rounded", [True, False])
@pytest.mark.parametrize("outputs", [5, 40])
@pytest.mark.parametrize("size", [(2, 2), (3, 2), (1, 1), (4, 5)])
def test_no_bit_changes(size, outputs, rounded):
    names = check_rewrite(with_late_relu, size, outputs, "relu", rounded)
    assert "rectified_gradient_side_by_side" in names
    assert "rectified_gradient" not in names


def test_without_relu_nothing_changes():
    names = check_rewrite(with_late_relu, (2, 2), 5, None, rounded=False)
    assert "gradient_side_by_side" in names


def forward(x, kernel):
    y = KERNELS["biased_conv"](x, kernel, None, activation="relu", **PLAIN)[0]
    return y, KERNELS["max_pool"](y, size=(2, 2), strides=(2, 2), padding=((0, 0), (0, 0)))[0]


@pytest.mark.parametrize("read_elsewhere", [True, False])
def test_inference(read_elsewhere):
    recorder = Recorder()
    with recorder:
        arrays = [np.random.default_rng(0).normal(size=shape).astype("f4") for shape in [(2, 8, 8, 3), (3, 3, 3, 4)]]
        y, maxima = forward(*map(recorder.wrap, arrays))
        results = [maxima, y.sum()] if read_elsewhere else [maxima]
    expected = [r.array.copy() for r in results]
    calls = with_late_relu(recorder.calls, [r.memory.block for r in results])
    assert (calls == recorder.calls) == read_elsewhere
    for call in calls:
        call.function(*call.args, **call.kwargs)
    for r, e in zip(results, expected):
        np.testing.assert_array_equal(r.array, e)
