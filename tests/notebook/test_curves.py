"""Curves, marks and remarks of a training, from one epoch to ten thousand and from one metric to twenty."""

import json
import math
import re
from base64 import b64decode
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from nbkeras import notebook as notebook_room
from nbkeras.notebook.training.record import Record
from nbkeras.notebook.views.axis import Axis
from nbkeras.notebook.views.best import best_of
from nbkeras.notebook.views.curves import INK, TRAINING, VALIDATION, curves_svg, panels_of, thinned
from nbkeras.notebook.views.remarks import described, overfitting
from nbkeras.notebook.views.training import Progress, final_bundle, live_bundle
from tests.notebook.test_controls import contrast

NAN, INF = math.nan, math.inf


def recorded(**metrics):
    """A record in which each metric takes the given values, epoch by epoch."""
    record = Record()
    record.begin()
    for index in range(len(next(iter(metrics.values())))):
        record.add_epoch({name: values[index] for name, values in metrics.items()})
    return record


def noisy(metrics, epochs):
    """So many metrics with their validation, falling and noisy."""
    chance = np.random.default_rng(0)
    names = ["loss", *(f"a_rather_long_metric_name_{index}" for index in range(1, metrics))]
    fall = 1 / np.sqrt(1 + np.arange(epochs))
    return recorded(**{f"{end}{name}": fall + 0.2 * chance.random(epochs) for name in names for end in ("", "val_")})


def drawing(html):
    return b64decode(re.search(r'src="data:image/svg\+xml;base64,([^"]*)"', html)[1]).decode()


# --- size ---


@pytest.mark.parametrize(("metrics", "epochs"), [(1, 2), (1, 10_000), (20, 1), (20, 2), (20, 10_000)])
def test_what_stays_is_small(metrics, epochs):
    """Below 40 KB with all that a notebook writes around it; its JSON escapes what is not ASCII at most doubly."""
    record = noisy(metrics, epochs)
    bundle = final_bundle(record, Progress("net", epochs=epochs, finished=epochs, batches=100, seconds=1e6), timed=True)
    assert len(json.dumps(bundle)) < 40_000
    assert len(bundle["text/plain"].splitlines()) == 2 + 2 * metrics
    assert bundle["text/html"].count("<tr>") == 1 + 2 * metrics
    if epochs > 1:
        svg = ElementTree.fromstring(drawing(bundle["text/html"]))
        assert float(svg.get("width")) <= 900
        assert float(svg.get("height")) == 22 + math.ceil(metrics / 3) * 190


def test_a_time_that_nobody_took_is_not_told():
    record = recorded(loss=[2.0, 1.0])
    assert ", in " not in final_bundle(record, Progress.over("net", record), timed=True)["text/html"]


def test_a_live_picture_is_small_too():
    record = noisy(20, 2000)
    assert len(live_bundle(record, Progress("net", epochs=2000, finished=2000))["text/html"]) < 40_000


# --- curves ---


def steps(svg, color):
    """The paths of a colour as lists of absolute places in pixels, from their relative steps."""
    found = []
    for d in re.findall(rf'<path d="M([^"]*)"[^>]*stroke="{color}"', svg):
        start, _, rest = d.partition("l")
        numbers = [float(number) for number in re.findall(r"-?[\d.]+", rest)]
        places = [np.array([float(number) for number in start.split()])]
        for x, y in zip(numbers[::2], numbers[1::2]):
            places.append(places[-1] + (x, y))
        found.append(np.array(places) / 2)
    return found


def test_a_path_goes_where_the_values_are():
    values = [1.0, 0.5, 0.75, 0.1, 0.9, 0.3]
    svg = curves_svg(panels_of(recorded(loss=values).points), 6)
    (path,) = steps(svg, TRAINING)
    across, up = Axis(1, 6, 48, 282), Axis.around(values, 160, 26)
    assert path == pytest.approx(np.array([(across.place(e), up.place(v)) for e, v in enumerate(values, 1)]), abs=0.26)


def test_thinning_keeps_what_is_not_finite_as_gaps_and_stays_bounded():
    points = [(x, NAN if x % 2 else float(x)) for x in range(10_000)]
    kept = thinned(points, 100)
    assert len(kept) <= 170
    assert any(math.isnan(y) for _, y in kept)
    assert {0.0, 9998.0} <= {y for _, y in kept}
    assert [x for x, _ in kept] == sorted(x for x, _ in kept)


