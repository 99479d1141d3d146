"""What `%evaluate` and `%predict` show, in a real IPython shell."""

import io
import re
from base64 import b64decode
from xml.etree import ElementTree

import numpy as np
import pytest
from IPython.core.error import UsageError
from matplotlib.image import imread

from nbkeras import Model, Sequential, layers, losses, naming
from nbkeras.inspection import assess
from nbkeras.notebook.views.evaluation import evaluation_bundle, percent
from nbkeras.notebook.views.images import as_bytes
from nbkeras.notebook.views.inputs import Inputs
from nbkeras.notebook.views.prediction import prediction_bundle
from nbkeras.notebook.views.results import Results
from nbkeras.png import png
from tests.notebook.outputs import EVIL, pictures, sanitized

RNG = np.random.default_rng(0)


def formatted(notebook, cell):
    """What a front end gets of the value of a cell's last line, in that cell."""
    notebook.shell.display_formatter.active_types = notebook.shell.display_formatter.format_types  # as in a kernel
    *before, last = cell.splitlines()
    source = "\n".join([*before, f"value = {last}", "bundle = get_ipython().display_formatter.format(value)[0]"])
    printed, _, error = notebook.run(source)
    assert error is None, printed
    return notebook.variables["bundle"]


def network(*stack, loss, name="net"):
    model = Sequential(list(stack), name=name)
    model.compile("sgd", loss)
    return model


@pytest.fixture(autouse=True)
def active_types(shell):
    """Formats the views for all front ends, and then for the terminal again."""
    before = shell.display_formatter.active_types
    yield
    shell.display_formatter.active_types = before


@pytest.fixture
def ready(notebook):
    """A notebook with models `clf` (3 classes), `yes` (2), `reg` and `img`, and data for them."""
    X = RNG.normal(size=(60, 4)).astype("float32")
    notebook.variables.update(
        X=X,
        k=RNG.integers(0, 3, 60),
        b=(X.sum(1) > 0).astype("float32"),
        r=X[:, :1] * 2 + 1,
        images=RNG.integers(0, 256, (60, 10, 10, 3), dtype="uint8"),
        clf=network(layers.Dense(3, activation="softmax"), loss="sparse_categorical_crossentropy", name="clf"),
        yes=network(layers.Dense(1, activation="sigmoid"), loss="binary_crossentropy", name="yes"),
        reg=network(layers.Dense(1), loss="mse", name="reg"),
        img=network(
            layers.Rescaling(1 / 255),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
            loss="sparse_categorical_crossentropy",
            name="img",
        ),
    )
    return notebook


# --- %evaluate ---


def test_classification(ready):
    bundle = formatted(ready, "%evaluate clf X k --classes ['ant', 'bee', 'cat'] --worst 2")
    lines = bundle["text/plain"].splitlines()
    assert lines[0].split() == ["value"]
    assert lines[3] == "classification of 60 rows into 3 classes"
    assert re.fullmatch(r"\d+ % of 60 rows right", lines[4])
    start = lines.index("confusion matrix: a row for each true class, a column for each predicted one")
    assert lines[start + 1].split() == ["ant", "bee", "cat"]
    counts = [[0 if n == "·" else int(n) for n in line.split()[1:]] for line in lines[start + 2 : start + 5]]
    net, x, k = (ready.variables[name] for name in ("clf", "X", "k"))
    guess = net.predict(x, verbose=0).argmax(-1)
    assert counts == [[int(((k == t) & (guess == p)).sum()) for p in range(3)] for t in range(3)]
    by_class = lines[lines.index("by class") + 1 :]
    assert by_class[0].split() == ["class", "precision", "recall", "F1", "support"]
    assert [line.split()[-1] for line in by_class[1:4]] == [str((k == t).sum()) for t in range(3)]
    worst = lines[lines.index("highest losses") + 1 :]
    assert len(worst) == 3
    assert re.fullmatch(r" *\d+ +[\d.]+ +(ant|bee|cat) \(0\.\d{3}\) +(ant|bee|cat) \(0\.\d{3}\)  [-\d. ]+", worst[1])
    assert bundle["text/html"].count("<table>") == 4


def test_results_stay_a_dictionary_of_metrics(ready):
    results = ready.value("%evaluate clf X k")
    assert list(results) == ["loss"]
    assert results == ready.variables["clf"].evaluate(
        ready.variables["X"], ready.variables["k"], verbose=0, return_dict=True
    )


