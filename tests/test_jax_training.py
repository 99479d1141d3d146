"""Every layer, loss and metric through the one trainer: what JAX learns is what NumPy learns.

Several layers share a model, since most of the time goes into compiling. Their random numbers are the same ones.
The optimizers are in tests/test_training_parity.py, which compares both backends with Keras.
"""

import inspect

import numpy as np
import pytest

import nbkeras as keras
from nbkeras import Input, layers, losses, metrics, optimizers
from tests.cases.losses import FAMILIES as LOSSES
from tests.cases.numbers import coins, drawn, integers, normal, one_hot, signs, stream, uniform
from tests.closeness import assert_close
from tests.references.measure import set_ruled_weights

pytestmark = pytest.mark.jax

TIMES = 10.0  # as in tests/test_training_parity.py: errors grow with the steps
ROWS = 8


def chain(*members, shape=(6, 3), dtype="float32"):
    """A maker of a model of `members`, each of which makes a layer anew."""

    def make():
        inner = [member() for member in members]
        return keras.Sequential([Input(shape, dtype=dtype), *inner, layers.Flatten(), layers.Dense(1)])

    return make


def of(name, *args, **options):
    return lambda: getattr(layers, name)(*args, **options)


def merging():
    a, b = Input((4,)), Input((4,))
    merged = [
        getattr(layers, name)()([a, b]) for name in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum")
    ]
    return keras.Model([a, b], layers.Dense(1)(layers.Concatenate()([*merged, layers.Dot(1)([a, b])])))


def attentive():
    query, value = Input((4, 3)), Input((5, 3))
    found = [
        layers.Attention(use_scale=True, dropout=0.2)([query, value]),
        layers.AdditiveAttention()([query, value]),
        layers.MultiHeadAttention(2, 2, dropout=0.2)(query, value),
        layers.GroupQueryAttention(2, 4, 2)(query, value),
    ]
    return keras.Model([query, value], layers.Dense(1)(layers.Flatten()(layers.Concatenate()(found))))


def recurrent(name, **options):
    return chain(
        of(name, 3, return_sequences=True, dropout=0.2, recurrent_dropout=0.2),
        of(name, 3, return_sequences=True, go_backwards=True),
        of(name, 2, **options),
    )


def with_states():
    x = Input((5, 2))
    y, *state = layers.LSTM(3, return_state=True, return_sequences=True)(x)
    z = layers.LSTM(3, unroll=True)(y, initial_state=state)
    return keras.Model(x, layers.Dense(1)(z))


def stateful():
    return keras.Sequential([Input((5, 2), batch_size=4), layers.GRU(3, stateful=True), layers.Dense(1)])


