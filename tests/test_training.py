"""Training: the loops of `fit`, `evaluate` and `predict`, own steps, and errors before the first step."""

import signal

import numpy as np
import pytest

import nbkeras as keras
from nbkeras import layers, ops
from nbkeras.backends.numpy.jit import Replayed
from nbkeras.training.loop import Pace

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4)).astype("float32")
Y = (X.sum(1, keepdims=True) > 0).astype("float32")


def classifier(**compile_options):
    keras.set_seed(1)
    model = keras.Sequential(
        [layers.Input((4,)), layers.Dense(8, activation="relu"), layers.Dense(1, activation="sigmoid")], name="net"
    )
    options = {"optimizer": "adam", "loss": "binary_crossentropy", "metrics": ["accuracy"], **compile_options}
    model.compile(**options)
    return model


def fit(model, x=X, y=Y, **options):
    return model.fit(x, y, **{"epochs": 2, "batch_size": 16, "verbose": 0, **options}).history


def test_the_loss_falls():
    losses = fit(classifier(optimizer=keras.optimizers.SGD(0.5)), epochs=20)["loss"]
    assert losses[-1] < 0.5 * losses[0]


def test_history_names_and_lengths():
    history = fit(classifier(), validation_split=0.2, epochs=3)
    assert list(history) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert all(len(values) == 3 and all(isinstance(v, float) for v in values) for values in history.values())


def test_same_seed_same_run_to_the_bit():
    def run():
        keras.set_seed(7)
        model = keras.Sequential([layers.Input((4,)), layers.Dense(16), layers.Dropout(0.5), layers.Dense(1)])
        model.compile("adam", "mse")
        return fit(model)["loss"], model.get_weights()

    (first, weights), (second, again) = run(), run()
    assert first == second
    assert all(np.array_equal(a, b) for a, b in zip(weights, again, strict=True))


def test_evaluate_agrees_with_predict():
    model = classifier()
    fit(model)
    p = model.predict(X, verbose=0)
    loss, accuracy = model.evaluate(X, Y, verbose=0)
    expected = -np.mean(Y * np.log(p) + (1 - Y) * np.log(1 - p))
    assert loss == pytest.approx(expected, rel=1e-5)
    assert accuracy == pytest.approx(np.mean((p > 0.5) == Y))
    assert model.evaluate(X, Y, verbose=0, return_dict=True) == {"accuracy": accuracy, "loss": loss}


def test_predict_joins_batches():
    model = classifier()
    assert np.allclose(model.predict(X, batch_size=7, verbose=0), model(X), atol=1e-6)
    assert np.allclose(model.predict_on_batch(X[:3]), model(X[:3]), atol=1e-6)


def test_train_on_batch_is_one_step_of_fit():
    a, b = classifier(), classifier()
    fit(a, epochs=1, batch_size=60, shuffle=False)
    logs = b.train_on_batch(X, Y, return_dict=True)
    assert set(logs) == {"loss", "accuracy"}
    assert all(np.allclose(p, q, atol=1e-6) for p, q in zip(a.get_weights(), b.get_weights(), strict=True))


def test_validation_split_takes_the_last_rows():
    model = classifier()
    history = fit(model, validation_split=0.25, epochs=1)
    expected = model.evaluate(X[45:], Y[45:], verbose=0)
    assert [history["val_loss"][0], history["val_accuracy"][0]] == pytest.approx(expected, rel=1e-5)


def test_frozen_layers_stay():
    model = classifier()
    model.layers[0].trainable = False
    before = model.get_weights()
    fit(model)
    after = model.get_weights()
    assert np.array_equal(before[0], after[0])
    assert not np.array_equal(before[2], after[2])


def test_outputs_as_a_dictionary():
    x = layers.Input((4,))
    h = layers.Dense(4)(x)
    model = keras.Model(x, {"a": layers.Dense(1, name="a")(h), "b": layers.Dense(3, activation="softmax", name="b")(h)})
    model.compile(
        "sgd",
        {"a": "mse", "b": "sparse_categorical_crossentropy"},
        loss_weights={"a": 0.5, "b": 2.0},
        metrics={"b": ["accuracy"]},
    )
    labels = RNG.integers(0, 3, size=60)
    history = fit(model, X, {"a": Y, "b": labels}, epochs=1)
    assert set(history) == {"loss", "a_loss", "b_loss", "b_accuracy"}
    total = 0.5 * history["a_loss"][0] + 2.0 * history["b_loss"][0]
    assert history["loss"][0] == pytest.approx(total, rel=1e-5)


