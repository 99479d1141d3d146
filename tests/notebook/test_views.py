"""Views: complete as text, plain HTML, escaped, without scripts; and the drawings."""

import math
import re
from base64 import b64decode
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest

from nbkeras import Model, layers
from nbkeras.layout import lay_out
from nbkeras.models.summary import summarize
from nbkeras.notebook.training.record import Record
from nbkeras.notebook.views.axis import Axis
from nbkeras.notebook.views.curves import curves_svg, panels_of, thinned
from nbkeras.notebook.views.flow import flow
from nbkeras.notebook.views.formats import bar, duration, metric, quantity
from nbkeras.notebook.views.graph import described, graph_of
from nbkeras.notebook.views.model import is_branched, model_bundle
from nbkeras.notebook.views.summary import summary_text
from nbkeras.notebook.views.training import Progress, final_bundle, live_bundle
from tests.notebook.cells import declare

SKIPS = """Input((8, 8, 3))
stem: Conv2D(4, 3, padding='same')
for _ in range(2):
    ReLU()
_ + stem
Flatten()
Dense(2)"""
EVIL = "<script>alert('&')</script>"


def recorded(epochs=3, **metrics):
    """A record of some epochs in which each metric takes the given values."""
    record = Record()
    record.begin()
    for index in range(epochs):
        record.add_epoch({name: values[index] for name, values in metrics.items()})
    return record


def pictures(html):
    """The SVG drawings in HTML."""
    return [b64decode(data).decode() for data in re.findall(r'src="data:image/svg\+xml;base64,([^"]*)"', html)]


def diagrams(html):
    """The drawings of models in HTML; bars are drawings, too, but have no words in them."""
    return [svg for svg in pictures(html) if "<text" in svg]


# --- the summary ---


def test_summary_of_a_chain():
    model = declare("Input((4,))\nDense(8)\nDense(4)\nDense(1)")
    lines = summary_text(summarize(model), is_branched(model)).splitlines()
    assert lines[0].startswith("net: Sequential, 81 parameters (324 B), ")
    assert lines[2] == "layer    output shape  parameters  share        FLOPs  share  memory"
    assert [re.split(r"  +", line) for line in lines[3:]] == [
        ["dense", "(None, 8)", "40", "█████", "49 %", "72", "48 %", "160 B"],
        ["dense_1", "(None, 4)", "36", "████▌", "44 %", "68", "46 %", "144 B"],
        ["dense_2", "(None, 1)", "5", "▋", "6 %", "9", "6 %", "20 B"],
    ]


def test_summary_of_a_graph_says_what_is_read():
    model = declare("a: Input((4,))\nb: Input((4,))\nadd([a, b])")
    lines = summary_text(summarize(model), is_branched(model)).splitlines()
    assert lines[2].endswith("reads")
    assert lines[5].endswith("a, b")


def test_summary_says_what_is_not_trained():
    model = declare("Input((4,))\nDense(2)\nDense(1)")
    model.layers[0].trainable = False
    text = summary_text(summarize(model), False)
    assert "13 parameters (52 B), 10 of them not trained" in text
    assert "dense (frozen)" in text


def test_summary_says_the_kind_where_the_name_does_not():
    text = summary_text(summarize(declare("Input((4,))\nstem: Dense(2)\nReLU()")), False)
    assert "\nstem (Dense)  " in text
    assert "\nre_lu  " in text


def test_work_on_an_open_length_is_that_of_one_step():
    text = summary_text(summarize(declare("Input((None,), dtype='int32')\nEmbedding(9, 2)\nLSTM(4)")), False)
    assert text.splitlines()[0].endswith("FLOP per example of length 1")