@pytest.mark.parametrize("line", ["clf X k --quiet", "clf iter([(X, k)])", "clf X k --steps 2"])
def test_metrics_alone(ready, line):
    bundle = formatted(ready, f"%evaluate {line}")
    assert [line.split()[0] for line in bundle["text/plain"].splitlines()] == ["value", "loss"]
    assert bundle["text/html"].count("<table>") == 1


def test_lists_of_numbers_are_arrays(ready):
    assert "60 rows" in formatted(ready, "%evaluate clf X.tolist() k.tolist()")["text/plain"]


def test_two_classes(ready):
    text = formatted(ready, "%evaluate yes X b --classes {0: 'no', 1: 'yes'}")["text/plain"]
    assert "yes" in text
    assert "classification of 60 rows into 2 classes" in text
    assert re.search(r"\nno +\d+ +\d+\nyes +\d+ +\d+\n", text.replace("·", "0"))


def test_regression(ready):
    bundle = formatted(ready, "%evaluate reg X r --worst 3")
    lines = bundle["text/plain"].splitlines()
    assert lines[3] == "regression on 60 rows"
    assert lines[4].startswith("R² ")
    worst = lines[lines.index("largest errors") + 2 :]
    assert len(worst) == 3
    x, r = ready.variables["X"], ready.variables["r"]
    errors = np.abs(ready.variables["reg"].predict(x, verbose=0) - r)[:, 0]
    assert [int(line.split()[0]) for line in worst] == np.argsort(-errors)[:3].tolist()
    assert 'alt="Errors against predictions, and their histogram: from ' in bundle["text/html"]


def test_worst_images_are_images(ready):
    bundle = formatted(ready, "%evaluate img images k --worst 2")
    found = re.findall(r'<img alt="row (\d+)"[^>]*src="data:image/png;base64,([^"]*)"', bundle["text/html"])
    assert len(found) == 2
    for row, data in found:
        pixels = np.round(255 * imread(io.BytesIO(b64decode(data)))).astype(int)
        enlarged = ready.variables["images"][int(row)].repeat(6, 0).repeat(6, 1)
        np.testing.assert_array_equal(pixels, enlarged)
    assert "10×10×3 image" in bundle["text/plain"]


def test_several_outputs(ready):
    x = layers.Input((4,))
    outputs = {"kind": layers.Dense(3, activation="softmax")(x), "size": layers.Dense(1)(x)}
    model = Model(x, outputs)
    model.compile("sgd", {"kind": "sparse_categorical_crossentropy", "size": "mse"})
    ready.variables["two"] = model
    cell = "%evaluate two X {'kind': k, 'size': r} --classes {'kind': ['ant', 'bee', 'cat']}"
    text = formatted(ready, cell)["text/plain"]
    assert "\nkind: classification of 60 rows into 3 classes\n" in text
    assert "\nsize: regression on 60 rows\n" in text
    assert "bee" in text


def test_labels_that_do_not_exclude_each_other(ready):
    ready.variables["many"] = network(layers.Dense(3, activation="sigmoid"), loss="binary_crossentropy")
    ready.variables["labels"] = (RNG.random((60, 3)) > 0.5).astype("float32")
    text = formatted(ready, "%evaluate many X labels --classes ['sun', 'sea', 'sky']")["text/plain"]
    assert "60 rows with any of 3 labels, which do not exclude each other" in text
    assert "all labels right; above 0.5 is yes" in text
    assert re.search(r"\nsun +[\d.–]+ +[\d.–]+ +[\d.–]+ +\d+\n", text)
    assert "confusion" not in text


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("%evaluate clf X k --classes ['a', 'b']", "%evaluate --classes expects 3 names for the 3 classes, got 2"),
        (
            "%evaluate clf X k --classes 'abc'",
            "%evaluate --classes expects a list of names, or a dictionary by number, got 'abc'",
        ),
        ("%evaluate clf X k --worst -1", "%evaluate --worst expects a number of rows, 0 or more, got -1"),
        ("%predict clf X --rows 'all'", "%predict --rows expects a number of rows, 0 or more, got 'all'"),
        ("%predict clf X --classes ['a']", "%predict --classes expects 3 names for the 3 classes, got 1"),
    ],
)
def test_mistakes(ready, line, message):
    printed, _, error = ready.run(line)
    assert type(error) is UsageError
    assert printed.strip() == f"UsageError: {message}"


