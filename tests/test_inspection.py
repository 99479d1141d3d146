"""Looking at a model at work: nothing changes, gradients and updates are the true ones, reports agree with sklearn."""

import itertools
import math
import threading
import time

import numpy as np
import pytest
from sklearn import metrics as sklearn_metrics

import nbkeras
from nbkeras import Model, Sequential, initializers, layers, losses, ops, optimizers, random
from nbkeras.inspection import Watch, assess, inspect_step, names_of_layers, reads_sequences, statistics
from nbkeras.inspection.observation import observe, prepared

ROWS = 12


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)


# --- statistics ---


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "int32"])
def test_statistics_of_numbers(dtype):
    values = (10 * numbers(7, 600, 100)).astype(dtype)  # more than a block
    found = statistics([values[:2], values[2:]], bins=9)
    wide = values.astype("float64")
    assert (found.size, found.low, found.high, found.non_finite) == (values.size, wide.min(), wide.max(), 0)
    assert (found.mean, found.std) == pytest.approx((wide.mean(), wide.std()), rel=1e-10)
    assert found.rms == pytest.approx(np.sqrt(np.mean(wide**2)), rel=1e-12)
    assert found.norm == pytest.approx(np.linalg.norm(wide), rel=1e-12)
    assert found.zeros == (values == 0).mean()
    assert found.counts == tuple(np.histogram(wide, 9)[0])


def test_histograms_of_very_many_numbers_are_of_some():
    values = np.tile([0.0, 1.0, 2.0, 2.0], 200_000)
    found = statistics([values], bins=3)
    assert (found.size, found.mean) == (800_000, 1.25)
    assert sum(found.counts) == pytest.approx(800_000 / 3, abs=4)
    np.testing.assert_allclose(np.array(found.counts) / sum(found.counts), [0.25, 0.25, 0.5], atol=1e-4)


def test_statistics_of_what_is_not_finite():
    found = statistics([np.array([1.0, np.nan, np.inf, 0.0])], bins=4)
    assert (found.size, found.low, found.high, found.mean, found.zeros, found.non_finite) == (4, 0, 1, 0.5, 0.25, 2)
    nothing = statistics([np.array([np.nan])], bins=2)
    assert math.isnan(nothing.mean)
    assert (nothing.non_finite, nothing.counts, nothing.norm) == (1, (0, 0), 0)
    assert statistics([np.ones(3)], bins=5).counts == (0, 0, 3, 0, 0)


# --- one step, for models of every kind ---


def sequential():
    return Sequential([layers.Dense(5, activation="tanh"), layers.Dropout(0.4), layers.Dense(1)]), numbers(ROWS, 4)


def convolutional():
    stack = [
        layers.Conv2D(3, 3, activation="relu"),
        layers.BatchNormalization(),
        layers.MaxPooling2D(),
        layers.Flatten(),
        layers.Dense(1),
    ]
    return Sequential(stack), numbers(ROWS, 8, 8, 2)


def shared():
    a, b = layers.Input((4,)), layers.Input((4,))
    both = layers.Dense(3, activation="sigmoid", name="both")
    return Model([a, b], layers.Dense(1, name="head")(both(a) - both(b))), [numbers(ROWS, 4), numbers(ROWS, 4, seed=1)]


def nested():
    inner = Sequential([layers.Dense(3, activation="relu", name="first"), layers.Dense(3, name="second")], name="inner")
    x = layers.Input((4,))
    return Model(x, layers.Dense(1, name="head")(inner(x))), numbers(ROWS, 4)


class Own(Model):
    def __init__(self):
        super().__init__()
        self.dense = layers.Dense(3, activation="relu", kernel_regularizer="l2", name="dense")
        self.scale = self.add_weight(shape=(3, 1), name="scale")

    def call(self, x):
        h = self.dense(x)
        self.add_loss(0.1 * ops.mean(h))
        return ops.matmul(h, self.scale)


