"""The ten most common mistakes, made in a plain script: each message names thing, expectation, finding and cure."""

import warnings

import numpy as np
import pytest

import nbkeras as keras
from nbkeras import layers

ROWS = 20
X = np.linspace(-1, 1, ROWS * 4, dtype="float32").reshape(ROWS, 4)
THREE = np.arange(ROWS) % 3  # classes
TWO = np.arange(ROWS) % 2
NUMBERS = np.linspace(0, 1, ROWS)


def net(units=3, activation="softmax", loss="sparse_categorical_crossentropy", **options):
    model = keras.Sequential([layers.Input((4,), name="x"), layers.Dense(units, activation, name="head")], name="net")
    model.compile("sgd", loss, **options)
    return model


def regression(*members):
    model = keras.Sequential([*members, layers.Dense(1, name="head")], name="net")
    model.compile("sgd", "mse")
    return model


def uncompiled():
    return keras.Sequential([layers.Input((4,)), layers.Dense(3)], name="net")


def unbuilt():
    return keras.Sequential([layers.Dense(3)], name="net")


def two_inputs():
    a, b = layers.Input((2,), name="a"), layers.Input((2,), name="b")
    model = keras.Model([a, b], layers.Dense(1)(layers.concatenate([a, b])), name="net")
    model.compile("sgd", "mse")
    return model


def image_net():
    return regression(layers.Input((8, 8, 3), name="x"), layers.Conv2D(2, 3), layers.Flatten())


def fit(model, x=X, y=THREE, **options):
    return model.fit(x, y, verbose=0, **options)


def with_one(value, array=X):
    changed = array.astype(object if isinstance(value, str) else array.dtype)
    changed[3, 2] = value
    return changed