@pytest.mark.parametrize("cell", ["%evaluate clf X k", "%evaluate reg X r", "%predict clf X", "%predict reg X"])
def test_what_varies_is_left_out_of_comparisons(ready, cell):
    first = formatted(ready, cell)
    for name in ("clf", "reg"):
        for weight in ready.variables[name].weights:
            weight.assign(weight.numpy() * 1.5 + 0.1)
    second = formatted(ready, cell)
    assert first["text/plain"] != second["text/plain"]
    for kind in ("text/plain", "text/html"):
        assert sanitized(first[kind]) == sanitized(second[kind])
        assert "60 rows" in sanitized(first[kind])


# --- %predict ---


def test_predictions_show_themselves_in_their_cell(ready):
    bundle = formatted(ready, "%predict clf X --classes ['ant', 'bee', 'cat'] --rows 2")
    lines = bundle["text/plain"].splitlines()
    assert lines[0] == "clf: predictions of shape (60, 3) for 60 rows; the first 2"
    assert lines[1].split() == ["row", "class", "probability", "next", "inputs"]
    value = ready.variables["value"]
    assert type(value) is np.ndarray
    for row, line in enumerate(lines[2:]):
        best = value[row].argmax()
        assert line.split()[:3] == [str(row), ["ant", "bee", "cat"][best], f"{value[row, best]:.3f}"]


def test_predictions_of_several_outputs_show_themselves(ready):
    x = layers.Input((4,))
    naming.reset_names()
    ready.variables["two"] = Model(x, {"a": layers.Dense(2, name="a")(x), "b": layers.Dense(1, name="b")(x)})
    bundle = formatted(ready, "%predict two X[:7]")
    heads = [line for line in bundle["text/plain"].splitlines() if "predictions" in line]
    assert heads == [
        "functional, output a: predictions of shape (7, 2) for 7 rows; the first 5",
        "functional, output b: predictions of shape (7, 1) for 7 rows; the first 5",
    ]
    assert bundle["text/html"].count("<table>") == 2
    assert sorted(ready.variables["value"]) == ["a", "b"]


def test_predictions_that_are_assigned_show_nothing(ready):
    printed, bundles, error = ready.run("p = %predict clf X")
    assert (printed, bundles, error) == ("", [], None)
    assert "array(" in ready.printed("p")


def test_arrays_of_other_origin_are_shown_as_ever(ready):
    assert "array([1.])" in ready.printed("import numpy\n%predict clf X\nnumpy.ones(1)")
    assert "array([[" in ready.printed("p = %predict clf X\np[:2]")
    assert "[1, 2]" in ready.printed("p = %predict clf X\n[1, 2]")
    assert "{}" in ready.printed("p = %predict clf X\n{}")


def test_values_and_images(ready):
    lines = formatted(ready, "%predict reg X[:3]")["text/plain"].splitlines()
    assert lines[0] == "reg: predictions of shape (3, 1) for 3 rows"
    assert lines[1].split() == ["row", "value", "inputs"]
    html = formatted(ready, "%predict img images --rows 4")["text/html"]
    assert html.count("data:image/png;base64,") == 4


def test_yes_or_no():
    outputs = np.array([[0.9], [0.2]], "float32")
    text = prediction_bundle("net", outputs, ["out"], Inputs(None), [["no", "yes"].__getitem__], 9)["text/plain"]
    assert [line.split() for line in text.splitlines()[2:]] == [["0", "yes", "0.900"], ["1", "no", "0.800"]]


def test_unload_takes_the_pictures_back(ready):
    ready.run("%predict clf X\n%unload_ext nbkeras")
    formatter = ready.shell.display_formatter
    assert not {np.ndarray, list, dict} & formatter.mimebundle_formatter.type_printers.keys()
    assert formatter.formatters["text/plain"].for_type(list).__module__ == "IPython.lib.pretty"
    ready.run("%load_ext nbkeras")


def test_structures_with_a_view_of_their_own_keep_it(ready):
    ready.run("class Mine(dict):\n    def _repr_mimebundle_(self, **options):\n        return {'text/html': 'mine'}")
    assert formatted(ready, "Mine()")["text/html"] == "mine"


# --- views, at their limits ---


def bundle_of(y, y_pred, loss, x, worst=6, names=str):
    model = network(layers.Lambda(lambda x: x), loss=loss)
    model.evaluate(np.nan_to_num(y_pred).astype("float32"), y, verbose=0)
    reports = assess(model, y, np.asarray(y_pred, "float32"), worst)
    return evaluation_bundle(reports, Inputs(x), [names] * len(reports))


def confused(classes, rows=2000):
    """Targets and predictions in which every class is taken for every other."""
    scores = RNG.random((rows, classes))
    return RNG.integers(0, classes, rows), scores / scores.sum(1, keepdims=True)


