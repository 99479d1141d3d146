"""Kernels by block: the same bits whatever the number of threads, alone or in the chain of a recorded step."""

import numpy as np
import pytest

import nbkeras
from nbkeras import layers
from nbkeras.backends.numpy import threads


def trained(eagerly=False):
    """The weights of a convolutional network after four batches of more than one block each."""
    nbkeras.set_seed(1)
    rng = np.random.default_rng(0)
    model = nbkeras.Sequential(
        [
            nbkeras.Input((32, 32, 3)),
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(16, 3, padding="same", activation="relu"),
            layers.MaxPooling2D(3, strides=2),
            layers.Flatten(),
            layers.Dense(2),
        ]
    )
    model.compile("adam", "mse", run_eagerly=eagerly)
    x, y = rng.normal(size=(40, 32, 32, 3)).astype("float32"), rng.normal(size=(40, 2)).astype("float32")
    model.fit(x, y, batch_size=20, epochs=2, shuffle=False, verbose=0)
    return model.get_weights()


@pytest.mark.parametrize("eagerly", [False, True])
@pytest.mark.parametrize("count", [2, 3])
def test_threads_change_no_bit(monkeypatch, count, eagerly):
    monkeypatch.setattr(threads, "count", lambda: 1)
    expected = trained()
    threads._pool.cache_clear()
    monkeypatch.setattr(threads, "count", lambda: count)
    monkeypatch.setattr(threads, "WORTH_SHARING", 0)
    if threads._blas() is None:
        monkeypatch.setattr(threads, "_one_blas_thread", np.errstate)
    for a, b in zip(trained(eagerly), expected):
        np.testing.assert_array_equal(a, b)
    threads._pool.cache_clear()
