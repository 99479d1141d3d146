"""Callbacks: what they do at which event. Expected sequences are those of real Keras 3.15 on the same logs."""

import csv
import io
import json
import math
import sys
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace
from urllib.parse import parse_qs

import matplotlib
import numpy as np
import pytest

import nbkeras
from nbkeras import callbacks, metrics
from nbkeras.callbacks import callback_list, progbar

HOOKS = [name for name in dir(callbacks.Callback) if name.startswith("on_")]


class Model:
    """Just enough of a model: weights that are the number of the epoch."""

    def __init__(self, known_metrics=()):
        self.optimizer = SimpleNamespace(learning_rate=np.float32(0.1))
        self.metrics = list(known_metrics)
        self.stop_training = False
        self.weights = None
        self.restored = None
        self.saved = []

    def get_weights(self):
        return [self.weights]

    def set_weights(self, weights):
        self.restored = weights[0]

    def save_weights(self, path, overwrite):
        self.saved.append(path.name if hasattr(path, "name") else path.rsplit("/")[-1])

    save = save_weights


def run(callback, values, name="val_loss", batches=3, model=None):
    """Trains a fake model whose loss, and whose number called `name`, take the given values; returns the model."""
    model = model or Model()
    called = callbacks.CallbackList([callback], add_history=True, model=model, epochs=len(values), steps=batches)
    called.on_train_begin()
    for epoch, value in enumerate(values):
        model.weights = epoch
        called.on_epoch_begin(epoch)
        for batch in range(batches):
            called.on_train_batch_begin(batch)
            called.on_train_batch_end(batch, {"loss": value})
        called.on_epoch_end(epoch, {"loss": value, name: value})
        if model.stop_training:
            break
    called.on_train_end()
    return model


# --- which methods are called -----------------------------------------------------------------------------------


