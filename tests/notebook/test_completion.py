"""What completion offers: layers, keyword arguments, labels, modules, options, models, metrics."""

import numpy as np
import pytest
from IPython.core import completer as completer_of_ipython
from IPython.core.completer import provisionalcompleter

from nbkeras.notebook.completion.completer import Completer
from nbkeras.notebook.magics import functions
from nbkeras.notebook.training.record import Record
from tests.notebook.cells import declare

NET = declare("Input((4,))\nDense(1)")
CELL = "%%model net\nInput((8,))\nhidden: Dense(8)\ndef residual(filters):\n    ReLU()\n"

# the text up to the cursor -> the beginning that is there, and some of what is offered, and something that is not
OFFERS = {
    f"{CELL}Den": ("Den", ["Dense"], ["Dropout"]),
    f"{CELL}Conv2": ("Conv2", ["Conv2D", "Conv2DTranspose"], ["Conv1D"]),
    f"{CELL}conc": ("conc", ["concatenate"], []),
    f"{CELL}hid": ("hid", ["hidden"], []),
    f"{CELL}resi": ("resi", ["residual"], []),
    f"{CELL}com": ("com", ["compile"], []),
    f"{CELL}Outp": ("Outp", ["Output"], []),
    f"{CELL}wid": ("wid", ["width"], []),
    f"{CELL}F1": ("F1", ["F1Score"], []),
    f"{CELL}ops.soft": ("ops.soft", ["ops.softmax", "ops.softplus"], ["ops.exp"]),
    f"{CELL}random.nor": ("random.nor", ["random.normal"], []),
    f"{CELL}Dense(8, activ": ("activ", ["activation=", "activity_regularizer="], ["units="]),
    f"{CELL}Dense(": ("", ["units=", "activation=", "name=", "dtype="], ["Dense"]),
    f"{CELL}Dense(\n    8,\n    use_": ("use_", ["use_bias="], []),
    f"{CELL}Bidirectional(LSTM(8, ret": ("ret", ["return_sequences=", "return_state="], []),
    f"{CELL}Bidirectional(LSTM(8), mer": ("mer", ["merge_mode="], []),
    f"{CELL}layers.Dense(8, act": ("act", ["activation="], []),
    f"{CELL}Dense(8)([hid": ("hid", ["hidden"], []),
    f"{CELL}Input((4,), dt": ("dt", ["dtype="], []),
    f"{CELL}Dense(8)  # Den": ("Den", [], ["Dense"]),
    f"{CELL}Dense(8, activation='re": ("re", [], ["residual"]),
    "%%model net --s": ("--s", ["--seed"], ["--dtype"]),
    "%fit net X y --ep": ("--ep", ["--epochs"], []),
    "%fit net X y --": ("--", ["--epochs", "--batch-size", "--fresh"], []),
    "x = 3\n%fit net X y --validation": ("--validation", ["--validation-split", "--validation-data"], ["--epochs"]),
    "%evaluate net X y --": ("--", ["--batch-size", "--steps"], ["--epochs"]),
    "%fit n": ("n", ["net"], []),
    "%fit net wid": ("wid", ["width"], []),
    "%fit net X y --validation-data (wid": ("wid", ["width"], []),
    "%expect wid": ("wid", ["width"], []),
    "%fit net X ": ("", [], ["width", "net"]),
    "%summary ": ("", ["net"], ["width"]),
    "%expect net.val": ("net.val", ["net.val_loss"], ["net.loss"]),
    "history = %fit net X --ep": ("--ep", ["--epochs"], []),
    "Den": ("", [], ["Dense"]),
    "print(--s": ("", [], ["--seed"]),
}


@pytest.fixture
def completer():
    record = Record(last={"loss": 0.1, "val_loss": 0.2})
    return Completer({"net": NET, "width": 3, "np": np}, functions(), {NET: record}.get)


@pytest.mark.parametrize(("text", "offer"), OFFERS.items())
def test_offer(completer, text, offer):
    token, some, none = offer
    found, words = completer.complete(text)
    assert found == token
    assert set(some) <= set(words)
    assert not set(none) & set(words)
    assert all(word.startswith(token) for word in words)


def test_options_are_offered_without_names_of_python(notebook):
    with provisionalcompleter():
        words = [completion.text for completion in notebook.shell.Completer.completions("%summary net --", 15)]
    options = [word for word in words if word.startswith("--")]
    assert options == ["--no-diagram"]
    if hasattr(completer_of_ipython, "context_matcher"):  # IPython 7 cannot be told to leave its own names out
        assert words == options


@pytest.mark.parametrize(
    ("cell", "word"),
    [
        (f"{CELL}Den", "Dense"),
        (f"{CELL}Dense(8, use_b", "use_bias="),
        ("%fit net X y --epo", "--epochs"),
        ("%%model net --see", "--seed"),
    ],
)
def test_ipython_offers_it(notebook, cell, word):
    with provisionalcompleter():
        words = [completion.text for completion in notebook.shell.Completer.completions(cell, len(cell))]
    assert word in words
