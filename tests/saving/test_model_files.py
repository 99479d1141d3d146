"""Models through files: weights bit for bit, optimizer, how they are compiled, own classes; equal bytes."""

import json
import zipfile

import numpy as np
import pytest

import nbkeras as keras
from nbkeras import layers
from nbkeras.saving import FileError, load_model, save_model
from tests.saving import hostile

X = np.random.default_rng(1).normal(size=(16, 4)).astype("float32")
Y = X.sum(1, keepdims=True)


@keras.saving.register_keras_serializable("tests")
class Scaled(layers.Layer):
    """A layer of a user's own, with a layer, layers in a list and in lists of lists."""

    def __init__(self, units=3, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.first = layers.Dense(units)
        self.rest = [layers.Dense(units), [layers.Dense(units), {"a": layers.Dense(units)}]]

    def build(self, input_shape):
        self.factor = self.add_weight((input_shape[-1],), "ones", name="factor")

    def call(self, x):
        a, (b, c) = self.rest
        return c["a"](b(a(self.first(x * self.factor))))


@keras.saving.register_keras_serializable("tests")
class Own(keras.Model):
    def __init__(self, units=3, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.body = layers.Dense(units, activation="relu")
        self.head = layers.Dense(1)

    def call(self, x, training=False):
        return self.head(self.body(x))


@keras.saving.register_keras_serializable("tests")
class Two(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.dense = layers.Dense(3)

    def call(self, left, right=None):
        return self.dense(left) - self.dense(right)


@keras.saving.register_keras_serializable("tests")
class OwnState(layers.Layer):
    """A layer that writes its weights in a way of its own."""

    def build(self, shape):
        self.table = self.add_weight((shape[-1],), "ones", name="table")

    def call(self, x):
        return x * self.table

    def save_own_variables(self, store):
        store["halves"] = self.table.numpy() / 2

    def load_own_variables(self, store):
        self.table.assign(store["halves"] * 2)


@keras.saving.register_keras_serializable("tests")
def doubled(x):
    return 2 * x


def chain(*members, shape=(4,)):
    return keras.Sequential([layers.Input(shape), *members])


def two_inputs():
    a, b = layers.Input((4,), name="a"), layers.Input((4,), name="b")
    shared = layers.Dense(3, name="shared")
    joined = layers.Concatenate()([shared(a), shared(b)])
    return keras.Model({"a": a, "b": b}, {"sum": layers.Dense(1, name="sum")(joined), "rest": joined - 1.0})


def shared_by_models():
    x = layers.Input((4,))
    both = layers.Dense(4, name="both")
    inner = keras.Sequential([layers.Input((4,)), both, layers.Dense(3)], name="inner")
    return keras.Model(x, layers.Concatenate()([both(x), inner(x)]))


MODELS = {
    "chain": lambda: chain(layers.Dense(3, activation="relu"), layers.Dropout(0.5), layers.Dense(1)),
    "chain without an input": lambda: keras.Sequential([layers.Dense(3), layers.Dense(1)]),
    "chain in a chain": lambda: chain(chain(layers.Dense(3), layers.BatchNormalization()), layers.Dense(1)),
    "two inputs, a shared layer": two_inputs,
    "a layer that two models share": shared_by_models,
    "a class": Own,
    "own layers": lambda: chain(Scaled(3), layers.Dense(1)),
    "own state": lambda: chain(OwnState(), layers.Dense(1)),
    "own function": lambda: chain(layers.Dense(3, activation=doubled), layers.Lambda(doubled)),
    "frozen": lambda: chain(layers.Dense(3, trainable=False), layers.Dense(1)),
    "a bidirectional LSTM": lambda: chain(layers.Reshape((2, 2)), layers.Bidirectional(layers.LSTM(3))),
    "half precision": lambda: chain(layers.Dense(3, dtype="float16"), layers.Dense(1)),
    "float64": lambda: chain(layers.Dense(3, dtype="float64"), layers.Dense(1, dtype="float64")),
    "nothing to learn": lambda: chain(layers.Flatten()),
}


def inputs_of(name):
    return {"a": X, "b": X[::-1]} if "two inputs" in name else X


def called(name):
    keras.utils.set_random_seed(3)
    model = MODELS[name]()
    model(inputs_of(name))
    return model


def assert_equal(got, expected):
    got, expected = keras.tree.flatten(got), keras.tree.flatten(expected)
    assert len(got) == len(expected)
    for a, b in zip(got, expected):
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b), strict=True)


@pytest.mark.parametrize("name", MODELS)
def test_a_model_comes_back(name, tmp_path):
    model = called(name)
    model.save(tmp_path / "net.keras")
    again = load_model(tmp_path / "net.keras")
    assert type(again) is type(model)
    assert again.to_json() == model.to_json()
    assert [w.name for w in again.weights] == [w.name for w in model.weights]
    assert [w.trainable for w in again.weights] == [w.trainable for w in model.weights]
    assert_equal(again.get_weights(), model.get_weights())
    assert_equal(again(inputs_of(name)), model(inputs_of(name)))


@pytest.mark.parametrize("name", [name for name in MODELS if name != "nothing to learn"])
def test_weights_come_back(name, tmp_path):
    model = called(name)
    model.save_weights(tmp_path / "net.weights.h5")
    expected = model.get_weights()
    model.set_weights([weight + 1 for weight in expected])
    model.load_weights(tmp_path / "net.weights.h5")
    assert_equal(model.get_weights(), expected)


@pytest.mark.parametrize("name", MODELS)
def test_equal_models_give_equal_bytes(name, tmp_path):
    for folder in ("one", "two"):
        keras.backend.clear_session()
        (tmp_path / folder).mkdir()
        called(name).save(tmp_path / folder / "net.keras")
    assert (tmp_path / "one/net.keras").read_bytes() == (tmp_path / "two/net.keras").read_bytes()


def compiled(optimizer, **options):
    keras.utils.set_random_seed(2)
    model = chain(layers.Dense(3, activation="tanh"), layers.Dense(1))
    model.compile(optimizer, "mse", metrics=["mae", keras.metrics.MeanSquaredError(name="square")], **options)
    return model


OPTIMIZERS = {
    **{name: name for name in ("sgd", "rmsprop", "adam", "adamw", "adagrad", "adadelta", "adamax", "nadam", "lion")},
    "momentum": keras.optimizers.SGD(0.1, momentum=0.9),
    "average": keras.optimizers.Adam(0.01, use_ema=True, amsgrad=True),
    "accumulation": keras.optimizers.SGD(0.1, gradient_accumulation_steps=2),
    "schedule": keras.optimizers.Adam(keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)),
}


