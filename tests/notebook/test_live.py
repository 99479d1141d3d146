"""The live view: what it shows, how often, and what it costs."""

import io
import sys
from mmap import mmap

import numpy as np
import pytest

from nbkeras.notebook.training import live as live_module
from nbkeras.notebook.training.live import LiveView, Pace
from nbkeras.notebook.training.memory import resident
from nbkeras.notebook.training.record import Record
from nbkeras.notebook.training.screen import Screen, is_live, is_static
from nbkeras.notebook.training.terminal import CLEAR, Terminal
from nbkeras.notebook.views.curves import POINTS
from nbkeras.notebook.views.training import Progress
from tests.notebook.cells import declare


class Clock:
    """Time that passes when it is told to."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class Film:
    """Keeps the bundles that are shown; each takes `cost` seconds to show."""

    def __init__(self, clock, cost=0.0):
        self.clock, self.cost, self.bundles, self.times = clock, cost, [], []

    def __call__(self, bundle):
        self.bundles.append(bundle)
        self.times.append(self.clock.now)
        self.clock.now += self.cost

    @property
    def lines(self):
        return [bundle["text/plain"] for bundle in self.bundles]


def run(epochs, batches, seconds, cost=0.0, show=True, stop_at=None):
    """A training of which each batch takes some seconds, and its view."""
    clock = Clock()
    film = Film(clock, cost)
    view = LiveView(Record(), Progress("net", rows=10), film if show else None, clock)
    view.set_params({"epochs": epochs, "steps": batches})
    view.on_train_begin()
    for epoch in range(epochs):
        for batch in range(batches):
            clock.now += seconds
            view.on_train_batch_end(batch, {"loss": 1 / (1 + epoch + batch)})
        if stop_at == epoch:
            view.progress.outcome = "stopped"
        view.on_epoch_end(epoch, {"loss": 1 / (1 + epoch), "matrix": np.ones(2)})
    return view, film


def test_it_is_drawn_at_the_start_and_four_times_a_second():
    _, film = run(epochs=2, batches=100, seconds=0.05)
    assert film.lines[0].startswith("net: epoch 1 of 2 · batch 0 of 100")
    gaps = np.diff(film.times)
    assert gaps.min() >= 0.25
    assert len(film.times) == pytest.approx(10 / 0.25, abs=8)


@pytest.mark.parametrize("cost", [0.001, 0.05, 0.5])
def test_it_takes_at_most_a_twentieth_of_the_time(cost):
    view, film = run(epochs=20, batches=100, seconds=0.05, cost=cost)
    total = view.clock() - 100.0
    assert cost * (len(film.times) - 1) / total <= 0.05


def test_what_it_says():
    _, film = run(epochs=2, batches=10, seconds=1.0)
    assert film.lines[3].startswith("net: epoch 1 of 2 · batch 3 of 10 · 17 s left · 10 samples/s · memory ")
    assert "<progress" in film.bundles[3]["text/html"]
    assert "var(--jp-ui-font-color2" in film.bundles[12]["text/html"]


def test_metrics_are_recorded_by_epoch():
    view, _ = run(epochs=3, batches=2, seconds=1.0)
    assert view.record.points == {"loss": [(1, 1.0), (2, 0.5), (3, pytest.approx(1 / 3))]}
    assert view.record.last == {"loss": pytest.approx(1 / 3)}
    assert (view.progress.finished, view.progress.batches) == (3, 2)


def test_values_within_epochs_are_drawn_where_epochs_are_few():
    view, film = run(epochs=1, batches=8, seconds=1.0)
    assert view.record.samples["loss"][0] == (0.125, 1.0)
    assert len(view.record.samples["loss"]) == 8
    assert film.bundles[-1]["text/html"].count("stroke-opacity") == 1


def test_without_a_screen_nothing_is_drawn_before_the_end():
    view, film = run(epochs=2, batches=4, seconds=1.0, show=False)
    assert film.bundles == []
    view.finish(film, timed=False)
    assert film.lines[0].startswith("net: 2 epochs, 4 batches each\n")


def test_what_was_shown_is_ended_even_if_no_batch_was():
    clock = Clock()
    film = Film(clock)
    view = LiveView(Record(), Progress("net", outcome="ended by ValueError"), film, clock)
    view.finish(film, timed=False)
    assert film.bundles == []
    view.set_params({"epochs": 1, "steps": 2})
    view.on_train_begin()
    view.finish(film, timed=False)
    assert film.lines[-1] == "net: 0 of 1 epoch, 2 batches each\nended by ValueError"
    assert "<progress" not in film.bundles[-1]["text/html"]


def test_a_part_of_an_epoch_is_not_recorded():
    view, _ = run(epochs=3, batches=4, seconds=1.0, stop_at=2)
    assert view.progress.finished == 2
    assert len(view.record.points["loss"]) == 2


def test_logs_are_not_looked_at_between_drawings():
    """Computing them is the engine's work: it must not be asked for more often than something is drawn."""
    clock = Clock()
    view = LiveView(Record(), Progress("net"), Film(clock), clock)
    view.set_params({"epochs": 1, "steps": 100})
    view.on_train_begin()
    for batch in range(100):
        view.on_train_batch_end(batch, Untouchable())


