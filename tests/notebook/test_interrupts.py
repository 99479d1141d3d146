"""Interrupts at 200 random moments: whatever they meet, what remains is that of whole steps, and training goes on."""

import gc
import math
import random
import signal
from dataclasses import dataclass

import numpy as np
import pytest

import nbkeras
from nbkeras.callbacks import Callback, History
from nbkeras.training.interrupts import holding

RATE = 2.0**-10
SMALL = f"""%%model net
x = Input((4,))
Output(Add()([Dense(1, kernel_initializer="zeros")(x) for _ in range(3)]))
compile(SGD({RATE}), slope, ["mae"])
"""
WIDE = f"""%%model net
Input((1024,))
Dense(256, kernel_initializer="zeros")
compile(SGD({RATE}), slope)
"""


def slope(y_true, y_pred):
    """A loss with a known gradient: at inputs of 1 every weight loses the same in each step, exactly."""
    return nbkeras.ops.mean(y_pred)


@pytest.fixture(autouse=True)
def nobody_elses_callbacks():
    """Without those of JAX, where it is loaded: an exception in a callback of the garbage collector is dropped."""
    callbacks = gc.callbacks[:]
    gc.callbacks.clear()
    yield
    gc.callbacks[:] = callbacks


class Busy(Callback):
    """Takes as long as a small step, after each."""

    def on_train_batch_end(self, batch, logs=None):
        sum(range(2000))


class Presses:
    """Data that, when a line looks it up, sets a clock that will interrupt, once or several times at one moment."""

    def __init__(self, array):
        self.array, self.after, self.times = array, 0.0, 1
        signal.signal(signal.SIGALRM, self._press)

    @property
    def now(self):
        signal.setitimer(signal.ITIMER_REAL, self.after, 5.0)  # again: Python may drop an exception, in a __del__ say
        return self.array

    def _press(self, number, frame):
        for _ in range(self.times):
            signal.raise_signal(signal.SIGINT)


@dataclass
class Situation:
    """What is going on when the interrupt comes.

    Attributes:
        declaration: the cell of the model.
        rows, batch: of the data, and of a step.
        rest: of the line, as a magic or as Python.
        seconds: until the interrupt, at most.
        anew: whether each moment is one of a new model.
        how: `magic` or `python`.
        times: so many interrupts at each moment.
        moments: how many.
    """

    declaration: str
    rows: int
    batch: int
    rest: str = ""
    seconds: float = 0.06
    anew: bool = False
    how: str = "magic"
    times: int = 1
    moments: int = 20

    @property
    def cell(self):
        if self.how == "python":
            return f"net.fit(presses.now, targets, {self.batch}, 10**6, 0{self.rest})"
        return f"history = %fit net presses.now targets --batch-size {self.batch} --epochs 10**6{self.rest}"

    @property
    def steps_per_epoch(self):
        return math.ceil(self.rows / self.batch)

    @property
    def validates(self):
        return "validation" in self.rest


SITUATIONS = {
    "many steps in one native call": Situation(SMALL, 4000, 4),
    "many steps in one loop of NumPy": Situation(SMALL, 4000, 4),
    "steps of milliseconds": Situation(WIDE, 2048, 1024, seconds=0.1),
    "validation": Situation(SMALL, 64, 4, " --validation-data (zeros, zeros)"),
    "callbacks": Situation(SMALL, 400, 4, " --callbacks [Busy()]"),
    "the first steps of a model": Situation(SMALL, 400, 4, seconds=0.03, anew=True),
    "between epochs": Situation(SMALL, 4, 4),
    "all of it, in a new model": Situation(SMALL, 40, 4, " --callbacks [Busy()] --validation-data (X, X)", anew=True),
    "fit, outside of the magic": Situation(SMALL, 4000, 4, how="python", moments=10),
    "fit, the first steps": Situation(SMALL, 4, 4, how="python", anew=True, moments=10),
    "two at once, in steps": Situation(WIDE, 2048, 1024, times=2, moments=10),
    "two at once, in callbacks": Situation(SMALL, 400, 4, " --callbacks [Busy()]", times=2, moments=10),
}


@pytest.fixture
def ready(notebook):
    """A notebook in which interrupts are heard as in a kernel."""
    heard = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGALRM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    notebook.variables.update(slope=slope, Busy=Busy, SGD=nbkeras.optimizers.SGD)
    yield notebook
    signal.setitimer(signal.ITIMER_REAL, 0.0)
    for number, handler in heard.items():
        signal.signal(number, handler)


def test_there_are_200_moments():
    assert sum(situation.moments for situation in SITUATIONS.values()) == 200


