"""The NumPy backend's compiled step: replaying it gives the very bits that running it gives, for every layer."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import nbkeras
from nbkeras import GradientTape, Model, Sequential, Variable, layers, ops
from nbkeras.backends import use_backend
from nbkeras.backends.numpy.jit import MOST_SHAPES, RecordedStep
from tests.cases.numbers import stream
from tests.references.libraries import flatten
from tests.references.measure import symbolic_inputs
from tests.references.rows import ours, rows  # noqa: F401  (fixture)
from tests.references.tables import LAYERS
from tests.test_layers import has_array_keywords

# Each picks what to do by a number that it draws, so that its step is run as it was written.
UNRECORDED = ("rand augment", "aug mix")


def learns(case):
    return case.models and not has_array_keywords(case) and case.name != "resizing bytes"  # bytes have no loss


def trained(case, ours, eagerly):  # noqa: F811
    """A model of the layer after two epochs of three batches, with everything that changed."""
    ours.fresh()
    nbkeras.set_seed(1)
    inputs = symbolic_inputs(ours, case)
    outputs = flatten(case.call(case.build(ours.k), inputs, **case.keywords))
    outputs = [y for y in outputs if y.dtype.startswith("float")]
    model = Model(inputs, outputs)
    model.compile("adam", ["mse"] * len(outputs), run_eagerly=eagerly)
    arrays = case.arrays()
    x = [np.concatenate([array] * 3) for array in arrays]
    y = [np.ones((len(x[0]), *p.shape[1:]), "float32") for p in flatten(model.predict(x, verbose=0))]
    history = model.fit(x, y, epochs=2, batch_size=len(arrays[0]), verbose=0).history
    return model, [history["loss"], *model.get_weights(), *(v.numpy() for v in model.optimizer.variables)]


@pytest.mark.filterwarnings("ignore:.*because all are frozen, so fit changes nothing:UserWarning")
@rows(*[f"layers/{family}" for family in LAYERS], where=learns)
def test_replays_bit_by_bit(table, case, ours):  # noqa: F811
    model, replayed = trained(case, ours, eagerly=False)
    _, run = trained(case, ours, eagerly=True)
    for a, b in zip(replayed, run):
        np.testing.assert_array_equal(a, b)
    step = model._step("train")[1]
    assert {type(s) is RecordedStep for s in step.steps.values()} == {case.name not in UNRECORDED}


# --- what a record must not miss --------------------------------------------------------------------------------


X = stream("x").standard_normal((12, 4)).astype("float32")
Y = X[:, :1]


def compiled(*inner, **kwargs):
    model = Sequential([layers.Input((4,)), *inner, layers.Dense(1)])
    model.compile("sgd", "mse", **kwargs)
    return model


def replays(model, kind="train"):
    """Whether the steps of the model of this kind are replayed."""
    return [type(step) is RecordedStep for step in model._step(kind)[1].steps.values()]


class Unsteady(layers.Layer):
    """Computes something else each time."""

    def __init__(self, change):
        super().__init__()
        self.change = change
        self.outside = Variable(np.float32(1))

    def call(self, x):
        return self.change(self, x)


class Calls:
    count = 0

    @classmethod
    def next(cls, layer, x):
        cls.count += 1
        return x * cls.count


@pytest.mark.parametrize(
    "change",
    [
        lambda layer, x: x * float(np.random.default_rng().random()),
        Calls.next,
        lambda layer, x: ops.cond(ops.sum(x) > 0, lambda: x, lambda: -x),
        lambda layer, x: x * ops.cast(ops.nonzero(x > 0)[0].shape[0], "float32"),
        lambda layer, x: x * UNKNOWN,
    ],
    ids=["random numbers of NumPy", "a counter of Python", "a branch on numbers", "a shape from numbers", "foreign"],
)
def test_a_step_that_cannot_be_replayed_is_run(change):
    model = compiled(Unsteady(change))
    model.fit(X, Y, batch_size=3, epochs=3, verbose=0)
    assert replays(model) == [False]


UNKNOWN = Variable(np.float32(2))


def test_shapes_that_come_once_are_not_recorded():
    model = compiled()
    for size in range(1, 100):
        model.predict(X[:1].repeat(size, 0), batch_size=size, verbose=0)
    steps = model._step("predict")[1].steps
    assert len(steps) == MOST_SHAPES
    assert not any(replays(model, "predict"))


def changed_by(change, model):
    """What a model predicts, by a call and by `predict`, after both have been compiled and `change(model)` has run."""
    for _ in range(5):
        model(X)
        model.predict(X, verbose=0)
    assert any(replays(model, "predict"))
    change(model)
    called = np.asarray(model(X))
    np.testing.assert_array_equal(called, model.predict(X, verbose=0))
    return called


def set_weights(model):
    model.set_weights([w + 1 for w in model.get_weights()])


def assign(model):
    model.layers[-1].kernel.assign(model.layers[-1].kernel + 1)


def train(model):
    model.fit(X, Y, verbose=0)


def apply_gradients(model):
    model.optimizer.apply([np.ones_like(w) for w in model.get_weights()], model.trainable_variables)


def pop(model):
    model.pop()


@pytest.mark.parametrize("change", [set_weights, assign, train, apply_gradients, pop])
def test_compiled_predictions_follow_the_model(change):
    model = compiled(layers.Dense(3))
    before = np.asarray(model(X))
    after = changed_by(change, model)
    assert before.shape != after.shape or not np.array_equal(before, after)
    model.run_eagerly = True
    np.testing.assert_allclose(model(X), after, rtol=1e-6)


def hot(*inner):
    """A model that has predicted a row often, by a call and by `predict`."""
    model = compiled(*inner)
    for _ in range(5):
        model(X[:1])
        model.predict(X[:1], verbose=0)
    assert model._replayed(X[:1]) is not None
    return model


OTHERWISE = {  # what is given -> a message, or what it comes to
    "too many columns": (lambda: X[:1].repeat(2, 1), {}, r"expects input .* of shape \(None, 4\), got \(None, 8\)"),
    "a row without rows": (lambda: X[0], {}, r"one row needs an axis of rows too, as in x\[None\]"),
    "no rows": (lambda: X[:0], {}, "at least one row"),
    "text": (lambda: np.array([["a"] * 4]), {}, "x expects numbers, got 'a'"),
    "batches of nothing": (lambda: X[:1], {"batch_size": -1}, "batch_size expects a positive integer, got -1"),
    "batches of a part": (lambda: X[:1], {"batch_size": 1.5}, "batch_size expects a positive integer, got 1.5"),
    "no steps": (lambda: X[:1], {"steps": 0}, "steps expects 1 or more"),
    "float64": (lambda: X[:1].astype("float64"), {}, None),
    "integers": (lambda: X[:1].astype("int64"), {}, None),
    "another order in memory": (lambda: np.asfortranarray(X[:1]), {}, None),
    "every other column": (lambda: X[:1].repeat(2, 1)[:, ::2], {}, None),
    "a list": (lambda: X[:1].tolist(), {}, None),
    "more rows": (lambda: X, {}, None),
    "rows one by one": (lambda: X, {"batch_size": 1}, None),
}


@pytest.mark.parametrize("name", OTHERWISE)
def test_the_short_way_is_only_for_what_it_was_made_for(name):
    make, options, message = OTHERWISE[name]
    model = hot(layers.Dense(3, "relu"))
    if message is not None:
        with pytest.raises(ValueError, match=message):
            model.predict(make(), verbose=0, **options)
        return
    kernels = model.get_weights()
    x = np.asarray(make(), "float32")
    expected = np.maximum(x @ kernels[0] + kernels[1], 0) @ kernels[2] + kernels[3]
    np.testing.assert_allclose(model.predict(make(), verbose=0, **options), expected, rtol=1e-5)


def test_the_short_way_shows_its_bar_where_it_is_wanted(capsys):
    hot().predict(X[:1])
    assert "1/1" in capsys.readouterr().out


def test_the_short_way_calls_callbacks():
    seen = []
    done = nbkeras.callbacks.LambdaCallback(on_predict_end=lambda logs: seen.append("end"))
    hot().predict(X[:1], verbose=0, callbacks=[done])
    assert seen == ["end"]


def test_the_short_way_gives_several_outputs():
    x = layers.Input((4,))
    model = Model(x, {"a": layers.Dense(1, name="a")(x), "b": x})
    first = [model(X[i : i + 1]) for i in range(6)]
    again = [model.predict(X[i : i + 1], verbose=0) for i in range(6)]
    for i, (a, b) in enumerate(zip(first, again)):
        np.testing.assert_allclose(a["a"], b["a"], rtol=1e-6)
        np.testing.assert_array_equal(a["b"], X[i : i + 1])
        np.testing.assert_array_equal(b["b"], X[i : i + 1])


@pytest.mark.jax
def test_the_short_way_ends_where_another_backend_begins():
    model = hot()
    expected = model.predict(X[:1], verbose=0)
    with use_backend("jax"):
        np.testing.assert_allclose(model.predict(X[:1], verbose=0), expected, rtol=1e-5)
        np.testing.assert_allclose(np.asarray(model(X[:1])), expected, rtol=1e-5)
    np.testing.assert_array_equal(model.predict(X[:1], verbose=0), expected)


@pytest.mark.parametrize("warns", ["warn", "raise"])
def test_replaying_is_quiet_and_leaves_the_warnings_of_others_on(warns):
    model = hot(layers.Dense(4))
    model.set_weights([np.full_like(w, 3e38) for w in model.get_weights()])
    with np.errstate(all=warns):
        for _ in range(3):
            assert not np.isfinite(model(X[:1])).any()
        assert np.geterr()["invalid"] == warns


def test_freezing_a_layer_stops_its_training():
    model = compiled(layers.Dense(3))
    model.fit(X, Y, batch_size=3, epochs=2, verbose=0)
    frozen = model.layers[0]
    frozen.trainable = False
    with pytest.raises(
        ValueError, match=r"now has 2 trainable weights, its optimizer was made for 4; call compile\(\) again"
    ):
        model.fit(X, Y, verbose=0)
    model.compile("sgd", "mse")
    before, other = frozen.get_weights()[0], model.layers[1].get_weights()[0]
    model.fit(X, Y, batch_size=3, epochs=2, verbose=0)
    np.testing.assert_array_equal(frozen.get_weights()[0], before)
    assert not np.array_equal(model.layers[1].get_weights()[0], other)


def test_gradients_see_through_a_compiled_call():
    model = compiled()
    for _ in range(4):
        model(X)
    with GradientTape() as tape:
        loss = ops.sum(model(X))
    gradients = tape.gradient(loss, model.trainable_variables)
    np.testing.assert_allclose(gradients[1], [12.0])


def test_what_a_step_returns_stays():
    """Predictions of one batch are not those of the next in the same memory."""
    model = compiled()
    first = [np.asarray(model(X[i : i + 1])) for i in range(12)]
    np.testing.assert_allclose(np.concatenate(first), model.predict(X, batch_size=1, verbose=0), rtol=1e-6)


def test_threads_may_call_the_same_model():
    model = compiled(layers.Dense(50, "relu"))
    inputs = [np.full((1, 4), i, "float32") for i in range(8)]
    expected = [np.asarray(model(x)) for x in inputs * 3][:8]
    with ThreadPoolExecutor(8) as pool:
        for _ in range(20):
            for found, wanted in zip(pool.map(model, inputs), expected):
                np.testing.assert_allclose(found, wanted, rtol=1e-6)
