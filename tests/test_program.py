"""Programs of recorded calls: many steps at once give the bits of single steps, whatever depends on what."""

import numpy as np
import pytest

import nbkeras
from nbkeras import Sequential, layers
from nbkeras.backends.numpy.distribution import Distribution
from nbkeras.backends.numpy.jit import RecordedStep
from tests.cases.numbers import stream

NUMBERS = stream("program")

pytestmark = pytest.mark.usefixtures("plain_numpy")


def one_by_one(step, sources):
    own = [a for a in step.batch if a is not None]
    for entries in zip(*sources):
        for target, entry in zip(own, entries):
            target[...] = entry
        step.program.run()


def assert_same_steps(step, sources):
    """`run_over` leaves the state that as many times `run` leaves."""
    before = [a.copy() for a in step.state]
    one_by_one(step, sources)
    expected = [a.copy() for a in step.state]
    for a, old in zip(step.state, before):
        a[...] = old
    step.program.run_over(sources)
    for a, b in zip(step.state, expected):
        assert a.tobytes() == b.tobytes()


def moves(step):
    """How many calls run before and after the steps."""
    plan = Distribution(step.program.calls, step.program._results, step.program._batch)
    return len(plan.before), len(plan.after)


# --- what may leave the steps -----------------------------------------------------------------------------------

# Of the state `number, weights` and a batch x: new values, and how many calls may run before and after the steps.
STEPS = {
    "sum of the batch": (lambda n, w, x: (n + np.dot(x, ONES), w), (2, 0)),
    "a counter that weights need": (lambda n, w, x: (n + ONE, w / np.sqrt(n)), (2, 0)),
    "a counter that weights need after it has counted": (lambda n, w, x: (n + ONE, w / np.sqrt(n + ONE)), (2, 0)),
    "sum of what comes from weights": (lambda n, w, x: (n + np.dot(w, ONES) * TWO, w + x), (0, 2)),
    "sum of what was summed": (lambda n, w, x: (n + np.sqrt(n), w), (0, 0)),
    "sum on the way round the weights": (lambda n, w, x: (n + np.dot(w, ONES), w + ONE / n), (0, 0)),
    "a number that is replaced": (lambda n, w, x: (np.dot(x, ONES) * TWO, w), (1, 0)),
    "a product": (lambda n, w, x: (n * TWO, w), (0, 0)),
    "the batch twice": (lambda n, w, x: (n, w + x * (x + x)), (2, 0)),
    "written in place": (lambda n, w, x: (n, w + _in_place(x)), (3, 0)),
    "written in place after use": (lambda n, w, x: (n, _used_and_written(w, x)), None),
}
ONE, TWO = np.float32(1), np.float32(0.5)
ONES = np.ones(3, "float32")


def _in_place(x):
    y = x * TWO
    y += x
    y *= y
    return y


def _used_and_written(w, x):
    y = x * TWO
    w = w + y
    y += w
    return np.tanh(w * y)


@pytest.mark.parametrize("count", [1, 2, 63, 64, 65, 200])
@pytest.mark.parametrize("name", STEPS)
def test_many_steps_at_once(name, count, monkeypatch):
    function, moved = STEPS[name]
    values = [[np.array(2, "float32"), NUMBERS.standard_normal(3).astype("float32")]]
    step = RecordedStep(lambda values, batch: ([list(function(*values[0], *batch))], None), values, (ONES.copy(),))
    monkeypatch.setattr(Distribution, "pays", lambda self: True)
    sources = [NUMBERS.standard_normal((count, 3)).astype("float32") * np.float32(0.1)]
    assert_same_steps(step, sources)
    assert moved is None or moves(step) == moved


# --- models -----------------------------------------------------------------------------------------------------