class Everything(callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.calls = []


for _hook in HOOKS:
    setattr(Everything, _hook, lambda self, *args, _hook=_hook, **kwargs: self.calls.append(_hook))


def small_model():
    model = nbkeras.Sequential([nbkeras.layers.Dense(1)])
    model.compile("sgd", "mse")
    return model


X, Y = np.ones((4, 2), "float32"), np.ones((4, 1), "float32")


def test_events_of_training():
    seen = Everything()
    small_model().fit(X, Y, batch_size=2, validation_data=(X, Y), callbacks=[seen], verbose=0)
    batches = ["on_train_batch_begin", "on_train_batch_end"] * 2
    validation = ["on_test_begin", *["on_test_batch_begin", "on_test_batch_end"] * 2, "on_test_end"]
    assert seen.calls == ["on_train_begin", "on_epoch_begin", *batches, *validation, "on_epoch_end", "on_train_end"]


@pytest.mark.parametrize("method", ["evaluate", "predict"])
def test_events_of_evaluation_and_prediction(method):
    seen = Everything()
    model = small_model()
    model.fit(X, Y, verbose=0)
    if method == "evaluate":
        model.evaluate(X, Y, batch_size=2, callbacks=[seen], verbose=0)
    else:
        model.predict(X, batch_size=2, callbacks=[seen], verbose=0)
    kind = {"evaluate": "test", "predict": "predict"}[method]
    batches = [f"on_{kind}_batch_begin", f"on_{kind}_batch_end"] * 2
    assert seen.calls == [f"on_{kind}_begin", *batches, f"on_{kind}_end"]


def test_on_batch_is_on_train_batch():
    class Old(callbacks.Callback):
        calls = ()

        def on_batch_begin(self, batch, logs=None):
            self.calls += (("begin", batch),)

        def on_batch_end(self, batch, logs=None):
            self.calls += (("end", batch, logs["loss"]),)

    old = Old()
    run(old, [7.0], batches=2)
    assert old.calls == (("begin", 0), ("end", 0, 7.0), ("begin", 1), ("end", 1, 7.0))


def test_only_what_is_overridden_is_called():
    class Quiet(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None): ...

    called = callbacks.CallbackList([Quiet()], model=Model())
    assert [hook for hook in HOOKS if called._called[hook]] == ["on_epoch_end"]


class Counting(callbacks.Callback):
    def on_train_batch_end(self, batch, logs=None): ...


class NowAndThen(Counting):
    every_batch = False


class MoreThanThat(NowAndThen):
    def on_train_batch_end(self, batch, logs=None): ...


class Mixin:
    def on_train_batch_begin(self, batch, logs=None): ...


class Mixed(Mixin, NowAndThen): ...


class Settled(callbacks.Callback):
    def __init__(self):
        super().__init__()
        self.every_batch = False

    def on_train_batch_end(self, batch, logs=None): ...


def with_an_attribute():
    bar = callbacks.ProgbarLogger()
    bar.on_train_batch_end = print
    return bar


LISTENERS = {  # what must be called at each batch of training, of evaluation
    "nobody": (callbacks.History, (False, False)),
    "a bar": (callbacks.ProgbarLogger, (False, False)),
    "a bar with a function": (with_an_attribute, (True, False)),
    "a checkpoint of epochs": (lambda: callbacks.ModelCheckpoint("a.keras"), (False, False)),
    "a checkpoint of batches": (lambda: callbacks.ModelCheckpoint("a.keras", save_freq=3), (True, False)),
    "a check of each loss": (callbacks.TerminateOnNaN, (True, False)),
    "functions": (lambda: callbacks.LambdaCallback(on_train_batch_end=print), (True, False)),
    "functions of epochs": (lambda: callbacks.LambdaCallback(on_epoch_end=print), (False, False)),
    "an own one": (Counting, (True, False)),
    "one that says so": (NowAndThen, (False, False)),
    "one that says so when it is made": (Settled, (False, False)),
    "its subclass": (MoreThanThat, (True, False)),
    "one mixed with a method": (Mixed, (True, False)),
    "one with everything": (Everything, (True, True)),
}


@pytest.mark.parametrize("name", LISTENERS)
def test_who_has_to_be_called_at_each_batch(name):
    make, expected = LISTENERS[name]
    called = callbacks.CallbackList([make(), callbacks.History()], model=Model())
    assert tuple(called.wants_every_batch(kind) for kind in ("train", "test")) == expected


def test_params_and_model_arrive():
    seen = callbacks.Callback()
    model = Model()
    called = callbacks.CallbackList(seen, add_history=True, model=model, epochs=3, steps=2, verbose=0)
    assert seen.model is model
    assert seen.params == {"epochs": 3, "steps": 2, "verbose": 0}
    late = callbacks.Callback()
    called.append(late)
    assert late.model is model
    assert late.params is seen.params
    assert isinstance(model.history, callbacks.History)


def test_own_history_is_used():
    own = callbacks.History()
    assert run(own, [1.0]).history is own


def test_logs_are_numbers_in_order():
    class Look(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.logs = logs

    look = Look()
    called = callbacks.CallbackList([look], model=Model())
    called.on_epoch_end(0, {"b": np.float32(0.5), "a": np.array(2), "c": np.array([1.0, 2.0])})
    assert list(look.logs) == ["a", "b", "c"]
    assert [type(look.logs[name]) for name in "abc"] == [float, float, np.ndarray]


def test_one_callback_sees_what_another_adds():
    class Add(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["added"] = 3.0

    assert run(Add(), [1.0]).history.history["added"] == [3.0]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [(callbacks.History, "write History()"), (print, "LambdaCallback(on_epoch_end=…)"), ("history", "instances of")],
)
def test_no_callback(wrong, message):
    with pytest.raises(ValueError) as caught:
        callbacks.CallbackList([wrong])
    assert message in str(caught.value)


def test_every_hook_is_forwarded():
    own = vars(callback_list.CallbackList)
    assert [hook for hook in HOOKS if hook not in own] == []


# --- early stopping ---------------------------------------------------------------------------------------------

FALLING_THEN_NOT = [1.0, 0.8, 0.9, 0.7, 0.75, 0.74, 0.73, 0.72]
EARLY_STOPPING = {  # options -> the last epoch and the epoch whose weights are restored
    "no patience": ({}, 2, None),
    "patience 2": ({"patience": 2}, 5, None),
    "patience 10": ({"patience": 10}, 7, None),
    "restores": ({"patience": 2, "restore_best_weights": True}, 5, 3),
    "restores at the end, too": ({"patience": 10, "restore_best_weights": True}, 7, 3),
    "min_delta": ({"patience": 2, "min_delta": 0.15}, 3, None),
    "more is better": ({"mode": "max", "patience": 3, "restore_best_weights": True}, 3, 0),
    "baseline is never reached": ({"patience": 2, "baseline": 0.5, "restore_best_weights": True}, 2, 1),
    "baseline is reached": ({"patience": 2, "baseline": 0.85}, 5, None),
    "starts later": ({"start_from_epoch": 4, "patience": 1, "restore_best_weights": True}, 7, 7),
}


@pytest.mark.parametrize("name", EARLY_STOPPING)
def test_early_stopping(name):
    options, last, restored = EARLY_STOPPING[name]
    model = run(callbacks.EarlyStopping(**options), FALLING_THEN_NOT)
    assert model.history.epoch[-1] == last
    assert model.restored == restored


def test_early_stopping_starts_anew_in_each_fit():
    stop = callbacks.EarlyStopping(patience=2)
    assert run(stop, FALLING_THEN_NOT).history.epoch[-1] == 5
    assert run(stop, [3.0, 2.0, 1.0]).history.epoch[-1] == 2


def test_nan_is_no_improvement():
    stop = callbacks.EarlyStopping(patience=1, restore_best_weights=True)
    assert run(stop, [1.0, math.nan, 0.5]).restored == 0


def test_early_stopping_says_what_it_does(capsys):
    run(callbacks.EarlyStopping(patience=2, restore_best_weights=True, verbose=1), FALLING_THEN_NOT)
    assert capsys.readouterr().out == (
        "Epoch 6: stopped early, val_loss had not improved for 2 epochs\n"
        "The weights are those of epoch 4, the best one\n"
    )


@pytest.mark.parametrize(
    ("monitor", "metric", "better"),
    [
        ("loss", None, "less"),
        ("val_loss", None, "less"),
        ("val_head_loss", None, "less"),
        ("val_accuracy", metrics.BinaryAccuracy(name="accuracy"), "more"),
        ("head_auc", metrics.AUC(name="auc"), "more"),
        ("val_mse", metrics.MeanSquaredError(name="mse"), "less"),
    ],
)
def test_direction_is_known(monitor, metric, better):
    stop = callbacks.EarlyStopping(monitor=monitor, restore_best_weights=True)
    model = run(stop, [1.0, 2.0], name=monitor, model=Model([metric] if metric else []))
    assert model.restored == (1 if better == "more" else 0)


def test_direction_is_unknown():
    with pytest.raises(ValueError, match="pass mode='max' or mode='min'"):
        run(callbacks.EarlyStopping(monitor="score"), [1.0, 2.0], name="score")


@pytest.mark.parametrize(
    ("logs", "message"),
    [
        ({"loss": 1.0}, "because fit has no validation_data and no validation_split; the logs have loss"),
        ({"loss": 1.0, "val_los": 1.0}, "did you mean 'val_los'; the logs have loss, val_los"),
    ],
)
def test_what_is_monitored_is_missing(logs, message):
    stop = callbacks.EarlyStopping()
    stop.set_model(Model())
    stop.on_train_begin()
    with pytest.warns(UserWarning, match=message):
        stop.on_epoch_end(0, logs)


def test_several_values_cannot_be_monitored():
    stop = callbacks.EarlyStopping(monitor="f1_score", mode="max")
    with pytest.raises(ValueError, match=r"F1Score\(average='macro'\)"):
        stop.on_epoch_end(0, {"f1_score": np.ones(3)})


def test_unknown_mode():
    with pytest.warns(UserWarning, match="got 'least'; took 'auto'"):
        assert callbacks.EarlyStopping(mode="least").mode == "auto"


# --- learning rates ---------------------------------------------------------------------------------------------

PLATEAU = {  # options -> rates after each epoch
    "patience 2": ({"patience": 2}, [0.1, 0.1, 0.1, 0.1, 0.1, 0.05, 0.05, 0.025]),
    "cooldown": ({"patience": 1, "cooldown": 2}, [0.1, 0.1, 0.05, 0.05, 0.025, 0.025, 0.0125, 0.0125]),
    "min_lr": ({"patience": 1, "min_lr": 0.04}, [0.1, 0.1, 0.05, 0.05, 0.04, 0.04, 0.04, 0.04]),
    "more is better": ({"patience": 3, "mode": "max"}, [0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025, 0.025]),
}


@pytest.mark.parametrize("name", PLATEAU)
def test_reduce_on_plateau(name):
    options, expected = PLATEAU[name]
    rates = []
    reduce = callbacks.ReduceLROnPlateau(factor=0.5, **options)
    look = callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: rates.append(float(model.optimizer.learning_rate)))
    model = Model()
    run([reduce, look], FALLING_THEN_NOT, model=model)
    assert rates == pytest.approx(expected)
    assert model.history.history["learning_rate"] == pytest.approx([0.1, *expected[:-1]])  # noted before it acts


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (lambda epoch, rate: rate / 2, [0.05, 0.025, 0.0125]),
        (lambda epoch: 1.0 / (epoch + 1), [1.0, 0.5, 1 / 3]),
        (lambda epoch, rate: np.float32(rate), [0.1, 0.1, 0.1]),
    ],
)
def test_scheduler(schedule, expected):
    history = run(callbacks.LearningRateScheduler(schedule), [1.0] * 3).history.history
    assert history["learning_rate"] == pytest.approx(expected)


