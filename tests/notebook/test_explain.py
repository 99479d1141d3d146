"""`%explain`: what a reader sees, in a real IPython shell."""

import re
import struct
import zlib
from base64 import b64decode
from pathlib import Path

import numpy as np
import pytest

import nbkeras
from nbkeras.explain import AttentionMap, AttentionMaps, Explanation, Importance, Stage
from nbkeras.notebook.views.explained import Words
from nbkeras.notebook.views.explanation import explanation_bundle
from nbkeras.notebook.views.fitted import fitted_image, resized
from nbkeras.notebook.views.heat import as_picture, colours, grid, overlay
from nbkeras.notebook.views.signed import signed, signed_bar
from nbkeras.png import png

MODELS = (
    """%%model table --seed 0 --quiet
Input((4,))
Dense(8, activation="relu")
Dense(3, activation="softmax")
compile("adam", "sparse_categorical_crossentropy", ["accuracy"])
""",
    """%%model picture --seed 0 --quiet
Input((28, 28, 1))
stem: Conv2D(4, 3, activation="relu")
MaxPooling2D()
Conv2D(4, 3, activation="relu", name="last")
GlobalAveragePooling2D()
Dense(3, activation="softmax")
""",
    """%%model words --seed 0 --quiet
Input((12,), dtype="int32")
Embedding(20, 4)
LSTM(4)
Dense(1, activation="sigmoid")
""",
    """%%model series --seed 0 --quiet
x: Input((6, 8))
MultiHeadAttention(2, 4, name="heads")(x, x)
GlobalAveragePooling1D()
Dense(1)
""",
    """%%model pair --seed 0 --quiet
a: Input((2,))
b: Input((3,))
concatenate([a, b])
Dense(1)
""",
    """%%model wave --seed 0 --quiet
Input((6, 8))
Conv1D(4, 3, activation="relu")
GlobalAveragePooling1D()
Dense(2)
""",
)
EVIL = "<script>alert('&')</script>"
PROMISES = {  # line -> what its text and its HTML say
    "table X[0]": ["integrated gradients", "predicts class ", "confidence 0.", "explained: class ", "baseline: 0"],
    "table X[:2] --target 1": ["2 examples", "explained: class 1", "residual ", " of it"],
    "table X[0] --names ['a', 'b', 'c', 'd'] --classes ['x', 'y', 'z'] --target 'z'": ["class 2 (z)", "b  "],
    "table X[0] --baseline X.mean(0) --steps 8": ["baseline: values from", "8 steps"],
    "table X[0] --sanity": ["sanity check", "from the top", "rank correlation", "random weights"],
    "table X y": ["permutation importance", "as it is; worse by", "feature 3"],
    "table X y --measure accuracy --steps 2": ["accuracy worse by", "2 shuffles"],
    "picture P[0]": ["Grad-CAM", "layer last", "none, the method compares with nothing", "of 28 × 28 pixels"],
    "picture P[0] --layer stem": ["layer stem"],
    "picture P[0] --method smooth-grad --steps 2": ["SmoothGrad", "mean of 2 gradients"],
    "picture P[0] --method occlusion": ["occlusion", "patches of 6 × 6, 3 apart", "for"],
    "words T[0]": ["gradient × embedding", "the probability of class 1", "layer embedding"],
    "words T[0] --names {'cat': 3, 'dog': 4}": ["cat", "dog"],
    "words T[0] --method occlusion": ["occlusion", "baseline: token 0 in place of each"],
    "series S[0]": ["attention layers", "where the layers look", "baseline: none", "2 heads, 6 queries, 6 keys"],
    "series S[1]": ["head 0: a query attends to about", "head 1: a query attends to about"],
    "series S[0] --method integrated_gradients": ["is not known", "explained: the output", "step 0, feature"],
    "pair [X[:1, :2], X[:1, :3]]": ["(2,) and (3,)", "a: feature 1", "b: feature 2"],
    "pair [X[:1, :2], X[:1, :3]] --names list('vwxyz')": ["a: v", "b: z"],
    "wave S[0] --method grad_cam": ["Grad-CAM", "step 5", "largest is output"],
    "wave S[0] --method occlusion": ["step 0", "attribution"],
}  # fmt: skip