IMAGE = {"shape": (8, 8, 2)}
VOLUME = {"shape": (4, 4, 4, 1)}
COLOURS = {"shape": (8, 8, 3)}
UNIT = (0, 1)  # the range of their values, after a sigmoid
WORDS = {"shape": (6,), "dtype": "int32"}
MODELS = {
    "dense": chain(
        of("EinsumDense", "abc,cd->abd", (None, 4), activation="tanh"),
        of("Activation", "sigmoid"),
        of("ReLU"),
        of("LeakyReLU"),
        of("PReLU"),
        of("ELU"),
        of("Softmax"),
        of("Identity"),
        of("Rescaling", 2.0, 0.5),
        of("Normalization", mean=0.5, variance=2.0),
        of("ActivityRegularization", l1=0.01, l2=0.01),
        of("Lambda", lambda x: x * 2),
    ),
    "dropout": chain(
        of("Dropout", 0.3),
        of("GaussianDropout", 0.3),
        of("GaussianNoise", 0.3),
        of("AlphaDropout", 0.3),
        of("SpatialDropout1D", 0.3),
        of("Dense", 3, "tanh"),
    ),
    "normalization": chain(
        of("Conv1D", 4, 1, use_bias=False),
        of("BatchNormalization", momentum=0.8),
        of("LayerNormalization"),
        of("GroupNormalization", 2),
        of("RMSNormalization"),
        of("UnitNormalization"),
    ),
    "convolution of sequences": chain(
        of("ZeroPadding1D", 1),
        of("Conv1D", 4, 3, padding="causal", dilation_rate=2, activation="tanh"),
        of("SeparableConv1D", 4, 2, padding="same"),
        of("DepthwiseConv1D", 2, depth_multiplier=2),
        of("Conv1DTranspose", 3, 3, strides=2),
        of("Cropping1D", 1),
        of("MaxPooling1D", 2),
        of("UpSampling1D", 2),
        of("AveragePooling1D", 2),
    ),
    "convolution of images": chain(
        of("ZeroPadding2D", 1),
        of("Conv2D", 4, 3, strides=2, padding="same", activation="tanh"),
        of("Conv2D", 4, 3, dilation_rate=2, groups=2, padding="same"),
        of("SpatialDropout2D", 0.3),
        of("DepthwiseConv2D", 3, depth_multiplier=2),
        of("SeparableConv2D", 3, 2),
        of("Conv2DTranspose", 3, 3, strides=2, padding="same"),
        of("UpSampling2D", 2, interpolation="bilinear"),
        of("Cropping2D", 1),
        of("MaxPooling2D", 2, strides=1),
        of("AveragePooling2D", 2, padding="same"),
        **IMAGE,
    ),
    "convolution of volumes": chain(
        of("ZeroPadding3D", 1),
        of("Conv3D", 2, 3, activation="tanh"),
        of("SpatialDropout3D", 0.3),
        of("Conv3DTranspose", 2, 2, strides=2),
        of("UpSampling3D", 1),
        of("Cropping3D", 1),
        of("MaxPooling3D", 2),
        of("AveragePooling3D", 2, padding="same"),
        **VOLUME,
    ),
    "global average 1D": chain(of("Conv1D", 2, 2), of("GlobalAveragePooling1D")),
    "global maximum 1D": chain(of("Conv1D", 2, 2), of("GlobalMaxPooling1D")),
    "global average 2D": chain(of("Conv2D", 2, 2), of("GlobalAveragePooling2D"), **IMAGE),
    "global maximum 2D": chain(of("Conv2D", 2, 2), of("GlobalMaxPooling2D"), **IMAGE),
    "global average 3D": chain(of("Conv3D", 2, 2), of("GlobalAveragePooling3D"), **VOLUME),
    "global maximum 3D": chain(of("Conv3D", 2, 2), of("GlobalMaxPooling3D"), **VOLUME),
    "adaptive pooling of sequences": chain(
        of("Conv1D", 3, 1), of("AdaptiveMaxPooling1D", 4), of("AdaptiveAveragePooling1D", 3)
    ),
    "adaptive pooling of images": chain(
        of("Conv2D", 3, 1), of("AdaptiveMaxPooling2D", 6), of("AdaptiveAveragePooling2D", (3, 2)), **IMAGE
    ),
    "adaptive pooling of volumes": chain(
        of("Conv3D", 2, 1), of("AdaptiveMaxPooling3D", 3), of("AdaptiveAveragePooling3D", 2), **VOLUME
    ),
    "reshaping": chain(
        of("Permute", (2, 1)), of("Reshape", (9, 2)), of("Flatten"), of("Dense", 3), of("RepeatVector", 2)
    ),
    "simple recurrence": recurrent("SimpleRNN"),
    "long short-term memory": recurrent("LSTM"),
    "gated recurrence": recurrent("GRU", reset_after=False),
    "recurrence over cells": chain(
        lambda: layers.RNN(
            layers.StackedRNNCells([layers.LSTMCell(3), layers.GRUCell(2), layers.SimpleRNNCell(2)]),
            return_sequences=True,
        )
    ),
    "sequences of sequences": chain(
        of("ConvLSTM1D", 2, 2, return_sequences=True), of("ConvLSTM1D", 2, 1), shape=(3, 4, 2)
    ),
    "sequences of images": chain(of("ConvLSTM2D", 2, 2), shape=(3, 4, 4, 1)),
    "sequences of volumes": chain(of("ConvLSTM3D", 2, 2), shape=(2, 3, 3, 3, 1)),
    "both directions, masked": chain(
        of("Embedding", 5, 3, mask_zero=True),
        lambda: layers.Bidirectional(layers.LSTM(2, return_sequences=True)),
        lambda: layers.TimeDistributed(layers.Dense(3, "tanh")),
        of("GRU", 2),
        **WORDS,
    ),
    "spectral norm": chain(lambda: layers.SpectralNormalization(layers.Dense(3))),
    "words there": chain(of("ReversibleEmbedding", 5, 3), **WORDS),
    "spectrogram": chain(of("STFTSpectrogram", frame_length=4), shape=(16, 2)),
    "mel spectrogram": chain(of("MelSpectrogram", fft_length=16, sequence_stride=4, num_mel_bins=5), shape=(80,)),
    "images of other colours": chain(
        of("Activation", "sigmoid"),
        of("RandomBrightness", 0.2, UNIT),
        of("RandomContrast", 0.3, UNIT),
        of("RandomHue", 0.2, UNIT),
        of("RandomSaturation", (0.4, 0.5), UNIT),
        of("RandomColorDegeneration", 0.5, UNIT),
        of("RandomColorJitter", UNIT, 0.2, 0.2, 0.2, 0.2),
        of("RandomGrayscale", 0.3),
        of("RandomInvert", 0.3, UNIT),
        of("AutoContrast", UNIT),
        of("Solarization", 0.1, 0.4, UNIT),
        **COLOURS,
    ),
    "images of other tones": chain(
        of("Activation", "sigmoid"),
        of("RandomSharpness", 0.5, UNIT),
        of("RandomGaussianBlur", 0.7, 3, 0.7, UNIT),
        of("Equalization", UNIT, 16),
        of("ContrastLimitedAdaptiveHistogramEqualization", UNIT, 2.0, (2, 2)),
        of("RandomPosterization", 3, UNIT),
        **COLOURS,
    ),
    "moved images": chain(
        of("RandomFlip"),
        of("RandomRotation", 0.1),
        of("RandomTranslation", 0.2, 0.2),
        of("RandomZoom", 0.2),
        of("RandomShear", 0.2, 0.2),
        of("RandomPerspective", 1.0, 0.3),
        of("RandomElasticTransform", 1.0, 0.5),
        of("Resizing", 7, 7),
        of("CenterCrop", 6, 6),
        of("RandomCrop", 5, 5),
        **COLOURS,
    ),
    "mixed images": chain(
        of("Activation", "sigmoid"),
        lambda: layers.Pipeline([layers.MixUp(0.4), layers.CutMix()]),
        of("MixUp", 0.4),
        of("CutMix"),
        of("RandomErasing", 1.0, (0.1, 0.4), 0.5, UNIT),
        of("MaxNumBoundingBoxes", 3),
        of("RandAugment", UNIT),
        of("AugMix", UNIT),
        **COLOURS,
    ),
    "masking": chain(of("Masking"), of("LSTM", 2)),
    "states": with_states,
    "stateful": stateful,
    "merging": merging,
    "attention": attentive,
}