@pytest.mark.parametrize(
    "values",
    [[NAN] * 3, [INF, -INF, NAN], [1e308, -1e308, 0.0], [1.0], [0.0, 0.0], [1e-320, 1e300, 1.0], [1e299, 1e-299]],
    ids=str,
)
def test_any_number_can_be_drawn(values):
    record = recorded(loss=values, val_accuracy=values)
    for bundle in (
        live_bundle(record, Progress("net", epochs=9, finished=len(values))),
        final_bundle(record, Progress("net", epochs=9, finished=len(values)), timed=True),
    ):
        assert "net" in bundle["text/plain"]
    ElementTree.fromstring(curves_svg(panels_of(record.points), len(values)))


def test_the_best_epoch_is_ringed_on_the_validation_curve():
    record = recorded(loss=[3.0, 2, 1], val_loss=[3.0, 2, 2.5], accuracy=[0.1, 0.5, 0.4])
    svg = curves_svg(panels_of(record.points), 3)
    rings = re.findall(r'<circle [^>]*r="10" stroke="(#\w+)"', svg)
    assert rings == [VALIDATION, TRAINING]
    assert svg.count("epoch (○ best: 2)") == 2
    assert "best" not in curves_svg(panels_of(recorded(loss=[3.0]).points), 1)


@pytest.mark.parametrize(
    ("name", "values", "best"),
    [
        ("val_loss", [3, 1, 1], (2, 1)),
        ("accuracy", [0.1, 0.9, 0.9], (2, 0.9)),
        ("mean_squared_error", [NAN, 2, INF], (2, 2)),
        ("loss", [NAN, INF], None),
        ("learning_rate", [1, 2], None),
    ],
)
def test_best(name, values, best):
    assert best_of(name, list(enumerate(values, 1))) == best


@pytest.mark.parametrize(
    ("title", "values", "logarithmic"),
    [
        ("loss", [100, 1, 0.9, 0.8], True),
        ("loss", [20, 1.2, 1.1, 1.0], True),  # most of it would lie on the ground
        ("loss", [20, 15, 10, 5, 1], False),  # nothing is crowded
        ("loss", [1, 0.5, 0.0], False),
        ("accuracy", [0.001, 0.5, 0.9], False),  # shares are read as shares
        ("learning_rate", [0.1, 0.01, 0.0001], True),
    ],
)
def test_logarithms_where_they_help(title, values, logarithmic):
    assert ("(logarithmic)" in curves_svg(panels_of(recorded(**{title: values}).points), len(values))) == logarithmic


@pytest.mark.parametrize(
    ("values", "marks"),
    [([1.0, 20.0, 1.1, 1.2], ["1", "2", "5", "10", "20"]), ([0.8, 100, 0.9], ["1", "3", "10", "30", "100"])],
)
def test_logarithmic_axes_of_few_decades_have_marks_between(values, marks):
    assert [text for _, text in Axis.around(values, 100, 0).marks()] == marks


def test_the_epoch_in_progress_is_drawn_finer():
    record = recorded(loss=[5.0, 4, 3, 2.5, 2.4, 2.3])
    for part in (0.25, 0.5, 0.75):
        record.add_sample(part, {"loss": 2.2 + part / 100})
    html = live_bundle(record, Progress("net", epochs=9, finished=6, batch=3, batches=4))["text/html"]
    assert html.count('stroke-opacity="0.8"') == 1
    assert 'd="M96 ' in html, "the axis begins with the first epoch, as before"
    record.add_epoch({"loss": 2.2})
    assert "stroke-opacity" not in live_bundle(record, Progress("net", epochs=9, finished=7))["text/html"]


def test_long_titles_are_cut():
    svg = curves_svg(panels_of(recorded(**{"m" * 60: [3, 2, 1]}).points), 3)
    assert f"{'m' * 29}…" in svg
    assert "m" * 30 not in svg


@pytest.mark.parametrize("page", ["#ffffff", "#111111"])
def test_colors_are_visible_on_light_and_dark_pages(page):
    """3 as WCAG asks of lines; the grey of text has 4.3 on both, which is the most that one colour can have."""
    assert min(contrast(color, page) for color in (TRAINING, VALIDATION)) >= 3
    assert contrast(INK, page) >= 4.2


# --- in words ---

FALLS = [1.0, 0.8, 0.6, 0.5, 0.4, 0.3, 0.25, 0.2, 0.15, 0.1, 0.08, 0.06]
DEPARTS = [1.1, 0.9, 0.7, 0.6, 0.5, 0.45, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65]


