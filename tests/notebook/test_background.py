"""Trainings in the background: `%fit --background`, `%runs` to stop and to wait, and what others may do meanwhile."""

import signal
import sys
import threading
import time

import numpy as np
import pytest
from IPython.core.error import UsageError

import nbkeras
from nbkeras.callbacks import Callback, History, LambdaCallback
from nbkeras.notebook.training.runs import Run
from tests.notebook.cells import declare

NET = """%%model net --seed 0
Input((4,))
Dense(8, activation="relu")
Dense(1, activation="sigmoid")
compile("adam", "binary_crossentropy", ["accuracy"])
"""


class Gate(Callback):
    """Holds a training before its batch number `at`, until it is opened."""

    def __init__(self, at=0):
        super().__init__()
        self.at = at
        self.reached, self.opened = threading.Event(), threading.Event()

    def on_train_batch_begin(self, batch, logs=None):
        if batch == self.at and not self.opened.is_set():
            self.reached.set()
            assert self.opened.wait(30)


class Failing(Callback):
    def on_epoch_end(self, epoch, logs=None):
        if epoch == 1:
            raise ZeroDivisionError("mine")


@pytest.fixture
def ready(notebook, monkeypatch):
    """A notebook that is not static, with a model, data, and a gate."""
    for place in ("magics.fit", "training.fitting"):
        monkeypatch.setattr(f"nbkeras.notebook.{place}.is_static", lambda: False)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(96, 4)).astype("float32")
    gate = Gate()
    notebook.variables.update(X=X, y=(X.sum(1) > 0).astype("float32"), gate=gate, failing=Failing())
    notebook.run(NET)
    yield notebook
    gate.opened.set()
    for thread in [*threading.enumerate()]:
        if thread.name.startswith("net-"):
            thread.join(30)


HELD = "run = %fit net X y --epochs 3 --callbacks [gate] --background"


def test_the_cell_returns_while_the_training_goes_on(ready):
    ready.run(HELD)
    run = ready.variables["run"]
    assert type(run) is Run
    assert repr(run) == "<Run net-1: running, epoch 1 of 3; it has show(), stop() and wait()>"
    assert not run.ended.is_set()
    ready.variables["gate"].opened.set()
    history = run.wait()
    assert isinstance(history, History)
    assert history.epoch == [0, 1, 2]
    assert history.history == ready.variables["net"].history.history
    assert repr(run) == "<Run net-1: finished>"


def test_it_learns_the_same_in_the_background(ready):
    ready.run("foreground = %fit net X y --epochs 3")
    ready.run(NET)
    ready.run("run = %fit net X y --epochs 3 --background")
    assert ready.variables["run"].wait().history == ready.variables["foreground"].history


def test_stop(ready):
    ready.run(HELD)
    assert ready.printed("%runs --stop") == "ends after the batch in progress: net-1\n"
    ready.variables["gate"].opened.set()
    run = ready.variables["run"]
    run.wait()
    assert run.outcome == "stopped in epoch 1 of 3"
    assert ready.variables["net"].optimizer.iterations.numpy() == 1
    assert ready.shown("%fit net X y")["text/plain"].splitlines()[1] == "continues after part of an epoch"


def test_wait_shows_the_run(ready):
    ready.run(HELD)
    threading.Timer(0.1, ready.variables["gate"].opened.set).start()
    text = ready.shown("%runs --wait")["text/plain"]
    assert text.startswith("net-1: 3 epochs, 3 batches each\n")
    assert "outcome     finished" in text


@pytest.mark.parametrize("line", ["%runs --stop", "%runs --wait", "%runs --stop --wait"])
def test_nothing_to_stop_or_wait_for(ready, line):
    ready.run("%fit net X y")
    assert ready.printed(line) == "nothing is running\n"


def test_waiting_can_be_interrupted_and_the_training_goes_on(ready):
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    ready.run(HELD)
    try:
        main = threading.main_thread().ident
        threading.Timer(0.2, lambda: signal.pthread_kill(main, signal.SIGINT)).start()
        printed = ready.error("%runs --wait")
    finally:
        signal.signal(signal.SIGINT, before)
    assert printed.splitlines()[-1] == "KeyboardInterrupt: net-1 goes on; %runs net-1 --stop ends it"
    assert not ready.variables["run"].ended.is_set()


def test_waiting_can_have_an_end(ready):
    ready.run(HELD)
    ready.variables["run"].wait(timeout=0.01)
    assert not ready.variables["run"].ended.is_set()


