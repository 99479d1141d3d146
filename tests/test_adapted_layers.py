"""Weights that change on the way: low-rank adaptation, spectral normalisation, convolutions of one's own."""

import numpy as np
import pytest

from nbkeras import Input, Sequential, constraints, layers, optimizers, saving
from tests.cases.numbers import drawn, integers, normal

X, IMAGE = normal(8, 5), normal(4, 5, 4, 3)
ADAPTABLE = {
    "dense": (lambda: layers.Dense(4), X, "kernel"),
    "einsum dense": (lambda: layers.EinsumDense("ab,bcd->acd", (2, 4), bias_axes="d"), X, "kernel"),
    "embedding": (lambda: layers.Embedding(6, 4), integers(8, high=6), "embeddings"),
    "convolution": (lambda: layers.Conv2D(4, 3), IMAGE, "kernel"),
}


def trained(name, rank=2):
    """A model whose only layer has been adapted and trained a little, its input, and its weight before."""
    make, inputs, weight = ADAPTABLE[name]
    x = drawn(inputs, name)
    layer = make()
    model = Sequential([Input(x.shape[1:], dtype=str(x.dtype)), layer])
    before, plain = getattr(layer, weight).numpy(), np.asarray(model(x))
    layer.enable_lora(rank)
    np.testing.assert_array_equal(model(x), plain)  # B begins with zeros
    model.compile(optimizers.SGD(0.1), "mse")
    losses = model.fit(x, np.ones_like(plain), epochs=4, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    return model, x, before


@pytest.mark.parametrize("name", ADAPTABLE)
def test_training_moves_the_factors_only(name):
    model, _, before = trained(name)
    layer, weight = model.layers[0], ADAPTABLE[name][2]
    np.testing.assert_array_equal(getattr(layer, f"_{weight}"), before)
    factors = [getattr(layer, f"lora_{weight}_{letter}") for letter in "ab"]
    assert [id(v) for v in layer.trainable_variables if "lora" in v.name] == [id(v) for v in factors]
    change = getattr(layer, weight) - before
    assert np.linalg.matrix_rank(np.reshape(change, (-1, change.shape[-1])), tol=1e-5) <= 2
    np.testing.assert_allclose(change, factors[0].numpy() @ factors[1].numpy(), atol=1e-6)
    assert weight in layer.weights[0].name  # freezing it does not move it


@pytest.mark.parametrize("name", ADAPTABLE)
def test_files_hold_the_sum(name, tmp_path):
    model, x, _ = trained(name)
    expected = model.predict(x, verbose=0)
    model.save(tmp_path / "model.keras")
    again = saving.load_model(tmp_path / "model.keras")
    assert again.layers[0].lora_enabled
    np.testing.assert_allclose(again.predict(x, verbose=0), expected, rtol=1e-5, atol=1e-6)
    model.save_weights(tmp_path / "model.weights.h5")
    plain = Sequential([Input(x.shape[1:], dtype=str(x.dtype)), ADAPTABLE[name][0]()])
    plain.load_weights(tmp_path / "model.weights.h5")
    np.testing.assert_allclose(plain.predict(x, verbose=0), expected, rtol=1e-5, atol=1e-6)


def test_alpha_scales_the_change():
    """Also given to the constructor, where Keras 3.15 drops it in `Dense` and `Embedding`."""
    for make in (lambda **o: layers.Dense(4, **o), lambda **o: layers.EinsumDense("ab,bc->ac", (4,), **o)):
        layer = make(lora_rank=2, lora_alpha=6)
        layer(drawn(X))
        layer.lora_kernel_b.assign(np.ones((2, 4)))
        change = layer.kernel - layer._kernel.numpy()
        np.testing.assert_allclose(change, 3 * layer.lora_kernel_a.numpy() @ np.ones((2, 4)), rtol=1e-4, atol=1e-5)
        assert (layer.get_config()["lora_rank"], layer.get_config()["lora_alpha"]) == (2, 6)


def test_what_enable_lora_refuses():
    layer = layers.Dense(2)
    with pytest.raises(ValueError, match="expects a layer that is built"):
        layer.enable_lora(1)
    with pytest.raises(AttributeError, match="has no kernel yet"):
        _ = layer.kernel
    layer.build((None, 3))
    layer.enable_lora(1)
    with pytest.raises(ValueError, match="this one has one"):
        layer.enable_lora(1)
    bound = layers.Dense(2, kernel_constraint=constraints.NonNeg())
    bound.build((None, 3))
    with pytest.raises(ValueError, match="expects no kernel_constraint"):
        bound.enable_lora(1)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_a_convolution_of_ones_own(data_format):
    """`convolution_op` is what `call` computes with, before bias and activation."""

    class Halved(layers.Conv2D):
        def convolution_op(self, inputs, kernel):
            return super().convolution_op(inputs, kernel) / 2

    x = drawn(normal(2, 4, 4, 4), "image")
    layer, plain = (make(3, 2, data_format=data_format, bias_initializer="ones") for make in (Halved, layers.Conv2D))
    layer(x), plain(x)
    layer.set_weights(plain.get_weights())
    np.testing.assert_allclose(layer(x) - 1, (plain(x) - 1) / 2, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("make", "inputs"), [(lambda: layers.Dense(3), X), (lambda: layers.Conv2D(3, 2), IMAGE)])
def test_the_spectral_norm_becomes_one(make, inputs):
    x = drawn(inputs, "spectral")
    layer = layers.SpectralNormalization(make(), power_iterations=300)
    layer(x, training=True)
    kernel = layer.layer.kernel.numpy()
    np.testing.assert_allclose(np.linalg.norm(kernel.reshape(-1, kernel.shape[-1]), 2), 1, rtol=1e-4)


def test_spectral_normalization_learns_and_refuses():
    x = drawn(X, "learn")
    model = Sequential([Input((5,)), layers.SpectralNormalization(layers.Dense(3))])
    model.compile(optimizers.SGD(0.1), "mse")
    losses = model.fit(x, x[:, :3], epochs=20, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    zeros = layers.SpectralNormalization(layers.Dense(3, kernel_initializer="zeros"))
    assert not np.asarray(zeros(x, training=True)).any()
    with pytest.raises(ValueError, match="has neither"):
        layers.SpectralNormalization(layers.LayerNormalization())(x)
    with pytest.raises(ValueError, match="power_iterations must be a positive integer"):
        layers.SpectralNormalization(layers.Dense(3), 0)