def test_models_inside_fold_out():
    inner = declare("Input((4,))\nDense(3)\nDense(2)", name="inner")
    model = declare("Input((4,))\ninner\nDense(1)", {"inner": inner})
    bundle = model_bundle(model)
    assert "\n  dense  " in bundle["text/plain"]
    assert "<details><summary>inside inner: 2 layers, 23 parameters</summary>" in bundle["text/html"]  # diagram
    assert "<details><summary>inside inner: 2 layers</summary>" in bundle["text/html"]  # table
    assert len(diagrams(bundle["text/html"])) == 2


def test_a_model_defined_by_its_call_has_a_table_only():
    class Own(Model):
        def __init__(self):
            super().__init__(name="own")
            self.dense = layers.Dense(2)

        def call(self, x):
            return self.dense(x)

    model = Own()
    model(np.ones((1, 4)))
    bundle = model_bundle(model)
    assert re.search(r"\ndense\w*  ", bundle["text/plain"])
    assert diagrams(bundle["text/html"]) == []


# --- nothing that is executed, nothing that is not escaped ---


def bundles():
    model = declare(f"Input((4,), name={EVIL!r})\nDense(2, name={EVIL!r} + '1')\n_ + 1", name=EVIL)
    record = recorded(loss=[3.0, 2.0, 1.0], **{EVIL: [1.0, 2.0, 3.0]})
    progress = Progress(EVIL, epochs=3, finished=3, batches=2, opening=EVIL, outcome=EVIL)
    return [model_bundle(model), final_bundle(record, progress, True), live_bundle(record, progress)]


@pytest.mark.parametrize("index", range(3))
def test_html_is_escaped_and_has_no_scripts(index):
    html = bundles()[index]["text/html"]
    for source in [html, *pictures(html)]:
        assert not re.search(r"<script|<style|javascript:|\bon\w+=|<foreignObject|<iframe", source)
        assert "&lt;script&gt;" in source or "script" not in source


@pytest.mark.parametrize("index", range(3))
def test_drawings_are_well_formed(index):
    html = bundles()[index]["text/html"]
    for source in [*pictures(html), *re.findall(r"<svg.*?</svg>", html, re.DOTALL)]:
        assert ElementTree.fromstring(source).tag == "{http://www.w3.org/2000/svg}svg"


def test_pictures_have_alternative_texts():
    """An empty one where the same is said beside it in words, so that a screen reader passes over it."""
    for bundle in bundles()[:2]:
        images = re.findall(r"<img [^>]*>", bundle["text/html"])
        assert images
        assert all(re.search(r'alt="[^"]*"', image) for image in images)
        assert all(re.search(r'alt="[^"]+"', image) for image in images if diagrams(image))


# --- the diagram ---


def test_boxes_of_a_graph():
    boxes = graph_of(declare(SKIPS))
    assert [(box.title, box.shape, box.reads) for box in boxes] == [
        ("Input", "8×8×3", []),
        ("Conv2D stem", "8×8×4", [0]),
        ("ReLU", "8×8×4", [1]),
        ("ReLU", "8×8×4", [2]),
        ("add", "8×8×4", [3, 1]),
        ("Flatten", "256", [4]),
        ("Dense", "2", [5]),
    ]


def test_the_diagram_in_words():
    model = declare("a: Input((4,))\nb: Input((4,))\nadd([a, b])")
    assert described(model, graph_of(model)) == "Diagram of net: Input a; Input b; Add of Input a and Input b"
    chain = declare("Input((4,))\nDense(2)\nhead: Dense(1)")
    assert described(chain, graph_of(chain)) == "Diagram of net: Input, Dense, Dense head"


def test_a_layer_called_twice_has_two_boxes():
    model = declare("a: Input((4,))\nb: Input((4,))\nf = Dense(3)\nf(a) - f(b)")
    assert [box.kind for box in graph_of(model)].count("Dense") == 2