@pytest.fixture
def ready(notebook):
    rng = np.random.default_rng(0)
    notebook.variables.update(
        X=rng.normal(size=(40, 4)).astype("float32"),
        y=rng.integers(0, 3, 40),
        P=rng.random((3, 28, 28, 1)).astype("float32"),
        T=np.array([[3, 4, 3, 7, 19, 1, 2, 5, 0, 0, 0, 0]], "int32"),
        S=rng.normal(size=(2, 6, 8)).astype("float32"),
    )
    for cell in MODELS:
        notebook.run(cell)
    return notebook


@pytest.mark.parametrize("line", PROMISES)
def test_text_and_html_say_the_same(ready, line):
    bundle = ready.shown(f"%explain {line}")
    plain, html = bundle["text/plain"], re.sub(r"<[^>]*>", " ", bundle["text/html"])
    for promise in PROMISES[line]:
        assert promise in plain
        assert promise.strip() in html
    assert len(bundle["text/html"]) < 60_000
    assert not re.search(r"<(script|style|svg)", bundle["text/html"])
    assert all(alt for alt in re.findall(r'<img alt="([^"]*)"', bundle["text/html"]))
    assert bundle["text/html"].count("<img ") == len(re.findall(r'<img alt="[^"]+"', bundle["text/html"]))


@pytest.mark.parametrize("line", PROMISES)
def test_a_second_time_it_shows_the_same(ready, line):
    assert ready.shown(f"%explain {line}") == ready.shown(f"%explain {line}")


@pytest.mark.parametrize("line", PROMISES)
def test_what_varies_is_left_out_of_comparisons(ready, line):
    """With other weights, the sanitised outputs are the same."""
    first = sanitised(ready.shown(f"%explain {line}"))
    name = line.split()[0]
    ready.run(f"{name}.set_weights([1.5 * w + 0.1 for w in {name}.get_weights()])")
    assert sanitised(ready.shown(f"%explain {line}")) == first


def sanitised(bundle):
    """A bundle as nbval compares it with the sanitizers that are shipped."""
    rules = (Path(nbkeras.__file__).parent / "notebook" / "nbval.cfg").read_text(encoding="utf-8")
    pairs = re.findall(r"^regex: (.*)\nreplace: (.*)$", rules, re.MULTILINE)
    cleaned = {}
    for kind, text in bundle.items():
        for pattern, replacement in pairs:
            text = re.sub(pattern, replacement, text)
        cleaned[kind] = text
    return cleaned


def test_a_frame_brings_its_names(ready):
    pandas = pytest.importorskip("pandas")
    ready.variables["frame"] = pandas.DataFrame(ready.variables["X"], columns=["one", "two", "three", "four"])
    for line in ("table frame.iloc[[0]]", "table frame.iloc[0]", "table frame y"):
        assert "three" in ready.shown(f"%explain {line}")["text/plain"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("table", "%explain expects inputs and targets after the model, got none"),
        ("X X", "%explain expects a model first, got X"),
        ("table X", "ValueError: at most 4 examples are explained at once, got 40; choose some, as X[:1]"),
        ("table X[0] --methd ig", "%explain has no option --methd; did you mean '--method'?"),
        ("table X[0] --method lime", "ValueError: there is no method 'lime'; choose one of integrated_gradients"),
        ("table X[0] --target 7", "ValueError: target expects an integer from 0 to 2"),
        (
            "table X[0] --layer stem",
            "ValueError: integrated_gradients takes no layer, which is for grad_cam, attention",
        ),
        ("picture P[0] --layer nothing", "has no layer 'nothing'; it has "),
        ("table Z[0]", "%explain: the name 'Z' is not defined"),
    ],
)
def test_mistakes(ready, line, message):
    printed = ready.error(f"%explain {line}")
    assert message in printed
    assert "nbkeras/" not in printed


