"""What the tables of values do not show: errors, masks on their way, training flags, adapting, what is left alone."""

import numpy as np
import pytest

import nbkeras
from nbkeras import Input, layers, masks, ops
from nbkeras.variables import Scope
from tests.cases.numbers import stream
from tests.references.rows import BACKENDS


def drawn(*shape):
    return stream(shape).standard_normal(shape).astype("float32")


class Chain(layers.Layer):
    """Calls layers one after the other, as a model does, and keeps the last mask."""

    def __init__(self, *members):
        super().__init__()
        self.members = members

    def call(self, x):
        for layer in self.members:
            x = layer(x)
        self.last_mask = masks.get(x)
        return x


# --- errors -----------------------------------------------------------------------------------------------------------

CONSTRUCTION = [
    (lambda: layers.Dense(-3), "units must be a positive integer, got -3"),
    (lambda: layers.Dense(3.0), "units must be a positive integer, got 3.0"),
    (lambda: layers.Dense(True), "units must be a positive integer, got True"),
    (lambda: layers.Dense(3, "rellu"), "unknown activation 'rellu'; did you mean 'relu'?"),
    (lambda: layers.Dense(3, kernel_initializer="glorot"), "unknown initializer 'glorot'"),
    (lambda: layers.Embedding(0, 4), "input_dim must be a positive integer, got 0"),
    (lambda: layers.Lambda("relu"), "function must be callable, got 'relu'"),
    (lambda: layers.ReLU(max_value=-1), "max_value must be a number of at least 0, got -1"),
    (lambda: layers.LeakyReLU(None), "negative_slope must be a number of at least 0, got None"),
    (lambda: layers.Conv2D(0, 3), "filters must be a positive integer, got 0"),
    (lambda: layers.Conv2D(4, (3,)), "kernel_size must be an integer or a tuple of 2 integers, got (3,)"),
    (lambda: layers.Conv1D(4, (3, 3)), "kernel_size must be an integer, got (3, 3)"),
    (lambda: layers.Conv2D(4, 0), "kernel_size must be at least 1 along each axis, got 0"),
    (lambda: layers.Conv2D(4, 3, strides=0), "strides must be at least 1 along each axis, got 0"),
    (lambda: layers.Conv2D(4, 3, padding="causal"), "padding must be 'valid' or 'same', got 'causal'"),
    (lambda: layers.Conv2D(4, 3, data_format="last"), "data_format must be 'channels_last' or 'channels_first'"),
    (lambda: layers.Conv2D(4, 3, 2, dilation_rate=2), "strides and dilation_rate cannot both be above 1"),
    (lambda: layers.Conv2D(4, 3, groups=3), "filters must be a multiple of groups, got 4 and 3"),
    (lambda: layers.Conv2DTranspose(4, 3, 2, output_padding=2), "output_padding must be below strides, got (2, 2)"),
    (lambda: layers.MaxPooling2D(0), "pool_size must be at least 1 along each axis, got 0"),
    (lambda: layers.AveragePooling1D(2, padding="causal"), "padding must be 'valid' or 'same', got 'causal'"),
    (lambda: layers.Reshape((-1, None)), "target_shape may leave one size open (-1 or None), got (-1, None)"),
    (lambda: layers.Permute((0, 1)), "dims must hold each of 1 … 2 once, got (0, 1)"),
    (lambda: layers.RepeatVector(2.0), "n must be a positive integer, got 2.0"),
    (lambda: layers.ZeroPadding2D((1, 2, 3)), "padding must be an integer or a tuple with an entry for each of 2 axes"),
    (lambda: layers.ZeroPadding1D(-1), "padding must be at least 0 along each axis"),
    (lambda: layers.UpSampling2D(2, interpolation="cubic"), "interpolation must be 'nearest' or 'bilinear' or"),
    (lambda: layers.Dot(axes=0), "axes must not be 0, the batch, got 0"),
    (lambda: layers.Dot(axes=(1, 2, 3)), "axes must be an integer or a pair of integers, got (1, 2, 3)"),
    (lambda: layers.BatchNormalization(axis=[1]), "axis must be an integer, got [1]"),
    (lambda: layers.Dropout(1.5), "rate must be a number from 0 to 1, got 1.5"),
    (lambda: layers.GaussianNoise("0.1"), "stddev must be a number from 0 to 1, got '0.1'"),
    (lambda: layers.ActivityRegularization(l1=-1), "l1 must be a number of at least 0, got -1"),
    (lambda: layers.Normalization(mean=0.0), "mean and variance must be given both or neither, got 0.0 and None"),
    (lambda: layers.Normalization(mean=0.0, variance=[1.0]), "mean and variance must be of the same shape"),
]
NOT_YET = [
    (lambda: layers.Dense(3, quantization_config={"bits": 8}), "quantization_config is not supported yet"),
    (lambda: layers.LayerNormalization(rms_scaling=True), "rms_scaling is not supported yet, got True"),
]
CALLS = [  # layer, shapes without the batch, message
    (layers.Dense, {"units": 3}, [()], "Dense 'it' expects inputs of at least 2 axes, got (None,)"),
    (
        layers.Conv2D,
        {"filters": 8, "kernel_size": 3},
        [(6272,)],
        "Conv2D 'it' expects inputs of shape (batch, height, width, channels), got (None, 6272)",
    ),
    (
        layers.Conv2D,
        {"filters": 8, "kernel_size": 3, "data_format": "channels_first"},
        [(9,)],
        "Conv2D 'it' expects inputs of shape (batch, channels, height, width), got (None, 9)",
    ),
    (layers.Conv1D, {"filters": 8, "kernel_size": 3}, [(9,)], "expects inputs of shape (batch, steps, channels)"),
    (
        layers.Conv2D,
        {"filters": 4, "kernel_size": 3, "groups": 2},
        [(8, 8, 3)],
        "Conv2D 'it' with 2 groups expects a number of channels that is a multiple of it, got 3",
    ),
    (
        layers.Conv2D,
        {"filters": 4, "kernel_size": 3, "dilation_rate": 2},
        [(8, 4, 3)],
        "Conv2D 'it' with windows of (5, 5) cells expects inputs at least that large, got (8, 4)",
    ),
    (
        layers.Conv2D,
        {"filters": 4, "kernel_size": 3},
        [(8, 8, None)],
        "Conv2D 'it' expects a known number of channels, got inputs of shape (None, 8, 8, None)",
    ),
    (
        layers.MaxPooling2D,
        {},
        [(8, 1, 3)],
        "MaxPooling2D 'it' with pool_size (2, 2) expects inputs at least that large, got (8, 1)",
    ),
    (layers.GlobalAveragePooling2D, {}, [(4, 3)], "expects inputs of shape (batch, height, width, channels)"),
    (layers.RepeatVector, {"n": 2}, [(3, 4)], "RepeatVector 'it' expects inputs of shape (batch, features)"),
    (
        layers.Reshape,
        {"target_shape": (4, 2)},
        [(6,)],
        "Reshape 'it' expects inputs that fill (4, 2), got 6 numbers for each sample: shape (6,)",
    ),
    (layers.Reshape, {"target_shape": (-1, 4)}, [(6,)], "Reshape 'it' expects inputs that fill (-1, 4)"),
    (layers.Cropping1D, {"cropping": (2, 3)}, [(5, 1)], "expects inputs larger than what it cuts off, 2 + 3 cells"),
    (layers.Add, {}, [(3,), (4,)], "Add 'it' expects inputs of equal shapes, or sizes of 1 that repeat, got"),
    (layers.Subtract, {}, [(3,)] * 3, "Subtract 'it' expects exactly 2 inputs, got 3"),
    (
        layers.Concatenate,
        {},
        [(3, 4), (2, 4)],
        "Concatenate 'it' expects inputs whose shapes agree in all axes but axis -1, got (None, 3, 4) and (None, 2, 4)",
    ),
    (layers.Concatenate, {"axis": 1}, [(3, 4), (2,)], "expects inputs whose shapes agree in all axes but axis 1"),
    (layers.Dot, {"axes": 1}, [(3,), (4,)], "Dot 'it' expects equal sizes along axes 1 and 1, got 3 and 4"),
    (layers.BatchNormalization, {}, [(None,)], "expects a known size along axis -1, got inputs of shape (None, None)"),
    (layers.GroupNormalization, {"groups": 3}, [(4,)], "with 3 groups expects a number of channels that is a multiple"),
    (layers.Normalization, {}, [(None,)], "Normalization 'it' expects known sizes along axis (-1,)"),
    (layers.SpatialDropout1D, {"rate": 0.5}, [(4,)], "expects inputs of shape (batch, steps, channels)"),
]


