"""The magics in a real IPython shell."""

import inspect
import signal

import numpy as np
import pytest
from IPython.core.error import UsageError

import nbkeras
from nbkeras.callbacks import Callback, History
from nbkeras.models import Model
from nbkeras.notebook.magics import functions
from nbkeras.notebook.magics.options import EVALUATE, FIT, PREDICT

MLP = """%%model net --seed 0
Input((4,))
Dense(8, activation="relu")
Dense(1, activation="sigmoid")
compile("adam", "binary_crossentropy", ["accuracy"])
"""
MAGICS = [name.lstrip("%") for name in functions()]


@pytest.fixture
def ready(notebook):
    """A notebook with a compiled model `net`, data `X`, `y`, and integers `n`."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(96, 4)).astype("float32")
    notebook.variables.update(X=X, y=(X.sum(1) > 0).astype("float32"), n=3)
    notebook.run(MLP)
    return notebook


# --- %%model ---


def test_model_makes_its_name_alone(notebook):
    notebook.run("width = 5")
    before = set(notebook.variables)
    notebook.run("%%model net\nInput((4,))\nh: Dense(width)\nunits = 2\nDense(units)")
    assert {name for name in set(notebook.variables) - before if not name.startswith("_")} == {"net"}
    assert notebook.variables["net"].output_shape == (None, 2)


def test_model_shows_summary_and_diagram(notebook):
    bundle = notebook.shown(MLP)
    assert bundle["text/plain"].splitlines()[0].startswith("net: Sequential, 49 parameters (196 B), ")
    assert "<table " in bundle["text/html"]
    assert "data:image/svg+xml;base64," in bundle["text/html"]


def test_quiet_shows_nothing(notebook):
    assert notebook.run(MLP.replace("--seed 0", "--quiet")) == ("", [], None)


def test_code_prints_keras(notebook):
    assert "from keras import Input, Sequential, layers" in notebook.printed(MLP.replace("--seed 0", "--quiet --code"))


def test_seed_takes_an_expression(notebook):
    notebook.variables["n"] = 3
    weights = []
    for _ in range(2):
        notebook.run(MLP.replace("--seed 0", "--seed n + 1"))
        weights.append(notebook.variables["net"].get_weights()[0])
    np.testing.assert_array_equal(*weights)


def test_dtype(notebook):
    notebook.run(MLP.replace("--seed 0", "--dtype float64"))
    assert notebook.variables["net"].weights[0].dtype == "float64"


def test_comment_lines_stay_comments(notebook):
    notebook.run("%%model net\n# NBVAL_IGNORE_OUTPUT\nInput((4,))\n# more\nDense(2)")
    assert notebook.variables["net"].output_shape == (None, 2)


def test_remarks_are_printed(notebook):
    printed = notebook.printed("%%model net --quiet\nInput((4,))\nh = Dense(2)\nDense(3)")
    assert printed == "Warning: line 3, h = Dense(2): 'h' is never applied, so it does nothing; write 'h: Dense(2)'\n"


def test_an_error_shows_the_line(notebook):
    assert notebook.error("%%model net\nInput((4,))\nDens(3)") == (
        "  2 │ Input((4,))\n"
        "→ 3 │ Dens(3)\n"
        "    │ ^^^^^^^\n"
        "line 3, Dens(3): the name 'Dens' is not defined; did you mean 'Dense'?"
    )


def test_lines_are_counted_as_the_editor_counts(notebook):
    assert notebook.error("\n\n%%model net\nInput((4,))\nDens(3)").splitlines()[-1].startswith("line 5, Dens(3): ")


def test_a_model_that_fails_leaves_the_old_one(ready):
    net = ready.variables["net"]
    ready.error("%%model net\nInput((4,))\nDens(3)")
    assert ready.variables["net"] is net


def test_functions_of_the_notebook_are_shown_in_errors(notebook):
    notebook.run("def mine(x):\n    return x.nope")
    assert notebook.error("%%model net\nInput((4,))\nLambda(mine)").splitlines()[-2:] == [
        "  in mine, line 2: return x.nope",
        "line 3, Lambda(mine): AttributeError: 'AbstractArray' object has no attribute 'nope'",
    ]


# --- %fit ---


def test_fit_trains_with_the_arguments_of_keras(ready):
    history = ready.value("%fit net X[:, :] y --epochs n - 1 --batch_size=48 --validation-data (X[:9], y[:9])")
    assert isinstance(history, History)
    assert history.epoch == [0, 1]
    assert set(history.history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert ready.variables["net"].optimizer.iterations.numpy() == 4


@pytest.mark.parametrize(("table", "method"), [(FIT, "fit"), (EVALUATE, "evaluate"), (PREDICT, "predict")])
def test_every_parameter_is_an_option(table, method):
    parameters = set(inspect.signature(getattr(Model, method)).parameters) - {"self", "x", "y", "return_dict", "kwargs"}
    assert set(table) == parameters


def test_fit_leaves_a_picture_and_a_text(ready):
    bundle = ready.shown("%fit net X y --epochs 2 --validation-split 0.25")
    assert bundle["text/plain"].splitlines()[:2] == [
        "net: 2 epochs, 3 batches each",
        "              first   last   best  in epoch",
    ]
    assert [line.split()[0] for line in bundle["text/plain"].splitlines()[2:]] == [
        "loss", "val_loss", "accuracy", "val_accuracy",
    ]  # fmt: skip
    html = bundle["text/html"]
    assert html.startswith("<!--nbkeras:live-->")
    assert html.endswith("<!--/nbkeras:live-->")
    assert 'alt="Curves over 2 epochs: loss from ' in html


def test_what_is_compared_is_the_same_in_every_run(ready):
    cell = "%fit net X y --epochs 3"
    first = ready.shown(cell)
    ready.run(MLP)
    again = ready.shown(cell)
    assert first == again  # under pytest the display is static: no times


def test_fit_again_says_that_it_continues(ready):
    ready.run("%fit net X y --epochs 2")
    bundle = ready.shown("%fit net X y --epochs 3")
    assert bundle["text/plain"].splitlines()[:2] == ["net: 3 epochs, 3 batches each", "continues after 2 epochs"]
    assert "Curves over 5 epochs" in bundle["text/html"]


def test_fresh_starts_again(ready):
    first = ready.value("%fit net X y --epochs 2").history
    ready.run("%fit net X y --epochs 2")
    bundle = ready.shown("%fit net X y --epochs 2 --fresh")
    assert bundle["text/plain"].splitlines()[1] == "starts afresh and drops the 4 epochs before"
    assert ready.variables["net"].history.history == first
    assert "Curves over 2 epochs" in bundle["text/html"]


def test_fresh_before_any_training(ready):
    assert "afresh" not in ready.shown("%fit net X y --fresh")["text/plain"]


def test_fresh_works_for_a_model_that_data_builds(ready):
    ready.variables["net"] = nbkeras.Sequential([nbkeras.layers.Dense(1)], name="net")
    ready.variables["net"].compile("adam", "mse")
    first = ready.value("%fit net X y --epochs 2").history
    assert ready.value("%fit net X y --epochs 2 --fresh").history == first


def test_silent_fit(ready):
    printed, bundles, _ = ready.run("%fit net X y --verbose 0;")
    assert bundles == []
    assert "loss" not in printed.replace("<History", "").split("loss=")[0]


@pytest.fixture
def interruptible():
    """Interrupts as an interactive Python has them; processes in the background are born deaf to them."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_ends_the_training_and_keeps_everything(ready):
    class Interrupting(Callback):
        def on_train_batch_end(self, batch, logs=None):
            if (self.model.history.epoch, batch) == ([0, 1], 1):
                signal.raise_signal(signal.SIGINT)

    ready.variables["interrupting"] = Interrupting()
    bundle = ready.shown("%fit net X y --epochs 9 --callbacks [interrupting]")
    assert bundle["text/plain"].splitlines()[:2] == [
        "net: 2 of 9 epochs, 3 batches each",
        "interrupted in epoch 3 of 9; weights and history are kept, and %fit goes on from here",
    ]
    assert ready.variables["net"].optimizer.iterations.numpy() == 8
    assert ready.shown("%fit net X y --epochs 1")["text/plain"].splitlines()[1] == "continues after 2 epochs"