class Tape(keras.Model):
    """A model with a training step in the eager form of the guides."""

    def train_step(self, data):
        x, y = data
        with keras.GradientTape() as tape:
            y_pred = self(x, training=True)
            loss = self.compute_loss(y=y, y_pred=y_pred)
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply(gradients, self.trainable_variables)
        for metric in self.metrics:
            if metric.name == "loss":
                metric.update_state(loss)
            else:
                metric.update_state(y, y_pred)
        return {m.name: m.result() for m in self.metrics}


def functional(cls):
    keras.set_seed(3)
    x = layers.Input((4,))
    model = cls(x, layers.Dense(1)(layers.Dense(4, activation="tanh")(x)))
    model.compile("sgd", "mse", metrics=["mae"])
    return model


def test_own_train_step_learns_the_same():
    own, library = functional(Tape), functional(keras.Model)
    a, b = fit(own, shuffle=False, batch_size=20), fit(library, shuffle=False, batch_size=20)
    assert a["loss"] == pytest.approx(b["loss"], rel=1e-5)
    assert all(np.allclose(p, q, atol=1e-6) for p, q in zip(own.get_weights(), library.get_weights(), strict=True))


def test_own_compute_loss_and_metrics():
    class Doubled(keras.Model):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return 2 * super().compute_loss(x, y, y_pred, sample_weight, training)

        def compute_metrics(self, x, y, y_pred, sample_weight=None):
            return {**super().compute_metrics(x, y, y_pred, sample_weight), "largest": ops.max(y_pred)}

    plain, doubled = functional(keras.Model), functional(Doubled)
    a, b = plain.evaluate(X, Y, verbose=0), doubled.evaluate(X, Y, verbose=0, return_dict=True)
    assert b["loss"] == pytest.approx(2 * a[0], rel=1e-5)
    assert set(b) == {"loss", "mae", "largest"}


def test_own_compute_loss_need_not_take_training():
    class Older(keras.Model):
        def compute_loss(self, inputs=None, targets=None, outputs=None, weights=None):
            return 2 * super().compute_loss(inputs, targets, outputs, weights)

    plain, older = functional(keras.Model), functional(Older)
    assert older.evaluate(X, Y, verbose=0)[0] == pytest.approx(2 * plain.evaluate(X, Y, verbose=0)[0], rel=1e-5)
    assert fit(older, shuffle=False)["loss"][0] > 0


def test_super_train_step():
    class Counting(keras.Model):
        steps = 0

        def train_step(self, data):
            type(self).steps += 1
            return super().train_step(data)

    own, library = functional(Counting), functional(keras.Model)
    assert fit(own, shuffle=False)["loss"] == pytest.approx(fit(library, shuffle=False)["loss"])
    assert Counting.steps == 2 * 4


def test_added_losses_and_regularizers_are_minimised():
    class Penalty(layers.Layer):
        def call(self, x):
            self.add_loss(0.1 * ops.mean(ops.square(x)))
            return x

    x = layers.Input((4,))
    h = Penalty()(layers.Dense(3, kernel_regularizer="l2")(x))
    model = keras.Model(x, layers.Dense(1)(h))
    model.compile("sgd", "mse")
    kernel = model.layers[1].get_weights()[0]
    hidden = X @ kernel
    data_loss = np.mean((model.predict(X, verbose=0) - Y) ** 2)
    expected = data_loss + 0.1 * np.mean(hidden**2) + 0.01 * np.sum(kernel**2)
    assert model.evaluate(X, Y, verbose=0) == pytest.approx(expected, rel=1e-4)


def test_generators_and_steps():
    def endless():
        while True:
            yield X[:20], Y[:20]

    history = classifier().fit(endless(), steps_per_epoch=3, epochs=2, verbose=0).history
    assert len(history["loss"]) == 2