def raises(error, message):
    return pytest.raises(error, match="^" + _escaped(message) if message[0].isupper() else _escaped(message))


def _escaped(text):
    return "".join("\\" + c if c in ".^$*+?{}[]()|\\" else c for c in text)


@pytest.mark.parametrize(("make", "message"), CONSTRUCTION, ids=[m for _, m in CONSTRUCTION])
def test_arguments_are_checked_when_a_layer_is_made(make, message):
    with raises(ValueError, message):
        make()


@pytest.mark.parametrize(("make", "message"), NOT_YET, ids=[m for _, m in NOT_YET])
def test_what_is_not_there_says_so(make, message):
    with raises(NotImplementedError, message):
        make()


@pytest.mark.parametrize(("cls", "arguments", "shapes", "message"), CALLS, ids=[m for *_, m in CALLS])
def test_shapes_are_checked_when_a_layer_is_called(cls, arguments, shapes, message):
    inputs = [Input(shape) for shape in shapes]
    with raises(ValueError, message):
        cls(**arguments, name="it")(inputs if len(inputs) > 1 else inputs[0])


def test_a_merge_of_one_tensor_is_an_error():
    with raises(ValueError, "Add 'it' expects a list of tensors, got one of shape (2, 3)"):
        layers.Add(name="it")(drawn(2, 3))


