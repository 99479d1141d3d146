"""A model looked at: what folds, what is drawn and where, what the pointer is told, and that every name stays text."""

import re
import subprocess
import sys
from base64 import b64decode
from html.parser import HTMLParser
from itertools import combinations, pairwise
from xml.etree import ElementTree

import numpy as np
import pytest

from nbkeras import Input, Model, Sequential, layers
from nbkeras.models.summary import summarize
from nbkeras.notation import to_python
from nbkeras.notebook.views.drawing import draw, edges_of
from nbkeras.notebook.views.graph import fold, graph_of
from nbkeras.notebook.views.model import is_branched, model_bundle
from nbkeras.notebook.views.repeats import Repeat, repeats
from tests.notebook import networks
from tests.notebook.cells import declare

NETWORKS = ["encoder", "translator", "resnet50", "unet", "densenet", "towers", "inception", "nested", "blocks", "chain"]
SVG = "{http://www.w3.org/2000/svg}"


def displayed(notebook):
    """What a cell shows that ends with `net`."""
    data, _ = notebook.shell.display_formatter.format(notebook.variables["net"])
    return data


def html_of(model, **options):
    return model_bundle(model, **options)["text/html"]


class Page(HTMLParser):
    """The elements of an HTML text: `(tag, names of attributes)`, the values of attributes, and the words."""

    VOID = ("img",)

    def __init__(self, html):
        super().__init__()
        self.elements, self.values, self.words, self.open = [], [], [], []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, tuple(sorted(name for name, _ in attrs))))
        self.values += [(tag, name, value) for name, value in attrs]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)

    def handle_comment(self, data):
        pytest.fail(f"a comment: {data}")

    def titles(self, tag):
        return [value for one, name, value in self.values if (one, name) == (tag, "title")]

    def pictures(self):
        """The SVG drawings, parsed."""
        sources = [value for _, name, value in self.values if name == "src"]
        assert all(source.startswith("data:image/svg+xml;base64,") for source in sources)
        return [ElementTree.fromstring(b64decode(source.partition(",")[2])) for source in sources]


# --- equal blocks ---

# steps of a chain -> the repeats; a capital is a step that may well begin a block
REPEATS = {
    "a chain": ("Aaaaaa", [Repeat(0, 1, 6)]),
    "too short": ("Aaaa", []),
    "pairs": ("xAbAbAby", [Repeat(1, 2, 3)]),
    "the longer block that spares more": ("AAbAAbAAb", [Repeat(0, 3, 3)]),
    "a block begins at a head": ("bAbAbAbz", [Repeat(1, 2, 3)]),
    "nothing alike": ("abcdef", []),
    "two runs": ("AAAAAxBBBBB", [Repeat(0, 1, 5), Repeat(6, 1, 5)]),
}


@pytest.mark.parametrize(("labels", "expected"), REPEATS.values(), ids=REPEATS)
def test_repeats(labels, expected):
    reads = [[index - 1] for index in range(len(labels))]
    assert repeats(labels.lower(), reads, [label.isupper() for label in labels]) == expected


def residual(times, block=3):
    """Reads of blocks in which the last step reads the one before it and the block's input, behind an input."""
    reads = [[]]
    for _ in range(times):
        start = len(reads) - 1
        reads += [[start + step] for step in range(block - 1)] + [[start + block - 1, start]]
    return reads


def test_skip_connections_within_blocks_repeat():
    reads = residual(4)
    assert repeats("i" + "abc" * 4, reads, [True] * len(reads)) == [Repeat(1, 3, 4)]


def test_what_is_read_from_behind_ends_a_repeat():
    reads = [*residual(4), [12, 6]]  # the last step reads the second block, too
    found = repeats("i" + "abc" * 4 + "z", reads, [True] * len(reads))
    assert all(6 not in range(one.start, one.end - one.length) for one in found)