class Untouchable(dict):
    def items(self):
        raise AssertionError("looked at")


def test_pace_is_slower_where_drawing_is_slow():
    pace = Pace()
    pace.drawn(1.0, 1.001)
    assert pace.next == pytest.approx(1.251)
    pace.drawn(1.0, 1.1)
    assert pace.next == pytest.approx(3.6)


def test_the_engine_knows_nothing_of_it():
    model = declare("Input((3,))\nDense(1)\ncompile('sgd', 'mse')")
    clock = Clock()
    view = LiveView(Record(), Progress("net", rows=4), Film(clock), clock)
    x = np.ones((8, 3))
    model.fit(x, x[:, :1], batch_size=4, epochs=2, validation_data=(x, x[:, :1]), callbacks=[view], verbose=0)
    assert list(view.record.points) == ["loss", "val_loss"]
    assert view.progress.done == 4


def test_a_screen_has_one_place(notebook):
    notebook.run("from nbkeras.notebook.training.screen import Screen\nscreen = Screen()")
    _, bundles, _ = notebook.run("screen({'text/plain': 'a'})\nscreen({'text/plain': 'b'})")
    assert bundles == [{"text/plain": "a"}, {"text/plain": "b"}]
    assert isinstance(notebook.variables["screen"], Screen)
    assert notebook.variables["screen"].handle.display_id


