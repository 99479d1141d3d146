"""What completion offers: layers, arguments and their values, labels, modules, options, models, metrics, runs."""

import argparse

import numpy as np
import pytest
from IPython.core import completer as completer_of_ipython
from IPython.core.completer import provisionalcompleter

from nbkeras import activations, initializers, losses, metrics, optimizers
from nbkeras.notebook.completion.completer import Completer
from nbkeras.notebook.completion.place import Place, place_of
from nbkeras.notebook.completion.values import names_for
from nbkeras.notebook.magics import functions
from nbkeras.notebook.training.record import Record
from tests.notebook.cells import declare

NET = declare("Input((4,))\nDense(1)")
RUNS = lambda: ["monday", "tuesday"]
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
    f"{CELL}'re": ("re", [], ["residual"]),
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
    "%runs mo": ("mo", ["monday"], ["net"]),
    "%expect net.val": ("net.val", ["net.val_loss"], ["net.loss"]),
    "history = %fit net X --ep": ("--ep", ["--epochs"], []),
    "Den": ("", [], ["Dense"]),
    "print(--s": ("", [], ["--seed"]),
}


# the text up to the cursor, in an argument whose values are known -> the same
VALUES = {
    f'{CELL}compile("': ("", ["adam", "rmsprop", "sgd"], ["Adam", "mse", "optimizer="]),
    f'{CELL}compile("ad': ("ad", ["adam", "adamw"], ["sgd"]),
    f'{CELL}compile("adam", "': ("", ["mse", "binary_crossentropy"], ["adam", "MSE", "Loss"]),
    f'{CELL}compile("adam", "mse", ["acc': ("acc", ["accuracy"], ["adam"]),
    f'{CELL}compile(metrics=["mae", "': ("", ["auc", "f1_score"], ["mean", "mean_io_u", "metric"]),
    f'{CELL}compile(loss={{"out": "bin': ("bin", ["binary_crossentropy"], []),
    f'{CELL}compile(\n    optimizer="': ("", ["adam"], []),
    f"{CELL}compile(optimizer=": ("", ['"adam"', '"sgd"'], ["adam"]),
    f"{CELL}Dense(8, '": ("", ["relu", "softmax"], ["zeros"]),
    f"{CELL}Dense(8, activation='re": ("re", ["relu", "relu6"], ["residual"]),
    f'{CELL}Dense(8, kernel_initializer="he': ("he", ["he_normal", "he_uniform"], ["HeNormal"]),
    f'{CELL}Dense(8, kernel_regularizer="': ("", ["l1", "l2"], ["regularizer"]),
    f'{CELL}Conv2D(8, 3, padding="': ("", ["same", "valid"], ["causal"]),
    f'{CELL}Conv1D(8, 3, padding="': ("", ["same", "valid", "causal"], []),
    f'{CELL}Bidirectional(LSTM(8, activation="ta': ("ta", ["tanh"], []),
    f'{CELL}Bidirectional(LSTM(8), merge_mode="': ("", ["concat", "ave"], []),
    f'{CELL}compile(AUC(curve="': ("", ["ROC", "PR"], []),
    f'{CELL}EarlyStopping(mode="': ("", [], ["auto"]),
    f'{CELL}callbacks.EarlyStopping(mode="': ("", ["auto", "min", "max"], []),
    f'{CELL}Dense(8, name="': ("", [], ["relu"]),
    f'{CELL}residual("': ("", [], ["relu"]),
    'net.compile("ad': ("ad", ["adam"], []),
    "x = 3\nnet.compile(loss='ms": ("ms", ["mse", "msle"], []),
    'np.zeros(3, dtype="': ("", [], ["float32"]),
    'print("ad': ("", [], ["adam"]),
    "%%model net --backend ": ("", ["numpy", "jax"], ["net", "width"]),
    "%%model net --dtype=fl": ("fl", ["float32", "float64"], []),
    "%fit net X y --verbose ": ("", ["0", "1", "2"], ["net"]),
    "%fit net X y --epochs wid": ("wid", ["width"], []),
    "%fit net X y --fresh ": ("", [], ["width"]),
}