GRAPHS = {
    "a chain": (4, [(0, 1), (1, 2), (2, 3)]),
    "a skip": (4, [(0, 1), (1, 2), (2, 3), (0, 3)]),
    "a diamond": (4, [(0, 1), (0, 2), (1, 3), (2, 3)]),
    "two inputs": (5, [(0, 2), (1, 3), (2, 4), (3, 4)]),
    "nested skips": (6, [(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (0, 5), (1, 4)]),
    "no edges": (3, []),
    "nothing": (0, []),
}


@pytest.mark.parametrize(("size", "edges"), GRAPHS.values(), ids=GRAPHS)
def test_layout(size, edges):
    widths, height = [60.0 + 30 * (index % 3) for index in range(size)], 30.0
    layout = lay_out(widths, height, edges)
    boxes = [(x - w / 2, y - height / 2, x + w / 2, y + height / 2) for (x, y), w in zip(layout.centers, widths)]
    for left, top, right, bottom in boxes:
        assert left >= -1e-6
        assert right <= layout.width + 1e-6
        assert top >= -1e-6
        assert bottom <= layout.height + 1e-6
    for one in range(size):
        for other in range(one):
            assert not overlap(boxes[one], boxes[other])
    for (source, target), path in zip(edges, layout.paths):
        assert layout.centers[source][1] < layout.centers[target][1]
        assert path[0] == pytest.approx((layout.centers[source][0], layout.centers[source][1] + height / 2))
        assert path[-1] == pytest.approx((layout.centers[target][0], layout.centers[target][1] - height / 2))
        others = [box for index, box in enumerate(boxes) if index not in (source, target)]
        assert not any(inside(point, box) for point in path for box in others)


def overlap(a, b):
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def inside(point, box):
    return box[0] < point[0] < box[2] and box[1] < point[1] < box[3]


def test_a_chain_is_straight():
    layout = lay_out([60, 100, 80], 30, [(0, 1), (1, 2)])
    assert len({x for x, _ in layout.centers}) == 1


def test_lines_do_not_cross_without_need():
    layout = lay_out([60] * 6, 30, [(0, 3), (1, 2), (2, 4), (3, 5)])
    (a, _), (b, _), *_ = layout.centers
    (c, _), (d, _) = layout.centers[3], layout.centers[2]
    assert (a < b) == (c < d)


@pytest.mark.parametrize(("widths", "lines"), [([50, 60, 70], 1), ([50] * 7, 3), ([300, 50], 2), ([50], 1), ([], 0)])
def test_flow(widths, lines):
    height, room = 30.0, 240.0
    layout = flow(widths, height, room)
    boxes = [(x - w / 2, y - height / 2, x + w / 2, y + height / 2) for (x, y), w in zip(layout.centers, widths)]
    assert len({y for _, y in layout.centers}) == lines
    assert layout.height == pytest.approx(max((box[3] for box in boxes), default=0))
    assert layout.width == pytest.approx(max((box[2] for box in boxes), default=0))
    assert all(box[0] >= 0 and box[2] <= max(room, *widths) for box in boxes)
    assert not any(overlap(one, other) for one, other in pairwise(boxes))
    for path, (source, target) in zip(layout.paths, pairwise(boxes), strict=True):
        same_line = source[1] == target[1]
        assert path[0][1 - same_line] == source[3 - same_line]  # from the right side, or from the bottom
        assert path[-1][1 - same_line] == target[1 - same_line]  # to the left side, or to the top


# --- curves ---


def test_training_and_validation_share_a_panel():
    record = recorded(loss=[3, 2, 1], accuracy=[0, 0.5, 1], val_loss=[3, 2, 2], val_accuracy=[0, 0.4, 0.8])
    panels = panels_of(record.points)
    assert [(panel.title, [curve.label for curve in panel.curves]) for panel in panels] == [
        ("loss", ["training", "validation"]),
        ("accuracy", ["training", "validation"]),
    ]
    assert [curve.dash for curve in panels[0].curves] == ["", "5 3"]


@pytest.mark.parametrize(("names", "legend"), [(["loss"], []), (["loss", "val_loss"], ["training", "validation"])])
def test_one_legend_where_there_is_something_to_tell_apart(names, legend):
    record = recorded(3, **{f"{name}{end}": [3, 2, 1] for name in names for end in ("", "_2")})
    labels = re.findall(r">(training|validation)<", curves_svg(panels_of(record.points), 3))
    assert labels == legend


def test_a_single_value_is_no_curve():
    record = recorded(1, loss=[3.0])
    assert pictures(final_bundle(record, Progress("net", 1, 1), True)["text/html"]) == []
    for part in (0.3, 0.6):
        record.add_sample(part, {"loss": part})
    assert len(pictures(final_bundle(record, Progress("net", 1, 1), True)["text/html"])) == 1


def test_a_training_that_is_stopped_in_its_first_epoch_leaves_what_there_was():
    record = Record()
    record.begin()
    for part in (0.2, 0.4):
        record.add_sample(part, {"loss": 1 - part})
    html = final_bundle(record, Progress("net", 3, batch=4, batches=10, outcome="interrupted"), True)["text/html"]
    assert len(pictures(html)) == 1
    assert "Curves over 0 epochs: loss from 0.800 to 0.600" in html


def test_a_loss_that_is_lost_is_named():
    text = final_bundle(recorded(3, loss=[3.0, math.inf, math.nan]), Progress("net", 3, 3), True)["text/plain"]
    assert text.splitlines()[1].startswith("the loss is not finite since epoch 2: lower the learning rate")
    assert text.splitlines()[-1].split() == ["loss", "3.00", "nan", "3.00", "1"]


def test_curves_leave_gaps_for_what_is_not_finite():
    svg = curves_svg(panels_of(recorded(5, loss=[3, 2, math.nan, 2, math.inf]).points), 5)
    assert "nan" not in svg.replace("nan</text>", "")
    assert "inf" not in svg
    assert "every value is nan" in curves_svg(panels_of(recorded(1, loss=[math.nan]).points), 1)


def test_thinned_keeps_the_extremes_and_the_ends():
    points = [(x, math.sin(x / 50)) for x in range(1000)]
    points[333] = (333, 9.0)
    points[666] = (666, -9.0)
    kept = thinned(points, 100)
    assert len(kept) <= 110
    assert {points[0], points[-1], points[333], points[666]} <= set(kept)
    assert kept == sorted(kept)


def test_curves_stay_small():
    record = recorded(5000, **{name: np.random.default_rng(0).random(5000) for name in ("loss", "val_loss")})
    assert len(curves_svg(panels_of(record.points), 5000)) < 12_000


AXES = [
    ([0.1, 0.9], False, [0.2, 0.4, 0.6, 0.8]),
    ([0, 100], False, [0, 20, 40, 60, 80, 100]),
    ([1e-4, 10], True, [1e-4, 1e-3, 1e-2, 0.1, 1, 10]),
    ([3, 3], False, None),
    ([], False, None),
    ([math.nan, 1], False, None),
    ([-5, 5], False, [-4, -2, 0, 2, 4]),
]


@pytest.mark.parametrize(("values", "logarithmic", "ticks"), AXES)
def test_axis(values, logarithmic, ticks):
    axis = Axis.around(values, 100, 0)
    assert axis.logarithmic == logarithmic
    assert ticks is None or axis.ticks() == pytest.approx(ticks)
    assert [value for value, _ in axis.marks()] == axis.ticks()
    places = [axis.place(value) for value in values if math.isfinite(value)]
    assert all(0 <= place <= 100 for place in places + [axis.place(tick) for tick in axis.ticks()])
    assert places == sorted(places, reverse=values != sorted(values, reverse=True))


MARKS = [
    ([0.72, 1.0], ["0.8", "0.9", "1.0"]),
    ([0.85, 1.0], ["0.85", "0.90", "0.95", "1.00"]),
    ([0, 2000], ["0", "500", "1,000", "1,500", "2,000"]),
    ([1e-7, 1], ["1e-7", "1e-5", "0.001", "0.1"]),
    ([0, 4e6], ["0", "1e6", "2e6", "3e6", "4e6"]),
]


@pytest.mark.parametrize(("values", "marks"), MARKS)
def test_marks(values, marks):
    assert [text for _, text in Axis.around(values, 100, 0).marks()] == marks


# --- what a training leaves ---


def test_the_text_is_complete_and_has_no_times():
    record = recorded(loss=[3.0, 1.0, 2.0], accuracy=[0.1, 0.5, 0.4], val_loss=[3.0, 2.0, 2.5])
    bundle = final_bundle(record, Progress("net", epochs=3, finished=3, batches=4, seconds=9.0), timed=True)
    assert bundle["text/plain"] == (
        "net: 3 epochs, 4 batches each\n"
        "          first   last   best  in epoch\n"
        "loss       3.00   2.00   1.00         2\n"
        "val_loss   3.00   2.50   2.00         2\n"
        "accuracy  0.100  0.400  0.500         2"
    )
    assert "in 9.0 s" in bundle["text/html"]
    untimed = final_bundle(record, Progress("net", epochs=3, finished=3, seconds=9.0), timed=False)
    assert "in 9.0 s" not in untimed["text/html"]


def test_a_metric_stands_beside_its_validation_also_when_that_began_later():
    record = recorded(2, accuracy=[0.1, 0.2], loss=[2.0, 1.0])
    record.add_epoch({"accuracy": 0.3, "loss": 0.5, "val_accuracy": 0.2, "val_loss": 0.6})
    rows = final_bundle(record, Progress("net", 3, 3), False)["text/plain"].splitlines()[2:]
    assert [row.split()[0] for row in rows] == ["loss", "val_loss", "accuracy", "val_accuracy"]


def test_all_that_varies_is_between_the_marks():
    html = final_bundle(recorded(loss=[3.0, 2.0, 1.0]), Progress("net", 3, 3), True)["text/html"]
    assert re.sub(r"(?s)<!--nbkeras:live-->.*?<!--/nbkeras:live-->", "", html) == ""


@pytest.mark.parametrize(
    ("progress", "line"),
    [
        (Progress("net", epochs=5), "epoch 1 of 5 · batch 0"),
        (
            Progress("net", epochs=4, finished=1, batch=5, batches=10, rows=32, seconds=6.0, earlier=10),
            "epoch 2 of 4 · batch 5 of 10 · 10 s left · 80 samples/s",
        ),
        (
            Progress("net", epochs=2, finished=0, batch=30, seconds=3.0),
            "epoch 1 of 2 · batch 30 · 10 batches/s",
        ),
    ],
)
def test_progress(progress, line):
    assert progress.line == line


def test_a_training_that_ended_early():
    assert Progress("net", epochs=9, finished=4, batches=1).headline == "net: 4 of 9 epochs, 1 batch each"


NUMBERS = [
    (metric, 0.98, "0.980"),
    (metric, 0.0, "0"),
    (metric, 0.99996, "1.000"),
    (metric, 123.456, "123"),
    (metric, 24500.3, "24,500"),
    (metric, 1.2345e-7, "1.23e-07"),
    (metric, math.inf, "inf"),
    (quantity, 999, "999"),
    (quantity, 1_553_000, "1.55 M"),
    (quantity, 999_950, "1 M"),
    (duration, 0.004, "0.01 s"),
    (duration, 0.023, "0.02 s"),
    (duration, 4.21, "4.2 s"),
    (duration, 9.96, "10 s"),
    (duration, 41.6, "42 s"),
    (duration, 200, "3 min 20 s"),
    (duration, 7500, "2 h 5 min"),
    (bar, 0.5, "█████"),
    (bar, 1e-9, "▏"),
    (bar, 0.0, ""),
]


@pytest.mark.parametrize(("function", "value", "text"), NUMBERS)
def test_number(function, value, text):
    assert function(value) == text
