"""Kernels by block: the same bits alone and in the chain of a recorded step."""

import numpy as np

import nbkeras
from nbkeras import layers
from nbkeras.backends.numpy import blocks, native


def trained(eagerly):
    """A convolutional network after four batches of more than one block each."""
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
    x, y = rng.normal(size=(80, 32, 32, 3)).astype("float32"), rng.normal(size=(80, 2)).astype("float32")
    model.fit(x, y, batch_size=20, epochs=2, shuffle=False, verbose=0)
    return model


def test_chains_change_no_bit(monkeypatch):
    monkeypatch.setattr(native, "variant", lambda: None)
    monkeypatch.setattr(native, "kernel", lambda name: None)
    replayed = trained(eagerly=False)
    for a, b in zip(replayed.get_weights(), trained(eagerly=True).get_weights()):
        np.testing.assert_array_equal(a, b)
    [step] = replayed._step("train")[1].steps.values()
    chains = [call.function.links for call in step.program.calls if type(call.function) is blocks._Chain]
    assert max(map(len, chains)) >= 4  # of a step's two convolutions with their pooling, forwards and backwards