def test_errors_are_kept_shown_and_raised(ready):
    ready.run("run = %fit net X y --epochs 3 --callbacks [failing] --background")
    run = ready.variables["run"]
    with pytest.raises(ZeroDivisionError, match="mine"):
        run.wait()
    assert isinstance(ready.run("%runs net-1 --wait")[2], ZeroDivisionError)
    assert run.outcome == "ended by ZeroDivisionError in epoch 2 (mine)"
    assert f"outcome     {run.outcome}\n" in ready.shown("%runs net-1")["text/plain"]
    assert ready.shown("%fit net X y")["text/plain"].splitlines()[1] == "continues after 1 epoch"


def test_mistakes_are_said_in_the_cell(ready):
    assert ready.error("%fit net X[:, :3] y --background").startswith("ValueError: Sequential 'net' expects input ")
    assert ready.printed("%runs") == "no runs yet; %fit makes one\n"


def test_in_a_static_notebook_the_cell_waits(ready, monkeypatch):
    monkeypatch.undo()
    printed, bundles, error = ready.run("run = %fit net X y --epochs 2 --background")
    assert error is None
    assert printed.startswith("outputs are static here, so the cell waits for the training\n")
    assert bundles[-1]["text/plain"].startswith("net: 2 epochs, 3 batches each\n")
    assert ready.variables["run"].outcome == "finished"


def test_without_threads(ready, monkeypatch):
    monkeypatch.setattr(sys, "platform", "emscripten")
    assert ready.error("%fit net X y --background") == (
        "UsageError: %fit --background needs threads, which Python in the browser does not have; "
        "leave it out: the notebook's ■ button ends a training, and nothing is lost"
    )
    monkeypatch.undo()
    assert ready.printed("%runs") == "no runs yet; %fit makes one\n"


# --- two at once ---


def test_a_second_fit_is_refused(ready):
    ready.run(HELD)
    _, _, error = ready.run("%fit net X y --fresh")
    assert type(error) is UsageError
    assert str(error) == (
        "%fit: Sequential 'net' is being trained by net-1, and takes one training at a time; "
        "%runs net-1 --wait waits for its end, %runs net-1 --stop ends it"
    )
    ready.variables["gate"].opened.set()
    assert ready.variables["run"].wait().epoch == [0, 1, 2]


def test_two_models_train_at_once(ready):
    ready.run(HELD)
    ready.run(NET.replace("net", "other"))
    assert ready.value("%fit other X y --epochs 2").epoch == [0, 1]
    assert not ready.variables["run"].ended.is_set()


@pytest.fixture
def training():
    """A model that another thread is training, held in its third batch, and that thread."""
    model = declare("Input((4,))\nDense(1)\ncompile('sgd', 'mse', ['mae'])")
    x = np.ones((40, 4), "float32")
    gate = Gate(2)
    options = {"batch_size": 10, "epochs": 2, "verbose": 0, "callbacks": [gate]}
    thread = threading.Thread(target=model.fit, args=(x, x[:, :1]), kwargs=options)
    thread.start()
    assert gate.reached.wait(30)
    yield model, x
    gate.opened.set()
    thread.join(30)
    assert not thread.is_alive()


REFUSED = {
    "fit": lambda model, x: model.fit(x, x[:, :1], verbose=0),
    "train_on_batch": lambda model, x: model.train_on_batch(x, x[:, :1]),
    "compile": lambda model, x: model.compile("sgd", "mse"),
}


@pytest.mark.parametrize("method", REFUSED)
def test_the_engine_refuses_what_would_spoil_a_training(training, method):
    with pytest.raises(RuntimeError) as raised:
        REFUSED[method](*training)
    assert str(raised.value) == (
        f"{training[0].title} is being trained in another thread, and {method}() needs it alone; "
        "wait for the end of that training, or set stop_training = True on the model to end it"
    )


def test_what_looks_at_a_model_in_training_leaves_no_trace(training):
    model, x = training
    kernel = model.layers[-1].kernel.numpy()
    metrics = [variable.numpy() for variable in model.metrics_variables]
    outputs = x @ kernel + model.layers[-1].bias.numpy()
    loss, mae = model.evaluate(x, x[:, :1], verbose=0)
    np.testing.assert_allclose(model.predict(x, verbose=0), outputs, rtol=1e-6)
    np.testing.assert_allclose(model.predict_on_batch(x), outputs, rtol=1e-6)
    np.testing.assert_allclose([loss, mae], [((outputs - 1) ** 2).mean(), abs(outputs - 1).mean()], rtol=1e-5)
    model.test_on_batch(x, x[:, :1])
    np.testing.assert_array_equal(model.layers[-1].kernel.numpy(), kernel)
    for variable, value in zip(model.metrics_variables, metrics):
        np.testing.assert_array_equal(variable.numpy(), value)