def test_blocks_may_read_one_step_together():
    reads = [[], [], [1, 0], [2], [3, 0], [4], [5, 0], [6], [7, 0], [8]]
    assert repeats("imababababab"[:10], reads, [True] * 10) == [Repeat(2, 2, 4)]


FOLDS = {
    "encoder": ([(8, 12)], 12),
    "translator": ([(7, 6), (10, 6)], 22),
    "resnet50": ([(10, 2), (10, 3), (10, 5), (10, 2)], 95),
    "blocks": ([(1, 12)], 2),
    "chain": ([(1, 1000)], 2),
    "unet": ([], 18),
    "inception": ([(9, 3)], 12),
}


@pytest.mark.parametrize("name", FOLDS)
def test_equal_blocks_are_drawn_once(name):
    model = getattr(networks, name)()
    boxes, frames = fold(graph_of(model, summarize(model).rows))
    assert ([(frame.end - frame.first, frame.times) for frame in frames], len(boxes)) == FOLDS[name]


@pytest.mark.parametrize("name", FOLDS)
def test_a_fold_leaves_the_parameters(name):
    model = getattr(networks, name)()
    boxes, frames = fold(graph_of(model, summarize(model).rows))
    times = {index: frame.times for frame in frames for index in range(frame.first, frame.end)}
    total = sum(box.row.parameters * times.get(index, 1) for index, box in enumerate(boxes) if box.row)
    assert total == model.count_params()


@pytest.mark.parametrize("other", [layers.Dense(4, activation="tanh"), layers.Dense(4, kernel_regularizer="l2")])
def test_what_differs_is_not_folded(other):
    chain = [layers.Dense(4) for _ in range(10)]
    model = Sequential([Input((4,)), *chain, other, *(layers.Dense(4) for _ in range(10))])
    assert [frame.times for frame in fold(graph_of(model, summarize(model).rows))[1]] == [10, 10]


def test_frozen_layers_are_not_folded_with_others():
    model = networks.chain(20)
    for layer in model.layers[:8]:
        layer.trainable = False
    assert [frame.times for frame in fold(graph_of(model, summarize(model).rows))[1]] == [8, 12]


# --- the drawing ---


def sampled(path, is_straight):
    """Points on a line of the drawing: straight, or bent as cubic curves that are vertical at their ends."""
    points = []
    for (x, y), (next_x, next_y) in pairwise(path):
        for t in np.linspace(0, 1, 13)[:-1]:
            across = t if is_straight else 3 * t**2 - 2 * t**3
            down = t if is_straight else (3 * t * (1 - t) ** 2 + 3 * t**2 * (1 - t)) / 2 + t**3
            points.append((x + (next_x - x) * across, y + (next_y - y) * down))
    return [*points, path[-1]]


def drawings(name):
    """The diagrams of a network, folded and not: `(boxes, edges, drawing, its lines as many points)`."""
    model = getattr(networks, name)(*([60] if name == "chain" else []))
    boxes = graph_of(model, summarize(model).rows)
    for shown, frames in [(boxes, []), fold(boxes)]:
        drawing = draw(shown, frames)
        edges = edges_of(shown)
        is_straight = all(edge == (index, index + 1) for index, edge in enumerate(edges)) and not frames
        yield shown, edges, drawing, [sampled(path, is_straight) for path in drawing.lines]


@pytest.mark.parametrize("name", NETWORKS)
def test_no_line_runs_through_a_box(name):
    for _, edges, drawing, lines in drawings(name):
        assert len(edges) == len(lines)
        for edge, points in zip(edges, lines):
            for index, area in enumerate(drawing.areas):
                if index not in edge:
                    near = [(x, y) for x, y in points if area.left - 1 < x < area.right + 1]
                    assert not any(area.top - 1 < y < area.bottom + 1 for _, y in near)