def subclassed():
    return Own(), numbers(ROWS, 4)


def recurrent():
    tokens = np.random.default_rng(0).integers(0, 9, (ROWS, 6))
    tokens[:, 4:] = 0
    stack = [layers.Embedding(9, 3, mask_zero=True), layers.Bidirectional(layers.LSTM(2)), layers.Dense(1)]
    return Sequential(stack), tokens


MODELS = [sequential, convolutional, shared, nested, subclassed, recurrent]


def made(build, optimizer="sgd", dtype=None):
    """A compiled model with data, repeatably."""
    random.set_seed(3)
    before = nbkeras.config.floatx()
    nbkeras.config.set_floatx(dtype or before)
    try:
        model, x = build()
        model.compile(optimizer, "mse", metrics=["mae"])
        y = numbers(ROWS, 1, seed=2)
        inspect_step(model, x, y)  # builds it
    finally:
        nbkeras.config.set_floatx(before)
    return model, x, y


def state(model):
    variables = [
        *model.variables,
        *model.optimizer.variables,
        *model.metrics_variables,
        random.global_generator().state,
    ]
    return [v.numpy().tobytes() for v in variables], str(random.host_generator().bit_generator.state)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "nadam"])
@pytest.mark.parametrize("build", MODELS)
def test_nothing_changes(build, optimizer):
    model, x, y = made(build, optimizer)
    model.fit(x, y, epochs=2, verbose=0)
    before = state(model)
    first = inspect_step(model, x, y)
    assert state(model) == before
    assert inspect_step(model, x, y) == first
    assert all("call" not in vars(layer) for layer in model._flatten_layers())


@pytest.mark.parametrize("build", MODELS)
def test_a_training_goes_on_as_if_nobody_had_looked(build):
    weights = []
    for looks in (True, False):
        model, x, y = made(build, "adam")
        for _ in range(3):
            if looks:
                inspect_step(model, x, y)
            model.train_on_batch(x, y)
        weights.append(model.get_weights())
    for seen, unseen in zip(*weights):
        np.testing.assert_array_equal(seen, unseen)


def test_a_training_in_another_thread_may_be_looked_at():
    weights = []
    for looks in (True, False):
        model, x, y = made(sequential, "adam")
        training = threading.Thread(target=model.fit, args=(x, y), kwargs={"epochs": 10, "batch_size": 4, "verbose": 0})
        training.start()
        while looks and training.is_alive():
            inspect_step(model, x, y)
            time.sleep(0.005)  # the training takes turns
        training.join()
        weights.append(model.get_weights())
    for seen, unseen in zip(*weights):
        np.testing.assert_array_equal(seen, unseen)


# The step of the differences and the precision that it allows; terms of `add_loss` are added up in float32.
STEPS = {subclassed: (1e-3, 1e-4)}


@pytest.mark.parametrize("build", MODELS)
def test_gradients_of_weights_against_finite_differences(build):
    epsilon, precision = STEPS.get(build, (1e-6, 1e-6))
    model, x, y = made(build, dtype="float64")
    nbkeras.config.set_floatx("float64")  # so that the data stays exact, too
    try:
        seen = observe(model, prepared(model, x, y))
        weights = model.trainable_variables
        directions = [numbers(*w.shape, seed=index) for index, w in enumerate(weights)]
        values = [w.numpy() for w in weights]
        sides = []
        for step in (epsilon, -epsilon):
            for weight, value, direction in zip(weights, values, directions):
                weight.assign(value + step * direction)
            sides.append(observe(model, prepared(model, x, y)).loss)
    finally:
        nbkeras.config.set_floatx("float32")
    along = sum(float(np.sum(seen.weights[id(w)] * d)) for w, d in zip(weights, directions))
    assert along == pytest.approx((sides[0] - sides[1]) / (2 * epsilon), rel=precision)