def test_manual(ready):
    printed = ready.printed("%explain --help")
    for option in (
        "--target",
        "--layer",
        "--method",
        "--baseline",
        "--names",
        "--classes",
        "--sanity",
        "--steps",
        "--seed",
    ):
        assert option in printed


# --- views of what an engine returned ---


def explanation(attributions, inputs, **details):
    rows = len(inputs)
    details = {"outputs": np.array([[0.2, 0.8]] * rows), "targets": np.ones(rows, int), **details}
    return Explanation("integrated_gradients", attributions, inputs, **details)


@pytest.fixture
def model():
    return nbkeras.Sequential([nbkeras.layers.Input((3,)), nbkeras.layers.Dense(2)], name="net")


def test_bars_and_numbers_agree(model):
    found = explanation(np.array([[0.5, -1.0, 0.0]]), np.ones((1, 3)))
    lines = explanation_bundle(model, found, Words())["text/plain"].splitlines()
    assert [line.strip() for line in lines[-3:]] == [
        "feature 1   1.00        −1.00  ██████████│",
        "feature 0   1.00       +0.500            │█████",
        "feature 2   1.00            0            │",
    ]


def test_many_features_are_cut(model):
    found = explanation(np.arange(1.0, 51.0)[None], np.ones((1, 50)))
    bundle = explanation_bundle(model, found, Words())
    assert "and 30 others of at most 30.0 in size" in bundle["text/plain"]
    assert "and 30 others of at most 30.0 in size" in bundle["text/html"]


@pytest.mark.parametrize("words", [Words([EVIL] * 3, [EVIL] * 2), Words({0: EVIL, 1: EVIL}, [EVIL] * 2)])
@pytest.mark.parametrize("tokens", [False, True])
def test_everything_is_escaped(model, words, tokens):
    model.name = EVIL
    found = explanation(np.array([[0.5, -1.0, 0.0]]), np.ones((1, 3), int), tokens=tokens, settings={"layer": EVIL})
    maps = AttentionMaps(
        (AttentionMap(EVIL, np.full((1, 1, 3, 3), 1 / 3)),), found.inputs, found.outputs, found.targets
    )
    important = Importance(EVIL, 1.0, np.ones(3), np.ones(3), 5, 10)
    for one in (found, maps, important):
        html = explanation_bundle(model, one, words)["text/html"]
        assert "<script" not in html
        assert "&lt;script" in html


@pytest.mark.parametrize(
    ("stage", "verdict"),
    [
        (Stage(2, "dense", 0.1, 0.2), "changes with random weights, as it must"),
        (Stage(2, "dense", 0.1, 0.9), "does NOT change enough"),
        (Stage(2, "dense", float("nan"), float("nan")), "cannot be told"),
    ],
)
def test_verdict(model, stage, verdict):
    bundle = explanation_bundle(model, explanation(np.ones((1, 3)), np.ones((1, 3)), sanity=(stage,)), Words())
    assert verdict in bundle["text/plain"]
    assert verdict in bundle["text/html"]


def test_large_photographs_stay_small(model):
    rng = np.random.default_rng(0)
    found = explanation(rng.normal(size=(4, 256, 256, 3)), rng.random((4, 256, 256, 3)))
    assert len(explanation_bundle(model, found, Words())["text/html"]) < 60_000


def test_many_heads_stay_small(model):
    weights = np.random.default_rng(0).random((4, 16, 200, 200))
    maps = tuple(AttentionMap(f"layer{index}", weights) for index in range(6))
    found = AttentionMaps(maps, np.ones((4, 200, 3)), np.full((4, 2), 0.5), np.zeros(4, int))
    assert len(explanation_bundle(model, found, Words())["text/html"]) < 60_000


def test_many_tokens_stay_small(model):
    tokens = np.arange(1, 4001).reshape(4, 1000)
    found = explanation(np.random.default_rng(0).normal(size=tokens.shape), tokens, tokens=True)
    assert len(explanation_bundle(model, found, Words())["text/html"]) < 60_000