def inputs_of(model, name):
    generator = stream("jax training", name)
    arrays = []
    for tensor in model.inputs:
        shape = (ROWS, *tensor.shape[1:])
        whole = generator.randint(0, 5, shape) if tensor.dtype == "int32" else generator.standard_normal(shape)
        arrays.append(whole.astype(tensor.dtype))
    return arrays if len(arrays) > 1 else arrays[0]


def trained(make, name, backend, y=None, **compiling):
    """Logs, weights and predictions after a few steps with validation."""
    keras.set_seed(11)
    model = make()
    x = inputs_of(model, name)
    set_ruled_weights(model)
    y = stream("targets", name).standard_normal((ROWS, 1)).astype("float32") if y is None else y
    model.compile(**{"optimizer": optimizers.SGD(0.01, momentum=0.5), "loss": "mse", **compiling}, backend=backend)
    history = model.fit(x, y, batch_size=4, epochs=2, verbose=0, validation_data=(x, y)).history
    return {
        "history": history,
        "weights": [np.asarray(w) for w in model.get_weights()],
        "prediction": keras.tree.flatten(model.predict(x, batch_size=4, verbose=0)),
    }


def assert_alike(make, name, **options):
    ours, theirs = (trained(make, name, backend, **options) for backend in ("numpy", "jax"))
    assert_close(theirs, ours, name, times=TIMES)


@pytest.mark.parametrize("name", MODELS)
def test_layers(name):
    assert_alike(MODELS[name], name)


# What prepares data, on the host whatever trains, and what belongs to other frameworks.
UNTRAINED = {
    "CategoryEncoding", "Discretization", "HashedCrossing", "Hashing", "IntegerLookup", "StringLookup",
    "TextVectorization", "FlaxLayer", "JaxLayer", "TFSMLayer", "TorchModuleWrapper",
}  # fmt: skip


def test_no_layer_is_left_out():
    abstract = {layers.Layer, layers.Wrapper}
    members = [getattr(layers, name) for name in dir(layers)]
    public = {c for c in members if inspect.isclass(c) and issubclass(c, layers.Layer)} - abstract
    covered = {type(layer) for make in MODELS.values() for layer in make()._flatten_layers()}
    assert {c.__name__ for c in public - covered} == UNTRAINED


# --- losses and metrics, each at an output of its own -----------------------------------------------------------------


def heads(outputs):
    """A maker of a model with an output for each name: `(shape, activation)`."""

    def make():
        x = Input((3,))
        made = {}
        for name, (shape, activation) in outputs.items():
            y = layers.Dense(int(np.prod(shape)), activation)(x)
            made[name] = layers.Reshape(shape, name=name)(y)
        return keras.Model(x, made)

    return make


