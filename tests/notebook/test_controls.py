"""Commands to a running training, and the buttons that give them."""

import json
import random
import re
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from nbkeras.callbacks import LambdaCallback
from nbkeras.notebook.training import buttons as buttons_module
from nbkeras.notebook.training import controls as controls_module
from nbkeras.notebook.training.buttons import WIDGET, Buttons
from nbkeras.notebook.training.controls import Controls
from nbkeras.notebook.training.mailbox import Mailbox
from nbkeras.notebook.views.training import Progress
from nbkeras.optimizers import SGD
from nbkeras.optimizers.schedules import ExponentialDecay
from tests.notebook.cells import declare

# ipywidgets 7 asks newer traitlets in a way that these call old; all else that is deprecated fails.
pytestmark = pytest.mark.filterwarnings("ignore:Deprecated in traitlets 4.1:DeprecationWarning")

X = np.linspace(-1, 1, 96, dtype="float32").reshape(32, 3)
Y = X.sum(1, keepdims=True)


class Training:
    """A small training under control; `when` maps numbers of batches, counted from 1, to what is done after them."""

    def __init__(self, optimizer="sgd", backend=None):
        self.model = declare("Input((3,))\nDense(1)\ncompile('sgd', 'mse')")
        self.model.compile(optimizer, "mse", backend=backend)
        self.mailbox = Mailbox()
        self.progress = Progress("net", epochs=3)
        self.redrawn = 0
        self.answers = []
        self.mailbox.listener = self.answers.append
        self.controls = Controls(self.mailbox, self.progress, self.redraw)
        self.batches = 0
        self.weights = []

    def redraw(self):
        self.redrawn += 1

    def fit(self, when=(), epochs=3, **options):
        when = dict(when)

        def after_batch(batch, logs):
            self.batches += 1
            self.weights.append(self.model.get_weights()[0].copy())
            for command in when.get(self.batches, ()):
                self.mailbox.put(*command)

        watch = LambdaCallback(on_train_batch_end=after_batch)
        callbacks = [watch, self.controls]
        return self.model.fit(X, Y, batch_size=8, epochs=epochs, verbose=0, callbacks=callbacks, **options)


def test_stop_keeps_everything():
    training = Training()
    history = training.fit({6: [("stop",)]})
    assert training.batches == 6
    assert len(history.history["loss"]) == 2
    assert training.progress.outcome == (
        "stopped in epoch 1 of 3; weights and history are kept, and the next fit goes on from here"
    )
    training.progress.outcome = ""
    training.fit()
    assert training.batches == 6 + 12


def test_stop_is_heard_during_validation():
    training = Training()
    batches = []

    def ask(batch, logs):
        batches.append(batch)
        training.mailbox.put("stop")

    training.model.fit(
        X,
        Y,
        epochs=9,
        verbose=0,
        validation_data=(np.repeat(X, 50, 0), np.repeat(Y, 50, 0)),
        callbacks=[LambdaCallback(on_test_batch_end=ask), training.controls],
    )
    assert batches == [0]


@pytest.fixture
def naps(monkeypatch):
    """What happens in each nap of a paused training, in order; the last one has to end the pause."""
    planned, taken = [], []

    def nap(seconds):
        taken.append(seconds)
        planned.pop(0)()

    monkeypatch.setattr(controls_module.time, "sleep", nap)
    return planned, taken


def nothing():
    pass


def test_a_pause_waits_and_goes_on(naps):
    planned, taken = naps
    training = Training()
    seen = []

    def look():
        seen.append((training.batches, training.progress.paused, training.progress.line.startswith("paused · ")))

    planned += [look, nothing, look, lambda: training.mailbox.put("resume")]
    training.fit({2: [("pause",)]})
    assert seen == [(2, True, True)] * 2
    assert training.batches == 12
    assert not training.progress.paused
    assert min(taken) >= 0.01, "a loop that does not sleep burns the processor"
    assert training.progress.waited > 0
    assert [answer["paused"] for answer in training.answers] == [True, False]


def test_commands_are_carried_out_during_a_pause(naps):
    planned, _ = naps
    training = Training()
    planned += [lambda: training.mailbox.put("learning_rate", 0.5), lambda: training.mailbox.put("stop")]
    training.fit({2: [("pause",)]})
    assert training.batches == 2
    assert float(training.model.optimizer.learning_rate) == 0.5
    assert not training.progress.paused


def test_an_interrupt_ends_a_pause(naps):
    """As `%fit` takes it: it asks the model to stop; and as Python does: an exception."""
    planned, _ = naps
    training = Training()
    planned.append(lambda: setattr(training.model, "stop_training", True))
    training.fit({2: [("pause",)]})
    assert training.batches == 2

    def interrupt():
        raise KeyboardInterrupt

    planned.append(interrupt)
    with pytest.raises(KeyboardInterrupt):
        training.fit({4: [("pause",)]})
    assert not training.progress.paused
    training.fit()
    assert np.isfinite(training.model.predict(X, verbose=0)).all()