def test_an_interrupt_keeps_model_and_history():
    class Interrupt(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if self.model.optimizer.iterations.numpy() == 6:
                raise KeyboardInterrupt

    model = classifier()
    with pytest.raises(KeyboardInterrupt):
        fit(model, epochs=5, callbacks=[Interrupt()])
    assert len(model.history.history["loss"]) == 1
    assert np.isfinite(fit(model)["loss"]).all()


# --- many steps at once -----------------------------------------------------------------------------------------


class Watch(keras.callbacks.Callback):
    """Is called at each batch, and notes the calls."""

    def __init__(self):
        super().__init__()
        self.calls = []

    def on_train_batch_begin(self, batch, logs=None):
        self.calls.append(batch)

    def on_train_batch_end(self, batch, logs=None):
        self.calls.append((batch, logs["loss"]))

    def on_test_batch_end(self, batch, logs=None):
        self.calls.append(("test", batch))

    def on_predict_batch_end(self, batch, logs=None):
        self.calls.append((batch, logs["outputs"].shape))


class Glance(Watch):
    """The same, content with being called now and then."""

    every_batch = False


@pytest.fixture
def counts(monkeypatch):
    """How many steps ran at once, each time that there were several."""
    found, run_over = [], Replayed.run_over

    def counted(self, values, rows, count):
        found.append(count)
        return run_over(self, values, rows, count)

    monkeypatch.setattr(Replayed, "run_over", counted)
    return found


def network(*inner, x=None, **options):
    x = layers.Input((4,)) if x is None else x
    h = x["a"] if isinstance(x, dict) else x
    for layer in inner:
        h = layer(h)
    model = keras.Model(x, layers.Dense(1, activation="sigmoid")(h))
    model.compile(**{"optimizer": "adam", "loss": "binary_crossentropy", "metrics": ["accuracy", "auc"], **options})
    return model


WEIGHTS = np.linspace(0.5, 2, len(X), dtype="float32")
AT_ONCE = {
    "a network": (lambda: network(layers.Dense(5, "relu")), {}),
    "in order": (lambda: network(layers.Dense(5, "relu")), {"shuffle": False}),
    "columns of a larger table": (network, {"x": RNG.normal(size=(60, 7)).astype("float32")[:, 1:5], "shuffle": False}),
    "batches that fill the epoch": (network, {"batch_size": 6}),
    "random states": (lambda: network(layers.Dropout(0.5), layers.GaussianNoise(0.1)), {}),
    "moving averages": (lambda: network(layers.BatchNormalization()), {}),
    "a dictionary": (lambda: network(x={"a": layers.Input((4,)), "b": layers.Input((4,))}), {"x": {"a": X, "b": -X}}),
    "weights of rows": (network, {"sample_weight": WEIGHTS}),
    "weights of classes": (network, {"class_weight": {0: 1.0, 1: 3.0}}),
    "steps that go on in the next epoch": (network, {"steps_per_epoch": 5, "batch_size": 6, "epochs": 4}),
    "a schedule": (
        lambda: network(optimizer=keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.1, 20))),
        {},
    ),
    "a step that is not replayed": (
        lambda: network(layers.Lambda(lambda x: ops.cond(ops.sum(x) > 0, lambda: x, lambda: -x))),
        {},
    ),
}


@pytest.mark.parametrize("name", AT_ONCE)
def test_many_steps_at_once_are_the_same_to_the_bit(name, counts):
    make, options = AT_ONCE[name]

    def run(*callbacks):
        keras.set_seed(4)
        model = make()
        held_out = (options.get("x", X), Y)
        given = {"epochs": 3, "batch_size": 7, "validation_data": held_out, **options}
        return fit(model, callbacks=callbacks, **given), [
            v.numpy() for v in [*model.variables, *model.optimizer.variables]
        ]

    one_by_one, state = run(Watch())
    assert counts == []
    at_once, after = run()
    assert max(counts) > 1
    assert at_once == one_by_one
    assert all(np.array_equal(a, b) for a, b in zip(after, state, strict=True))


OWN_EVERYTHING = {
    "run_eagerly": lambda: network(run_eagerly=True),
    "an own train_step": lambda: functional(Tape),
    "own metrics": lambda: functional(
        type("Own", (keras.Model,), {"compute_metrics": lambda self, *args: {"one": 1.0}})
    ),
}


@pytest.mark.parametrize("name", OWN_EVERYTHING)
def test_what_must_run_step_by_step_does(name, counts):
    fit(OWN_EVERYTHING[name](), epochs=3)
    assert counts == []


def test_a_glance_now_and_then():
    """The numbers of the first and the last batch of each part follow one another."""
    glance = Glance()
    fit(network(), epochs=2, batch_size=2, callbacks=[glance])
    begins, ends = glance.calls[::2], [batch for batch, _ in glance.calls[1::2]]
    assert len(begins) < 2 * 30
    for begin, end, following in zip(begins, ends, [*begins[1:], 0]):
        assert begin <= end
        assert following == (end + 1) % 30


def test_a_part_takes_no_longer_than_a_moment():
    pace = Pace()
    for seconds, expected in [(0.001, 8), (0.008, 20), (0.02, 20), (0.2, 2), (1.0, 1), (0.04, 1), (1e-9, 8)]:
        pace.took(pace.count, seconds)
        assert pace.count == expected


