"""`%watch` in a real IPython shell, and its view."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from IPython.core.error import UsageError

from nbkeras import Sequential, layers
from nbkeras.inspection import Watch, statistics
from nbkeras.notebook.views.watch import ROWS, _spread_over, watch_bundle
from tests.notebook.outputs import EVIL, pictures, sanitized

NET = """%%model net --seed 0 --quiet
Input((4,))
hidden: Dense(8, activation="relu")
head: Dense(1, activation="sigmoid")
compile("adam", "binary_crossentropy")
"""


@pytest.fixture
def ready(notebook):
    X = np.random.default_rng(0).normal(size=(96, 4)).astype("float32")
    notebook.variables.update(X=X, y=(X.sum(1) > 0).astype("float32"))
    notebook.run(NET)
    return notebook


def test_fit_shows_what_is_watched_below_the_curves(ready):
    assert ready.printed("%watch net hidden") == (
        "net: %fit shows histograms of hidden after each epoch; %watch net --off ends it\n"
    )
    _, bundles, error = ready.run("%fit net X y --epochs 3")
    assert error is None
    curves, watched = (bundle["text/plain"].splitlines() for bundle in bundles)
    assert curves[0] == "net: 3 epochs, 3 batches each"
    assert watched[0] == "net: hidden watched from epoch 0 to 3"
    assert [line.split()[:2] for line in watched[2:]] == [
        ["hidden", "weights"],
        ["hidden", "outputs"],
        ["hidden", "gradients"],
    ]
    html = bundles[1]["text/html"]
    assert 'alt="Histograms of hidden from epoch 0 to 3: weights from ' in html
    (svg,) = pictures(html)
    assert svg.count("<image ") == 3


def test_epochs_are_counted_over_all_trainings(ready):
    ready.run("%fit net X y --epochs 2")
    ready.run("%watch net head hidden --every 2")
    texts = [ready.run(f"%fit net X y --epochs 4 {option}")[1][1]["text/plain"] for option in ("", "--fresh")]
    assert texts[0].startswith("net: head, hidden watched from epoch 2 to 6\n")
    assert texts[1].startswith("net: head, hidden watched from epoch 0 to 4\n")


def test_watching_does_not_change_the_training(ready):
    weights = []
    for watch in ("%watch net hidden", "%watch net --off"):
        ready.run(NET)
        ready.run(watch)
        ready.run("%fit net X y --epochs 3")
        weights.append(ready.variables["net"].get_weights())
    for seen, unseen in zip(*weights):
        np.testing.assert_array_equal(seen, unseen)


def test_watching_ends(ready):
    ready.run("%watch net hidden head")
    assert "histograms of head after" in ready.printed("%watch net hidden --off")
    assert ready.printed("%watch net --off") == "net: no layer is watched\n"
    assert len(ready.run("%fit net X y")[1]) == 1


def test_own_callbacks_stay(ready):
    ready.run("from nbkeras.callbacks import LambdaCallback\nseen = []")
    ready.run("%watch net hidden")
    ready.run("own = LambdaCallback(on_epoch_end=lambda epoch, logs: seen.append(epoch))")
    ready.run("%fit net X y --epochs 2 --callbacks [own]")
    assert ready.variables["seen"] == [0, 1]


def test_an_error_keeps_what_was_seen(ready):
    ready.run("from nbkeras.callbacks import LambdaCallback\ndef fail(epoch, logs):\n    1 / (1 - epoch)")
    ready.run("%watch net hidden")
    _, bundles, error = ready.run("%fit net X y --epochs 9 --callbacks [LambdaCallback(on_epoch_end=fail)]")
    assert isinstance(error, ZeroDivisionError)
    assert bundles[-1]["text/plain"].startswith("net: hidden watched from epoch 0 to 1\n")


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("%watch net", "%watch expects names of layers of net, got none; it has hidden, head"),
        ("%watch net hiden", "%watch expects names of layers of net, got 'hiden'; did you mean 'hidden'?"),
        ("%watch net head --every 0", "%watch --every expects a number of epochs, 1 or more, got 0"),
    ],
)
def test_mistakes(ready, line, message):
    printed, _, error = ready.run(line)
    assert type(error) is UsageError
    assert printed.strip() == f"UsageError: {message}"


def test_what_varies_is_left_out_of_comparisons(ready):
    ready.run("%watch net hidden")
    first, second = (ready.run("%fit net X y --epochs 3 --fresh" + end)[1][1] for end in ("", " --batch-size 16"))
    assert first["text/plain"] != second["text/plain"]
    for kind in ("text/plain", "text/html"):
        assert sanitized(first[kind]) == sanitized(second[kind])


def watched(epochs, name="net"):
    """A watch of the two layers of a model over so many epochs, in which nothing happens."""
    model = Sequential([layers.Dense(4, name=name), layers.Dense(1, name="other")])
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(32, 3))
    watch = Watch([name, "other"], x, x[:, :1])
    watch.set_model(model)
    watch.on_train_begin()
    for epoch in range(epochs):
        watch.on_epoch_end(epoch)
    return watch


@pytest.mark.parametrize("epochs", [0, 1, 1000])
def test_the_picture_is_bounded_and_well_formed(epochs):
    html = watch_bundle(EVIL, watched(epochs, EVIL))["text/html"]
    assert len(html) < 2 * 24_000
    assert "<script" not in html
    drawn = pictures(html)
    assert len(drawn) == 2
    for svg in drawn:
        assert ElementTree.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"
        assert "<script" not in svg
    assert all(re.search(r'alt="Histograms of [^"]+"', image) for image in re.findall(r"<img [^>]*>", html))


def test_histograms_are_spread_over_other_bins():
    edges = np.linspace(-1, 3, ROWS + 1)
    values = np.random.default_rng(0).uniform(0, 2, 100_000)
    found = _spread_over(statistics([values], 48), edges)
    assert found.sum() == pytest.approx(len(values))
    np.testing.assert_allclose(found, np.histogram(values, edges)[0], atol=0.02 * len(values))
    constant = _spread_over(statistics([np.full(5, 1.0)], 48), edges)
    assert constant.tolist() == np.histogram([1.0], edges)[0].tolist()