@pytest.mark.usefixtures("interruptible")
def test_a_second_interrupt_raises(ready):
    class Impatient(Callback):
        def on_train_batch_end(self, batch, logs=None):
            if batch == 1:
                signal.raise_signal(signal.SIGINT)
                signal.raise_signal(signal.SIGINT)

    ready.variables["impatient"] = Impatient()
    _, bundles, error = ready.run("%fit net X y --callbacks [impatient]")
    assert isinstance(error, KeyboardInterrupt)
    assert bundles[-1]["text/plain"].splitlines()[1].startswith("ended by KeyboardInterrupt in epoch 1; ")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert ready.error("%fit net X y --callbacks [impatient]").splitlines()[-1] == "KeyboardInterrupt"
    assert ready.shown("%fit net X y")["text/plain"].splitlines()[1] == "continues after part of an epoch"


def test_an_error_keeps_the_picture(ready):
    class Failing(Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 2:
                raise ZeroDivisionError("mine")

    ready.variables["failing"] = Failing()
    _, bundles, error = ready.run("%fit net X y --epochs 9 --callbacks [failing]")
    assert isinstance(error, ZeroDivisionError)
    assert bundles[-1]["text/plain"].splitlines()[1].startswith("ended by ZeroDivisionError in epoch 3; ")


def test_the_history_shows_itself_in_other_cells(ready):
    ready.run("history = %fit net X y --epochs 2")
    assert ready.shown("history")["text/plain"].splitlines()[0] == "net: 2 epochs"


def test_a_history_without_record_shows_its_text(ready):
    assert "<History of 1 epoch" in ready.printed("net.fit(X, y, verbose=0)")


# --- %evaluate, %predict, %summary, %expect ---


def test_evaluate_returns_metrics_that_show_themselves_rounded(ready):
    results = ready.value("%evaluate net X y")
    net, x, y = (ready.variables[name] for name in ("net", "X", "y"))
    assert results == net.evaluate(x, y, verbose=0, return_dict=True)
    assert (
        repr(type(results)({"accuracy": 0.98765, "loss": 0.1})) == "          value\nloss      0.100\naccuracy  0.988"
    )
    assert "<td" in results._repr_html_()


def test_predict_returns_arrays(ready):
    outputs = ready.value("%predict net X[:5] --batch-size 2")
    net, x = ready.variables["net"], ready.variables["X"]
    np.testing.assert_array_equal(outputs, net.predict(x[:5], batch_size=2, verbose=0))


def test_predict_can_be_assigned(ready):
    ready.run("p = %predict net X")
    assert ready.variables["p"].shape == (96, 1)


def test_summary_and_the_models_own_display_are_alike(ready):
    displayed, _ = ready.shell.display_formatter.format(ready.variables["net"])
    assert ready.shown("%summary net") == displayed == ready.shown(MLP)
    assert "Diagram" not in ready.shown("%summary net --no-diagram")["text/html"]


def test_summary_of_an_unbuilt_model(ready):
    ready.variables["net"] = nbkeras.Sequential([nbkeras.layers.Dense(1)], name="net")
    assert "net: Sequential, not built yet" in ready.shown("%summary net")["text/plain"]


@pytest.mark.parametrize(
    "condition",
    [
        "net.accuracy >= 0.1",
        "0 < net.loss < 10",
        "net.val_loss == net.history.history['val_loss'][-1]",
        "net.count_params() == 49 and len(net.layers) == 2",
        "n == 3",
    ],
)
def test_expect_prints_a_stable_line(ready, condition):
    ready.run("%fit net X y --validation-split 0.2")
    assert ready.printed(f"%expect {condition}") == f"as expected: {condition}\n"


def test_expect_finds_what_was_evaluated(ready):
    ready.run("%evaluate net X y")
    assert ready.printed("%expect net.test_accuracy >= 0") == "as expected: net.test_accuracy >= 0\n"


def test_expect_fails_with_the_measured_values(ready):
    ready.run("%fit net X y")
    measured = ready.variables["net"].history.history["accuracy"][-1]
    assert ready.error("%expect net.accuracy > n") == (
        f"Unexpected: net.accuracy > n does not hold: net.accuracy is {measured:.3f}, n is 3"
    )
    assert isinstance(ready.run("%expect 1 > 2")[2], AssertionError)


@pytest.mark.parametrize(
    ("condition", "measured"),
    [
        ("n > 2 and n < 3 and m < 9", ": n is 3"),
        ("n > 5 or m > 9", ": n is 3, m is 4"),
        ("n > 2 and (m > 9 or m < 0)", ": m is 4"),
        ("not n", ""),
    ],
)
def test_expect_shows_the_parts_that_fail(ready, condition, measured):
    ready.run("n, m = 3, 4")
    assert ready.error(f"%expect {condition}") == f"Unexpected: {condition} does not hold{measured}"


# --- mistakes ---

# line -> what is said
USAGE = {
    "%fit net X y --epocs 3": "%fit has no option --epocs; did you mean '--epochs'?",
    "%fit net X y --epoch 3": "%fit has no option --epoch; did you mean '--epochs'?",
    "%fit net X yy": "%fit: the name 'yy' is not defined; did you mean 'y'?",
    "%fit nett X y": "%fit: the name 'nett' is not defined; did you mean 'net'?",
    "%fit X y": "%fit expects a model first, got X, which is of type ndarray; the models here are net",
    "%fit net": "%fit expects inputs and targets after the model, got none; several inputs go in one list [a, b]",
    "%fit net X y X": "%fit expects inputs and targets after the model, got X, y, X; "
    "several inputs go in one list [a, b]",
    "%fit net X[ y": "%fit: the brackets do not match in: X[ y",
    "%fit net X y --epochs": "%fit: argument --epochs: expected one argument; %fit? is its manual",
    "%fit net X 3x": "%fit: '3x' is not a Python expression (invalid decimal literal); "
    "put an expression with spaces in parentheses",
    "%evaluate net X y --batch 3": "%evaluate has no option --batch; did you mean '--batch-size'?",
    "%predict net X y": "%predict expects inputs after the model, got X, y; several inputs go in one list [a, b]",
    "%summary n": "%summary expects a model first, got n, which is of type int; the models here are net",
    "%expect": "%expect takes conditions, separated by commas, as in: %expect net.val_accuracy >= 0.93",
    "%expect net.val_accuracy > 0": "net has not been trained yet; run %fit net … first",
    "%%model net --sed 1\nInput((4,))": "%%model has no option --sed; did you mean '--seed'?",
    "%%model 3d\nInput((4,))": "%%model expects a Python name for the model, got '3d'",
    "%%model\nInput((4,))": "%%model: the following arguments are required: name; %%model? is its manual",
}


@pytest.mark.parametrize(("line", "message"), USAGE.items(), ids=range(len(USAGE)))
def test_usage_error(ready, line, message):
    printed, _, error = ready.run(line)
    assert type(error) is UsageError  # IPython prints a subclass with a traceback
    assert printed.strip() == f"UsageError: {message}"


# a cell -> what is printed, below a notebook with X of shape (96, 4) and y of shape (96,)
MISTAKES = {
    "%fit net X[:, :3] y": "ValueError: Sequential 'net' expects input 'input_layer' of shape (None, 4), "
    "got (None, 3); choose data of that shape, or begin the model with Input((3,))\n"
    "  x is X[:, :3], of shape (96, 3); y has the shape (96,)",
    "%fit net X y[:5]": "ValueError: every array needs as many rows as the others, but x has 96, y has 5\n"
    "  x is X, of shape (96, 4); y is y[:5], of shape (5,)",
    "%predict net X[:, 0]": "ValueError: Sequential 'net' expects input 'input_layer' of shape (None, 4), got (None,); "
    "choose data of that shape\n"
    "  x is X[:, 0], of shape (96,)",
    "%%model other --backend abacus\nInput((3,))": "ValueError: backend must be one of numpy, jax, got 'abacus'",
    "plain = %nbkeras\n%fit Sequential([layers.Dense(1)]) X y": "ValueError: Sequential 'sequential' has not been "
    "compiled; call compile(optimizer, loss) before fit()",
}


@pytest.mark.parametrize(("cell", "message"), MISTAKES.items())
def test_mistakes_with_data(ready, cell, message):
    ready.run("from nbkeras import Sequential, layers")
    nbkeras.naming.reset_names()
    assert ready.error(cell).endswith(message)
    assert "Traceback" not in ready.error(cell)


def test_an_error_before_the_first_step_shows_no_picture(ready):
    ready.run("%fit net X y")
    assert ready.run("%fit net X y[:5]")[1] == []


def test_expect_says_what_was_logged(ready):
    ready.run("%fit net X y")
    assert ready.error("%expect net.acuracy > 0") == "UsageError: net has logged no 'acuracy'; did you mean 'accuracy'?"


def test_the_readers_own_errors_keep_their_traceback(ready):
    assert "1 / 0" in ready.error("%fit net X y[1 / 0]")


def test_exceptions_stay_what_they_are(ready):
    assert (
        ready.printed("try:\n    %fit net X[:, :2] y\nexcept ValueError as error:\n    print('caught')") == "caught\n"
    )


def test_a_divergence_is_said_once(notebook):
    notebook.run("%%model net --seed 0\nInput((4,))\nDense(1)\ncompile(SGD(1e30), 'mse')")
    notebook.run("import numpy as np\nX, y = np.ones((64, 4)), np.arange(64.0)")
    printed, bundles, error = notebook.run("%fit net X y --epochs 3")
    assert error is None
    assert "Warning" not in printed
    assert bundles[-1]["text/plain"].count("training stopped in batch ") == 1


# --- manuals, extension ---


@pytest.mark.parametrize("name", MAGICS)
def test_manual(notebook, name):
    magic = functions()[f"%%{name}" if name == "model" else f"%{name}"]
    manual = notebook.printed("%%model --help\nInput((4,))" if name == "model" else f"%{name} --help").strip()
    assert manual.startswith("%%model " if name == "model" else f"%{name} ")
    assert manual in magic.__doc__
    assert all(option in manual for action in magic.parser._actions for option in action.option_strings)


def test_nbkeras_says_what_is_at_work(notebook):
    assert notebook.printed("%nbkeras").startswith(f"nbkeras {nbkeras.__version__}, computing with numpy\n")


def test_dollars_and_braces_are_not_expanded(ready):
    ready.variables["weights"] = {0: 1.0, 1: 2.0}
    ready.run("%fit net X y --class-weight {0: 1.0, 1: n}")
    assert ready.variables["net"].history.epoch == [0]


def test_unload(notebook):
    magics, matchers = notebook.shell.magics_manager.magics, notebook.shell.Completer.custom_matchers
    assert {"model"} <= magics["cell"].keys()
    assert len(matchers) == 1
    notebook.run("%unload_ext nbkeras")
    assert "model" not in magics["cell"]
    assert not {"fit", "evaluate", "predict", "summary", "expect", "nbkeras"} & magics["line"].keys()
    assert matchers == []
    notebook.run("%load_ext nbkeras")
