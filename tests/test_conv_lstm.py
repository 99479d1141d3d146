"""Convolutional LSTMs: masks (those of Keras 3.15 fail on JAX), dropout, states that carry on."""

import numpy as np
import pytest

from nbkeras import Input, layers, random
from tests.cases.numbers import drawn, normal

FILM = drawn(normal(2, 4, 5, 4, 3), "film")


def twin(layer, **changes):
    """A layer of other options with the same weights."""
    other = type(layer).from_config({**layer.get_config(), **changes})
    other(FILM)
    other.set_weights(layer.get_weights())
    return other


def test_masked_steps_are_as_if_they_were_not_there():
    mask = np.array([[1, 1, 1, 0], [1, 0, 0, 0]], bool)
    layer = layers.ConvLSTM2D(2, 3, padding="same")
    last = np.asarray(layer(FILM, mask=mask))
    np.testing.assert_allclose(last[0], np.asarray(layer(FILM[:, :3]))[0], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(last[1], np.asarray(layer(FILM[:, :1]))[1], rtol=1e-5, atol=1e-6)
    sequences = np.asarray(twin(layer, return_sequences=True)(FILM, mask=mask))
    np.testing.assert_array_equal(sequences[0, 3], sequences[0, 2])
    zeros = np.asarray(twin(layer, return_sequences=True, zero_output_for_mask=True)(FILM, mask=mask))
    assert not zeros[1, 1:].any()
    np.testing.assert_array_equal(zeros[0, :3], sequences[0, :3])


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_gates_apart_add_up_to_gates_together(data_format):
    """With dropout each gate has a convolution of its own; where nothing is dropped they are the one for all gates."""
    layer = layers.ConvLSTM1D(2, 2, data_format=data_format, dropout=0.5, recurrent_dropout=0.5)
    x = drawn(normal(2, 3, 4, 4), "steps")
    layer(x)
    cell = layer.cell
    ones = np.ones((4, 2, *cell.input_axes), "float32"), np.ones((4, 2, *cell.state_axes), "float32")
    h = [drawn(normal(2, *cell.state_axes), "state", i) for i in range(2)]
    together, apart = (cell.step(cell.project(x[:, 0], a), h, b)[0] for a, b in ((None, None), ones))
    np.testing.assert_allclose(together, apart, rtol=1e-5, atol=1e-6)


def test_dropout_is_the_same_at_all_times():
    random.set_seed(3)
    layer = layers.ConvLSTM1D(4, 1, dropout=0.5, activation=None, use_bias=False)
    still = np.ones((1, 2, 6, 3), "float32")
    layer(still)
    projected = np.asarray(layer.cell.project(still, layer.cell.hold_dropout(1)[0]))
    np.testing.assert_array_equal(projected[:, 0], projected[:, 1])
    layer.cell.reset_dropout_mask()
    a, b = (np.asarray(layer(still, training=True)) for _ in range(2))
    assert not np.array_equal(a, b)


def test_states_carry_on():
    whole = layers.ConvLSTM2D(2, 2, return_sequences=True)
    expected = np.asarray(whole(FILM))
    layer = twin(whole, stateful=True)
    layer.reset_state()
    halves = [np.asarray(layer(FILM[:, :2])), np.asarray(layer(FILM[:, 2:]))]
    np.testing.assert_allclose(np.concatenate(halves, axis=1), expected, rtol=1e-5, atol=1e-6)


def test_sizes_must_be_known():
    with pytest.raises(ValueError, match="expects steps whose sizes are known"):
        layers.ConvLSTM2D(2, 3)(Input((None, None, 8, 3)))
    with pytest.raises(ValueError, match="cannot both be above 1"):
        layers.ConvLSTM2D(2, 3, strides=2, dilation_rate=2)
    with pytest.raises(ValueError, match=r"expects inputs of shape \(batch, time, height, width, channels\)"):
        layers.ConvLSTM2D(2, 3)(np.ones((2, 8, 8, 3), "float32"))