def trained(model, epochs=2):
    return model.fit(X, Y, epochs=epochs, batch_size=4, shuffle=False, verbose=0).history


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("through", ["keras", "weights.h5"])
def test_training_continues_bit_for_bit(name, through, tmp_path):
    fresh = keras.optimizers.get(OPTIMIZERS[name])
    model = compiled(type(fresh).from_config(fresh.get_config()))
    trained(model)
    if through == "keras":
        model.save(tmp_path / "net.keras")
        again = load_model(tmp_path / "net.keras")
    else:
        model.save_weights(tmp_path / "net.weights.h5")
        again = compiled(type(fresh).from_config(fresh.get_config()))
        again.load_weights(tmp_path / "net.weights.h5")
    assert trained(again) == trained(model)
    assert_equal(again.get_weights(), model.get_weights())


def test_before_the_first_step(tmp_path):
    model = compiled(keras.optimizers.Adam(0.5))
    model.optimizer.learning_rate = 0.25
    model.save(tmp_path / "net.keras")
    again = load_model(tmp_path / "net.keras")
    assert float(again.optimizer.learning_rate) == 0.25
    assert trained(again) == trained(model)


def test_without_compiling(tmp_path):
    model = compiled("adam")
    trained(model)
    model.save(tmp_path / "net.keras")
    again = load_model(tmp_path / "net.keras", compile=False)
    assert not again.compiled
    assert_equal(again.get_weights(), model.get_weights())


def test_weights_of_another_optimizer_leave_this_one(tmp_path):
    model, other = compiled("adam"), compiled("sgd")
    for each in (model, other):
        trained(each)
    model.save_weights(tmp_path / "net.weights.h5")
    with pytest.warns(UserWarning, match="begins anew: it has 2 variables, the file 10"):
        other.load_weights(tmp_path / "net.weights.h5")
    assert_equal(other.get_weights(), model.get_weights())


def test_skipping_what_does_not_fit(tmp_path):
    model, other = chain(layers.Dense(3), layers.Dense(2)), chain(layers.Dense(3), layers.Dense(5, name="wide"))
    model.save_weights(tmp_path / "net.weights.h5")
    head = other.layers[1].get_weights()
    with pytest.warns(UserWarning, match=r"Dense 'wide' expects 'kernel' of shape \(3, 5\), got \(3, 2\)"):
        other.load_weights(tmp_path / "net.weights.h5", skip_mismatch=True)
    assert_equal(other.get_weights(), [*model.layers[0].get_weights(), *head])


