"""Pictures of models and their DOT source: what stands in the boxes, what the arrows join, and where all of it is."""

import re
import struct
import xml.etree.ElementTree as ElementTree

import pytest

import nbkeras
from nbkeras import applications, layers
from nbkeras.layers.unfilled import unfilled
from nbkeras.naming import fresh_names
from nbkeras.utils import model_to_dot, plot_model
from nbkeras.utils.model_plot_graph import Shown, diagram_of
from nbkeras.utils.model_plot_places import places

RANKDIRS = ("TB", "BT", "LR", "RL")
EVERYTHING = {f"show_{one}": True for one in ("shapes", "dtype", "layer_names", "layer_activations", "trainable")}


def nested():
    """A model with a chain, a graph and a shared layer in it; `shared` is called twice and frozen."""
    with fresh_names():
        row = nbkeras.Input((32,), name="row")
        chain = nbkeras.Sequential(
            [layers.Dense(8, activation="relu", name="a"), layers.Dense(4, name="b")], name="chain"
        )
        half = nbkeras.Input((4,), name="half")
        graph = nbkeras.Model(half, layers.Add(name="plus")([half, layers.Dense(4, name="c")(half)]), name="graph")
        shared = layers.Dense(4, name="shared", trainable=False)
        x = chain(row)
        y = shared(layers.ReLU(name="relu")(shared(graph(x))))
        return nbkeras.Model(row, [y + 1.0, layers.Concatenate(name="both")([x, y])], name="outer")


def edges(dot):
    return set(re.findall(r'"([^"]+)" -> "([^"]+)"', dot.to_string()))


def labels(dot):
    """What is read in each box, by its identifier."""
    found = re.findall(r'^ *"([^"]+)" \[label=<(.*)>\];$', dot.to_string(), re.MULTILINE)
    return {name: "|".join(ElementTree.fromstring(table).itertext()) for name, table in found}


# --- DOT --------------------------------------------------------------------------------------------------------------


def test_edges_join_layers():
    outside = {("row", "chain"), ("chain", "graph"), ("graph", "shared"), ("shared", "relu"), ("relu", "shared")}
    assert edges(model_to_dot(nested())) == outside | {("shared", "add"), ("chain", "both"), ("shared", "both")}


def test_expanded_models_are_joined_by_their_ends():
    dot = model_to_dot(nested(), expand_nested=True)
    inside = {
        ("chain/a", "chain/b"),
        ("graph/half", "graph/c"),
        ("graph/half", "graph/plus"),
        ("graph/c", "graph/plus"),
    }
    found = edges(dot)
    assert inside <= found
    assert {("row", "chain/a"), ("chain/b", "graph/half"), ("graph/plus", "shared"), ("chain/b", "both")} <= found
    assert dot.to_string().count("subgraph") == 2


def test_boxes_tell_what_is_asked_for():
    told = labels(model_to_dot(nested(), expand_nested=True, **EVERYTHING))
    assert told["row"] == "row (InputLayer)|Output shape: (None, 32)|Output dtype: float32"
    shapes = "Input shape: (None, 32)|Output shape: (None, 8)|Output dtype: float32"
    assert told["chain/a"] == f"a (Dense)|Activation: |relu|{shapes}|Trainable"
    assert told["shared"] == (
        "shared (Dense)|Activation: |linear|Input shape: (None, 4)|Output shape: (None, 4)|Output dtype: float32"
        "|Non-trainable"
    )
    assert labels(model_to_dot(nested(), show_layer_names=False))["relu"] == "ReLU"


def test_a_layer_called_on_several_shapes_tells_none():
    flat, pair = nbkeras.Input((4,)), nbkeras.Input((2, 4))
    head = layers.Dense(1, name="head")
    told = labels(model_to_dot(nbkeras.Model([flat, pair], [head(flat), head(pair)]), show_shapes=True))
    assert told["head"] == "head (Dense)|Input shape: ?|Output shape: ?"