def test_gradients_of_outputs_against_finite_differences():
    model, x, y = made(sequential, dtype="float64")
    hidden, _, head = model.layers
    nbkeras.config.set_floatx("float64")
    try:
        seen = observe(model, prepared(model, x, y))
    finally:
        nbkeras.config.set_floatx("float32")
    (kept,) = seen.outputs[id(model.layers[1])]  # what comes out of the dropout
    kernel, bias = (w.numpy() for w in head.weights)
    direction = numbers(*kept.shape, seed=5)
    sides = [np.mean(((kept + step * direction) @ kernel + bias - y) ** 2) for step in (1e-6, -1e-6)]
    (gradient,) = seen.gradients[id(model.layers[1])]
    assert np.sum(gradient * direction) == pytest.approx((sides[0] - sides[1]) / 2e-6, rel=1e-6)
    (before,) = seen.gradients[id(hidden)]
    np.testing.assert_allclose(before, gradient * (kept != 0) / 0.6, rtol=1e-9)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", lambda: optimizers.SGD(0.1, momentum=0.9, clipnorm=0.01)])
@pytest.mark.parametrize("build", MODELS)
def test_updates_are_those_of_really_training(build, optimizer):
    model, x, y = made(build, optimizer() if callable(optimizer) else optimizer)
    model.train_on_batch(x, y)  # so that the slots are no zeros
    model.reset_metrics()
    report = inspect_step(model, x, y)
    before = [w.numpy().astype("float64") for w in model.trainable_variables]
    logs = model.train_on_batch(x, y, return_dict=True)
    expected = {}
    for weight, old in zip(model.trainable_variables, before):
        size = np.linalg.norm(old)
        expected.setdefault(weight.path, []).append(np.linalg.norm(weight.numpy() - old) / size if size else math.nan)
    found = [(w.path, w.update) for layer in report.layers for w in layer.weights]
    assert len(found) == len(before)
    for path, update in found:
        assert any(update == pytest.approx(value, rel=1e-3, abs=1e-9, nan_ok=True) for value in expected[path])
    assert report.loss == pytest.approx(logs["loss"], rel=1e-5)
    assert report.metrics == pytest.approx(logs, rel=1e-5)


def test_only_the_batch_is_measured():
    model, x, y = made(sequential)
    model.fit(x, y, epochs=2, verbose=0)
    assert inspect_step(model, x[:5], y[:5]).rows == 5
    weights = np.zeros(ROWS)
    weights[:5] = 1
    part = [layer for layer in model.layers if layer.name.startswith("dropout")]
    part[0].rate = 0
    weighted, plain = inspect_step(model, x, y, weights), inspect_step(model, x[:5], y[:5])
    assert weighted.loss == pytest.approx(plain.loss * 5 / ROWS, rel=1e-5)


# --- which layers, and what they are called ---


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (shared, [("both", 2), ("head", 1)]),
        (nested, [("inner/first", 1), ("inner/second", 1), ("head", 1)]),
        (subclassed, [("dense", 1), ("own", 0)]),
    ],
)
def test_layers_in_the_order_of_their_calls(build, expected):
    nbkeras.naming.reset_names()
    model, x, y = made(build)
    report = inspect_step(model, x, y)
    assert [(layer.name, layer.calls) for layer in report.layers] == expected
    paths = [weight.path for layer in report.layers for weight in layer.weights]
    assert sorted(paths) == sorted(w.path for w in model.trainable_variables)


def test_several_outputs_are_outputs():
    x = layers.Input((4,))
    h = layers.Dense(3, name="h")(x)
    model = Model(x, {"a": layers.Dense(1, name="a")(h), "b": layers.Dense(2, name="b")(h)})
    model.compile("sgd", {"a": "mse", "b": "mse"})
    report = inspect_step(model, numbers(ROWS, 4), {"a": numbers(ROWS, 1), "b": numbers(ROWS, 2)})
    assert {layer.name: layer.is_output for layer in report.layers} == {"h": False, "a": True, "b": True}
    assert report["b"].shape == (ROWS, 2)
    assert report.only(["b"]).layers == (report["b"],)
    with pytest.raises(KeyError, match="no layer 'c'"):
        report["c"]


