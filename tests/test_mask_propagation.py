"""What each layer does with the mask of its input: passes it on, or ends it, as Keras 3.15 does."""

import numpy as np
import pytest

from nbkeras import Input, Model, layers, ops

SEQUENCE, IMAGE, VOLUME = (2, 4, 3), (2, 4, 4, 3), (2, 4, 4, 4, 3)
MASK = np.array([[1, 1, 0, 1], [1, 0, 0, 0]], bool)
KEEPS = {
    "Activation": ("relu",), "ReLU": (), "LeakyReLU": (), "PReLU": (), "ELU": (), "ActivityRegularization": (),
    "AlphaDropout": (0.1,), "Dropout": (0.1,), "GaussianDropout": (0.1,), "GaussianNoise": (0.1,),
    "SpatialDropout1D": (0.1,), "BatchNormalization": (), "LayerNormalization": (), "GroupNormalization": (1,),
    "UnitNormalization": (), "Dense": (2,), "Identity": (), "Rescaling": (2.0,), "Normalization": (),
}  # fmt: skip
ENDS = {
    "AveragePooling1D": (2,), "MaxPooling1D": (2,), "GlobalAveragePooling1D": (), "GlobalMaxPooling1D": (),
    "AdaptiveAveragePooling1D": (2,), "AdaptiveMaxPooling1D": (2,), "RMSNormalization": (), "Conv1D": (2, 2),
    "Conv1DTranspose": (2, 2), "DepthwiseConv1D": (2,), "SeparableConv1D": (2, 2), "Cropping1D": (1,),
    "ZeroPadding1D": (1,), "UpSampling1D": (2,), "EinsumDense": ("abc,cd->abd", (None, 2)), "Flatten": (),
    "Permute": ((2, 1),), "Reshape": ((3, 4),), "GRU": (2,), "LSTM": (2,), "SimpleRNN": (2,),
}  # fmt: skip
NESTED = {
    "gru sequences": (lambda: layers.GRU(2, return_sequences=True), SEQUENCE, True),
    "lstm sequences and state": (lambda: layers.LSTM(2, return_sequences=True, return_state=True), SEQUENCE, True),
    "cell": (lambda: layers.RNN(layers.LSTMCell(2), return_sequences=True), SEQUENCE, True),
    "bidirectional": (lambda: layers.Bidirectional(layers.LSTM(2)), SEQUENCE, False),
    "bidirectional sequences": (lambda: layers.Bidirectional(layers.LSTM(2, return_sequences=True)), SEQUENCE, True),
    "time distributed": (lambda: layers.TimeDistributed(layers.Dense(2)), SEQUENCE, True),
    "spectral normalization": (lambda: layers.SpectralNormalization(layers.Dense(2)), SEQUENCE, True),
    "conv lstm": (lambda: layers.ConvLSTM1D(2, 2), IMAGE, False),
    "conv lstm sequences": (lambda: layers.ConvLSTM1D(2, 2, return_sequences=True), IMAGE, True),
    "convolution": (lambda: layers.Conv2D(2, 2), IMAGE, False),
    "dropout of images": (lambda: layers.SpatialDropout2D(0.1), IMAGE, True),
    "dropout of volumes": (lambda: layers.SpatialDropout3D(0.1), VOLUME, True),
}
ROWS = [
    *[pytest.param(lambda n=n, a=a: getattr(layers, n)(*a), SEQUENCE, True, id=n) for n, a in KEEPS.items()],
    *[pytest.param(lambda n=n, a=a: getattr(layers, n)(*a), SEQUENCE, False, id=n) for n, a in ENDS.items()],
    *[pytest.param(*row, id=name) for name, row in NESTED.items()],
]


class Masked(layers.Layer):
    """Gives its input the mask."""

    supports_masking = True

    def call(self, x):
        return x

    def compute_mask(self, x, mask=None):
        return ops.convert_to_tensor(MASK)


class Seen(layers.Layer):
    """Keeps the mask that arrives."""

    supports_masking = True
    mask = None

    def call(self, x, mask=None):
        self.mask = mask
        return x


@pytest.mark.filterwarnings("ignore:.*does not support masking")
@pytest.mark.parametrize(("make", "shape", "keeps"), ROWS)
def test_mask_of_the_output(make, shape, keeps):
    inputs, seen = Input(shape[1:], batch_size=shape[0]), Seen()
    y = make()(Masked()(inputs))
    model = Model(inputs, seen(y[0] if isinstance(y, (list, tuple)) else y))
    seen.mask = None
    model(np.ones(shape, "float32"))
    assert (seen.mask is not None) == keeps
    if keeps:
        np.testing.assert_array_equal(seen.mask, MASK)


@pytest.mark.parametrize("name", ["MultiHeadAttention", "GroupQueryAttention"])
def test_attention_passes_the_mask_of_the_query(name):
    layer = layers.MultiHeadAttention(2, 2) if name == "MultiHeadAttention" else layers.GroupQueryAttention(2, 2, 1)
    inputs, seen = Input(SEQUENCE[1:], batch_size=2), Seen()
    model = Model(inputs, seen(layer(Masked()(inputs), inputs)))
    model(np.ones(SEQUENCE, "float32"))
    np.testing.assert_array_equal(seen.mask, MASK)


def test_asked_directly_every_layer_returns_the_mask():
    """As in Keras, whether or not the layer would pass it on when called."""
    assert layers.Flatten().compute_mask(np.ones(SEQUENCE), MASK) is MASK