class StopAtOnce(keras.callbacks.Callback):
    every_batch = False

    def on_train_batch_end(self, batch, logs=None):
        self.model.stop_training = True
        self.batch = batch


def test_a_stop_is_heard():
    stop, model = StopAtOnce(), network()
    assert len(fit(model, epochs=5, batch_size=2, callbacks=[stop])["loss"]) == 1
    assert model.optimizer.iterations.numpy() == stop.batch + 1 < 30


def test_evaluation_after_a_stop_is_complete():
    class Stop(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.stop_training = True

    model = classifier()
    fit(model, callbacks=[Stop()])
    p = model.predict(X, verbose=0)
    assert model.evaluate(X, Y, batch_size=7, verbose=0)[1] == pytest.approx(np.mean((p > 0.5) == Y))


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer that sends a signal")
def test_an_interrupt_in_the_midst_of_many_steps():
    def interrupt(number, frame):
        raise KeyboardInterrupt

    model = classifier()
    fit(model)
    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        with pytest.raises(KeyboardInterrupt):
            fit(model, epochs=10**6)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert all(np.isfinite(w).all() for w in model.get_weights())
    assert len(model.history.history["loss"]) > 1
    assert np.isfinite(fit(model)["loss"]).all()


# What Keras 3.15 calls with which numbers, for 10 batches, of which the last may be shorter.
EXECUTIONS = {
    1: [(i, i) for i in range(10)],
    3: [(0, 2), (3, 5), (6, 8), (9, 11)],
    5: [(0, 4), (5, 9)],
    100: [(0, 99)],
    "auto": [(i, i) for i in range(10)],
}


@pytest.mark.parametrize("rows", [40, 38])
@pytest.mark.parametrize("steps", EXECUTIONS)
def test_steps_per_execution(steps, rows):
    watch = Watch()
    keras.set_seed(2)
    model = network(steps_per_execution=steps)
    history = fit(model, X[:rows], Y[:rows], batch_size=4, epochs=2, callbacks=[watch])
    begins, ends = watch.calls[::2], [batch for batch, _ in watch.calls[1::2]]
    assert list(zip(begins, ends)) == 2 * EXECUTIONS[steps]
    assert watch.calls[-1][1] == history["loss"][-1]
    keras.set_seed(2)
    assert history == fit(network(), X[:rows], Y[:rows], batch_size=4, epochs=2)
    watch.calls.clear()
    model.evaluate(X[:rows], Y[:rows], batch_size=4, callbacks=[watch], verbose=0)
    assert watch.calls == [("test", end) for _, end in EXECUTIONS[steps]]
    watch.calls.clear()
    model.predict(X[:rows], batch_size=4, callbacks=[watch], verbose=0)
    sizes = [min(4 * (end + 1), rows) - 4 * begin for begin, end in EXECUTIONS[steps]]
    assert watch.calls == [(end, (size, 1)) for (_, end), size in zip(EXECUTIONS[steps], sizes, strict=True)]


def test_a_bar_counts_the_batches_that_there_are(capsys):
    model = network(steps_per_execution=4)
    model.fit(X, Y, batch_size=6, callbacks=[Watch()])
    assert "10/10" in capsys.readouterr().out


@pytest.mark.parametrize("steps", [0, -1, 1.5, True, "often"])
def test_wrong_steps_per_execution(steps):
    with pytest.raises(ValueError, match=f"steps_per_execution expects a number of batches.* got {steps!r}"):
        network(steps_per_execution=steps)


@pytest.mark.jax
@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_jax_learns_what_numpy_learns(dropout):
    def history(backend):
        keras.set_seed(5)
        model = keras.Sequential(
            [
                layers.Input((4,)),
                layers.Dense(8),
                layers.BatchNormalization(),
                layers.ReLU(),
                layers.Dropout(dropout),
                layers.Dense(1, activation="sigmoid"),
            ]
        )
        model.compile("adam", "binary_crossentropy", metrics=["accuracy"], backend=backend)
        return fit(model, validation_split=0.2, epochs=3), model.get_weights()

    (ours, weights), (theirs, others) = history("numpy"), history("jax")
    for name, values in ours.items():
        assert theirs[name] == pytest.approx(values, rel=1e-4, abs=1e-6)
    assert all(np.allclose(a, b, atol=1e-4) for a, b in zip(weights, others, strict=True))


def test_fit_before_compile_says_so():
    model = keras.Sequential([layers.Input((4,)), layers.Dense(1)], name="raw")
    with pytest.raises(ValueError, match=r"Sequential 'raw' has not been compiled; call compile"):
        model.fit(X, Y, verbose=0)