def test_a_chain_has_no_input():
    model = nbkeras.Sequential([nbkeras.Input((8,)), layers.Dense(4, name="a"), layers.Dense(2, name="b")])
    assert edges(model_to_dot(model)) == {("a", "b")}
    assert set(labels(model_to_dot(model))) == {"a", "b"}


def test_a_model_by_its_call_is_one_box():
    class Net(nbkeras.Model):
        def __init__(self):
            super().__init__(name="net")
            self.head = layers.Dense(1)

        def call(self, x):
            return self.head(x)

    model = Net()
    with pytest.raises(ValueError, match="Net 'net' cannot be plotted before it is built"):
        model_to_dot(model)
    model.build((None, 3))
    assert labels(model_to_dot(model, show_trainable=True)) == {"net": "net (Net)|Trainable"}


def test_names_are_escaped():
    row = nbkeras.Input((2,))
    model = nbkeras.Model(row, layers.Dense(1, name='<b>&"x"')(row))
    source = model_to_dot(model).to_string()
    assert r"\"x\"" in source
    assert "<b>&lt;b&gt;&amp;&quot;x&quot; (Dense)</b>" in source


def test_source_is_written_and_can_be_part_of_another(tmp_path):
    dot = model_to_dot(nested(), rankdir="LR", dpi=96)
    dot.write(tmp_path / "net.dot")
    assert (tmp_path / "net.dot").read_text() == dot.to_string() == str(dot)
    assert "rankdir=LR" in dot.to_string()
    assert "dpi=96" in dot.to_string()
    part = model_to_dot(nested(), subgraph=True).to_string()
    assert part.startswith('subgraph "cluster_outer" {')
    assert part.count("{") == part.count("}")
    with pytest.raises(ValueError, match="plot_model draws pictures"):
        dot.write(tmp_path / "net.png", format="png")


# --- places -----------------------------------------------------------------------------------------------------------


def plotted(model, rankdir):
    return places(diagram_of(model, Shown(shapes=True, trainable=True), expand_nested=True), rankdir)


def small_mobilenet():
    with unfilled(2**62):
        return applications.MobileNetV2((96, 96, 3), weights=None)


@pytest.mark.parametrize("build", [nested, small_mobilenet])
@pytest.mark.parametrize("rankdir", RANKDIRS)
def test_boxes_stand_apart_and_within_their_frames(build, rankdir):
    plot = plotted(build(), rankdir)
    for place in plot.places:
        assert -1e-6 <= place.left <= place.left + place.width <= plot.width + 1e-6
        assert -1e-6 <= place.top <= place.top + place.height <= plot.height + 1e-6
    inside = {id(box): place for place in plot.places if place.box.inside for box in place.box.inside.boxes}
    for number, one in enumerate(plot.places):
        frame = inside.get(id(one.box))
        if frame is not None:
            assert frame.left < one.left < one.left + one.width < frame.left + frame.width
            assert frame.top < one.top < one.top + one.height < frame.top + frame.height
        for other in plot.places[:number]:
            if inside.get(id(other.box)) is frame:
                apart_across = one.left + one.width <= other.left or other.left + other.width <= one.left
                apart_along = one.top + one.height <= other.top or other.top + other.height <= one.top
                assert apart_across or apart_along, f"{one.box.title} lies on {other.box.title}"


def test_boxes_are_as_wide_as_their_text():
    """A capital M is about three times as wide as an i."""
    model = nbkeras.Sequential([nbkeras.Input((4,)), layers.Dense(1, name="M" * 20), layers.Dense(1, name="i" * 20)])
    wide, narrow = places(diagram_of(model, Shown()), "TB").places
    assert wide.width - narrow.width > 20 * 5