def test_scheduler_with_a_real_model(capsys):
    model = small_model()
    halve = callbacks.LearningRateScheduler(lambda epoch, rate: rate / 2, verbose=1)
    history = model.fit(X, Y, epochs=2, callbacks=[halve], verbose=0)
    assert history.history["learning_rate"] == pytest.approx([0.005, 0.0025])
    assert "Epoch 2: the learning rate is 0.0025" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: callbacks.ReduceLROnPlateau(factor=1.5), ValueError, "factor below 1, got 1.5"),
        (lambda: callbacks.ReduceLROnPlateau(epsilon=1), TypeError, "no argument 'epsilon'"),
        (lambda: run(callbacks.LearningRateScheduler(lambda epoch: "fast"), [1.0]), ValueError, "return a float, got"),
        (lambda: callbacks.LambdaCallback(on_epoch_ends=print), TypeError, "did you mean 'on_epoch_end'"),
        (lambda: callbacks.ModelCheckpoint("net.zip"), ValueError, "ends in '.keras', got 'net.zip'"),
        (lambda: callbacks.ModelCheckpoint("w.h5", save_weights_only=True), ValueError, "ends in '.weights.h5'"),
        (
            lambda: callbacks.ModelCheckpoint("net.keras", save_freq="batch"),
            ValueError,
            "save_freq 'epoch' or a number",
        ),
        (lambda: run(callbacks.ModelCheckpoint("{f1}.keras"), [1.0]), KeyError, "names 'f1', which is not in the logs"),
        (lambda: callbacks.History().plot(), ValueError, "plot() needs an epoch of fit()"),
        (lambda: progbar.Progbar(1, stateful_metrics=[], stateless_metrics=[]), ValueError, "not both"),
    ],
)
def test_wrong_arguments(make, error, message):
    with pytest.raises(error) as caught:
        make()
    assert message in str(caught.value)