def test_looking_on_changes_nothing_of_a_training_and_sees_whole_steps():
    """The weights of a step are all equal: whoever sees two values has seen a part of a step."""
    x = np.ones((4096, 64), "float32")
    model = declare("Input((64,))\nDense(32, kernel_initializer='zeros')\ncompile(SGD(2.0**-10), slope)", {
        "SGD": nbkeras.optimizers.SGD, "slope": lambda y_true, y_pred: nbkeras.ops.mean(y_pred),
    })  # fmt: skip
    begun = threading.Event()
    options = {"epochs": 200, "verbose": 0, "callbacks": [LambdaCallback(on_train_begin=lambda logs: begun.set())]}
    thread = threading.Thread(target=model.fit, args=(x, x[:, :32]), kwargs=options)
    thread.start()
    assert begun.wait(30)
    looks = 0
    while thread.is_alive():
        looks += 1
        outputs = model.predict(x[:32], verbose=0)
        assert len(np.unique(outputs)) == 1
        model.evaluate(x[:32], x[:32, :32], verbose=0)
    thread.join()
    assert looks > 1
    steps = 200 * 4096 // 32
    assert model.optimizer.iterations.numpy() == steps
    np.testing.assert_array_equal(model.layers[-1].bias.numpy(), np.full(32, -steps * 2.0**-15, "float32"))
    expected = -(65 * 2.0**-15) * np.arange(steps).reshape(200, -1).mean(1)
    np.testing.assert_allclose(model.history.history["loss"], expected, rtol=1e-4)


def test_a_callback_may_train_the_model_itself():
    class Again(Callback):
        def on_epoch_end(self, epoch, logs=None):
            if self.model.optimizer.iterations.numpy() == 4:
                self.model.fit(x, x[:, :1], batch_size=10, verbose=0)

    model = declare("Input((4,))\nDense(1)\ncompile('sgd', 'mse')")
    x = np.ones((40, 4), "float32")
    model.fit(x, x[:, :1], batch_size=10, epochs=2, verbose=0, callbacks=[Again()])
    assert model.optimizer.iterations.numpy() == 12
    model.fit(x, x[:, :1], batch_size=10, verbose=0)


# --- what the reader sees ---


def test_a_running_run_is_shown_as_it_goes_on(ready, monkeypatch):
    """In a kernel: `%runs NAME` shows the live view again, and both are kept up to date under one display id."""
    shown = []
    monkeypatch.setattr("nbkeras.notebook.training.fitting.is_live", lambda shell: True)
    monkeypatch.setattr("nbkeras.notebook.training.runs.display", lambda *args, **kwargs: shown.append((args, kwargs)))
    ready.run(HELD)
    run = ready.variables["run"]
    ready.run("%runs net-1")
    (bundle,), options = shown[-1]
    assert bundle["text/plain"].startswith("net: epoch 1 of 3 · batch 0 of 3")
    assert options["display_id"] == run.screen.handle.display_id
    ready.variables["gate"].opened.set()
    run.wait()
    run.show()
    assert shown[-1][0][0]["text/plain"].startswith("net-1: 3 epochs, 3 batches each\n")


def test_programs_that_hear_only_the_cell_at_work_are_told_the_end_once_more(ready, monkeypatch):
    """nbconvert and papermill: an update that a thread sends while a later cell runs does not reach them."""

    class Film(list):
        handle = None
        __call__ = list.append

    monkeypatch.setattr("nbkeras.notebook.training.fitting.is_live", lambda shell: True)
    ready.run("run = %fit net X y --background")
    run = ready.variables["run"]
    run.wait()
    final = run.late
    assert final["text/plain"].startswith("net: 1 epoch, 3 batches each\n")
    run.screen = Film()
    for _ in range(2):
        ready.run("%runs net-1")
        assert run.screen == [final]


def test_a_thread_that_shows_nothing_disturbs_nobody(ready):
    """In a terminal, where the reader is typing, nothing is printed when a training ends."""
    printed, bundles, _ = ready.run("run = %fit net X y --background\nrun.wait()")
    assert bundles == []
    assert "epoch" not in printed.replace("<History of 1 epoch", "")


def test_pausing_does_not_keep_others_from_looking(ready):
    ready.run("run = %fit net X y --epochs 2 --callbacks [gate] --background")
    run = ready.variables["run"]
    run.mailbox.put("pause")
    ready.variables["gate"].opened.set()
    for _ in range(3000):
        if run.progress.paused:
            break
        time.sleep(0.01)
    assert run.outcome == "paused, epoch 1 of 2"
    net, x = ready.variables["net"], ready.variables["X"]
    assert net.predict(x, verbose=0).shape == (96, 1)
    run.mailbox.put("resume")
    assert run.wait().epoch == [0, 1]