def test_arrows_between_two_rows_bend_at_one_height():
    image, row = nbkeras.Input((4,)), nbkeras.Input((4,))
    tall = layers.Dense(4, activation="relu")(layers.ReLU()(image))
    model = nbkeras.Model([image, row], layers.Concatenate(name="joined")([tall, row]))
    diagram = diagram_of(model, Shown(layer_activations=True))
    arrows = zip(diagram.edges, places(diagram, "TB").arrows)
    tall_box, flat_box = (
        arrow for (_, target), arrow in arrows if diagram.boxes[target].title == "joined (Concatenate)"
    )
    assert tall_box[0][1] > flat_box[0][1]
    assert tall_box[-2][1] == flat_box[-2][1]


@pytest.mark.parametrize("rankdir", RANKDIRS)
def test_arrows_go_from_box_to_box_in_the_direction_asked_for(rankdir):
    diagram = diagram_of(small_mobilenet(), Shown(layer_names=True))
    plot = places(diagram, rankdir)
    assert len(plot.arrows) == len(diagram.edges)
    axis, sign = {"TB": (1, 1), "BT": (1, -1), "LR": (0, 1), "RL": (0, -1)}[rankdir]
    for (source, target), arrow in zip(diagram.edges, plot.arrows):
        for number, (x, y) in ((source, arrow[0]), (target, arrow[-1])):
            place = plot.places[number]
            assert place.left - 1e-6 <= x <= place.left + place.width + 1e-6
            assert place.top - 1e-6 <= y <= place.top + place.height + 1e-6
        assert sign * (arrow[-1][axis] - arrow[0][axis]) > 0


# --- pictures ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "begins", "splines"),
    [("net.png", b"\x89PNG", "ortho"), ("net.svg", b"<?xml", "curved"), ("net.pdf", b"%PDF", "polyline")],
)
def test_pictures_are_the_same_every_time(name, begins, splines, tmp_path):
    picture = plot_model(nested(), tmp_path / name, splines=splines, dpi=40, **EVERYTHING)
    assert picture.data.startswith(begins)
    assert (tmp_path / name).read_bytes() == picture.data
    assert plot_model(nested(), tmp_path / name, splines=splines, dpi=40, **EVERYTHING).data == picture.data
    assert len(picture._repr_mimebundle_()) == 2


def test_text_in_pictures_is_text(tmp_path):
    row = nbkeras.Input((2,))
    model = nbkeras.Model(row, layers.Dense(1, name="a $x$ <b>")(row))
    drawn = ElementTree.fromstring(plot_model(model, tmp_path / "net.svg", show_layer_names=True).data)
    assert "a $x$ <b> (Dense)" in {"".join(one.itertext()).strip() for one in drawn.iter() if one.tag.endswith("text")}


def size_of(picture):
    return struct.unpack(">II", picture.data[16:24])


def test_size_follows_the_resolution(tmp_path):
    coarse, fine = (plot_model(nested(), tmp_path / "net", dpi=dpi) for dpi in (36, 72))
    assert coarse.filename.endswith("net.png")
    assert all(abs(2 * a - b) <= 2 for a, b in zip(size_of(coarse), size_of(fine)))


def test_a_picture_that_is_too_large_has_a_lower_resolution(tmp_path, monkeypatch):
    monkeypatch.setattr("nbkeras.utils.model_plot.MOST_PIXELS", 300)
    with pytest.warns(UserWarning, match="so dpi is"):
        picture = plot_model(nested(), tmp_path / "net.png")
    assert max(size_of(picture)) <= 300


MISTAKES = {
    "ending": ({"to_file": "net.bmp"}, "to_file must end in .png, .svg, .pdf, got 'net.bmp'"),
    "direction": ({"rankdir": "UP"}, "rankdir must be one of TB, BT, LR, RL, got 'UP'"),
    "splines": ({"splines": "wavy"}, "splines must be one of"),
    "range": ({"layer_range": ["a", "b"]}, "layer_range"),
    "unknown": ({"show_weights": True}, "plots have no argument 'show_weights'"),
}


@pytest.mark.parametrize(("arguments", "message"), MISTAKES.values(), ids=MISTAKES)
def test_names_the_mistake(arguments, message):
    with pytest.raises(ValueError) as caught:
        plot_model(nested(), **arguments)
    assert message in str(caught.value)