# --- saving and writing -----------------------------------------------------------------------------------------

CHECKPOINTS = {  # template, options -> names of the files in the order in which they are written
    "each epoch": ("w{epoch:02d}-{val_loss:.1f}", {}, ["w01-3.0", "w02-2.0", "w03-4.0", "w04-1.0"]),
    "the best": ("w{epoch}", {"save_best_only": True}, ["w1", "w2", "w4"]),
    "better than a threshold": ("w{epoch}", {"save_best_only": True, "initial_value_threshold": 2.0}, ["w4"]),
    "more is better": ("w{epoch}", {"save_best_only": True, "mode": "max"}, ["w1", "w3"]),
    "each 2 batches": ("w{epoch}-{batch}", {"save_freq": 2}, ["w1-2", "w2-1", "w2-3", "w3-2", "w4-1", "w4-3"]),
    "each 5 batches": ("w{epoch}-{batch}", {"save_freq": 5}, ["w2-2", "w4-1"]),
}


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_checkpoint(name, tmp_path):
    template, options, expected = CHECKPOINTS[name]
    for weights_only, ending in ((True, ".weights.h5"), (False, ".keras")):
        checkpoint = callbacks.ModelCheckpoint(
            tmp_path / "new" / (template + ending), save_weights_only=weights_only, **options
        )
        model = run(checkpoint, [3.0, 2.0, 4.0, 1.0])
        assert model.saved == [f"{stem}{ending}" for stem in expected]
    assert (tmp_path / "new").is_dir()


def test_checkpoint_says_what_it_does(tmp_path, capsys):
    path = tmp_path / "w.weights.h5"
    options = {"save_weights_only": True, "save_best_only": True, "verbose": 1}
    run(callbacks.ModelCheckpoint(path, **options), [1.0, 2.0])
    assert capsys.readouterr().out == (
        f"\nEpoch 1: saved to {path}\n\nEpoch 2: val_loss is 2.00000, not better than 1.00000\n"
    )