def test_an_own_method_that_fails_changes_nothing(tmp_path, monkeypatch):
    model = called("own state")
    model.save_weights(tmp_path / "net.weights.h5")
    before = [weight + 1 for weight in model.get_weights()]
    model.set_weights(before)

    def fails(self, store):
        self.table.assign(store["halves"])
        raise KeyError("other halves")

    monkeypatch.setattr(OwnState, "load_own_variables", fails)
    with pytest.raises(FileError, match="other halves"):
        model.load_weights(tmp_path / "net.weights.h5")
    assert_equal(model.get_weights(), before)


def with_number(number):
    model = chain(layers.Dense(1, name="head"))
    model.set_weights([np.full_like(weight, number) for weight in model.get_weights()])
    return model


class Plain(layers.Layer):
    def call(self, x):
        return x


ERRORS = {
    "another ending": (lambda p: chain().save(p / "net.h5"), ValueError, "a model must end in '.keras'"),
    "another ending of weights": (lambda p: chain().save_weights(p / "w.h5"), ValueError, "end in '.weights.h5'"),
    "a folder": (lambda p: chain().save(p / "net.keras", zipped=False), ValueError, "zipped=False"),
    "NaN": (
        lambda p: with_number(np.nan).save(p / "n.keras"),
        ValueError,
        "Dense 'head' has NaN in 'sequential_[0-9]+/head/kernel'",
    ),
    "infinity": (lambda p: with_number(np.inf).save(p / "n.keras"), ValueError, "has an infinite number"),
    "a lambda": (
        lambda p: chain(layers.Lambda(lambda x: x)).save(p / "n.keras"),
        TypeError,
        "holds a lambda, which is code",
    ),
    "no file": (lambda p: load_model(p / "none.keras"), FileNotFoundError, "none.keras"),
    "no file of weights": (lambda p: chain().load_weights(p / "x.weights.h5"), FileNotFoundError, "no file"),
    "no such folder": (lambda p: chain(layers.Dense(1)).save(p / "a/b.keras"), FileNotFoundError, "a"),
}


@pytest.mark.parametrize(("act", "error", "words"), ERRORS.values(), ids=ERRORS)
def test_errors_say_what_is_wrong(act, error, words, tmp_path):
    with pytest.raises(error, match=words):
        act(tmp_path)
    assert not list(tmp_path.iterdir())


def test_nothing_is_replaced_unasked(tmp_path):
    model = chain(layers.Dense(1))
    model.save(tmp_path / "net.keras")
    with pytest.raises(FileExistsError, match="overwrite=True"):
        save_model(model, tmp_path / "net.keras", overwrite=False)


def test_an_unknown_class_says_what_to_do(tmp_path):
    chain(Plain()).save(tmp_path / "net.keras")
    assert type(load_model(tmp_path / "net.keras").layers[0]) is Plain  # subclassing made it known
    with zipfile.ZipFile(tmp_path / "net.keras") as archive:
        config = json.loads(archive.read("config.json"))
    config["config"]["layers"][1].update(class_name="Gone", registered_name="Gone")
    (tmp_path / "gone.keras").write_bytes(hostile.with_members(config=json.dumps(config).encode()))
    with pytest.raises(
        FileError, match=r"'gone.keras config.json': unknown class 'Gone'.*custom_objects=\{'Gone': …\}"
    ):
        load_model(tmp_path / "gone.keras")


def test_loading_draws_no_numbers_and_takes_no_memory_for_weights_that_are_not_there(tmp_path):
    model = chain(layers.Dense(3))
    keras.utils.set_random_seed(5)
    expected = keras.random.normal((2,))
    model.save(tmp_path / "net.keras")
    keras.utils.set_random_seed(5)
    load_model(tmp_path / "net.keras")
    assert_equal(keras.random.normal((2,)), expected)


def test_the_digest_is_that_of_the_weights(tmp_path):
    import hashlib

    chain(layers.Dense(3)).save(tmp_path / "net.keras")
    with zipfile.ZipFile(tmp_path / "net.keras") as archive:
        facts = json.loads(archive.read("metadata.json"))
        assert facts["weights_sha256"] == hashlib.sha256(archive.read("model.weights.h5")).hexdigest()


def test_a_checkpoint_is_a_file_like_any_other(tmp_path):
    model = compiled("adam")
    saver = keras.callbacks.ModelCheckpoint(tmp_path / "net.keras")
    model.fit(X, Y, verbose=0, callbacks=[saver])
    assert_equal(load_model(tmp_path / "net.keras").predict(X, verbose=0), model.predict(X, verbose=0))
    assert [entry.name for entry in tmp_path.iterdir()] == ["net.keras"]