def test_frozen_layers_have_gradients_of_outputs_alone():
    model, x, y = made(sequential)
    model.layers[0].trainable = False
    model.compile("sgd", "mse")
    first = inspect_step(model, x, y).layers[0]
    assert list(first.weights) == []
    assert first.gradients.norm > 0


def test_a_model_must_be_compiled():
    with pytest.raises(ValueError, match="has not been compiled; call compile"):
        inspect_step(Sequential([layers.Dense(1)]), numbers(3, 2), numbers(3, 1))


# --- findings ---


def deep(activation, scale, depth=8):
    kernel = initializers.RandomNormal(stddev=scale, seed=1)
    return [layers.Dense(8, activation=activation, kernel_initializer=kernel) for _ in range(depth)]


LOW = initializers.Constant(-100.0)
FINDINGS = {
    "vanishing": (lambda: [*deep("sigmoid", 0.2), layers.Dense(1)], "sgd", "gradients vanish: dense's is "),
    "exploding": (lambda: [*deep("linear", 3.0), layers.Dense(1)], "sgd", "gradients explode: dense"),
    "dead": (
        lambda: [layers.Dense(6, activation="relu", bias_initializer=LOW), layers.Dense(1)],
        "sgd",
        "6 of 6 units of dense are dead: they give 0 for each of the 12 rows",
    ),
    "saturated": (
        lambda: [layers.Dense(6, activation="tanh", kernel_initializer=initializers.Constant(50.0)), layers.Dense(1)],
        "sgd",
        " of the outputs of dense are saturated",
    ),
    "large update": (lambda: [layers.Dense(1)], optimizers.SGD(10.0), "update of sequential/dense/kernel is large: "),
    "small update": (lambda: [layers.Dense(1)], optimizers.SGD(1e-6), "update of sequential/dense/kernel is small: "),
    "no gradient": (
        lambda: [layers.Dense(3), layers.Lambda(ops.stop_gradient), layers.Dense(1)],
        "sgd",
        "no gradient reaches the weights of dense: they do not learn",
    ),
    "not finite": (
        lambda: [layers.Dense(3), layers.Lambda(ops.log, name="log"), layers.Dense(1)],
        "sgd",
        " outputs of log are NaN or infinite, the first layer with such: look at its inputs",
    ),
}


@pytest.mark.parametrize("kind", FINDINGS)
def test_findings(kind):
    random.set_seed(0)
    nbkeras.naming.reset_names()
    make_stack, optimizer, words = FINDINGS[kind]
    stack = make_stack()  # after the seed was set: an initializer without a seed draws its own when it is made
    for index, layer in enumerate(layer for layer in stack if type(layer) is layers.Dense):
        layer.name = f"dense_{index}" if index else "dense"
    model = Sequential(stack)
    model.compile(optimizer, "mse")
    report = inspect_step(model, numbers(ROWS, 4), numbers(ROWS, 1))
    found = [f for f in report.findings if f.kind == kind]
    assert len(found) == 1, report
    assert words in str(found[0]), report


def test_a_sound_step_has_no_findings():
    model, x, y = made(sequential, "adam")
    report = inspect_step(model, x, y)
    assert report.findings == ()
    assert repr(report) == f"<StepReport of '{model.name}': 12 rows, loss {report.loss:.4g}, 3 layers, 0 findings>"


def test_weights_that_are_lost():
    model, x, y = made(nested)
    model.layers[-1].kernel.assign(np.full((3, 1), np.nan))
    (finding,) = inspect_step(model, x, y).findings
    assert str(finding) == "3 of 3 numbers of the weight head/kernel are NaN or infinite: build the model anew"