def test_checkpoint_into_a_folder(tmp_path):
    (tmp_path / "net.keras").mkdir()
    with pytest.raises(OSError, match="got the folder"):
        run(callbacks.ModelCheckpoint(tmp_path / "net.keras"), [1.0])


def table(path, separator=","):
    with open(path, newline="") as file:
        return list(csv.reader(file, delimiter=separator))


def test_csv_logger(tmp_path):
    path = tmp_path / "log.csv"
    run(callbacks.CSVLogger(path), [1.0, 0.5])
    assert table(path) == [["epoch", "loss", "val_loss"], ["0", "1.0", "1.0"], ["1", "0.5", "0.5"]]
    run(callbacks.CSVLogger(path, append=True), [0.25])
    assert table(path)[3:] == [["0", "0.25", "0.25"]]
    run(callbacks.CSVLogger(path, separator=";"), [2.0])
    assert table(path, ";") == [["epoch", "loss", "val_loss"], ["0", "2.0", "2.0"]]


def test_csv_logger_leaves_room_for_validation(tmp_path):
    logger = callbacks.CSVLogger(tmp_path / "log.csv")
    logger.on_train_begin()
    logger.on_epoch_end(0, {"loss": 1.0, "f1": np.array([0.5, 1.0])})
    logger.on_epoch_end(1, {"loss": 1.0, "val_loss": 3.0})
    assert table(tmp_path / "log.csv") == [
        ["epoch", "f1", "loss", "val_f1", "val_loss"],
        ["0", '"[0.5, 1.0]"', "1.0", "NA", "NA"],
        ["1", "NA", "1.0", "NA", "3.0"],
    ]


# --- others -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_terminate_on_nan(loss, capsys):
    model = run(callbacks.TerminateOnNaN(), [1.0, loss, 1.0])
    assert model.history.epoch == [0, 1]
    assert "the loss is" in capsys.readouterr().out
    with pytest.raises(RuntimeError, match="clipnorm"):
        run(callbacks.TerminateOnNaN(raise_error=True), [loss])


def test_lambda_callback():
    calls = []
    functions = {name: (lambda *args, name=name: calls.append(name)) for name in HOOKS}
    small_model().fit(X, Y, callbacks=[callbacks.LambdaCallback(**functions)], verbose=0)
    batch = ["on_train_batch_begin", "on_train_batch_end"]
    assert calls == ["on_train_begin", "on_epoch_begin", *batch, "on_epoch_end", "on_train_end"]


def test_history():
    history = run(callbacks.Callback(), [1.0, 0.5]).history
    assert history.history == {"loss": [1.0, 0.5], "val_loss": [1.0, 0.5]}
    assert history.epoch == [0, 1]
    assert repr(history) == "<History of 2 epochs, loss=0.5, val_loss=0.5>"


def test_history_plot():
    matplotlib.use("Agg")  # here alone: the kernels of tutorials inherit this process' environment
    history = run(callbacks.Callback(), [1.0, 0.5, 0.25]).history
    history.history |= {"accuracy": [0.1, 0.2, 0.3], "f1": [np.ones(2)] * 3, "val_only": [1.0, 2.0, 3.0]}
    figure = history.plot()
    assert [panel.get_title() for panel in figure.axes] == ["loss", "accuracy", "val_only"]
    loss, validation = figure.axes[0].lines
    assert loss.get_xdata().tolist() == [1, 2, 3]
    assert validation.get_label() == "validation"
    assert len(history.plot("accuracy").axes) == 1
    with pytest.raises(ValueError, match="the history has no 'acc'"):
        history.plot("acc")
    matplotlib.pyplot.close("all")


def test_plot_without_matplotlib(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match="pip install matplotlib"):
        run(callbacks.Callback(), [1.0]).history.plot()


# --- progress ---------------------------------------------------------------------------------------------------


class Screen(io.StringIO):
    def __init__(self, terminal):
        super().__init__()
        self.terminal = terminal

    def isatty(self):
        return self.terminal


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(progbar.time, "perf_counter", clock)
    return clock


@pytest.fixture
def screen(monkeypatch):
    def open_screen(terminal):
        screen = Screen(terminal)
        monkeypatch.setattr(sys, "stdout", screen)
        return screen

    return open_screen