@pytest.mark.parametrize("backend", ["numpy", pytest.param("jax", marks=pytest.mark.jax)])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_a_learning_rate_reaches_the_next_step(optimizer, backend):
    """A rate too small to move a weight of float32 stops the weights at once; a usual one moves them again."""
    training = Training(optimizer, backend)
    training.fit({4: [("learning_rate", 1e-30)], 8: [("learning_rate", 0.1)]})
    moved = [bool((a != b).any()) for a, b in zip(training.weights, training.weights[1:])]
    assert moved == [True] * 3 + [False] * 4 + [True] * 4
    assert training.progress.changes.endswith(" → 0.1 in epoch 1")
    assert training.redrawn == 2


def test_many_batches_at_a_time_take_it_too():
    """The callbacks ask for no batch in particular: the engine runs many in one go."""
    training = Training()
    training.mailbox.put("learning_rate", 1e-30)
    before = training.model.get_weights()[0]
    training.model.fit(X, Y, batch_size=1, epochs=50, verbose=0, callbacks=[training.controls])
    assert (training.model.get_weights()[0] == before).all()


STAYS = "the learning rate stays 0.01: it has to be a number above 0, got "
SCHEDULE = "the learning rate stays as it is: it follows a schedule, so no number can be set"
HUGE = 10**400


@pytest.mark.parametrize(
    ("optimizer", "value", "remark"),
    [
        ("sgd", 0.0, STAYS + "0"),
        ("sgd", -1.0, STAYS + "-1"),
        ("sgd", float("nan"), STAYS + "nan"),
        ("sgd", float("inf"), STAYS + "inf"),
        ("sgd", 1e39, STAYS + "1e+39"),
        ("sgd", 1e-60, STAYS + "1e-60"),
        ("sgd", HUGE, STAYS + "a int"),
        ("sgd", None, STAYS + "a NoneType"),
        ("sgd", "0.1", STAYS + "a str"),
        ("sgd", True, STAYS + "a bool"),
        ("sgd", [0.1], STAYS + "a list"),
        ("schedule", 0.1, SCHEDULE),
        ("function", 0.1, SCHEDULE),
        ("sgd", 0.25, ""),
        ("sgd", 1, ""),
    ],
)
def test_only_a_sensible_learning_rate_is_taken(optimizer, value, remark):
    made = {"schedule": ExponentialDecay(0.01, 10, 0.5), "function": lambda: 0.01}.get(optimizer, 0.01)
    training = Training(SGD(made))
    training.fit({2: [("learning_rate", value)]})
    assert training.progress.remark == remark
    rate = None if remark == SCHEDULE else pytest.approx(0.01 if remark else value)
    assert training.answers == [{"paused": False, "learning_rate": rate, "remark": remark}]
    if not remark:
        assert float(training.model.optimizer.learning_rate) == value
        assert f"learning rate 0.01 → {value:g} in epoch 1" == training.progress.changes


def test_what_was_changed_by_hand_is_told_in_short():
    progress = Progress("net", epochs=9)
    progress.note_rate(0.1, 0.2)
    progress.note_rate(0.2, 0.3)
    assert progress.changes == "learning rate 0.1 → 0.3 in epoch 1"
    for epoch in range(1, 6):
        progress.finished = epoch
        progress.note_rate(0.3, 0.5)
    assert progress.changes == (
        "learning rate 0.3 → 0.5 in epoch 4, 0.3 → 0.5 in epoch 5, 0.3 → 0.5 in epoch 6, 3 changes before"
    )


def test_a_ping_is_answered_by_the_running_training():
    training = Training()
    training.mailbox.put("ping")
    assert training.answers == []
    training.fit()
    assert training.answers == [{"paused": False, "learning_rate": pytest.approx(0.01), "remark": ""}]
    assert training.redrawn == 0


def any_command(chance):
    verbs = [
        "pause",
        "resume",
        "learning_rate",
        "ping",
        "",
        "STOP",
        "__class__",
        None,
        3,
        2.5,
        [],
        {},
        b"stop",
        ("stop",),
    ]
    values = [
        None,
        "",
        "x",
        0,
        -1,
        1e-3,
        0.5,
        float("nan"),
        float("inf"),
        -float("inf"),
        1e39,
        HUGE,
        [],
        {},
        (),
        b"",
        1j,
    ]
    return chance.choice(verbs), chance.choice(values)


def test_a_hundred_thousand_random_commands_do_no_harm():
    chance = random.Random(0)
    training = Training()
    senders = [threading.Thread(target=send, args=(training.mailbox, random.Random(seed))) for seed in range(4)]

    def after_batch(batch, logs):
        for _ in range(5000):
            training.mailbox.put(*any_command(chance))
        training.mailbox.put("resume")

    for sender in senders:
        sender.start()
    watch = LambdaCallback(on_train_batch_end=after_batch)
    history = training.model.fit(X, Y, batch_size=8, epochs=4, verbose=0, callbacks=[watch, training.controls])
    for sender in senders:
        sender.join()
    assert len(history.history["loss"]) == 4
    assert not training.progress.paused
    assert 0 < float(training.model.optimizer.learning_rate) < float("inf")
    assert len(training.progress.changes) < 200
    assert len(training.progress.remark) < 120
    training.model.compile("sgd", "mse")
    training.fit()