def test_dead_units_and_saturation_are_counted():
    stack = [layers.Dense(3, activation="relu"), layers.Dense(2, activation="sigmoid"), layers.Dense(1)]
    model = Sequential(stack)
    model.compile("sgd", "mse")
    model.build((None, 2))
    stack[0].set_weights([np.zeros((2, 3)), [1.0, -1.0, 0.0]])
    stack[1].set_weights([np.zeros((3, 2)), [20.0, 0.0]])
    report = inspect_step(model, numbers(4, 2), numbers(4, 1))
    assert (report.layers[0].dead, report.layers[0].units) == ((1, 2), 3)
    assert [layer.saturated for layer in report.layers] == [None, 0.5, None]


# --- watching ---


@pytest.mark.parametrize("backend", ["numpy", pytest.param("jax", marks=pytest.mark.jax)])
def test_watching_changes_nothing_and_sees_each_epoch(backend):
    weights = []
    for watches in (True, False):
        model, x, y = made(sequential)
        model.compile("adam", "mse", backend=backend)
        watch = Watch([model.layers[0].name], x, y)
        model.fit(x, y, epochs=4, batch_size=5, verbose=0, callbacks=[watch] if watches else [])
        weights.append(model.get_weights())
        if watches:
            (name,) = watch.layers
            assert [snapshot.epoch for snapshot in watch.snapshots] == [0, 1, 2, 3, 4]
            assert list(watch.snapshots[0].layers[name]) == ["weights", "outputs", "gradients"]
            assert watch.snapshots[-1].layers[name]["weights"].norm == pytest.approx(
                math.hypot(*(np.linalg.norm(w) for w in weights[0][:2])), rel=1e-6
            )
    for seen, unseen in zip(*weights):
        np.testing.assert_array_equal(seen, unseen)


@pytest.mark.parametrize(
    ("every", "epochs", "expected"),
    [(3, 9, [0, 3, 6, 9]), (1, 300, list(range(0, 301, 4)))],
)
def test_looks_are_bounded(every, epochs, expected):
    model, _, _ = made(sequential)
    watch = Watch([model.layers[0].name], every=every)
    watch.set_model(model)
    watch.on_train_begin()
    for epoch in range(epochs):
        watch.on_epoch_end(epoch)
    assert [snapshot.epoch for snapshot in watch.snapshots] == expected


def test_without_arrays_only_weights_are_watched():
    model, x, y = made(sequential)
    watch = Watch([model.layers[0].name], iter([(x, y)]), None)
    model.fit(iter([(x, y)] * 2), epochs=2, steps_per_epoch=1, verbose=0, callbacks=[watch])
    assert [list(s.layers[watch.layers[0]]) for s in watch.snapshots] == [["weights"]] * 3


def test_names_of_layers():
    model, _, _ = made(nested)
    assert list(names_of_layers(model)) == ["inner/first", "inner/second", "head"]


@pytest.mark.parametrize(("build", "expected"), [(sequential, False), (recurrent, True), (convolutional, False)])
def test_models_that_read_sequences(build, expected):
    assert reads_sequences(made(build)[0]) == expected


# --- predictions against targets ---


def assessed(loss, y, y_pred, number=6):
    """The only report on predictions, as a model with this loss gives it."""
    model = Sequential([layers.Lambda(lambda x: x)])
    model.compile("sgd", loss)
    model.evaluate(np.nan_to_num(y_pred).astype("float32"), y, verbose=0)
    reports = assess(model, y, y_pred, number)
    return reports[0] if reports else None


def softmax(z):
    e = np.exp(z)
    return (e / e.sum(-1, keepdims=True)).astype("float32")


def classes_of(rows, number, seed=0):
    return np.random.default_rng(seed).integers(0, number, rows)


def sparse(y):
    return y


def column(y):
    return y[:, None]


def one_hot(y):
    return np.eye(5, dtype="float32")[y]