WRONG_SHAPES = {
    "columns": (lambda: fit(net(), X[:, :3]), "Sequential 'net' expects input 'x' of shape (None, 4), got (None, 3); "),
    "columns of evaluate": (lambda: net().evaluate(X[:, :3], THREE, verbose=0), "or begin the model with Input((3,))"),
    "columns of a call": (lambda: net()(X[:, :3]), "(None, 4), got (None, 3); choose data of that shape"),
    "one row": (
        lambda: net().predict(X[0], verbose=0),
        "got (None,); one row needs an axis of rows too, as in x[None]",
    ),
    "columns of validation, told before the first epoch": (
        lambda: fit(net(), validation_data=(X[:, :2], THREE), epochs=10**9),
        "expects input 'x' of shape (None, 4), got (None, 2)",
    ),
    "images of another size": (
        lambda: fit(image_net(), np.zeros((5, 9, 8, 3)), np.zeros(5)),
        "of shape (None, 8, 8, 3), got (None, 9, 8, 3); choose data of that shape, or begin the model with",
    ),
    "images without channels": (
        lambda: fit(regression(layers.Conv2D(2, 3, name="c"), layers.Flatten()), np.zeros((5, 8, 8)), np.zeros(5)),
        "Conv2D 'c' expects inputs of shape (batch, height, width, channels), got (None, 8, 8); "
        "add the axis of channels: x[..., None]",
    ),
    "a table for a recurrent layer": (
        lambda: fit(regression(layers.LSTM(2, name="r")), X, NUMBERS),
        "LSTM 'r' expects inputs of shape (batch, steps, features), got (None, 4); give the recurrent layer before it "
        "return_sequences=True, or add an axis of features",
    ),
    "images for a pooling of sequences": (
        lambda: fit(regression(layers.GlobalMaxPooling1D(name="p")), np.zeros((5, 2, 2, 3)), np.zeros(5)),
        "GlobalMaxPooling1D 'p' expects inputs of shape (batch, steps, channels), got (None, 2, 2, 3); put Flatten()",
    ),
    "another size for a layer that is built": (
        lambda: [layer := layers.Dense(3, name="head"), layer(X), layer(X[:, :2])],
        "Dense 'head' expects inputs of shape (batch, …, 4), got (20, 2); it was built for that size",
    ),
    "a window larger than the image": (
        lambda: layers.Conv2D(2, 5, name="c")(layers.Input((4, 4, 1))),
        "Conv2D 'c' with windows of (5, 5) cells expects inputs at least that large, got (4, 4)",
    ),
    "targets": (
        lambda: fit(net(2, None, "mse"), X, NUMBERS),
        "mean_squared_error of output 'head' expects targets of the predictions' shape (batch, 2), got (batch,); ",
    ),
    "one array for two inputs": (
        lambda: fit(two_inputs(), X, NUMBERS),
        "Functional 'net' expects 2 inputs, got 1; give a list in the order a, b",
    ),
    "two arrays for one input": (
        lambda: fit(net(), [X[:, :2], X[:, 2:]]),
        "Sequential 'net' expects 1 input, got 2; join them first, columns with numpy.concatenate, rows",
    ),
    "another key": (
        lambda: fit(net(), {"features": X}),
        "Sequential 'net' expects inputs ['x'], got ['features']; rename the keys, or the model's inputs",
    ),
}
LABELS = {
    "not one-hot": (
        lambda: fit(net(loss="categorical_crossentropy")),
        "categorical_crossentropy of output 'head' expects one-hot labels of shape (batch, 3), got integers of shape "
        "(batch,); use loss='sparse_categorical_crossentropy', or y = to_categorical(y, 3)",
    ),
    "not one-hot, of evaluate": (
        lambda: net(loss="categorical_crossentropy").evaluate(X, THREE, verbose=0),
        "expects one-hot labels of shape (batch, 3), got integers of shape (batch,); use",
    ),
    "not one-hot, of a batch": (
        lambda: net(loss="categorical_crossentropy").train_on_batch(X, THREE),
        "expects one-hot labels of shape (batch, 3), got integers of shape (batch,); use",
    ),
    "one-hot": (lambda: fit(net(), X, np.eye(3)[THREE]), "looks one-hot; use loss='categorical_crossentropy'"),
    "out of range": (lambda: fit(net(), X, THREE + 1), "labels from 0 to 2, got 3 (row 2); number the classes from 0"),
    "out of range, of evaluate": (lambda: net().evaluate(X, THREE + 1, verbose=0), "labels from 0 to 2, got 3 (row 2)"),
    "out of range, of validation, told before the first epoch": (
        lambda: fit(net(), validation_data=(X, THREE + 1), epochs=10**9),
        "expects labels from 0 to 2, got 3 (row 2); number the classes from 0",
    ),
    "-1 and 1": (
        lambda: fit(net(1, "sigmoid", "binary_crossentropy"), X, 2 * TWO - 1),
        "binary_crossentropy of output 'head' expects labels from 0 to 1, got -1 (row 0); write labels -1 and 1 as",
    ),
    "words beyond the embedding": (
        lambda: fit(regression(layers.Embedding(5, 2, name="e"), layers.Flatten()), np.full((6, 3), 8), np.zeros(6)),
        "Embedding 'e' expects integers from 0 to 4, got 8: input_dim must be the largest integer plus 1",
    ),
}
VALUES = {
    "NaN in x": (
        lambda: fit(net(), with_one(np.nan)),
        "x[3, 2] is NaN; drop those rows or",
    ),
    "NaN in y": (
        lambda: fit(net(1, None, "mse"), X, np.where(TWO, np.nan, 0)),
        "y[1] is NaN, as 9 more are; drop",
    ),
    "strings in x": (
        lambda: fit(net(), with_one("high")),
        "x expects numbers, got 'high' in row 3, column 2; turn text",
    ),
    "numbers as strings": (
        lambda: fit(net(), X.astype(str)),
        "row 0, column 0; it is text: convert it first, e.g. x.ast",
    ),
    "strings in y": (
        lambda: fit(net(), X, np.array(["cat", "dog"])[TWO]),
        "y expects numbers, got 'cat' in row 0; turn",
    ),
    "rows of several lengths": (lambda: fit(net(), [[1, 2, 3, 4], [1, 2]], [0, 1]), "x expects rows of one length"),
}
LENGTHS = {
    "x and y": (
        lambda: fit(net(), X, THREE[:10]),
        "every array needs as many rows as the others, but x has 20, y has 10",
    ),
    "weights": (lambda: fit(net(), sample_weight=np.ones(3)), "but x has 20, y has 20, sample_weight has 3"),
    "validation": (lambda: fit(net(), validation_data=(X, THREE[:4])), "but x has 20, y has 4"),
    "none": (lambda: fit(net(), X[:0], THREE[:0]), "x expects at least one row, got none"),
}
COMPILE = {
    method: (
        lambda method=method: getattr(uncompiled(), method)(X, THREE),
        f"has not been compiled; call compile(optimizer, loss) before {method}()",
    )
    for method in ("fit", "evaluate", "train_on_batch", "test_on_batch")
} | {"without a loss": (lambda: fit(net(loss=None)), "Sequential 'net' has no loss to minimise; give compile() a loss")}
LOGITS = {
    "of one unit": (
        lambda: fit(net(1, lambda x: x - 9, "binary_crossentropy"), X, TWO),
        "which are logits; end the model with activation='sigmoid', or use loss=BinaryCrossentropy(from_logits=True)",
    ),
    "of classes": (
        lambda: fit(net(3, lambda x: x - 9)),
        "sparse_categorical_crossentropy of output 'head' expects probabilities, got predictions from ",
    ),
}
UNKNOWN = {
    "argument of a layer": (
        lambda: layers.Dense(3, activaton="relu"),
        "Dense has no argument 'activaton'; did you mean 'activation'?",
    ),
    "argument of a loss": (
        lambda: keras.losses.BinaryCrossentropy(from_logit=True),
        "'from_logit'; did you mean 'from_logits'?",
    ),
    "argument of a metric": (lambda: keras.metrics.AUC(curv="PR"), "AUC has no argument 'curv'; did you mean 'curve'?"),
    "argument of an optimizer": (
        lambda: keras.optimizers.Adam(learning_rat=1),
        "Adam has no argument 'learning_rat'; did you mean 'learning_rate'?",
    ),
    "argument of a schedule": (
        lambda: keras.optimizers.schedules.CosineDecay(0.1, decay_step=3),
        "did you mean 'decay_steps'?",
    ),
    "argument of a callback": (
        lambda: keras.callbacks.EarlyStopping(patiance=3),
        "EarlyStopping has no argument 'patiance'; did you mean 'patience'?",
    ),
    "argument of an initializer": (
        lambda: keras.initializers.HeNormal(sed=3),
        "HeNormal has no argument 'sed'; did you mean 'seed'?",
    ),
    "option of compile": (
        lambda: uncompiled().compile(optimzer="adam"),
        "compile() has no argument 'optimzer'; did you mean 'optimizer'?",
    ),
    "option of fit": (lambda: fit(net(), epoch=3), "fit() has no argument 'epoch'; did you mean 'epochs'?"),
    "option of evaluate": (
        lambda: net().evaluate(X, THREE, verbos=0),
        "evaluate() has no argument 'verbos'; did you mean 'verbose'?",
    ),
    "option of predict": (
        lambda: net().predict(X, batchsize=3),
        "predict() has no argument 'batchsize'; did you mean 'batch_size'?",
    ),
    "activation": (lambda: layers.Dense(3, "rellu"), "unknown activation 'rellu'; did you mean 'relu'?"),
    "loss": (
        lambda: net(loss="categorical_crossentrop"),
        "unknown loss 'categorical_crossentrop'; did you mean 'categorical_crossentropy'?",
    ),
    "metric": (lambda: net(metrics=["acuracy"]), "unknown metric 'acuracy'; did you mean 'accuracy'?"),
    "metric outside of a list": (lambda: net(metrics="accuracy"), "got 'accuracy'; write metrics=['accuracy']"),
    "optimizer": (lambda: uncompiled().compile("adamm", "mse"), "unknown optimizer 'adamm'; did you mean 'adam'?"),
    "class for a layer": (
        lambda: keras.Sequential([layers.Dense]),
        "expects a layer, got the class Dense; call it first",
    ),
    "class for a callback": (lambda: fit(net(), callbacks=[keras.callbacks.EarlyStopping]), "write EarlyStopping()"),
}
UNBUILT = {
    "count_params": (
        lambda: unbuilt().count_params(),
        "Sequential 'net' has no weights yet; call build(input_shape) or",
    ),
    "set_weights": (lambda: unbuilt().set_weights([np.ones((4, 3))]), "it has none yet: call build(input_shape)"),
    "save_weights": (lambda: unbuilt().save_weights("net.weights.h5"), "Sequential 'net' has no weights yet"),
    "output": (lambda: unbuilt().output, "Sequential 'net' has no inputs and outputs yet; begin it with Input(shape)"),
    "no layers": (lambda: fit(regression_without_layers()), "Sequential 'net' has no layers yet; add some first"),
}
DTYPES = {
    "complex": (lambda: fit(net(), X + 1j), "x expects real numbers, got complex64; make columns of its parts"),
    "dates": (
        lambda: fit(net(), np.full((ROWS, 4), "2020-01-01", "datetime64[D]")),
        "x expects numbers, got datetime64[D]",
    ),
    "real labels": (
        lambda: fit(net(), X, THREE + 0.5),
        "expects integer labels, got 0.5; for real-valued targets use loss='mse'",
    ),
    "a scalar": (lambda: fit(net(), X, 1), "y expects an array whose first axis is the rows, got the scalar 1"),
    "unknown": (lambda: layers.Dense(3, dtype="float3"), "unknown dtype 'float3'; did you mean 'float32'?"),
    "epochs": (lambda: fit(net(), epochs="3"), "epochs expects an integer, got '3'"),
    "batch_size": (lambda: fit(net(), batch_size=2.5), "batch_size expects a positive integer, got 2.5"),
}