def bar_after(clock, steps, seconds, **options):
    """A bar of 4 steps, each of which takes `seconds` and has the loss 1 / step."""
    bar = progbar.Progbar(4, **options)
    for step in range(1, steps + 1):
        clock.now += seconds
        bar.update(step, [("loss", 1 / step)])
    return bar


def plain(text):
    for code in (progbar.BOLD, progbar.GREEN, progbar.GREY, progbar.PLAIN):
        text = text.replace(code, "")
    return text


BARS = {
    "seconds": (2, {}, 2.0, "2/4 ━━━━━━━━━━━━━━━━━━━━ 4s 2s/step - loss: 0.7500"),
    "milliseconds": (2, {}, 0.1, "2/4 ━━━━━━━━━━━━━━━━━━━━ 0s 100ms/step - loss: 0.7500"),
    "minutes": (1, {}, 100.0, "1/4 ━━━━━━━━━━━━━━━━━━━━ 5:00 100s/step - loss: 1.0000"),
    "hours": (1, {}, 2000.0, "1/4 ━━━━━━━━━━━━━━━━━━━━ 1:40:00 2000s/step - loss: 1.0000"),
    "the end": (4, {}, 0.5, "4/4 ━━━━━━━━━━━━━━━━━━━━ 2s 500ms/step - loss: 0.2500"),
    "stateful": (2, {"stateful_metrics": ["loss"]}, 1.0, "2/4 ━━━━━━━━━━━━━━━━━━━━ 2s 1s/step - loss: 0.5000"),
    "stateless": (2, {"stateless_metrics": ["loss"]}, 1.0, "2/4 ━━━━━━━━━━━━━━━━━━━━ 2s 1s/step - loss: 0.7500"),
    "unit": (1, {"unit_name": "file", "width": 4}, 1.0, "1/4 ━━━━ 3s 1s/file - loss: 1.0000"),
}


@pytest.mark.parametrize("name", BARS)
def test_bar_in_a_terminal(name, clock, screen):
    steps, options, seconds, expected = BARS[name]
    shown = screen(terminal=True)
    bar_after(clock, steps, seconds, **options)
    assert plain(shown.getvalue()).split("\r")[-1].rstrip() == expected


def test_bar_is_colored_by_progress(clock, screen):
    shown = screen(terminal=True)
    bar_after(clock, 1, 1.0, width=8)
    assert f"{progbar.GREEN}━━{progbar.PLAIN}{progbar.GREY}━━━━━━{progbar.PLAIN}" in shown.getvalue()


def test_bar_elsewhere_is_one_line(clock, screen):
    shown = screen(terminal=False)
    bar_after(clock, 4, 0.5)
    assert shown.getvalue() == "4/4 ━━━━━━━━━━━━━━━━━━━━ 2s 500ms/step - loss: 0.2500\n"


def test_bar_is_drawn_at_intervals(clock, screen):
    shown = screen(terminal=True)
    bar_after(clock, 3, 0.04)
    assert shown.getvalue().count("\r") == 2  # after steps 1 and 3


def test_shorter_line_covers_the_longer(clock, screen):
    shown = screen(terminal=True)
    bar = progbar.Progbar(2, stateful_metrics=["loss"])
    bar.update(1, [("loss", -0.00012345)])
    clock.now += 1
    bar.update(2, [("loss", 0.5)])
    first, last = plain(shown.getvalue()).split("\r")[1:]
    assert len(last.removesuffix("\n")) == len(first)


def test_bar_without_a_target(clock, screen):
    shown = screen(terminal=True)
    bar = progbar.Progbar(None)
    clock.now += 3
    bar.add(5, [("loss", 2.0)])
    assert plain(shown.getvalue()) == "\r      5/Unknown 3s 600ms/step - loss: 2.0000"


def test_one_line_per_epoch(clock, screen):
    shown = screen(terminal=True)
    bar_after(clock, 4, 0.5, verbose=2)
    assert shown.getvalue() == "4/4 - 2s - 500ms/step - loss: 0.2500\n"


def test_silence(clock, screen):
    shown = screen(terminal=True)
    bar_after(clock, 4, 0.5, verbose=0)
    assert shown.getvalue() == ""


def test_small_numbers():
    assert progbar._number(0.00012345, 1) == "1.2345e-04"
    assert progbar._number(-0.5, 1) == "-0.5000"
    assert progbar._number(np.array([1.0, 2.0]), 1) == "1.5000"