@pytest.mark.parametrize(
    ("loss", "write", "make"),
    [
        ("sparse_categorical_crossentropy", sparse, softmax),
        ("sparse_categorical_crossentropy", column, softmax),
        ("categorical_crossentropy", one_hot, softmax),
        (losses.SparseCategoricalCrossentropy(from_logits=True), sparse, np.float32),
        (losses.CategoricalCrossentropy(from_logits=True), one_hot, np.float32),
    ],
)
def test_classification_as_sklearn_sees_it(loss, write, make):
    y, scores = classes_of(80, 5), numbers(80, 5)
    scores[:, 3] -= 8  # never predicted
    report = assessed(loss, write(y), make(scores))
    guess = scores.argmax(-1)
    np.testing.assert_array_equal(report.confusion, sklearn_metrics.confusion_matrix(y, guess, labels=range(5)))
    expected = sklearn_metrics.precision_recall_fscore_support(y, guess, labels=range(5), zero_division=np.nan)
    for found, wanted in zip((report.precision, report.recall, report.f1, report.support), expected):
        np.testing.assert_allclose(found, wanted, rtol=1e-12)
    assert report.accuracy == sklearn_metrics.accuracy_score(y, guess)
    of_truth = softmax(scores)[np.arange(80), y]
    worst = np.argsort(of_truth, kind="stable")[:6]
    assert [e.row for e in report.worst] == worst.tolist()
    for example in report.worst:
        assert (example.truth, example.predicted) == (y[example.row], guess[example.row])
        assert example.of_truth == pytest.approx(of_truth[example.row], rel=1e-4)
        assert example.loss == pytest.approx(-math.log(of_truth[example.row]), rel=1e-4)


@pytest.mark.parametrize("shape", [(60,), (60, 1)])
@pytest.mark.parametrize("logits", [False, True])
def test_binary_classification_as_sklearn_sees_it(shape, logits):
    y, z = classes_of(60, 2), 2 * numbers(60)
    p = 1 / (1 + np.exp(-z))
    report = assessed(
        losses.BinaryCrossentropy(from_logits=logits), y.reshape(shape), (z if logits else p).astype("float32")[:, None]
    )
    guess = (p > 0.5).astype(int)
    np.testing.assert_array_equal(report.confusion, sklearn_metrics.confusion_matrix(y, guess))
    expected = sklearn_metrics.precision_recall_fscore_support(y, guess)
    np.testing.assert_allclose([report.precision, report.recall, report.f1, report.support], expected)
    first = report.worst[0]
    chance = np.where(y == 1, p, 1 - p)
    assert first.row == chance.argmin()
    assert first.of_truth == pytest.approx(chance.min(), rel=1e-5)
    assert first.probability == pytest.approx(1 - chance.min(), rel=1e-5)


def test_a_half_is_no():
    report = assessed("binary_crossentropy", np.array([0, 1]), np.array([[0.5], [0.5]], "float32"))
    assert report.confusion.tolist() == [[1, 0], [1, 0]]


def test_labels_that_do_not_exclude_each_other():
    y, p = (numbers(50, 3) > 0).astype("float32"), np.random.default_rng(1).random((50, 3)).astype("float32")
    report = assessed("binary_crossentropy", y, p)
    expected = sklearn_metrics.precision_recall_fscore_support(y, p > 0.5)
    np.testing.assert_allclose([report.precision, report.recall, report.f1, report.support], expected)
    np.testing.assert_array_equal(report.counts, sklearn_metrics.multilabel_confusion_matrix(y, p > 0.5))
    assert report.exact == sklearn_metrics.accuracy_score(y, p > 0.5)
    row = np.mean(-np.log(np.where(y == 1, p, 1 - p)), axis=1).argmax()
    assert report.worst[0].row == row
    assert report.worst[0].truth == tuple(np.flatnonzero(y[row]))