def regression_without_layers():
    model = keras.Sequential(name="net")
    model.compile("sgd", "mse")
    return model


TABLES = {
    "wrong shapes": WRONG_SHAPES,
    "labels": LABELS,
    "values": VALUES,
    "lengths": LENGTHS,
    "compile": COMPILE,
    "logits": LOGITS,
    "unknown": UNKNOWN,
    "unbuilt": UNBUILT,
    "dtype": DTYPES,
}
MISTAKES = [pytest.param(*row, id=f"{table}: {name}") for table, rows in TABLES.items() for name, row in rows.items()]


@pytest.mark.parametrize(("make", "message"), MISTAKES)
def test_mistake(make, message):
    with pytest.raises((ValueError, TypeError, AttributeError)) as caught:
        make()
    assert message in str(caught.value)


WARNINGS = {
    "targets of more columns": (
        lambda: fit(net(1, None, "mse"), X, np.zeros((ROWS, 3))),
        "expects targets of the predictions' shape (batch, 1), got (batch, 3), and compares axes of size 1 with every",
    ),
    "softmax over one unit": (
        lambda: fit(net(1, "softmax", "binary_crossentropy"), X, TWO),
        "predictions that all are 1, as a softmax over one unit gives; use activation='sigmoid'",
    ),
}


