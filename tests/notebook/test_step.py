"""`%step` in a real IPython shell, and its view."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from IPython.core.error import UsageError

import nbkeras
from nbkeras import layers
from nbkeras.inspection import inspect_step, statistics
from nbkeras.notebook.magics import functions
from nbkeras.notebook.views.histogram import histogram, sparkline
from nbkeras.notebook.views.step import PICTURED, step_bundle
from tests.notebook.outputs import EVIL, pictures, sanitized

NET = """%%model net --seed 0 --quiet
Input((4,))
hidden: Dense(8, activation="relu")
head: Dense(1, activation="sigmoid")
compile("adam", "binary_crossentropy", ["accuracy"])
"""


@pytest.fixture
def ready(notebook):
    X = np.random.default_rng(0).normal(size=(96, 4)).astype("float32")
    notebook.variables.update(X=X, y=(X.sum(1) > 0).astype("float32"))
    notebook.run(NET)
    return notebook


def shown(notebook, value):
    """What a front end gets of a value."""
    return notebook.shell.display_formatter.format(value)[0]


def test_step_returns_data_that_shows_itself(ready):
    report = ready.value("%step net X[:32] y[:32]")
    assert [layer.name for layer in report.layers] == ["hidden", "head"]
    assert report.rows == 32
    lines = shown(ready, report)["text/plain"].splitlines()
    assert lines[0] == "net: one training step on 32 rows, which is not taken"
    assert lines[1].startswith("loss 0.")
    table = lines[lines.index("") + 1 :]
    assert re.split("  +", table[0].strip()) == [
        "layer", "shape", "values", "min", "max", "mean", "std", "zeros", "gradient", "its norm", "update",
    ]  # fmt: skip
    assert [line.split()[0] for line in table[1:]] == ["hidden", "kernel", "bias", "head", "kernel", "bias"]


def test_step_trains_nothing(ready):
    net = ready.variables["net"]
    before = [w.numpy() for w in net.weights]
    ready.run("%step net X y")
    for old, new in zip(before, net.weights):
        np.testing.assert_array_equal(old, new.numpy())


def test_one_layer_may_be_chosen(ready):
    report = ready.value("%step net X y --layer head --layer hidden")
    assert [layer.name for layer in report.layers] == ["head", "hidden"]


def test_rows_may_have_weights(ready):
    whole, part = ready.value("%step net X y --sample-weight y * 0 + 2"), ready.value("%step net X y")
    assert whole.loss == pytest.approx(2 * part.loss)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (
            "%step net",
            "%step expects inputs and targets after the model, got none; several inputs go in one list [a, b]",
        ),
        (
            "%step net X y --layer hiden",
            "%step --layer expects the name of a layer of net, got 'hiden'; did you mean 'hidden'?",
        ),
        ("%step net X y --laier head", "%step has no option --laier; did you mean '--layer'?"),
    ],
)
def test_mistakes(ready, line, message):
    printed, _, error = ready.run(line)
    assert type(error) is UsageError
    assert printed.strip() == f"UsageError: {message}"


def test_data_that_does_not_fit(ready):
    printed = ready.error("%step net X[:, :3] y")
    assert "expects input 'input_layer' of shape (None, 4), got (None, 3)" in printed
    assert "Traceback" not in printed


def test_what_varies_is_left_out_of_comparisons(ready):
    first, second = (shown(ready, ready.value(f"%step net X[:32] * {factor} y[:32]")) for factor in (1, 2))
    assert first["text/plain"] != second["text/plain"]
    for kind in ("text/plain", "text/html"):
        assert sanitized(first[kind]) == sanitized(second[kind])
    assert "net: one training step on 32 rows" in sanitized(first["text/plain"])


@pytest.mark.parametrize("name", ["step", "watch", "evaluate", "predict"])
def test_manual(notebook, name):
    manual = notebook.printed(f"%{name} --help").strip()
    magic = functions()[f"%{name}"]
    assert manual.startswith(f"%{name} ")
    assert manual in magic.__doc__
    assert all(option in manual for action in magic.parser._actions for option in action.option_strings)


def test_findings_come_first(ready):
    ready.variables["net"].layers[0].bias.assign(np.full(8, -100.0))
    bundle = shown(ready, ready.value("%step net X y"))
    lines = bundle["text/plain"].splitlines()
    assert lines[2].startswith("! no gradient reaches the weights of hidden: they do not learn")
    assert lines[3].startswith("! 8 of 8 units of hidden are dead")
    assert "hidden (8 of 8 dead)" in bundle["text/plain"]
    assert bundle["text/html"].index("<ul>") < bundle["text/html"].index("<table>")


def deep(depth, name="deep"):
    model = nbkeras.Sequential([layers.Dense(16, activation="tanh") for _ in range(depth)], name=name)
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(32, 16))
    return inspect_step(model, x, x)


@pytest.mark.parametrize("depth", [PICTURED // 3, 60])
def test_html_is_bounded_and_text_is_complete(depth):
    bundle = step_bundle(deep(depth))
    html = bundle["text/html"]
    assert len(html) < 80_000
    assert bool(pictures(html)) == (3 * depth <= PICTURED)
    assert ("--layer NAME shows" in html) == (3 * depth > PICTURED)
    assert len(bundle["text/plain"].splitlines()) >= 3 * depth


def test_html_is_escaped_and_drawings_are_well_formed():
    html = step_bundle(deep(2, EVIL))["text/html"]
    assert "<script" not in html
    assert "&lt;script&gt;" in html
    drawn = pictures(html)
    assert len(drawn) == 2 * 6
    for svg in drawn:
        assert ElementTree.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"
    assert all(re.search(r'alt="histogram from \S+ to \S+"', image) for image in re.findall(r"<img [^>]*>", html))


@pytest.mark.parametrize(
    ("values", "line"), [([0.0] * 8 + [1.0], "█        ▁"), ([3.0, 3.0], "     █    "), ([np.nan], " " * 10)]
)
def test_histograms_in_characters(values, line):
    assert sparkline(statistics([np.array(values)]).counts) == line


def test_a_histogram_of_nothing_is_not_drawn():
    assert histogram(statistics([np.array([np.nan])]), "#000") == ""
    (svg,) = pictures(histogram(statistics([np.array([-1.0, 1.0])]), "#000"))
    assert "M50.0 0V22" in svg  # where 0 is