def test_positions_of_sequences_count_each_and_ignored_ones_not():
    y, scores = classes_of((20, 4), 3), numbers(20, 4, 3)
    y[:, 3] = -1
    report = assessed(losses.SparseCategoricalCrossentropy(ignore_class=-1), y, softmax(scores))
    expected = sklearn_metrics.confusion_matrix(y[:, :3].ravel(), scores[:, :3].argmax(-1).ravel())
    np.testing.assert_array_equal(report.confusion, expected)
    assert (report.rows, report.unit, len(report.worst[0].truth)) == (20, "position", 4)


def test_the_most_confused_pairs():
    y, scores = classes_of(400, 30), numbers(400, 30)
    report = assessed("sparse_categorical_crossentropy", y, softmax(scores))
    pairs = [(t, p) for t, p in zip(y, scores.argmax(-1)) if t != p]
    counts = sorted((pairs.count(pair) for pair in set(pairs)), reverse=True)
    found = report.confused(5)
    assert [often for _, _, often in found] == counts[:5]
    assert all(pairs.count((true, guess)) == often for true, guess, often in found)


@pytest.mark.parametrize("loss", ["mse", "mae", "huber", lambda y, p: ops.mean(ops.abs(y - p) ** 3, -1)])
@pytest.mark.parametrize("columns", [1, 3])
def test_regression_as_sklearn_sees_it(loss, columns):
    y = numbers(70, columns).astype("float32")
    p = (y + 0.3 * numbers(70, columns, seed=1)).astype("float32")
    report = assessed(loss, y, p)
    wide, raw = (y.astype("float64"), p.astype("float64")), {"multioutput": "raw_values"}
    np.testing.assert_allclose(report.r2, sklearn_metrics.r2_score(*wide, **raw), rtol=1e-12)
    np.testing.assert_allclose(report.mae, sklearn_metrics.mean_absolute_error(*wide, **raw), rtol=1e-12)
    np.testing.assert_allclose(report.rmse**2, sklearn_metrics.mean_squared_error(*wide, **raw), rtol=1e-12)
    order = np.argsort(-np.abs(p - y).max(axis=1))[:6]
    assert [e.row for e in report.worst] == order.tolist()
    assert report.errors.mean == pytest.approx((p.astype("float64") - y).mean())


def test_regression_on_one_value():
    report = assessed("mse", np.ones(5, "float32"), np.arange(5, dtype="float32")[:, None])
    assert math.isnan(report.r2[0])
    assert (report.mae[0], [e.row for e in report.worst[:2]], report.worst[0].predicted) == (1.4, [4, 3], 4.0)


@pytest.mark.parametrize("loss", ["hinge", "cosine_similarity"])
def test_losses_that_do_not_say_what_targets_mean(loss):
    assert assessed(loss, np.ones((5, 2), "float32"), numbers(5, 2).astype("float32")) is None


def test_each_output_has_a_report():
    x = layers.Input((4,))
    outputs = {"kind": layers.Dense(3, activation="softmax", name="kind")(x), "size": layers.Dense(1, name="size")(x)}
    model = Model(x, outputs)
    model.compile("sgd", {"kind": "sparse_categorical_crossentropy", "size": "mse"})
    data, y = numbers(30, 4), {"kind": classes_of(30, 3), "size": numbers(30, 1)}
    model.evaluate(data, y, verbose=0)
    reports = assess(model, y, model.predict(data, verbose=0))
    assert [(type(r).__name__, r.output) for r in reports] == [
        ("ClassificationReport", "kind"),
        ("RegressionReport", "size"),
    ]


def test_the_worst_rows_are_as_many_as_asked_for():
    y, p = classes_of(9, 2), np.random.default_rng(0).random((9, 1)).astype("float32")
    assert [len(assessed("binary_crossentropy", y, p, n).worst) for n in (0, 4, 99)] == [0, 4, 9]
    p[5] = np.nan
    assert [e.row for e in itertools.islice(assessed("binary_crossentropy", y, p).worst, 1)] == [5]