@pytest.mark.parametrize("name", WARNINGS)
def test_what_may_be_meant_is_a_warning(name):
    make, message = WARNINGS[name]
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        make()
    assert [message in str(warning.message) for warning in told] == [True]
    assert told[0].filename == __file__


# What resembles a mistake and is none: warnings are errors in these tests, so that nothing may be said of it.
MEANT = {
    "a batch of all rows": lambda: fit(net(), batch_size=ROWS),
    "a large rate of plain gradient descent": lambda: fit(compiled("sgd", learning_rate=1.0)),
    "a schedule": lambda: fit(compiled("adam", learning_rate=keras.optimizers.schedules.ExponentialDecay(2.0, 9, 0.1))),
    "several labels": lambda: fit(net(3, "sigmoid", "binary_crossentropy"), X, np.ones((ROWS, 3))),
    "a softmax of two": lambda: fit(net(2, "softmax", "binary_crossentropy"), X, np.eye(2)[TWO]),
    "soft labels": lambda: fit(
        net(3, "softmax", "categorical_crossentropy", metrics=["accuracy"]), X, np.full((ROWS, 3), 1 / 3)
    ),
    "numbers that a sigmoid reaches": lambda: fit(net(1, "sigmoid", "mse"), X, NUMBERS),
    "a split of classes in turn": lambda: fit(net(), validation_split=0.2),
    "one frozen layer of two": lambda: fit(regression(layers.Dense(3, trainable=False))),
    "a list for validation": lambda: fit(net(), validation_data=[X, THREE]),
    "batches for validation": lambda: fit(net(), validation_data=[(X, THREE), (X, THREE)]),
}


def compiled(optimizer, **options):
    model = uncompiled()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.get({"class_name": optimizer, "config": options}), loss)
    return model


@pytest.mark.parametrize("name", MEANT)
def test_what_is_meant_is_not_told(name):
    history = MEANT[name]().history
    assert "validation" not in name or "val_loss" in history
    assert np.isfinite(history["loss"]).all()


def test_summary_of_what_is_not_built(capsys):
    unbuilt().summary()
    assert "Not built yet: begin with Input(shape)" in capsys.readouterr().out
