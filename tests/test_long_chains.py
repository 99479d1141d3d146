"""Models of 1,000 layers in a chain: no recursion runs out, and the work grows as the number of layers does."""

import sys

import numpy as np
import pytest

import nbkeras
from nbkeras import layers, ops
from nbkeras.models import clone_model, model_from_json
from nbkeras.notebook.views.model import model_bundle
from tests.notebook.cells import declare

X = np.random.default_rng(0).normal(size=(4, 2)).astype("float32")
FEW = (20, 40, 80)


def sequential(n):
    return nbkeras.Sequential([nbkeras.Input((2,)), *[layers.Dense(2) for _ in range(n)]])


def built_late(n):
    model = nbkeras.Sequential([layers.Dense(2) for _ in range(n)])
    model.build((None, 2))
    return model


def residual(n):
    x = first = nbkeras.Input((2,))
    for _ in range(n):
        x = x + 0.1 * layers.Dense(2)(x)
    return nbkeras.Model(first, x)


def of_ops(n):
    x = first = nbkeras.Input((2,))
    for _ in range(n // 2):
        x = ops.tanh(x * 0.5)
    return nbkeras.Model(first, x)


class Own(nbkeras.Model):
    def __init__(self, n):
        super().__init__()
        self.chain = [layers.Dense(2) for _ in range(n)]

    def call(self, x):
        for layer in self.chain:
            x = layer(x)
        return x


def number(n):
    return n


def trained(steps):
    """A model after that many steps: the first runs on the tape, the second is recorded, the third proved."""

    def make(n, make=residual):
        model = make(n)
        model.compile("adam", "mse", metrics=["mae"])
        for _ in range(steps):
            fit(model)
            model.predict(X, verbose=0)
        return model

    return make


def fit(model):
    return model.fit(X, X, verbose=0)


def by_tape(model):
    with nbkeras.GradientTape() as tape:
        loss = ops.sum(model(X))
    return tape.gradient(loss, model.trainable_variables)


# What is done to a model, or to the number of its layers: (how that is made, the work).
WORK = {
    "make a Sequential": (number, sequential),
    "make one without Input": (number, built_late),
    "make a functional model": (number, residual),
    "make one of ops": (number, of_ops),
    "call": (residual, lambda model: model(X)),
    "call a subclass": (Own, lambda model: model(X)),
    "summary": (sequential, lambda model: model.summary(print_fn=str)),
    "summary of a graph": (residual, lambda model: model.summary(print_fn=str)),
    "view": (sequential, model_bundle),
    "view of a graph": (residual, model_bundle),
    "get and set weights": (sequential, lambda model: model.set_weights(model.get_weights())),
    "freeze": (sequential, lambda model: setattr(model, "trainable", False)),
    "write JSON": (sequential, lambda model: model.to_json()),
    "write JSON of a graph": (residual, lambda model: model.to_json()),
    "read JSON": (lambda n: sequential(n).to_json(), model_from_json),
    "read JSON of a graph": (lambda n: residual(n).to_json(), model_from_json),
    "clone": (sequential, clone_model),
    "clone a graph": (residual, clone_model),
    "write a cell": (residual, lambda model: model.to_cell()),
    "write a cell of ops": (of_ops, lambda model: model.to_cell()),
    "write Python": (residual, lambda model: model.to_python()),
    "declare": (number, lambda n: declare("Input((2,))\n" + "Dense(2)\n" * n)),
    "declare in a loop": (number, lambda n: declare(f"Input((2,))\nfor _ in range({n}):\n    Dense(2)\n")),
    "differentiate": (residual, by_tape),
    "first step": (trained(0), fit),
    "recorded step": (trained(1), fit),
    "proved step": (trained(2), fit),
    "replayed step": (trained(3), fit),
    "first step of a subclass": (lambda n: trained(0)(n, Own), fit),
    "evaluate": (trained(1), lambda model: model.evaluate(X, X, verbose=0)),
    "predict": (trained(0), lambda model: model.predict(X, verbose=0)),
    "replayed prediction": (trained(3), lambda model: model.predict(X, verbose=0)),
}


# They take 5 s to prepare, with what stands in the table by itself.
LATER_STEPS = {"proved step", "replayed step", "evaluate", "replayed prediction"}


def lines_run(work, argument):
    """How many lines of Python `work` runs, those of the library and of what it calls."""
    lines = 0

    def count(frame, event, arg):
        nonlocal lines
        lines += 1
        return count

    outer = sys.gettrace()
    sys.settrace(count)
    try:
        work(argument)
    finally:
        sys.settrace(outer)
    return lines


@pytest.mark.parametrize("name", WORK)
def test_work_grows_as_the_number_of_layers(name):
    """Twice as many layers more are twice as much more work: of a quadratic part it would be four times."""
    make, work = WORK[name]
    work(make(4))  # what is done once for all models
    few, more, most = (lines_run(work, make(n)) for n in FEW)
    assert most - more == pytest.approx(2 * (more - few), rel=0.01)


@pytest.mark.parametrize("name", [name for name in WORK if name not in LATER_STEPS])
def test_a_thousand_layers_do_not_exhaust_the_stack(name):
    make, work = WORK[name]
    assert sys.getrecursionlimit() <= 1_000
    work(make(1_000))


def test_files_of_weights(tmp_path):
    def save_and_load(model):
        model.save_weights(tmp_path / "net.weights.h5")
        model.load_weights(tmp_path / "net.weights.h5")

    save_and_load(sequential(1_000))
    few, more, most = (lines_run(save_and_load, sequential(n)) for n in FEW)
    assert most - more == pytest.approx(2 * (more - few), rel=0.01)