@pytest.mark.parametrize("name", SITUATIONS)
def test_interrupts(ready, name, request):
    if "NumPy" in name:
        request.getfixturevalue("plain_numpy")
    check_situation(ready, SITUATIONS[name], random.Random(name))


@pytest.mark.jax
def test_interrupts_on_jax(ready):
    declaration = SMALL.replace("%%model net", "%%model net --backend jax")
    check_situation(ready, Situation(declaration, 400, 4, moments=10), random.Random(0))


def check_situation(notebook, situation, chance):
    """Interrupts the situation at random moments, and looks at what each of them leaves."""
    features = 1024 if situation.declaration is WIDE else 4
    ones = np.ones((situation.rows, features), "float32")
    presses = Presses(ones)
    presses.times = situation.times
    notebook.variables.update(X=ones, presses=presses, targets=np.zeros((situation.rows, 1), "float32"))
    notebook.variables["zeros"] = np.zeros((3000, features), "float32")
    notebook.run(situation.declaration)
    met = 0
    while met < situation.moments:
        if situation.anew:
            notebook.run(situation.declaration)
        presses.after = chance.uniform(0.0, situation.seconds) or 1e-6
        met += check_moment(notebook, situation)


def check_moment(notebook, situation):
    """One interrupt and what it leaves; whether the training had begun by then."""
    net = notebook.variables["net"]
    before = steps_of(net)
    _, bundles, error = notebook.run(situation.cell)
    signal.setitimer(signal.ITIMER_REAL, 0.0)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)  # as ever
    if isinstance(error, KeyboardInterrupt) and steps_of(net) == before:
        return False
    if situation.times == 1 and situation.how == "magic":
        assert error is None
        assert notebook.variables["history"] is net.history
        assert any(line.startswith("interrupted in epoch ") for line in bundles[-1]["text/plain"].splitlines())
    else:
        assert isinstance(error, KeyboardInterrupt)
    check_whole(net)
    if not situation.validates:
        seen = int(net._loss_tracker.count.numpy())
        assert seen % situation.batch == 0
        assert (seen // situation.batch - (steps_of(net) - before)) % situation.steps_per_epoch == 0
    check_usable(notebook, situation)
    return True


def steps_of(net):
    """How many steps the optimizer counts."""
    return int(net.optimizer.iterations.numpy()) if net.optimizer.built else 0


def check_whole(net):
    """The weights are those after the steps that were counted."""
    for weight in net.trainable_variables:
        expected = np.full(weight.shape, -RATE * steps_of(net) / weight.shape[-1], "float32")
        np.testing.assert_array_equal(weight.numpy(), expected, weight.path)


def check_usable(notebook, situation):
    """The model predicts, its history is complete, and one more epoch goes on from where it was."""
    net = notebook.variables["net"]
    assert isinstance(net.history, History)
    assert {len(values) for values in net.history.history.values()} <= {len(net.history.epoch)}
    before = steps_of(net)
    expected = sum(float(weight.numpy().sum()) for weight in net.trainable_variables) / net.output_shape[-1]
    np.testing.assert_array_equal(net.predict(notebook.variables["X"][:2], verbose=0), expected)
    shown = notebook.shown(f"%fit net X targets --batch-size {situation.batch}")["text/plain"].splitlines()
    assert situation.how == "python" or shown[1].startswith("continues after ")
    assert steps_of(net) == before + situation.steps_per_epoch
    check_whole(net)


# --- the piece that holds interrupts off ---


@pytest.mark.parametrize(
    ("presses", "ends", "raises"),
    [(0, True, False), (1, True, True), (2, True, True), (3, False, True)],
)
def test_interrupts_wait_for_a_piece_but_not_for_ever(ready, presses, ends, raises):
    ended = False
    try:
        with holding() as hold, hold:
            for _ in range(presses):
                signal.raise_signal(signal.SIGINT)
            ended = True
    except KeyboardInterrupt:
        assert raises
    else:
        assert not raises
    assert ended is ends
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_outside_of_pieces_interrupts_come_at_once(ready):
    with holding() as hold:
        with hold, hold:
            pass
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_where_interrupts_are_ignored_they_remain_so(ready):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with holding() as hold, hold:
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_an_interrupt_after_the_last_epoch_interrupts_nothing(ready):
    class Late(Callback):
        def on_train_end(self, logs=None):
            signal.raise_signal(signal.SIGINT)

    ready.variables.update(X=np.ones((8, 4)), y=np.zeros((8, 1)), late=Late())
    ready.run(SMALL)
    assert "interrupted" not in ready.shown("%fit net X y --epochs 2 --callbacks [late]")["text/plain"]