@pytest.mark.parametrize("name", NETWORKS)
def test_lines_lead_from_box_to_box_within_the_drawing(name):
    for _, edges, drawing, lines in drawings(name):
        for (source, target), points in zip(edges, lines):
            for index, (x, y) in ((source, points[0]), (target, points[-1])):
                area = drawing.areas[index]
                assert area.left - 0.1 <= x <= area.right + 0.1
                assert area.top - 0.1 <= y <= area.bottom + 0.1
            assert all(0 < x < drawing.width and 0 < y < drawing.height for x, y in points)
        for one, other in combinations(drawing.areas, 2):
            assert not one.meets(other)


# How often lines cross at most, unfolded; a planar drawing of the first seven exists, and none of the others.
CROSSINGS = {"encoder": 0, "resnet50": 0, "unet": 0, "towers": 0, "inception": 0, "nested": 0, "chain": 0}
CROSSINGS |= {"densenet": 12, "translator": 4}


def crossings(lines):
    """How many pairs of lines cross, each counted once."""
    found = 0
    for one, other in combinations(map(np.array, lines), 2):
        if one[:, 1].min() > other[:, 1].max() or other[:, 1].min() > one[:, 1].max():
            continue
        a, b, c, d = one[:-1, None], one[1:, None], other[None, :-1], other[None, 1:]
        sides = side(a, b, c) * side(a, b, d) < -1e-6
        found += bool((sides & (side(c, d, a) * side(c, d, b) < -1e-6)).any())
    return found


def side(a, b, point):
    """On which side of the line from a to b a point lies."""
    along, to = b - a, point - a
    return along[..., 0] * to[..., 1] - along[..., 1] * to[..., 0]


@pytest.mark.parametrize("name", CROSSINGS)
def test_lines_seldom_cross(name):
    *_, lines = next(drawings(name))
    assert crossings(lines) <= CROSSINGS[name]


@pytest.mark.parametrize("name", ["encoder", "resnet50", "unet"])
def test_the_main_path_is_straight_and_skips_bend_once_out_and_once_back(name):
    _, _, drawing, _ = next(drawings(name))
    centers = {round((area.left + area.right) / 2, 2) for area in drawing.areas}
    long = [path for path in drawing.lines if len(path) > 2]
    assert len(centers) <= (1 if name != "resnet50" else 9)  # the convolutions of four shortcuts stand beside it
    assert long
    assert all(len({round(x, 3) for x, _ in path[1:-1]}) == 1 for path in long)


@pytest.mark.parametrize("name", [name for name in NETWORKS if name not in ("nested", "unet", "densenet")])
def test_frames_enclose_their_own(name):
    model = getattr(networks, name)()
    boxes, frames = fold(graph_of(model, summarize(model).rows))
    drawing = draw(boxes, frames)
    assert frames
    for frame, around in zip(frames, drawing.frames):
        for index, area in enumerate(drawing.areas):
            assert around.meets(area) == (frame.first <= index < frame.end)


def test_heavy_and_frozen_layers_are_told_apart_without_colours():
    model = declare("Input((4,))\nfirst: Dense(100)\nDense(100)\nDense(1)")
    model.layers[0].trainable = False
    summary = summarize(model)
    svg = ElementTree.fromstring(draw(graph_of(model, summary.rows), (), summary).svg)
    borders = [rect.attrib for rect in svg.iter(f"{SVG}rect") if "stroke" in rect.attrib]
    assert [(one["stroke-width"], "stroke-dasharray" in one) for one in borders] == [
        ("1", False), ("1", True), ("2.5", False), ("1", False),
    ]  # fmt: skip
    assert "100 · frozen" in [element.text for element in svg.iter(f"{SVG}text")]
    assert "first</b> (Dense, frozen)" in html_of(model)


def test_wide_and_deep_diagrams_scroll():
    html = html_of(networks.resnet50())
    frames = re.findall(r'<div style="(overflow:auto[^"]*)"', html)
    assert len(frames) == 3  # table, diagram, all boxes
    assert all("max-width:100%" in style and "max-height:640px" in style for style in frames)


# --- what the pointer is told ---