def test_padding_is_left_out(model):
    found = explanation(np.array([[0.0, 0.1, 0.2, 0.0, 0.0]]), np.array([[0, 5, 6, 0, 0]]), tokens=True)
    assert "3 tokens of padding left out" in explanation_bundle(model, found, Words())["text/plain"]


# --- pictures ---


def decoded(data):
    """The pixels of a PNG file whose rows are differences from the row above."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = {}, 8
    while at < len(data):
        (size,) = struct.unpack(">I", data[at : at + 4])
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        assert struct.unpack(">I", data[at + 8 + size : at + 12 + size])[0] == zlib.crc32(kind + body)
        chunks[kind], at = body, at + 12 + size
    width, height = struct.unpack(">II", chunks[b"IHDR"][:8])
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), "uint8").reshape(height, -1)
    assert set(rows[:, 0]) == {2}
    return np.cumsum(rows[:, 1:], axis=0, dtype="uint8").reshape(height, width, -1)


def test_png_keeps_the_pixels():
    pixels = np.random.default_rng(0).integers(0, 256, (5, 7, 3)).astype("uint8")
    np.testing.assert_array_equal(decoded(png(pixels)), pixels)


@pytest.mark.parametrize("most", [500, 5000, 50_000])
def test_an_image_has_the_size_it_may_have(most):
    pixels = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype("uint8")
    tag = fitted_image(pixels, "noise", most)
    assert len(b64decode(re.search('base64,([^"]*)', tag)[1])) <= most


def test_resizing_keeps_a_plane():
    plane = np.add.outer(np.arange(8.0), 2 * np.arange(6.0))
    np.testing.assert_allclose(resized(plane, 8, 6), plane)
    np.testing.assert_allclose(resized(plane, 4, 3), np.add.outer(np.arange(0.5, 8, 2), 2 * np.arange(0.5, 6, 2)))


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (np.array([[[0.0], [1.0]]]), [0, 255]),
        (np.array([[[0.0], [255.0]]]), [0, 255]),
        (np.array([[[-3.0], [5.0]]]), [0, 255]),
    ],
)
def test_images_of_any_range(image, expected):
    np.testing.assert_array_equal(as_picture(image)[0], [[value] * 3 for value in expected])


def test_overlay_is_blue_for_and_orange_against():
    values = np.array([[1.0, -1.0]] * 2)
    pixels = overlay(np.full((2, 2, 3), 128, "uint8"), values)
    left, right = pixels[0, 0].astype(int), pixels[0, -1].astype(int)
    assert left[2] > left[0]
    assert right[0] > right[2]


def test_what_alternates_within_a_large_image_is_added_up():
    values = np.tile([[3.0, -1.0], [-1.0, 0.0]], (64, 64))
    pixels = overlay(np.full((128, 128, 3), 128, "uint8"), values)
    assert (pixels[..., 2] > pixels[..., 0]).all()


def test_colours_rise_in_lightness():
    """As colour-blind readers and grey printers need it."""
    lightness = colours(np.linspace(0, 1, 50)) @ [0.2126, 0.7152, 0.0722]
    assert np.all(np.diff(lightness) > 0)


def test_grid():
    assert grid(np.array([[0.0, 0.5], [0.7, 1.0]])) == ["| ▒|", "|▓█|"]
    assert grid(np.array([[-1.0, -0.4], [0.0, 1.0]])) == ["|=-|", "| #|"]


@pytest.mark.parametrize(
    ("share", "both", "bar"),
    [(1.0, True, "    │████"), (-1.0, True, "████│"), (0.2, False, "│█"), (-0.1, True, "   ▐│"), (0.1, False, "│▌")],
)
def test_signed_bar(share, both, bar):
    assert signed_bar(share, 4, both) == bar


def test_signed():
    assert [signed(value) for value in (0.5, -0.5, 0.0, float("nan"))] == ["+0.500", "−0.500", "0", "nan"]