def activation_of(predictions):
    """One that gives numbers of the kind that a table has drawn."""
    if predictions.min() < 0:
        return None
    if np.allclose(predictions.sum(-1), 1):
        return "softmax"
    return "sigmoid" if predictions.max() <= 1 else "softplus"


def repeated(array):
    return np.concatenate([array] * (ROWS // len(array)))


def test_losses():
    public = {c for c in vars(losses).values() if inspect.isclass(c) and issubclass(c, losses.Loss)}
    assert {c.__name__ for c in public} - {"Loss", "LossFunctionWrapper"} == set(LOSSES)
    data = {name: drawn(list(pair), name) for name, (_, pair) in LOSSES.items()}
    outputs = {name: (y_pred.shape[1:], activation_of(y_pred)) for name, (_, y_pred) in data.items()}
    y = {name: repeated(y_true) for name, (y_true, _) in data.items()}
    loss = {name: getattr(losses, name)() for name in LOSSES}
    assert_alike(heads(outputs), "losses", y=y, loss=loss, optimizer=optimizers.SGD(0.001))


METRICS = {  # an output: its shape and activation, its targets, its loss, and what is measured of it
    "numbers": (
        ((2,), None),
        normal(ROWS, 2),
        "mse",
        "MeanSquaredError MeanAbsoluteError RootMeanSquaredError LogCoshError CosineSimilarity R2Score "
        "PearsonCorrelation ConcordanceCorrelation",
    ),
    "positive": (
        ((2,), "softplus"),
        uniform(ROWS, 2, low=0.1, high=2.0),
        "mse",
        "MeanAbsolutePercentageError MeanSquaredLogarithmicError Poisson KLDivergence",
    ),
    "signs": (((2,), None), signs(ROWS, 2), "hinge", "Hinge SquaredHinge"),
    "coins": (
        ((2,), "sigmoid"),
        coins(ROWS, 2),
        "binary_crossentropy",
        "BinaryAccuracy BinaryCrossentropy AUC Precision Recall TruePositives TrueNegatives FalsePositives "
        "FalseNegatives PrecisionAtRecall RecallAtPrecision SensitivityAtSpecificity SpecificityAtSensitivity F1Score "
        "FBetaScore BinaryIoU",
    ),
    "classes": (
        ((3,), "softmax"),
        one_hot(ROWS, 3),
        "categorical_crossentropy",
        "CategoricalAccuracy CategoricalCrossentropy CategoricalHinge TopKCategoricalAccuracy OneHotIoU OneHotMeanIoU",
    ),
    "labels": (
        ((3,), "softmax"),
        integers(ROWS, high=3),
        "sparse_categorical_crossentropy",
        "SparseCategoricalAccuracy SparseCategoricalCrossentropy SparseTopKCategoricalAccuracy",
    ),
    "counts": (((1,), "softplus"), integers(ROWS, 1, high=2), "mse", "Accuracy IoU MeanIoU"),
}
ARGUMENTS = {
    "PrecisionAtRecall": {"recall": 0.5},
    "RecallAtPrecision": {"precision": 0.5},
    "SensitivityAtSpecificity": {"specificity": 0.5},
    "SpecificityAtSensitivity": {"sensitivity": 0.5},
    "F1Score": {"threshold": 0.5},
    "FBetaScore": {"threshold": 0.5},
    "TopKCategoricalAccuracy": {"k": 2},
    "SparseTopKCategoricalAccuracy": {"k": 2},
    "MeanIoU": {"num_classes": 9},
    "OneHotMeanIoU": {"num_classes": 9},
    "IoU": {"num_classes": 9, "target_class_ids": [0, 1]},
    "OneHotIoU": {"num_classes": 9, "target_class_ids": [0, 1]},
}


def metric(name):
    return getattr(metrics, name)(**ARGUMENTS.get(name, {}), name=name)


def test_metrics():
    names = {output: row[3].split() for output, row in METRICS.items()}
    public = {c for c in vars(metrics).values() if inspect.isclass(c) and issubclass(c, metrics.Metric)}
    apart = {"Metric", "MeanMetricWrapper", "Mean", "Sum"}  # bases, and those that measure values, not predictions
    assert {c.__name__ for c in public} - apart == {name for found in names.values() for name in found}
    options = {
        "y": {output: drawn(row[1], "metrics", output) for output, row in METRICS.items()},
        "loss": {output: row[2] for output, row in METRICS.items()},
    }
    make = heads({output: row[0] for output, row in METRICS.items()})
    ours, theirs = (
        trained(
            make, "metrics", backend, metrics={o: [metric(n) for n in found] for o, found in names.items()}, **options
        )
        for backend in ("numpy", "jax")
    )
    assert_close(theirs, ours, "metrics", times=TIMES)