@pytest.mark.parametrize(
    ("variables", "static"),
    [
        ({}, False),
        ({"PYTEST_CURRENT_TEST": "x"}, True),
        ({"NBKERAS_DISPLAY": "static"}, True),
        ({"NBKERAS_DISPLAY": "live"}, False),
    ],
)
def test_static(monkeypatch, variables, static):
    for name in ("PYTEST_CURRENT_TEST", "NBKERAS_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    class Shell:
        kernel = object()

    assert is_static() is static
    assert is_live(Shell()) is not static
    assert not is_live(object())


def test_a_part_of_an_epoch_that_diverged_is_not_recorded():
    view, _ = run(epochs=1, batches=4, seconds=1.0)
    view._model = type("Model", (), {"divergence": "batch 2 of epoch 2", "optimizer": None})()
    view.on_epoch_end(1, {"loss": 9.0})
    assert len(view.record.points["loss"]) == 1
    film = Film(view.clock)
    view.finish(film, timed=False)
    assert film.lines[0].splitlines()[1] == "batch 2 of epoch 2"


def test_a_long_epoch_keeps_a_bounded_number_of_samples():
    view, _ = run(epochs=1, batches=3000, seconds=1.0)
    samples = view.record.samples["loss"]
    assert POINTS / 2 <= len(samples) <= 2 * POINTS
    assert max(np.diff([part for part, _ in samples])) < 0.05, "all of the epoch is there"
    view, _ = run(epochs=6, batches=4, seconds=1.0)
    assert view.record.samples == {}


def test_redrawing_does_not_wait():
    view, film = run(epochs=1, batches=2, seconds=0.01)
    shown = len(film.bundles)
    view.redraw()
    view.redraw()
    assert len(film.bundles) == shown + 2


def test_the_learning_rate_is_shown():
    model = declare("Input((3,))\nDense(1)\ncompile('sgd', 'mse')")
    film = Film(Clock())
    view = LiveView(Record(), Progress("net"), film, film.clock)
    x = np.ones((8, 3))
    model.fit(x, x[:, :1], epochs=1, callbacks=[view], verbose=0)
    assert "learning rate 0.01 · memory " in film.lines[0]


def test_memory_is_that_of_this_process():
    """Linux counts more for a process that has touched 64 MB than before."""
    before = resident()
    with mmap(-1, 64 * 2**20) as block:  # new from the system, where NumPy may give what was freed
        block.write(b"1" * len(block))
        assert resident() - before > 32 * 2**20


# --- without %fit ---

FIT = """
import numpy as np, nbkeras
net = nbkeras.Sequential([nbkeras.layers.Dense(1)], name="net")
net.compile("sgd", "mse")
x = np.ones((8, 3), "float32")
history = net.fit(x, x[:, :1], batch_size=4, epochs=2, verbose=0, callbacks=[nbkeras.notebook.LiveView()])
"""


def test_as_a_callback_it_leaves_what_fit_leaves(notebook):
    _, bundles, error = notebook.run(FIT)
    assert error is None
    assert len(bundles) == 1
    assert bundles[0]["text/plain"].startswith("net: 2 epochs, 2 batches each\n")
    assert "<img alt=" in bundles[0]["text/html"]
    assert notebook.value("len(history.history['loss'])") == 2


def test_as_a_callback_it_draws_in_a_notebook(notebook, monkeypatch):
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    monkeypatch.setattr(notebook.shell, "kernel", object(), raising=False)
    _, bundles, error = notebook.run(FIT)
    assert error is None
    assert "<progress" in bundles[0]["text/html"]
    assert "<progress" not in bundles[-1]["text/html"]
    assert bundles[-1]["text/plain"].startswith("net: 2 epochs, 2 batches each\n")


def test_each_training_has_a_record_of_its_own(notebook):
    notebook.run("view = nbkeras.notebook.LiveView()" if "nbkeras" in notebook.variables else FIT)
    again = "view = nbkeras.notebook.LiveView()\nfor _ in range(2): net.fit(x, x[:, :1], verbose=0, callbacks=[view])"
    _, bundles, error = notebook.run(again)
    assert error is None
    assert [bundle["text/plain"].splitlines()[0] for bundle in bundles] == ["net: 1 epoch, 1 batch each"] * 2
    assert notebook.value("view.record.epochs") == 1


def test_as_a_callback_it_says_how_a_training_failed(notebook):
    notebook.run(FIT)
    failing = (
        "def fail(batch, logs): raise KeyboardInterrupt\n"
        "calls = [nbkeras.callbacks.LambdaCallback(on_train_batch_end=fail), nbkeras.notebook.LiveView()]\n"
        "net.fit(x, x[:, :1], epochs=3, verbose=0, callbacks=calls)"
    )
    _, bundles, error = notebook.run(failing)
    assert isinstance(error, KeyboardInterrupt)
    assert bundles == []  # not a single batch was done
    failing = failing.replace("calls = [", "calls = [nbkeras.notebook.LiveView(), ").replace(
        ", nbkeras.notebook.LiveView()]", "]"
    )
    _, bundles, error = notebook.run(failing)
    assert isinstance(error, KeyboardInterrupt)
    assert "ended by KeyboardInterrupt in epoch 1" in bundles[-1]["text/plain"]


def test_in_a_terminal_it_is_text(monkeypatch, capsys):
    monkeypatch.delenv("PYTEST_CURRENT_TEST")
    monkeypatch.setattr(live_module, "get_ipython", lambda: None)
    model = declare("Input((3,))\nDense(1)\ncompile('sgd', 'mse')")
    x = np.ones((8, 3))
    model.fit(x, x[:, :1], epochs=2, verbose=0, callbacks=[LiveView()])
    printed = capsys.readouterr().out
    assert printed.startswith("net: 2 epochs, 1 batch each\n")
    assert "<" not in printed
    assert "\x1b" not in printed


class Tty(io.StringIO):
    def isatty(self):
        return True


def test_a_terminal_has_one_line_that_is_written_over(monkeypatch):
    screen = Tty()
    monkeypatch.setattr(sys, "stdout", screen)
    terminal = Terminal()
    terminal.rewrite({"text/plain": "a"})
    terminal.rewrite({"text/plain": "b"})
    terminal.leave({"text/plain": "all"})
    assert screen.getvalue() == f"{CLEAR}a{CLEAR}b{CLEAR}all\n"