def test_hover_tells_how_a_layer_was_made():
    model = declare("Input((4,))\nstem: Dense(8, activation='relu')\nDense(1)")
    told = (
        'layers.Dense(8, activation="relu", name="stem")\noutput (None, 8)\nkernel (4, 8)\nbias (8,)\n'
        "40 parameters, 82 % of the model's, 160 B\n88 FLOP per example, 84 %"
    )
    page = Page(html_of(model))
    assert page.titles("th")[-2] == page.titles("span")[0] == told


def test_hover_of_what_has_no_configuration():
    class Odd(layers.Layer):
        def __init__(self, *sizes):
            super().__init__(name="odd")

        def call(self, x):
            return x

    model = Model(x := Input((4,)), Odd(1, 2)(x))
    assert "Odd 'odd'\noutput (None, 4)" in Page(html_of(model)).titles("th")[-1]


def test_hover_of_a_model_inside_and_of_an_op():
    model = declare("Input((4,))\ninner\n_ + 1", {"inner": declare("Input((4,))\nDense(3)\nDense(2)", name="inner")})
    titles = [title.splitlines()[0] for title in Page(html_of(model)).titles("span")]
    assert titles[:2] == ["Sequential 'inner': 2 layers", "add"]


def test_the_words_lie_over_their_boxes():
    model = networks.encoder(1)
    summary = summarize(model)
    boxes = graph_of(model, summary.rows)
    styles = [value for tag, name, value in Page(html_of(model)).values if (tag, name) == ("span", "style")]
    places = [list(map(int, re.findall(r":(\d+)px", style))) for style in styles]
    areas = draw(boxes, (), summary).areas
    assert len(places) == len(boxes)
    for place, area in zip(places, areas):
        assert place == pytest.approx([area.left, area.top, area.right - area.left, area.bottom - area.top], abs=0.51)


# --- remarks ---

