"""The live view: what it shows, how often, and what it costs."""

import numpy as np
import pytest

from nbkeras.notebook.training.live import LiveView, Pace
from nbkeras.notebook.training.record import Record
from nbkeras.notebook.training.screen import Screen, is_live, is_static
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
    assert film.lines[0] == "net: epoch 1 of 2 · batch 0 of 100"
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
    assert film.lines[3] == "net: epoch 1 of 2 · batch 3 of 10 · 17 s left · 10 samples/s"
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
