"""What layers that draw random numbers do in training: how often, how much, with which pattern, again with a seed."""

import numpy as np
import pytest

import nbkeras as k
from tests.references.rows import library  # noqa: F401  (fixture)

ONES = np.ones((200, 50, 40), "float32")


def trained(layer, x=ONES):
    return np.asarray(layer(x, training=True))


def test_dropout_drops_its_rate_and_keeps_the_mean(library):  # noqa: F811
    y = trained(k.layers.Dropout(0.3, seed=1))
    assert set(np.unique(y)) == {0.0, np.float32(1 / 0.7)}
    assert (y == 0).mean() == pytest.approx(0.3, abs=0.005)  # 400 000 draws: a standard deviation of 0.0007


def test_dropout_with_noise_shape_drops_together():
    y = trained(k.layers.Dropout(0.3, noise_shape=(None, 1, 40), seed=1))
    assert (y == y[:, :1, :]).all()
    assert (y == 0).mean() == pytest.approx(0.3, abs=0.03)


@pytest.mark.parametrize(
    ("layer", "axes"),
    [
        (k.layers.SpatialDropout1D, (1,)),
        (k.layers.SpatialDropout2D, (1, 2)),
    ],
)
def test_spatial_dropout_drops_whole_channels(layer, axes):
    x = np.ones((100, *[5] * len(axes), 30), "float32")
    y = trained(layer(0.4, seed=2), x)
    assert (y.min(axes) == y.max(axes)).all()
    assert (y == 0).mean() == pytest.approx(0.4, abs=0.04)


def test_gaussian_dropout_multiplies():
    y = trained(k.layers.GaussianDropout(0.2, seed=3), 2 * ONES)
    assert y.mean() == pytest.approx(2.0, rel=0.005)
    assert y.std() == pytest.approx(2 * np.sqrt(0.2 / 0.8), rel=0.01)


def test_gaussian_noise_adds():
    y = trained(k.layers.GaussianNoise(0.5, seed=3), 2 * ONES)
    assert y.mean() == pytest.approx(2.0, rel=0.005)
    assert y.std() == pytest.approx(0.5, rel=0.01)


def test_alpha_dropout_keeps_mean_and_variance():
    x = np.random.RandomState(0).standard_normal(ONES.shape).astype("float32")
    y = trained(k.layers.AlphaDropout(0.2, seed=4), x)
    assert y.mean() == pytest.approx(0.0, abs=0.01)
    assert y.std() == pytest.approx(1.0, abs=0.01)


RANDOM = [
    lambda seed: k.layers.Dropout(0.5, seed=seed),
    lambda seed: k.layers.SpatialDropout1D(0.5, seed=seed),
    lambda seed: k.layers.GaussianDropout(0.5, seed=seed),
    lambda seed: k.layers.GaussianNoise(0.5, seed=seed),
    lambda seed: k.layers.AlphaDropout(0.5, seed=seed),
]


@pytest.mark.parametrize("make", RANDOM)
def test_seed_repeats_and_calls_differ(make, library):  # noqa: F811
    first, again, other = make(1), make(1), make(2)
    y = trained(first)
    np.testing.assert_array_equal(y, trained(again))
    assert (y != trained(first)).any()
    assert (y != trained(other)).any()


@pytest.mark.parametrize("make", RANDOM)
def test_no_chance_in_inference(make):
    np.testing.assert_array_equal(make(1)(ONES), ONES)


def test_global_seed_repeats():
    def draw():
        k.set_seed(5)
        return trained(k.layers.Dropout(0.5))

    np.testing.assert_array_equal(draw(), draw())


@pytest.mark.parametrize("cell", ["SimpleRNN", "LSTM", "GRU"])
def test_recurrent_dropout_acts_in_training_only(cell):
    layer = getattr(k.layers, cell)(3, dropout=0.5, recurrent_dropout=0.5, seed=1)
    x = np.ones((20, 4, 2), "float32")
    assert (trained(layer, x) != np.asarray(layer(x))).any()
    np.testing.assert_array_equal(layer(x), layer(x))
    assert np.unique(np.round(trained(layer, x), 5), axis=0).shape[0] > 1  # rows are alike, their dropouts are not


def test_attention_dropout_acts_in_training_only():
    layer = k.layers.MultiHeadAttention(2, 3, dropout=0.5, seed=1)
    x = np.random.RandomState(0).standard_normal((2, 5, 4)).astype("float32")
    assert (np.asarray(layer(x, x, training=True)) != np.asarray(layer(x, x))).any()