REMARKS = {
    "all frozen": (
        "Input((4,))\nDense(2, trainable=False)\nDense(1, trainable=False)",
        ["no weight is trained, because all layers are frozen; set trainable = True on the layers that shall learn, "
         "and call compile() again"],
    ),
    "some frozen": ("Input((4,))\nDense(2, trainable=False)\nDense(1)", []),
    "no weights": ("Input((4,))\nReLU()", []),
    "weights that nobody trains": ("Input((4,))\nNormalization(mean=0.0, variance=1.0)", []),
    "a wide layer": (
        "Input((64, 64, 8))\nFlatten()\nDropout(0.5)\nDense(64)\nDense(10)",
        ["Dense 'dense' holds 100 % of the parameters, because Flatten hands it 32,768 numbers; GlobalAveragePooling, "
         "or more pooling before Flatten, hands it fewer"],
    ),
    "a layer behind a narrow Flatten": ("Input((8, 8, 8))\nFlatten()\nDense(64)", []),
    "a wide layer behind another": ("Input((16, 16, 8))\nFlatten()\nDense(2048, use_bias=False)\nDense(3000)", []),
    "an input that leads nowhere": (
        "Input((2,))\nDense(3)\nInput((4,))\nDense(3)",
        ["line 2, Input((2,)): the output does not depend on the input 'input_layer'; use it, or leave it out"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("body", "remarks"), REMARKS.values(), ids=REMARKS)
def test_remarks(body, remarks):
    bundle = model_bundle(declare(body))
    warnings = [line.removeprefix("Warning: ") for line in bundle["text/plain"].splitlines() if "Warning" in line]
    page = Page(bundle["text/html"])
    words = "".join(page.words)
    assert warnings == remarks
    assert all(f"Warning: {remark}" in words for remark in remarks)


def test_remarks_of_a_cell_stand_where_the_model_is_shown(notebook):
    cell = "%%model net\nInput((4,))\nh = Dense(2)\nDense(3)"
    printed, bundles, _ = notebook.run(cell)
    remark = "Warning: line 3, h = Dense(2): 'h' is never applied, so it does nothing; write 'h: Dense(2)'"
    assert printed == ""
    for bundle in (bundles[-1], displayed(notebook), notebook.shown("%summary net")):
        assert bundle["text/plain"].splitlines()[1] == remark
    assert remark in notebook.printed(cell.replace("net", "net --quiet", 1))


# --- code ---


@pytest.mark.parametrize(
    "cell", ["%%model net --code\nInput((4,))\nDense(3, name='<b>')\nDense(1)", "%summary net --code"]
)
def test_code_can_be_copied(notebook, cell):
    notebook.run("%%model net --quiet\nInput((4,))\nDense(3, name='<b>')\nDense(1)")
    bundle = notebook.shown(cell)
    code = to_python(notebook.variables["net"])
    assert bundle["text/plain"].endswith(f"\n\n{code.rstrip()}")
    page = Page(bundle["text/html"])
    assert code in page.words
    assert ("pre", ("style",)) in page.elements


def test_code_of_a_model_without_graph_is_refused(notebook):
    notebook.variables["net"] = networks.Subclassed()
    assert "is defined by its call(), which is code already" in notebook.error("%summary net --code")


# --- models of all kinds ---


def built():
    model = networks.Subclassed()
    model(np.ones((2, 3), "float32"))
    return model


KINDS = {
    "sequential": (lambda: networks.chain(3), "chain: Sequential, 18 parameters"),
    "functional": (networks.densenet, "densenet: Functional, 7,025 parameters"),
    "subclassed": (built, "own: Subclassed, 26 parameters"),
    "not built": (lambda: Sequential([layers.Dense(2)], name="late"), "late: Sequential, not built yet"),
    "subclassed, not built": (networks.Subclassed, "own: Subclassed, not built yet"),
    "without layers": (lambda: Sequential(name="empty"), "empty: Sequential, 0 parameters"),
    "of ops": (lambda: declare("Input((4,))\n_ * 2"), "net: Functional, 0 parameters"),
}


@pytest.mark.parametrize(("make", "headline"), KINDS.values(), ids=KINDS)
def test_every_kind_shows_itself(make, headline):
    model = make()
    bundle = model._repr_mimebundle_()
    assert bundle["text/plain"].startswith(headline)
    assert "".join(Page(bundle["text/html"]).words).startswith(headline)
    assert all(layer.name in bundle["text/plain"] for layer in model.layers if not isinstance(layer, layers.InputLayer))
    assert repr(model) == f"<{type(model).__name__} name={model.name}, built={model.built}>"


def test_a_model_shows_itself_without_the_extension(notebook):
    notebook.run("from nbkeras import Sequential, Input, layers\nnet = Sequential([Input((4,)), layers.Dense(2)])")
    loaded = displayed(notebook)
    notebook.run("%unload_ext nbkeras")
    assert displayed(notebook) == loaded
    assert loaded["text/html"].startswith("<p>")
    notebook.run("%load_ext nbkeras")


def test_a_model_shows_itself_without_ipython():
    script = (
        "import sys\n"
        "sys.modules['IPython'] = None\n"
        "from nbkeras import Input, Sequential, layers\n"
        "bundle = Sequential([Input((4,)), layers.Dense(2)], name='net')._repr_mimebundle_()\n"
        "print(sorted(bundle), bundle['text/plain'].splitlines()[0])\n"
    )
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert run.stderr == ""
    assert run.stdout == "['text/html', 'text/plain'] net: Sequential, 10 parameters (40 B), 18 FLOP per example\n"


# --- size, access ---

LARGE = {
    "1,000 layers alike": lambda: networks.chain(1000),
    "1,000 layers that differ": lambda: networks.chain(1000, growing=True),
    "50 residual layers": networks.resnet50,
    "a model in a model, 40 times": lambda: networks.nested(40),
    "200 equal blocks": lambda: networks.blocks(200),
}


@pytest.mark.parametrize("name", LARGE)
def test_html_is_bounded_and_the_text_complete(name):
    model = LARGE[name]()
    bundle = model_bundle(model)
    assert len(bundle["text/html"]) < 500_000
    first = {re.split(r"  +| \(", line.strip())[0] for line in bundle["text/plain"].splitlines()}
    assert {layer.name for layer in model._flatten_layers() if layer is not model} - first <= inputs_of_chains(model)
    assert Page(bundle["text/html"]).open == []


def inputs_of_chains(model):
    """The names of inputs of Sequential models, which have no line."""
    inner = [one for one in model._flatten_layers() if isinstance(one, Model)]
    return {layer.name for one in inner if not is_branched(one) for layer in one.graph.layers if not layer.weights}


def test_what_is_left_out_is_said():
    words = "".join(Page(html_of(networks.chain(1000, growing=True))).words)
    assert "and 880 more layers, which summary() lists" in words
    assert "The diagram of chain is left out: it would have 1,001 boxes." in words


def test_tables_have_headers_with_scope():
    page = Page(html_of(networks.encoder()))
    scopes = [value for tag, name, value in page.values if (tag, name) == ("th", "scope")]
    headers = [attributes for tag, attributes in page.elements if tag == "th"]
    assert all("scope" in attributes for attributes in headers)
    assert set(scopes) == {"col", "row"}


def test_the_folded_diagram_in_words():
    alternatives = [value for tag, name, value in Page(html_of(networks.blocks())).values if name == "alt" and value]
    assert alternatives[0] == "Diagram of blocks: Input, 12 times (Functional)"


# --- names that want to be more ---

EVIL = [
    "<script>alert(1)</script>",
    "</td></tr></table><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg onload=alert(1)>",
    '" onmouseover="alert(1)',
    "' onfocus='alert(1)' autofocus='",
    "</title><script>alert(1)</script>",
    "</text><script>alert(1)</script>",
    "]]><script>alert(1)</script>",
    "<!--<img src=--><img src=x onerror=alert(1)//-->",
    "<style>*{display:none}</style>",
    "<iframe src=javascript:alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "&#60;script&#62;alert(1)",
    "</summary></details><b>",
    "</pre><h1>x</h1><pre>",
    '\\"><b>x</b>',
    "<details open ontoggle=alert(1)>",
    "${alert(1)} {{7*7}} `x` %s {0}",
]


def with_names(name):
    """A model that shows a name wherever one is shown."""
    inner = Sequential([Input((4,)), layers.Dense(4, name=name)], name=f"{name} inside")
    first = x = Input((4,), name=f"{name} in")
    x = inner(x)
    for number in range(20):
        x = layers.Dense(4, name=f"{name} {number}")(x)
    skipped = layers.add([x, first], name=f"{name} +")
    model = Model(first, layers.Dense(2, name=f"{name} out")(skipped), name=name)
    model.layers[-1].trainable = False
    model.remarks = (name,)
    return model


@pytest.mark.parametrize("name", EVIL)
def test_names_stay_text(name):
    bundle = model_bundle(with_names(name), with_code=True)
    page, plain = Page(bundle["text/html"]), Page(html_of(with_names("plain name"), with_code=True))
    assert page.elements == plain.elements
    assert page.open == []
    for picture, expected in zip(page.pictures(), plain.pictures(), strict=True):
        assert shape_of(picture) == shape_of(expected)
    assert name in bundle["text/plain"]
    assert f"Warning: {name}" in "".join(page.words)
    assert any(name in "".join(picture.itertext()) for picture in page.pictures())
    assert any(name in title for title in page.titles("th"))
    assert any(name in title for title in page.titles("span"))
    assert any(name in value for _, attribute, value in page.values if attribute == "alt")


def shape_of(picture):
    """The elements of a drawing and the names of their attributes."""
    return [(element.tag, sorted(element.attrib)) for element in picture.iter()]