@pytest.fixture
def completer():
    record = Record(last={"loss": 0.1, "val_loss": 0.2})
    namespace = {"net": NET, "width": 3, "np": np}
    return Completer(namespace, {**functions(), "%runs": functions()["%fit"]}, {NET: record}.get, {"%runs": RUNS})


@pytest.mark.parametrize(("text", "expected"), [*OFFERS.items(), *VALUES.items()])
def test_offer(completer, text, expected):
    token, some, none = expected
    offer = completer.complete(text)
    assert offer.fragment == token
    assert set(some) <= set(offer.words)
    assert not set(none) & set(offer.words)
    assert all(word.startswith(token) for word in offer.words)


def test_the_layers_of_a_model_are_offered(completer):
    completer.magics["%watch"] = completer.magics["%explain"] = argparse.Namespace(parser=layer_parser())
    assert completer.complete("%watch net den").words == ["dense"]
    assert completer.complete("%explain net X --layer de").words == ["dense"]


def layer_parser():
    parser = argparse.ArgumentParser()
    parser.add_argument("--layer")
    return parser


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("f(", Place("f", 0, True, True)),
        ("f(1, 2", Place("f", 1, True, False)),
        ("f(1, key = ", Place("f", "key", True, True)),
        ("f(a == ", Place("f", 0, True, False)),
        ("f(g(1, 2), 'a, b', ", Place("f", 2, True, True)),
        ("f([1, (2, ", Place("f", 0, False, False)),
        ("f({'a': 1, 'b': '", Place("f", 0, False, False, "")),
        ("f({'a", Place("f", None, False, False, "a")),
        ('f("""a, (""", \'it"s', Place("f", 1, True, False, 'it"s')),
        ("f('\\\\', ", Place("f", 1, True, True)),
        ("'not closed\nf(", Place("f", 0, True, True)),
        ("f(1)  # g(", Place(is_comment=True)),
        ("# f(\nx", Place()),
        ("(1, ", Place()),
    ],
)
def test_place(text, place):
    assert place_of(text) == place


@pytest.mark.parametrize("parameter", ["optimizer", "loss", "metrics", "activation", "kernel_initializer"])
def test_every_name_is_one_that_the_library_takes(parameter):
    get = {"optimizer": optimizers, "loss": losses, "metrics": metrics, "activation": activations}
    names = names_for(parameter)
    assert len(names) > 8
    assert all(callable(get.get(parameter, initializers).get(name)) for name in names if parameter != "optimizer")
    assert parameter != "optimizer" or all(optimizers.get(name) for name in names)


def test_options_are_offered_without_names_of_python(notebook):
    with provisionalcompleter():
        words = [completion.text for completion in notebook.shell.Completer.completions("%summary net --", 15)]
    options = [word for word in words if word.startswith("--")]
    known = [name for action in functions()["%summary"].parser._actions for name in action.option_strings]
    assert set(options) == {name for name in known if name.startswith("--")}
    if hasattr(completer_of_ipython, "context_matcher"):  # IPython 7 cannot be told to leave its own names out
        assert words == options


@pytest.mark.parametrize(
    ("cell", "word"),
    [
        (f"{CELL}Den", "Dense"),
        (f"{CELL}Dense(8, use_b", "use_bias="),
        ("%fit net X y --epo", "--epochs"),
        ("%%model net --see", "--seed"),
        (f'{CELL}Dense(8, activation="so', "softmax"),
        ("%%model net --backend ", "numpy"),
    ],
)
def test_ipython_offers_it(notebook, cell, word):
    with provisionalcompleter():
        words = [completion.text for completion in notebook.shell.Completer.completions(cell, len(cell))]
    assert word in words