LARGEST = {
    "20 classes, noise as images": (*confused(20), "sparse_categorical_crossentropy", (2000, 200, 300, 4)),
    "500 classes": (*confused(500), "sparse_categorical_crossentropy", (2000, 30)),
    "many columns": (RNG.normal(size=(2000, 80)), RNG.normal(size=(2000, 80)), "mse", (2000, 9)),
}


@pytest.mark.parametrize("kind", LARGEST)
def test_html_is_bounded(kind):
    y, y_pred, loss, shape = LARGEST[kind]
    x = np.broadcast_to(RNG.integers(0, 256, shape[1:], dtype="uint8"), shape)
    bundle = bundle_of(y, y_pred, loss, x, worst=12)
    assert len(bundle["text/html"]) < 60_000
    assert len(bundle["text/plain"]) < 20_000


def test_many_classes_have_pairs_instead_of_a_matrix():
    y, p = confused(25)
    text = bundle_of(y, p, "sparse_categorical_crossentropy", None)["text/plain"]
    assert "confusion matrix" not in text
    assert "\nmost confused\ntrue  predicted  times\n" in text
    assert "\nby class, the 10 of 25 with the lowest F1\n" in text


@pytest.mark.parametrize("task", ["classes", "values"])
def test_html_is_escaped_and_drawings_are_well_formed(task):
    if task == "classes":
        bundle = bundle_of(*confused(3), "sparse_categorical_crossentropy", None, names=lambda i: EVIL)
        assert "&lt;script&gt;" in bundle["text/html"]
    else:
        bundle = bundle_of(RNG.normal(size=40), RNG.normal(size=(40, 1)), "mse", None)
        (svg,) = pictures(bundle["text/html"])
        assert ElementTree.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"
    assert not re.search(r"<script|<style|\bon\w+=", bundle["text/html"])


@pytest.mark.parametrize("y_pred", [np.zeros((5, 1)), np.full((5, 1), np.nan), np.full((5, 1), 1e15)])
def test_degenerate_regressions_are_drawn(y_pred):
    bundle = bundle_of(np.zeros(5), y_pred, "mse", None)
    (svg,) = pictures(bundle["text/html"])
    assert ElementTree.fromstring(svg) is not None
    assert "nan" not in svg
    assert "R² – (the targets are all the same)" in bundle["text/plain"]


def test_a_class_that_is_never_predicted_has_no_precision():
    y, p = np.array([0, 1]), np.array([[0.9, 0.1], [0.8, 0.2]])
    text = bundle_of(y, p, losses.SparseCategoricalCrossentropy(), None)["text/plain"]
    assert re.search(r"\n1 +– +0\.000 +0\.000 +1\n", text)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_png_files(channels):
    pixels = RNG.integers(0, 256, (7, 5, channels), dtype="uint8")
    found = np.round(255 * imread(io.BytesIO(png(pixels)))).astype(int)
    np.testing.assert_array_equal(found.reshape(7, 5, -1)[..., :channels], pixels)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 0.5, 1.0], [0, 128, 255]),
        ([0.1, 0.2], [26, 51]),
        ([-1.0, 0.0, 1.0], [0, 128, 255]),
        ([0.0, 100.0, 255.0], [0, 100, 255]),
        ([-3.0, 0.0, 7.0], [0, 77, 255]),
        ([0, 1], [0, 255]),
        ([5.0, 5.0], [5, 5]),
        ([0.0, np.nan], [0, 0]),
    ],
)
def test_values_as_brightness(values, expected):
    array = np.array(values)
    assert as_bytes(array, np.nanmin(array), np.nanmax(array)).tolist() == expected


@pytest.mark.parametrize(
    ("shape", "has_sequences", "expected"),
    [
        ((5, 28, 28), False, True),
        ((5, 28, 28), True, False),
        ((5, 80, 12), False, False),
        ((5, 8, 8, 3), True, True),
        ((5, 8, 8, 7), False, False),
        ((5, 6), False, False),
    ],
)
def test_what_is_an_image(shape, has_sequences, expected):
    assert Inputs(np.zeros(shape), has_sequences).has_images == expected


@pytest.mark.parametrize(
    ("share", "words"), [(0.934, "93 %"), (0.004, "0.4 %"), (0.0, "0 %"), (1.0, "100 %"), (float("nan"), "–")]
)
def test_shares(share, words):
    assert percent(share) == words


def test_results_without_details():
    assert repr(Results({"loss": 1.0})) == "      value\nloss   1.00"
