"""Boxes and masks drawn into images, and galleries of them."""

import sys

import matplotlib
import numpy as np
import pytest

from nbkeras import visualization
from nbkeras.visualization import galleries

BOXES = {"boxes": np.array([[[2.0, 3.0, 7.0, 9.0], [0.0, 0.0, 3.0, 3.0]]]), "labels": np.array([[1, -1]])}


@pytest.fixture(autouse=True)
def without_windows():
    matplotlib.use("agg")  # not by the environment: the kernels of tutorials inherit that of this process


def test_a_box_has_its_sides_in_its_colour_and_nothing_else():
    images = np.zeros((1, 12, 10, 3), "uint8")
    drawn = visualization.draw_bounding_boxes(images, BOXES, "xyxy", color=(9, 8, 7), line_thickness=1)
    sides = np.zeros((12, 10), bool)
    sides[3:10, [2, 7]] = True
    sides[[3, 9], 2:8] = True
    np.testing.assert_array_equal(drawn[0], sides[..., None] * np.array([9, 8, 7]))
    assert not images.any()


@pytest.mark.parametrize("thickness", [2, 3, 5])
def test_thicker_lines_cover_thinner_ones(thickness):
    images = np.zeros((1, 24, 20, 3))
    boxes = {"boxes": BOXES["boxes"] * 2, "labels": BOXES["labels"]}
    thin, thick = (visualization.draw_bounding_boxes(images, boxes, "xyxy", line_thickness=n) for n in (1, thickness))
    assert (thick[thin > 0] > 0).all()
    row = thick[0, 12, :, 0] > 0  # across both upright sides
    assert row.sum() == 2 * thickness


def test_formats_and_layouts_draw_the_same():
    images = np.random.RandomState(0).uniform(size=(1, 12, 10, 3))
    drawn = visualization.draw_bounding_boxes(images, BOXES, "xyxy")
    other = {"boxes": np.array([[[2.0, 3.0, 5.0, 6.0], [0.0, 0.0, 3.0, 3.0]]]), "labels": BOXES["labels"]}
    np.testing.assert_array_equal(visualization.draw_bounding_boxes(images, other, "xywh"), drawn)
    first = np.moveaxis(images, -1, 1)
    np.testing.assert_array_equal(
        visualization.draw_bounding_boxes(first, BOXES, "xyxy", data_format="channels_first"), drawn
    )


def test_words_are_written_in_the_colour():
    images = np.zeros((1, 80, 120, 3))
    boxes = {"boxes": np.array([[[20.0, 50.0, 90.0, 70.0]]]), "labels": [[1]], "confidences": [[0.75]]}
    plain = visualization.draw_bounding_boxes(images, boxes, "xyxy")
    words, thicker = (
        visualization.draw_bounding_boxes(images, boxes, "xyxy", {1: "cat"}, (0, 200, 0), text_thickness=n)
        for n in (1, 3)
    )
    above = slice(0, 42)
    assert not plain[0, above].any()
    assert words[0, above, :, 1].max() > 150
    assert not words[..., [0, 2]].any()
    assert thicker[0, above].sum() > words[0, above].sum()


def test_masks_blend_with_the_image():
    images = np.full((1, 1, 3, 3), 100.0)
    masks = np.array([[[[0], [1], [-1]]]])
    drawn = visualization.draw_segmentation_masks(
        images, masks, color_mapping={0: (0, 0, 0), 1: (200, 0, 50)}, alpha=0.5
    )
    np.testing.assert_array_equal(drawn[0, 0], [[50, 50, 50], [150, 50, 75], [100, 100, 100]])
    plain = visualization.draw_segmentation_masks(images, masks, blend=False)
    assert plain.dtype == "float32"
    assert len({tuple(color) for color in plain[0, 0]}) == 3
    with pytest.raises(TypeError, match="masks of integers"):
        visualization.draw_segmentation_masks(images, masks.astype("float32"))


@pytest.fixture
def figure(monkeypatch):
    """What `show` would have shown."""
    pyplot = pytest.importorskip("matplotlib.pyplot")
    shown = []
    monkeypatch.setattr(pyplot, "show", lambda: shown.append(pyplot.gcf()))
    monkeypatch.setattr(pyplot, "close", lambda figure: None)
    yield shown
    monkeypatch.undo()
    pyplot.close("all")


def test_a_gallery_shows_every_image(figure):
    images = np.arange(5.0).reshape(5, 1, 1, 1) * np.ones((5, 4, 4, 3)) / 4
    visualization.plot_image_gallery(
        images, value_range=(0, 1), y_true=np.arange(5), y_pred=[4] * 5, label_map={0: "zero", 4: "four"}
    )
    axes = figure[0].axes
    shown = [axis.images[0].get_array()[0, 0, 0] for axis in axes if axis.images]
    assert shown == [0, 63, 127, 191, 255]
    assert axes[0].get_title() == "Label: zero  Pred: four"
    assert axes[1].get_title() == "Label: Unknown  Pred: four"


def test_galleries_of_boxes_and_masks_write_files(tmp_path):
    images = np.zeros((2, 12, 10, 3))
    boxes = {"boxes": np.tile(BOXES["boxes"], (2, 1, 1)), "labels": np.tile(BOXES["labels"], (2, 1))}
    visualization.plot_bounding_box_gallery(
        images, "xyxy", y_true=boxes, y_pred=boxes, legend=True, path=tmp_path / "boxes.png"
    )
    masks = np.ones((2, 12, 10, 1))
    visualization.plot_segmentation_mask_gallery(images, 2, y_true=masks, y_pred=masks, path=tmp_path / "masks.png")
    for name in ("boxes.png", "masks.png"):
        assert (tmp_path / name).read_bytes().startswith(b"\x89PNG")


def test_masks_stand_beside_their_image(figure):
    images = np.full((2, 4, 4, 3), 100.0)
    visualization.plot_segmentation_mask_gallery(images, 3, y_true=np.full((2, 4, 4, 1), 2), alpha=1.0)
    colors = [axis.images[0].get_array()[0, 0].tolist() for axis in figure[0].axes]
    assert colors[0] == colors[2] == [100, 100, 100]
    assert colors[1] == colors[3] == np.asarray(visualization.masks._palette(3))[2].tolist()


MISTAKES = {
    "path or show, got both": lambda: visualization.plot_image_gallery(np.zeros((1, 4, 4, 3)), path="x", show=True),
    "expects label_map": lambda: visualization.plot_image_gallery(np.zeros((1, 4, 4, 3)), y_true=[0]),
    "batch of images, of rank 4": lambda: visualization.plot_image_gallery(np.zeros((4, 4, 3))),
    "dictionary of 'boxes' and 'labels'": lambda: visualization.draw_bounding_boxes(
        np.zeros((1, 4, 4, 3)), {"boxes": []}, "xyxy"
    ),
    "legend or legend_handles, got both": lambda: visualization.plot_bounding_box_gallery(
        np.zeros((1, 4, 4, 3)), "xyxy", legend=True, legend_handles=[1]
    ),
}


@pytest.mark.parametrize("words", MISTAKES)
def test_mistakes_are_named(words):
    with pytest.raises(ValueError, match=words):
        MISTAKES[words]()


def test_without_matplotlib_there_is_the_line_that_installs_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match="pip install matplotlib"):
        galleries.plot_image_gallery(np.zeros((1, 4, 4, 3)))