def test_a_merge_of_two_batch_sizes_is_an_error():
    with raises(ValueError, "Multiply 'it' expects inputs of one batch size, got (1, 3) and (2, 3)"):
        layers.Multiply(name="it")([drawn(1, 3), drawn(2, 3)])


def test_channels_stay_what_they_were():
    layer = layers.Conv1D(4, 2, name="it")
    layer(drawn(1, 5, 3))
    with raises(ValueError, "Conv1D 'it' expects inputs of shape (batch, steps, 3), got (1, 5, 2)"):
        layer(drawn(1, 5, 2))


def test_an_integer_beyond_the_embedding():
    layer = layers.Embedding(3, 2, name="words")
    with raises(ValueError, "Embedding 'words' expects integers from 0 to 2, got 7: input_dim must be the largest"):
        layer(np.array([[1, 7]]))


def test_noise_shape_of_another_rank():
    layer = layers.Dropout(0.5, noise_shape=(None, 1))
    with raises(ValueError, "noise_shape must have an entry for each of the input's 3 axes, got (None, 1)"):
        layer(drawn(2, 3, 4), training=True)


# --- masks ------------------------------------------------------------------------------------------------------------

WORDS = np.array([[3, 1, 0, 0], [2, 0, 0, 0]])


@pytest.mark.parametrize(
    "layer",
    [
        layers.Dense(3),
        layers.Activation("relu"),
        layers.ReLU(),
        layers.Dropout(0.5),
        layers.Identity(),
        layers.BatchNormalization(),
        layers.LayerNormalization(),
        layers.GaussianNoise(0.1),
        layers.ActivityRegularization(),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_masks_pass(layer):
    chain = Chain(layers.Embedding(5, 4, mask_zero=True), layer)
    chain(WORDS)
    np.testing.assert_array_equal(chain.last_mask, WORDS != 0)


def test_an_average_over_the_steps_that_count():
    chain = Chain(layers.Embedding(5, 4, mask_zero=True), layers.GlobalAveragePooling1D())
    y = chain(WORDS)
    vectors = chain.members[0].get_weights()[0]
    np.testing.assert_allclose(y, [(vectors[3] + vectors[1]) / 2, vectors[2]], rtol=1e-6)
    assert chain.last_mask is None


def test_batch_statistics_of_the_steps_that_count():
    x = drawn(3, 4, 2)
    x[:, 2:] = 0  # masked
    layer = layers.BatchNormalization(momentum=0.0)
    Chain(layers.Masking(), layer)(x, training=True)
    kept = x[:, :2].reshape(-1, 2)
    np.testing.assert_allclose(layer.moving_mean.numpy(), kept.mean(0), rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance.numpy(), kept.var(0), rtol=1e-5)


def test_masking_takes_its_steps_out():
    x = np.array([[[1.0, 2.0], [7.0, 7.0], [7.0, 3.0]]], "float32")
    chain = Chain(layers.Masking(7.0))
    np.testing.assert_array_equal(chain(x), [[[1, 2], [0, 0], [7, 3]]])
    np.testing.assert_array_equal(chain.last_mask, [[True, False, True]])


def test_a_merge_keeps_what_any_input_keeps():
    one, other = np.array([[True, False, False]]), np.array([[True, True, False]])
    x = [drawn(1, 3, 2)] * 2
    np.testing.assert_array_equal(layers.Add().compute_mask(x, [one, other]), [[True, True, False]])
    assert layers.Add().compute_mask(x, [one, None]) is None
    assert layers.Dot(axes=2).compute_mask(x, [one, other]) is None


@pytest.mark.parametrize(
    ("axis", "second", "expected"),
    [
        (-1, [[True, True, False]], [[True, True, False]]),
        (-1, None, [[True, True, True]]),
        (1, [[True, True, False]], [[True, False, False, True, True, False]]),
        (1, None, [[True, False, False, True, True, True]]),
    ],
)
def test_the_mask_of_a_concatenation(axis, second, expected):
    given = [np.array([[True, False, False]]), None if second is None else np.array(second)]
    mask = layers.Concatenate(axis=axis).compute_mask([drawn(1, 3, 2)] * 2, given)
    np.testing.assert_array_equal(mask, expected)


class Doubling(layers.Layer):
    def call(self, x):
        return 2 * x


ENDS = [Doubling(), layers.Flatten(), layers.Conv1D(2, 1), layers.Permute((2, 1)), layers.Lambda(lambda x: 2 * x)]


@pytest.mark.parametrize("layer", ENDS, ids=lambda layer: type(layer).__name__)
def test_where_a_mask_ends(layer):
    """A layer that knows no masks says so once, at the line of the reader who called."""
    model = Chain(layers.Masking(), layer)
    with pytest.warns(UserWarning, match=f"{layer.title} does not support masking, so the mask .* ends here") as told:
        model(np.ones((1, 3, 2), "float32"))
    model(np.ones((1, 3, 2), "float32"))  # a second warning would be an error
    assert [warning.filename for warning in told] == [__file__]
    assert model.last_mask is None
    assert "supports_masking = True" in str(told[0].message)


def test_nothing_is_said_where_a_mask_is_used_up():
    Chain(layers.Masking(), layers.GlobalAveragePooling1D(), layers.Flatten())(np.ones((1, 3, 2), "float32"))
    Chain(layers.Masking(), layers.GRU(2), layers.Reshape((2, 1)))(np.ones((1, 3, 2), "float32"))


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_model_says_once_that_a_mask_ends(backend):
    model = nbkeras.Sequential([Input((3,)), layers.Embedding(4, 2, mask_zero=True), layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse", backend=backend)
    x, y = np.array([[1, 2, 0]] * 4), np.ones((4, 1), "float32")
    with pytest.warns(UserWarning, match="Flatten 'flatten.*' does not support masking") as told:
        model.fit(x, y, validation_data=(x, y), batch_size=2, epochs=2, verbose=0)
    model.predict(x, verbose=0)
    assert [warning.filename for warning in told] == [__file__]


def test_a_lambda_that_knows_masks():
    layer = layers.Lambda(lambda x, mask: ops.where(ops.expand_dims(mask, -1), x, -1.0), mask=lambda x, mask: ~mask)
    chain = Chain(layers.Embedding(5, 2, mask_zero=True), layer)
    y = chain(WORDS)
    assert (y[WORDS == 0] == -1).all()
    np.testing.assert_array_equal(chain.last_mask, WORDS == 0)


def test_a_masked_softmax_row_without_entries_is_zero():
    y = layers.Softmax()(drawn(1, 2, 3), mask=np.array([[[True, False, True], [False] * 3]]))
    np.testing.assert_allclose(y.sum(-1), [[1, 0]], rtol=1e-6)
    assert y[0, 0, 1] == 0


# --- training and what is random --------------------------------------------------------------------------------------

RANDOM = [
    layers.Dropout(0.5),
    layers.SpatialDropout1D(0.5),
    layers.GaussianDropout(0.5),
    layers.GaussianNoise(0.5),
    layers.AlphaDropout(0.5),
]


@pytest.mark.parametrize("layer", RANDOM, ids=lambda layer: type(layer).__name__)
def test_noise_is_for_training_only(layer):
    x = drawn(4, 5, 6)
    chain = Chain(layer)
    assert layer(x) is x
    assert chain(x, training=False) is x
    assert not np.array_equal(chain(x, training=True), x)  # the flag reaches inner layers
    assert not np.array_equal(layer(x, training=True), layer(x, training=True))


@pytest.mark.parametrize("name", ["Dropout", "GaussianDropout", "GaussianNoise", "AlphaDropout"])
def test_seeds(name):
    x = drawn(4, 5)
    one, same, other = (getattr(layers, name)(0.5, seed=seed)(x, training=True) for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("name", ["Dropout", "GaussianDropout", "GaussianNoise", "AlphaDropout"])
def test_without_noise_there_is_no_state(name):
    x = drawn(4, 5)
    layer = getattr(layers, name)(0.0)
    assert layer(x, training=True) is x
    assert layer.variables == []


def test_dropout_scales_what_it_keeps():
    y = layers.Dropout(0.25)(np.ones((8, 9), "float32"), training=True)
    np.testing.assert_allclose(np.unique(y), [0, 4 / 3], rtol=1e-6)


def test_dropout_of_everything():
    np.testing.assert_array_equal(layers.Dropout(1.0)(drawn(3, 4), training=True), np.zeros((3, 4)))


def test_noise_shape_repeats_the_mask():
    y = layers.Dropout(0.5, noise_shape=(None, 1, None))(np.ones((8, 5, 9), "float32"), training=True)
    assert (y == y[:, :1]).all()
    assert len(np.unique(y)) == 2


@pytest.mark.parametrize(
    ("layer", "shape", "axes"),
    [
        (layers.SpatialDropout1D(0.5), (6, 4, 5), (1,)),
        (layers.SpatialDropout2D(0.5), (6, 4, 3, 5), (1, 2)),
        (layers.SpatialDropout2D(0.5, data_format="channels_first"), (6, 5, 4, 3), (2, 3)),
        (layers.SpatialDropout3D(0.5), (6, 2, 3, 4, 5), (1, 2, 3)),
    ],
)
def test_spatial_dropout_drops_whole_channels(layer, shape, axes):
    y = layer(np.ones(shape, "float32"), training=True)
    assert (y.min(axes) == y.max(axes)).all()
    np.testing.assert_array_equal(np.unique(y), [0, 2])


def test_alpha_dropout_keeps_mean_and_variance():
    x = stream("alpha").standard_normal((400, 500)).astype("float32")
    y = layers.AlphaDropout(0.3, seed=3)(x, training=True)
    assert abs(y.mean()) < 0.01  # its standard deviation is 1 / √200000 = 0.002
    assert abs(y.var() - 1) < 0.02


def test_batch_normalization_follows_the_batches():
    x = drawn(50, 3) * 2 + 1
    layer = layers.BatchNormalization(momentum=0.9)
    y = layer(x, training=True)
    np.testing.assert_allclose(y.mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(layer.moving_mean.numpy(), 0.1 * x.mean(0), rtol=1e-5)
    np.testing.assert_allclose(layer.moving_variance.numpy(), 0.9 + 0.1 * x.var(0), rtol=1e-5)
    before = layer.get_weights()
    np.testing.assert_allclose(layer(x), (x - before[2]) / np.sqrt(before[3] + 1e-3), rtol=1e-4, atol=1e-5)
    for a, b in zip(layer.get_weights(), before):
        np.testing.assert_array_equal(a, b)  # inference leaves them


def test_a_frozen_batch_normalization_does_not_learn():
    layer = layers.BatchNormalization()
    layer.build((None, 3))
    layer.trainable = False
    x = drawn(20, 3)
    np.testing.assert_allclose(layer(x, training=True), x / np.sqrt(1.001), rtol=1e-5)
    np.testing.assert_array_equal(layer.moving_mean.numpy(), np.zeros(3))


def test_in_a_scope_the_averages_move_only_there():
    layer = layers.BatchNormalization()
    layer.build((None, 3))
    with Scope([(layer.moving_mean, np.zeros(3, "float32"))]) as scope:
        layer(drawn(20, 3) + 5, training=True)
        assert scope.get(layer.moving_mean).mean() > 0.01
    np.testing.assert_array_equal(layer.moving_mean.numpy(), np.zeros(3))


def test_activity_regularization_is_a_loss_for_each_sample():
    layer = layers.ActivityRegularization(l1=0.1, l2=0.2)
    x = np.full((4, 3), -2.0, "float32")
    assert layer(x) is x
    np.testing.assert_allclose([float(loss) for loss in layer.losses], [0.1 * 6 + 0.2 * 12], rtol=1e-6)


# --- adapting ---------------------------------------------------------------------------------------------------------


def batches(x):
    return [x[:7], x[7:8], x[8:]]


@pytest.mark.parametrize(
    "data",
    [lambda x: x, batches, lambda x: [(b, b[:, 0]) for b in batches(x)], lambda x: iter(batches(x)), np.ndarray.tolist],
)
@pytest.mark.parametrize("axis", [-1, None, (1, 2)])
def test_adapting(data, axis):
    x = drawn(30, 3, 2) * 100 + 1e4
    layer = layers.Normalization(axis=axis)
    layer.adapt(data(x))
    others = {-1: (0, 1), None: None, (1, 2): 0}[axis]
    np.testing.assert_allclose(np.squeeze(layer.mean), x.astype("float64").mean(others), rtol=1e-6)
    np.testing.assert_allclose(np.squeeze(layer.variance), x.astype("float64").var(others), rtol=1e-4)
    y = layer(x)
    assert y.dtype == np.float32
    np.testing.assert_allclose(y.mean(others), 0, atol=1e-3)
    np.testing.assert_allclose(y.std(others), 1, rtol=1e-3)


def test_adapting_again_forgets():
    layer = layers.Normalization()
    layer.adapt(drawn(20, 3) * 10)
    layer.adapt(np.array([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]]))
    np.testing.assert_array_equal(layer.mean, [[2, 2, 2]])
    np.testing.assert_array_equal(layer.variance, [[1, 0, 1]])
    np.testing.assert_array_equal(layer(np.array([[3.0, 2.0, 2.0]])), [[1, 0, 0]])  # no variance: no division by 0


def test_what_was_adapted_are_weights():
    layer = layers.Normalization()
    layer.adapt(drawn(20, 3) + 3)
    twin = layers.Normalization.from_config(layer.get_config())
    twin.build((None, 3))
    twin.set_weights(layer.get_weights())
    np.testing.assert_array_equal(twin(drawn(4, 3)), layer(drawn(4, 3)))
    assert layer.trainable_variables == []


def test_normalization_without_data_or_with_given_numbers():
    with raises(ValueError, "Normalization 'it' expects data to adapt to, got none"):
        layers.Normalization(name="it").adapt(iter([]))
    given = layers.Normalization(mean=[1.0, 2.0], variance=[4.0, 9.0], name="it")
    with raises(ValueError, "Normalization 'it' was given its mean and variance, so there is nothing to adapt"):
        given.adapt(drawn(3, 2))
    np.testing.assert_allclose(given(np.array([[3.0, 5.0]])), [[1, 1]])
    inverse = layers.Normalization(mean=[1.0, 2.0], variance=[4.0, 9.0], invert=True)
    np.testing.assert_allclose(inverse(np.array([[1.0, 1.0]])), [[3, 5]])


def test_rescaling_of_bytes():
    y = layers.Rescaling(1 / 255)(np.array([[0, 51, 255]], "uint8"))
    assert y.dtype == np.float32
    np.testing.assert_allclose(y, [[0, 0.2, 1]], rtol=1e-6)


# --- single layers ----------------------------------------------------------------------------------------------------


def test_a_layer_is_built_by_whoever_calls_build():
    layer = layers.Dense(2)
    layer.build((None, 3))
    assert layer.built
    kernel = layer.kernel
    layer(drawn(1, 3))
    assert layer.kernel is kernel


def test_embedding_with_given_weights():
    table = drawn(4, 3)
    for weights in (table, [table]):
        layer = layers.Embedding(4, 3, weights=weights)
        np.testing.assert_array_equal(layer(np.array([2, 0])), table[[2, 0]])
        assert "weights" not in layer.get_config()


def test_embedding_of_floats_and_of_keras_2():
    layer = layers.Embedding(4, 3, input_length=5)
    assert layer(np.array([[1.0, 2.0]])).shape == (1, 2, 3)


def test_lambda_arguments():
    layer = layers.Lambda(lambda x, factor, training: x * (factor if training else 1), arguments={"factor": 3.0})
    x = drawn(2, 3)
    np.testing.assert_array_equal(layer(x), x)
    np.testing.assert_allclose(layer(x, training=True), 3 * x)


@pytest.mark.parametrize("output_shape", [(7,), lambda shape: (shape[0], 7)])
def test_lambda_with_a_shape_is_not_run_on_shapes(output_shape):
    layer = layers.Lambda(lambda x: np.sort(np.asarray(x))[:, :7], output_shape=output_shape)
    assert layer(Input((9,))).shape == (None, 7)


@pytest.mark.parametrize(
    ("layer", "shape", "expected"),
    [
        (layers.Dense(3), (None, 4), (None, None, 3)),
        (layers.Conv1D(3, 2), (None, 4), (None, None, 3)),
        (layers.Conv1D(3, 200), (None, 4), (None, None, 3)),
        (layers.MaxPooling1D(100), (None, 4), (None, None, 4)),
        (layers.Cropping1D(100), (None, 4), (None, None, 4)),
        (layers.Conv2D(3, 3, padding="same", strides=2), (None, 8, 1), (None, None, 4, 3)),
        (layers.Conv2DTranspose(3, 3, strides=2), (None, 8, 1), (None, None, 17, 3)),
        (layers.MaxPooling1D(), (None, 4), (None, None, 4)),
        (layers.GlobalMaxPooling2D(), (None, None, 4), (None, 4)),
        (layers.Flatten(), (None, 4), (None, None)),
        (layers.Reshape((-1, 2)), (None, 4), (None, None, 2)),
        (layers.Reshape((-1, 5)), (None, 4), (None, None, 5)),
        (layers.Reshape((3, 4)), (None, 4), (None, 3, 4)),
        (layers.Permute((2, 1)), (None, 4), (None, 4, None)),
        (layers.ZeroPadding1D(2), (None, 4), (None, None, 4)),
        (layers.UpSampling2D(interpolation="bilinear"), (None, 4, 1), (None, None, 8, 1)),
        (layers.BatchNormalization(), (None, 4), (None, None, 4)),
        (layers.Embedding(5, 3), (None,), (None, None, 3)),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, layers.Layer) else str(value),
)
def test_unknown_sizes_stay_unknown(layer, shape, expected):
    assert layer(Input(shape)).shape == expected


@pytest.mark.parametrize(
    ("shape", "expected"), [((2, 3, 4), (2, 12)), ((0, 3, 4), (0, 12)), ((2, 3), (2, 3)), ((5,), (5, 1))], ids=str
)
def test_flatten(shape, expected):
    assert layers.Flatten()(np.zeros(shape, "float32")).shape == expected


def test_layouts_agree():
    """Channels first is channels last, moved: with the same weights the same numbers."""
    x = drawn(2, 8, 7, 4)
    for last, first in [
        (layers.Conv2D(6, 3, groups=2), layers.Conv2D(6, 3, groups=2, data_format="channels_first")),
        (layers.MaxPooling2D(), layers.MaxPooling2D(data_format="channels_first")),
        (layers.Conv2DTranspose(6, 3), layers.Conv2DTranspose(6, 3, data_format="channels_first")),
        (layers.UpSampling2D(), layers.UpSampling2D(data_format="channels_first")),
    ]:
        moved = np.moveaxis(x, -1, 1)
        first(moved)
        y = last(x)
        first.set_weights(last.get_weights())
        np.testing.assert_allclose(np.moveaxis(first(moved), 1, -1), y, rtol=1e-5, atol=1e-5)


def test_functional_forms_are_the_layers():
    a, b = drawn(2, 3), drawn(2, 3)
    for function, cls, options in [
        (layers.add, layers.Add, {}),
        (layers.subtract, layers.Subtract, {}),
        (layers.multiply, layers.Multiply, {}),
        (layers.average, layers.Average, {}),
        (layers.maximum, layers.Maximum, {}),
        (layers.minimum, layers.Minimum, {}),
        (layers.concatenate, layers.Concatenate, {"axis": 1}),
        (layers.dot, layers.Dot, {"axes": 1}),
    ]:
        np.testing.assert_array_equal(function([a, b], **options), cls(**options)([a, b]))


@pytest.mark.parametrize("dtype", ["float16", "float64"])
def test_a_layer_computes_in_its_dtype(dtype):
    for layer, shape in [
        (layers.Dense(3, "relu", dtype=dtype), (2, 4)),
        (layers.Conv2D(3, 2, activation="tanh", dtype=dtype), (2, 4, 4, 2)),
        (layers.LayerNormalization(dtype=dtype), (2, 4)),
        (layers.Rescaling(0.5, dtype=dtype), (2, 4)),
        (layers.UpSampling2D(interpolation="bilinear", dtype=dtype), (2, 3, 3, 1)),
    ]:
        assert layer(drawn(*shape)).dtype == dtype
        assert {w.dtype.name for w in layer.get_weights()} <= {dtype}


def test_short_names_are_the_same_classes():
    assert layers.MaxPool2D is layers.MaxPooling2D
    assert layers.AvgPool1D is layers.AveragePooling1D
    assert layers.GlobalAvgPool3D is layers.GlobalAveragePooling3D
    assert layers.Convolution2D is layers.Conv2D
    assert nbkeras.layers.SeparableConvolution1D is layers.SeparableConv1D