def fit_and_show(screen, verbose, **options):
    shown = screen(terminal=False)
    small_model().fit(X, Y, verbose=verbose, **options)
    return shown.getvalue().splitlines()


def test_fit_shows_its_progress(screen, monkeypatch):
    monkeypatch.setenv("NBKERAS_DISPLAY", "static")  # without times
    lines = fit_and_show(screen, 1, epochs=2, batch_size=2, validation_data=(X, Y))
    assert lines[0] == "Epoch 1/2"
    assert lines[2] == "Epoch 2/2"
    assert lines[1].startswith("2/2 ━━━━━━━━━━━━━━━━━━━━ - loss: ")
    assert " - val_loss: " in lines[1]
    assert len(lines) == 4
    assert [line.split(" - ")[0] for line in fit_and_show(screen, 2, epochs=2)] == [
        "Epoch 1/2",
        "1/1",
        "Epoch 2/2",
        "1/1",
    ]
    assert fit_and_show(screen, 0, epochs=2) == []
    assert len(fit_and_show(screen, "auto")) == 1  # a single epoch needs no number


def test_evaluate_and_predict_show_their_progress(screen, monkeypatch):
    monkeypatch.setenv("NBKERAS_DISPLAY", "static")
    model = small_model()
    model.fit(X, Y, verbose=0)
    shown = screen(terminal=False)
    model.evaluate(X, Y, batch_size=2)
    model.predict(X, batch_size=1)
    evaluated, predicted = shown.getvalue().splitlines()
    assert evaluated.startswith("2/2 ━━━━━━━━━━━━━━━━━━━━ - loss: ")
    assert predicted.strip() == "4/4 ━━━━━━━━━━━━━━━━━━━━"


def test_progress_looks_at_logs_only_when_it_draws(clock, screen):
    class Costly(dict):
        looks = 0

        def __bool__(self):
            Costly.looks += 1
            return True

    screen(terminal=True)
    logger = callbacks.ProgbarLogger()
    logger.set_params({"verbose": 1, "epochs": 1, "steps": 100})
    logger.on_epoch_begin(0)
    for batch in range(100):
        clock.now += 0.001
        logger.on_train_batch_end(batch, Costly(loss=1.0))
    assert Costly.looks == 2


def test_target_is_learnt_from_the_first_epoch(screen, monkeypatch):
    monkeypatch.setenv("NBKERAS_DISPLAY", "static")
    source = type("Source", (), {"__iter__": lambda self: iter([(X, Y)] * 3)})()
    shown = screen(terminal=False)
    small_model().fit(source, epochs=2)
    lines = shown.getvalue().splitlines()
    assert lines[1].startswith("3/3 ")
    assert lines[3].startswith("3/3 ")


# --- averaged weights -------------------------------------------------------------------------------------------


def averaging_model(**options):
    model = nbkeras.Sequential([nbkeras.Input((2,)), nbkeras.layers.Dense(1, kernel_initializer="ones")])
    model.compile(nbkeras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.5, **options), "mse")
    return model


def first_weight(model):
    return float(model.weights[0].numpy()[0, 0])


@pytest.mark.parametrize("swap_on_epoch", [False, True])
def test_averages_are_validated(swap_on_epoch):
    seen = {"step": [], "test": [], "epoch": [], "begin": []}
    note = lambda name: lambda *args: seen[name].append(first_weight(model))
    look = callbacks.LambdaCallback(
        on_train_batch_end=note("step"),
        on_test_batch_end=note("test"),
        on_epoch_end=note("epoch"),
        on_epoch_begin=note("begin"),
    )
    model = averaging_model()
    swap = callbacks.SwapEMAWeights(swap_on_epoch)
    model.fit(X, Y, batch_size=4, epochs=3, verbose=0, validation_data=(X, Y), callbacks=[swap, look])
    assert len(set(seen["step"])) == 3
    expected = keras_averages()
    assert seen["test"] == pytest.approx(expected, abs=1e-6)
    assert seen["epoch"] == (pytest.approx(expected, abs=1e-6) if swap_on_epoch else seen["step"])
    assert seen["begin"] == [1.0, *seen["step"][:2]]
    assert first_weight(model) == pytest.approx(expected[-1], abs=1e-6)