def send(mailbox, chance):
    for _ in range(5000):
        mailbox.put(*any_command(chance))
        mailbox.put("resume")


# --- buttons ---


class Kernel:
    """As much of a shell with a kernel as buttons ask for."""

    kernel = object()

    def __init__(self, allow_stdin=True):
        self.request = {"content": {"allow_stdin": allow_stdin}}

    def get_parent(self):
        return self.request


@pytest.fixture
def opened(monkeypatch):
    """Opens buttons in a shell, as if no test were running: `(buttons, what was shown)`."""

    def opened(shell=Kernel, **variables):
        monkeypatch.delenv("PYTEST_CURRENT_TEST")
        monkeypatch.delenv("NBKERAS_DISPLAY", raising=False)
        monkeypatch.setattr(buttons_module, "get_ipython", shell)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        buttons, shown = Buttons(Mailbox()), []
        buttons.screen = shown.append
        buttons.open()
        return buttons, shown

    return opened


def test_buttons_are_shown_and_leave_nothing(opened):
    buttons, shown = opened()
    assert list(shown[0]) == [WIDGET, "text/plain"]
    assert shown[0][WIDGET]["model_id"] == buttons.widget.model_id
    widget = buttons.widget
    buttons.open()
    assert buttons.widget is widget
    widget._handle_custom_msg({"verb": "ping"}, [])
    buttons.close()
    buttons.close()
    assert shown[1:] == [{}]
    assert widget.comm is None
    assert buttons.mailbox.listener is None


def test_a_widget_that_the_page_does_not_know_yet_is_closed_when_it_does(opened):
    buttons, shown = opened()
    widget = buttons.widget
    buttons.close()
    assert shown[1:] == [{}]
    assert widget.comm is not None
    widget._handle_custom_msg({"verb": "ping"}, [])
    assert widget.comm is None
    assert buttons.mailbox.take() is None


def test_a_click_fills_the_mailbox_and_no_more(opened):
    buttons, _ = opened()
    for content in [{"verb": "ping"}, {"verb": "learning_rate", "value": 0.5}, "nonsense", {}, None]:
        buttons.widget._handle_custom_msg(content, [])
    commands = []
    while (command := buttons.mailbox.take()) is not None:
        commands.append(command)
    assert commands == [("ping", None), ("learning_rate", 0.5), ("None", None)]


def test_the_widget_hears_the_answers(opened, monkeypatch):
    buttons, _ = opened()
    sent = []
    monkeypatch.setattr(buttons.widget, "_send", lambda message, buffers=None: sent.append(message))
    buttons.mailbox.answer(paused=True, learning_rate=0.5, remark="")
    assert sent == [{"method": "custom", "content": {"paused": True, "learning_rate": 0.5, "remark": ""}}]
    assert json.dumps(sent)


@pytest.mark.parametrize(
    ("shell", "variables"),
    [
        (lambda: Kernel(allow_stdin=False), {}),  # a program executes the notebook
        (Kernel, {"NBKERAS_DISPLAY": "static"}),
        (lambda: None, {}),
        (object, {}),  # a terminal
    ],
)
def test_no_buttons_where_nobody_can_click(opened, shell, variables):
    buttons, shown = opened(shell, **variables)
    buttons.close()
    assert shown == []
    assert buttons.widget is None


def test_no_buttons_on_colab(opened, monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", object())
    assert opened()[1] == []


STYLE = Path(buttons_module.__file__).with_suffix(".css").read_text()


def colors(selector, style=STYLE):
    """The colours that the rules of a selector set, by property."""
    rules = re.findall(r"([^{}]+)\{([^}]*)\}", style)
    found = {}
    for selectors, body in rules:
        if selector in [one.strip() for one in selectors.split(",")]:
            found |= dict(re.findall(r"([\w-]+):[^;]*(#[0-9a-f]{6})", body))
    return found


def luminance(color):
    """Relative luminance as WCAG 2.1 defines it."""
    parts = [int(color[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return np.dot([0.2126, 0.7152, 0.0722], linear)


def contrast(first, second):
    low, high = sorted([luminance(first), luminance(second)])
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_computed_as_the_standard_says():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


PAGES = ["#ffffff", "#111111"]


@pytest.mark.parametrize("node", ["button", "input", "button:disabled", "input:disabled"])
def test_text_on_controls_is_legible(node):
    """4.5 as WCAG asks of text; disabled ones need not, and do."""
    kind, _, state = node.partition(":")
    look = colors(f".nbkeras-controls {kind}") | (colors(f".nbkeras-controls {node}") if state else {})
    assert contrast(look["color"], look["background"]) >= 4.5


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("node", ["button", "input"])
def test_edges_and_focus_are_visible(node, page):
    """3 as WCAG asks of what is not text."""
    assert contrast(colors(f".nbkeras-controls {node}")["border"], page) >= 3
    assert contrast(colors(f".nbkeras-controls {node}:focus-visible")["outline"], page) >= 3