@pytest.mark.parametrize(
    ("loss", "val_loss", "epoch"),
    [
        (FALLS, DEPARTS, 7),
        (FALLS, FALLS, None),
        (FALLS, DEPARTS[:7] + [0.405, 0.404, 0.406, 0.405, 0.404], None),  # a plateau
        (FALLS[::-1], DEPARTS, None),  # training does not fall
        (FALLS[:11], DEPARTS[:11], None),  # four epochs are too few
        (FALLS, [*DEPARTS[:8], NAN, *DEPARTS[9:]], None),  # so are these
        ([*FALLS, 0.05], [*DEPARTS[:8], NAN, *DEPARTS[9:], 0.7], 7),
        (FALLS, [NAN] * 12, None),
        (FALLS, DEPARTS[:7] + [0.9, 0.8, 0.7, 0.6, 0.5], None),  # a bump that it comes down from
    ],
)
def test_overfitting_is_said_when_the_curves_part(loss, val_loss, epoch):
    said = overfitting(recorded(loss=loss, val_loss=val_loss).points)
    assert said.partition(":")[0] == (f"overfitting since epoch {epoch}" if epoch else "")


def test_overfitting_in_words():
    record = recorded(loss=FALLS, val_loss=DEPARTS)
    said = (
        "overfitting since epoch 7: in 5 epochs the validation loss has risen from 0.400 to 0.650, while the training "
        "loss fell from 0.250 to 0.0600; EarlyStopping(restore_best_weights=True), dropout, a smaller model or more "
        "data help"
    )
    assert overfitting(record.points) == said
    progress = Progress("net", epochs=12, finished=12)
    assert final_bundle(record, progress, False)["text/plain"].splitlines()[-1] == said
    assert said in final_bundle(record, progress, False)["text/html"]
    assert said in live_bundle(record, progress)["text/html"]


def test_nbval_leaves_out_what_depends_on_measured_values():
    """Also the remark below the table: on another machine the curves may part one epoch later, or not at all."""
    rules = re.findall(
        r"(?m)^regex: (.*)\nreplace: (.*)", Path(notebook_room.__file__).with_name("nbval.cfg").read_text()
    )
    progress = Progress("net", epochs=12, finished=12)
    texts = []
    for val_loss in (DEPARTS, FALLS):
        text = final_bundle(recorded(loss=FALLS, val_loss=val_loss), progress, False)["text/plain"]
        for regex, replacement in rules:
            text = re.sub(regex, replacement, text)
        texts.append(text)
    assert texts == ["net: 12 epochs\nVALUES"] * 2


def test_overfitting_is_not_known_without_validation():
    assert overfitting(recorded(loss=FALLS).points) == ""
    assert overfitting(recorded(val_loss=DEPARTS).points) == ""


def test_the_alternative_text_has_the_facts():
    record = recorded(loss=[3.0, 1.0, 2.0], accuracy=[0.1, 0.4, 0.5])
    assert described(record) == (
        "Curves over 3 epochs: loss from 3.00 to 2.00 (best 1.00 in epoch 2), accuracy from 0.100 to 0.500"
    )
    many = described(noisy(20, 5))
    assert many.endswith(" and 32 more curves, whose values are in the table")
    assert len(many) < 800


@pytest.mark.parametrize("bundle", [live_bundle, lambda *known: final_bundle(*known, False)], ids=["live", "final"])
def test_what_the_engine_found_goes_before_what_the_curves_show(bundle):
    record = recorded(loss=[3.0, NAN])
    found = Progress("net", epochs=9, finished=2, divergence="Dense 'a' gave NaN in batch 7 <&>")
    assert "Dense &#x27;a&#x27; gave NaN in batch 7 &lt;&amp;&gt;" in bundle(record, found)["text/html"]
    assert "the loss is not finite" not in bundle(record, found)["text/html"]
    assert "not finite since epoch 2" in bundle(record, Progress("net", epochs=9, finished=2))["text/html"]


def test_a_loss_that_is_lost_within_the_first_epoch_is_named():
    record = Record()
    record.begin()
    for part, value in [(0.1, 3.0), (0.2, NAN)]:
        record.add_sample(part, {"loss": value})
    html = live_bundle(record, Progress("net", epochs=3, batch=2, batches=10))["text/html"]
    assert "the loss is not finite since epoch 1" in html


def test_the_line_says_what_is_known():
    progress = Progress("net", epochs=4, batch=5, batches=10, rows=2, seconds=9.0, waited=4.0)
    progress.learning_rate, progress.memory, progress.paused = 3e-4, 245_000_000, True
    assert progress.line == (
        "paused · epoch 1 of 4 · batch 5 of 10 · 35 s left · 2 samples/s · learning rate 0.0003 · memory 245 MB"
    )


def test_ticks_of_epochs_do_not_repeat():
    for epochs in (1, 2, 3, 7, 100, 10_000):
        svg = curves_svg(panels_of(recorded(loss=[1.0, 2.0]).points), epochs)
        numbers = [int(number) for number in re.findall(r'y="175">(\d+)<', svg)]
        assert all(a < b for a, b in pairwise(numbers))
        assert numbers