def keras_averages():
    """The averages after each of three steps: `0.5 a + 0.5 w`, and `a = w` in the first step, as Keras has it."""
    weight, bias, average, found = 1.0, 0.0, None, []
    for _ in range(3):
        slope = 2 * (2 * weight + bias - 1)  # of the mean of (2 w + b - 1)²
        weight, bias = weight - 0.1 * slope, bias - 0.1 * slope
        average = weight if average is None else 0.5 * average + 0.5 * weight
        found.append(average)
    return found


@pytest.mark.parametrize("method", ["evaluate", "predict"])
def test_averages_are_there_during_a_method_only(method):
    model = averaging_model()
    model.fit(X, Y, batch_size=2, epochs=1, verbose=0)
    model.weights[0].assign(np.zeros((2, 1)))
    seen = []
    hook = "on_test_batch_end" if method == "evaluate" else "on_predict_batch_end"
    look = callbacks.LambdaCallback(**{hook: lambda batch, logs: seen.append(first_weight(model))})
    arguments = (X, Y) if method == "evaluate" else (X,)
    getattr(model, method)(*arguments, verbose=0, callbacks=[callbacks.SwapEMAWeights(), look])
    assert seen != [0.0]
    assert first_weight(model) == 0.0


def test_averages_remain_where_training_is_stopped_early():
    model = averaging_model()
    averages = []
    stop = callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: (averages.append(first_weight(model)), setattr(model, "stop_training", True))
    )
    model.fit(X, Y, epochs=5, verbose=0, callbacks=[callbacks.SwapEMAWeights(swap_on_epoch=True), stop])
    assert [first_weight(model)] == averages


def test_averages_need_an_optimizer_that_has_them():
    with pytest.raises(ValueError, match="give it use_ema=True"):
        small_model().fit(X, Y, validation_data=(X, Y), verbose=0, callbacks=[callbacks.SwapEMAWeights()])


# --- a server ---------------------------------------------------------------------------------------------------


@pytest.fixture
def server():
    """A server that notes what is posted to it."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            posts.append((self.path, self.headers["Content-Type"], self.headers["X-Key"], body))
            self.send_response(200 if self.path != "/no/" else 404)
            self.end_headers()

        def log_message(self, *args): ...

    posts = []
    with HTTPServer(("127.0.0.1", 0), Handler) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}", posts
        running.shutdown()
        thread.join()


LOGS = {"loss": np.float32(0.5), "f1": np.array([0.25, 1.0]), "name": "a b&c"}
SENT = {"epoch": 3, "loss": 0.5, "f1": [0.25, 1.0], "name": "a b&c"}


def test_remote_monitor_sends_a_form(server):
    root, posts = server
    callbacks.RemoteMonitor(root, field="what", headers={"X-Key": "7"}).on_epoch_end(3, LOGS)
    [(path, kind, key, body)] = posts
    assert (path, kind, key) == ("/publish/epoch/end/", "application/x-www-form-urlencoded", "7")
    assert json.loads(parse_qs(body)["what"][0]) == SENT


def test_remote_monitor_sends_json(server):
    root, posts = server
    callbacks.RemoteMonitor(root, path="/here/", send_as_json=True).on_epoch_end(3, LOGS)
    [(path, kind, _, body)] = posts
    assert (path, kind, json.loads(body)) == ("/here/", "application/json", SENT)


def test_remote_monitor_goes_on_without_a_server(server):
    root, _ = server
    with pytest.warns(UserWarning, match="could not send the logs of epoch 1 to .*404"):
        callbacks.RemoteMonitor(root, path="/no/").on_epoch_end(0, {})
    with pytest.warns(UserWarning, match="could not send the logs of epoch 1"):
        callbacks.RemoteMonitor("http://127.0.0.1:9").on_epoch_end(0, {})
    with pytest.raises(ValueError, match="begin with http:// or https://, got 'file:///etc'"):
        callbacks.RemoteMonitor("file:///etc")


def test_what_early_stopping_looks_at_can_be_replaced():
    class OfTwo(callbacks.EarlyStopping):
        def get_monitor_value(self, logs):
            return logs["loss"] + logs["val_loss"]

    assert run(OfTwo(patience=2), FALLING_THEN_NOT).history.epoch[-1] == 5
    assert callbacks.EarlyStopping().get_monitor_value({"val_loss": 3.0}) == 3.0


def test_orbax_says_what_to_use():
    with pytest.raises(NotImplementedError, match=r"orbax-checkpoint .* use ModelCheckpoint\("):
        callbacks.OrbaxCheckpoint("folder")
