"""Pictures of models, in files: our own layout, drawn by matplotlib, without Graphviz."""

import io
import itertools
import os
from pathlib import Path
from typing import Any

from nbkeras.saving.atomic import replacing
from nbkeras.utils.model_plot_dot import check_keywords
from nbkeras.utils.model_plot_graph import Shown, diagram_of
from nbkeras.utils.model_plot_places import FONT, LINE, Plot, places, text_width
from nbkeras.warning import warn

__all__ = ["Picture", "plot_model"]

FORMATS = {"png": "image/png", "svg": "image/svg+xml", "pdf": "application/pdf"}
SPLINES = ("ortho", "curved", "spline", "polyline", "line")
POINTS = 72.0  # in an inch
MARGIN = 8.0
MOST_PIXELS = 2**16 - 1  # a side that matplotlib can draw
DARK, LIGHT, LINE_COLOR = "#1b1b1b", "#ffffff", "#606060"
TRAINED, FROZEN = "#228b22", "#b22222"


class Picture:
    """A picture in a file, which a notebook shows.

    Attributes:
        filename: of the file.
        data: its content.
    """

    def __init__(self, filename: Path, data: bytes) -> None:
        self.filename = str(filename)
        self.data = data

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        kind = FORMATS[self.filename.rpartition(".")[2].lower()]
        return {kind: self.data.decode() if kind == "image/svg+xml" else self.data, "text/plain": repr(self)}

    def __repr__(self) -> str:
        return f"<Picture {self.filename}>"


def plot_model(
    model: Any,
    to_file: str | os.PathLike[str] = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: float = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **kwargs: Any,
) -> Picture:
    """Draws a model into a file; neither Graphviz nor pydot is needed.

    Args:
        model: built.
        to_file: ends in `.png`, `.svg` or `.pdf`; without an ending, `.png` is added.
        show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable: what a box tells.
        rankdir: where the arrows go: `"TB"` from the top to the bottom, `"BT"`, `"LR"` or `"RL"`.
        expand_nested: whether a model within shows its own layers, in a frame.
        dpi: pixels in an inch; of a picture that would be too large, fewer, with a warning.
        splines: arrows with right angles, `"ortho"`; `"curved"` or `"spline"`; or straight, `"polyline"` or `"line"`.

    Returns:
        The picture, which a notebook shows.

    Raises:
        ValueError: if the model is not built, and for unknown arguments, formats and directions.

    Example:
        >>> model = nbkeras.Sequential([nbkeras.Input((8,)), nbkeras.layers.Dense(1)])
        >>> plot_model(model, "model.svg", show_shapes=True)
        <Picture model.svg>
    """
    check_keywords(kwargs, rankdir)
    if splines not in SPLINES:
        raise ValueError(f"splines must be one of {', '.join(SPLINES)}, got {splines!r}")
    path = Path(to_file)
    path = path if path.suffix else path.with_suffix(".png")
    kind = path.suffix[1:].lower()
    if kind not in FORMATS:
        raise ValueError(f"to_file must end in {', '.join(f'.{one}' for one in FORMATS)}, got '{path}'")
    shown = Shown(show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable)
    data = _drawn(places(diagram_of(model, shown, expand_nested), rankdir), kind, dpi, splines, rankdir)
    with replacing(path) as file:
        file.write(data)
    return Picture(path, data)


def _drawn(plot: Plot, kind: str, dpi: float, splines: str, rankdir: str) -> bytes:
    """The file of a plot, the same for the same model."""
    from matplotlib.figure import Figure  # half a second, which every start would pay

    width, height = plot.width + 2 * MARGIN, plot.height + 2 * MARGIN
    figure = Figure(figsize=(width / POINTS, height / POINTS))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(-MARGIN, width - MARGIN), ylim=(height - MARGIN, -MARGIN))
    axes.axis("off")
    for arrow in plot.arrows:
        _draw_arrow(axes, arrow, splines, rankdir in ("LR", "RL"))
    for place in plot.places:
        (_draw_box if place.box.inside is None else _draw_frame)(axes, place)
    content = io.BytesIO()
    metadata = {"png": {"Software": None}, "svg": {"Date": None}, "pdf": {"CreationDate": None}}[kind]
    most = MOST_PIXELS * POINTS / max(width, height)
    if kind == "png" and dpi > most:
        warn(f"with dpi={dpi} a side would have over {MOST_PIXELS:,} pixels, so dpi is {most:.0f}; .svg has no limit")
        dpi = most
    from matplotlib import rc_context

    with rc_context({"svg.hashsalt": "nbkeras", "svg.fonttype": "none", "pdf.fonttype": 42}):
        figure.savefig(content, format=kind, dpi=dpi, metadata=metadata)
    return content.getvalue()


def _draw_box(axes, place):
    """The title on dark ground, then the rows that were asked for."""
    box, y = place.box, place.top
    _rectangle(axes, place.left, y, place.width, LINE, DARK)
    _write(axes, place.left + place.width / 2, y, box.title, LIGHT, weight="bold")
    cells = [(cell, LIGHT, DARK) for cell in box.cells]
    if box.trainable is not None:
        cells.append(("Trainable", TRAINED, LIGHT) if box.trainable else ("Non-trainable", FROZEN, LIGHT))
    for row in [[(f"Activation: {box.activation}", LIGHT, DARK)]] * bool(box.activation) + [cells] * bool(cells):
        y += LINE
        widths, x = [text_width(text) for text, _, _ in row], place.left
        for (text, ground, ink), wanted in zip(row, widths):
            width = place.width * wanted / sum(widths)
            _rectangle(axes, x, y, width, LINE, ground)
            _write(axes, x + width / 2, y, text, ink)
            x += width


def _draw_frame(axes, place):
    """A dashed frame around the layers of a model, with its title."""
    _rectangle(axes, place.left, place.top, place.width, place.height, "none", linestyle="--", zorder=1)
    _write(axes, place.left + place.width / 2, place.top, place.box.title, DARK, weight="bold")


def _rectangle(axes, left, top, width, height, ground, zorder=2, **style):
    from matplotlib.patches import Rectangle

    axes.add_patch(
        Rectangle((left, top), width, height, facecolor=ground, edgecolor=DARK, linewidth=0.8, zorder=zorder, **style)
    )


def _write(axes, x, top, text, ink, **style):
    """Text in the middle of a row; a `$` in it is no mathematics."""
    axes.text(
        x, top + LINE / 2, text, color=ink, size=FONT, ha="center", va="center_baseline", parse_math=False, **style
    )


def _draw_arrow(axes, points, splines, is_sideways):
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path as Outline

    if splines in ("ortho", "curved", "spline"):
        points = _bent(points, is_sideways)
    step = Outline.CURVE4 if splines in ("curved", "spline") else Outline.LINETO
    codes = [Outline.MOVETO, *[step] * (len(points) - 1)]
    style = {"arrowstyle": "-|>", "mutation_scale": 9, "color": LINE_COLOR, "linewidth": 1.1, "zorder": 1}
    axes.add_patch(FancyArrowPatch(path=Outline(points, codes), shrinkA=0, shrinkB=0, **style))


def _bent(points, is_sideways):
    """Two points more half way between any two: corners, or the controls of a curve that goes the same way."""
    found = [points[0]]
    for (x, y), (next_x, next_y) in itertools.pairwise(points):
        if is_sideways:
            middle = (x + next_x) / 2
            found += [(middle, y), (middle, next_y), (next_x, next_y)]
        else:
            middle = (y + next_y) / 2
            found += [(x, middle), (next_x, middle), (next_x, next_y)]
    return found