# The last layer, targets, loss, metrics and optimizer of a small model.
MODELS = {
    "binary": (lambda: layers.Dense(1, "sigmoid"), (1,), "binary_crossentropy", ["accuracy", "auc"], "adam"),
    "kl": (lambda: layers.Dense(3, "softmax"), (3,), "kl_divergence", ["categorical_accuracy"], "adamw"),
    "sparse": (lambda: layers.Dense(3, "softmax"), (), "sparse_categorical_crossentropy", ["accuracy"], "nadam"),
    "regression": (lambda: layers.Dense(1), (1,), "mse", ["mae", "r2_score"], "rmsprop"),
    "dropout": (lambda: layers.Dropout(0.5), (4,), "mae", ["mse"], "sgd"),
    "normalised": (lambda: layers.BatchNormalization(), (4,), "huber", ["cosine_similarity"], "adadelta"),
    "average": (lambda: layers.Dense(1), (1,), "mse", [], nbkeras.optimizers.SGD(0.1, use_ema=True, clipnorm=1.0)),
    "schedule": (lambda: layers.Dense(1), (1,), "mse", [], nbkeras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.9)),
}


@pytest.mark.parametrize("name", MODELS)
def test_many_steps_of_a_model(name, monkeypatch):
    monkeypatch.setattr(Distribution, "pays", lambda self: True)
    make_last, shape, loss, metrics, optimizer = MODELS[name]
    if isinstance(optimizer, nbkeras.optimizers.schedules.LearningRateSchedule):
        optimizer = nbkeras.optimizers.SGD(optimizer)
    model = Sequential([layers.Input((5,)), layers.Dense(4, "relu"), make_last()])
    model.compile(optimizer, loss, metrics=metrics)
    x = NUMBERS.standard_normal((80, 5)).astype("float32")
    y = NUMBERS.randint(0, 2, (80, *shape)).astype("float32" if shape else "int32")
    model.fit(x, y, batch_size=4, epochs=2, verbose=0)
    (step,) = model._step("train")[1].steps.values()
    own = [a for a in step.batch if a is not None]
    sources = [np.ascontiguousarray(a.reshape(20, *own[i].shape)).astype(own[i].dtype) for i, a in enumerate((x, y))]
    assert_same_steps(step, sources)
    assert sum(moves(step)) > 0


def test_small_steps_run_many_at_once_and_large_ones_do_not():
    pays = {}
    for units in (8, 2000):
        model = Sequential([layers.Input((8,)), layers.Dense(units, "relu"), layers.Dense(1, "sigmoid")])
        model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
        model.fit(np.ones((40, 8), "f4"), np.ones(40, "f4"), batch_size=10, verbose=0)
        (step,) = model._step("train")[1].steps.values()
        pays[units] = Distribution(step.program.calls, step.program._results, step.program._batch).pays()
    assert pays == {8: True, 2000: False}


# --- calls that need not run again ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "calls"),
    [
        (lambda n, w: w + np.sqrt(n) + np.sqrt(n), 3),
        (lambda n, w: w + np.sqrt(n + ONE) * np.sqrt(n + ONE), 4),
        (lambda n, w: w + np.sqrt(n) + np.power(n, TWO), 4),
        (lambda n, w: w + np.broadcast_to(np.sqrt(n), 3) + np.sqrt(n), 3),
        (lambda n, w: w + np.zeros_like(w) + np.sqrt(np.zeros_like(w)), 2),
    ],
    ids=["twice", "a chain twice", "different", "in another shape", "constants"],
)
def test_what_is_known_is_not_computed_again(function, calls):
    values = [[np.array(2, "float32"), NUMBERS.standard_normal(3).astype("float32")]]
    expected = function(*[a.copy() for a in values[0]])
    step = RecordedStep(lambda values, batch: ([[values[0][0], function(*values[0])]], None), values, (ONES.copy(),))
    np.testing.assert_array_equal(values[0][1], expected)
    step.program.run()
    np.testing.assert_array_equal(values[0][1], function(values[0][0], expected))
    assert len(step.program.calls) == calls
