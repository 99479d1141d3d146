"""Where the boxes of a plot are: each model laid out by itself, and as one large box in the model around it.

All is computed with the arrows downwards and turned at the end, so "across" is the direction of a row and "along" that
of the arrows.
"""

from dataclasses import dataclass

from nbkeras.layout import ROW_GAP, lay_out
from nbkeras.utils.model_plot_graph import Box, Diagram

__all__ = ["FONT", "LINE", "Place", "Plot", "places", "text_width"]

FONT = 10.0  # points, the size of letters
LINE = 20.0  # points, the height of a row
PADDING = 18.0  # beside a text
FRAME = 12.0  # between the boxes of a model and the frame around them
SIDEWAYS = ("LR", "RL")
NOTHING = 1e-6  # points, below which a length is an error of rounding
UNIT = 1.0  # the height that all boxes have while rows are made


@dataclass
class Place:
    """A box, or the frame around a model, from its upper left corner, in points."""

    box: Box
    left: float
    top: float
    width: float
    height: float


@dataclass
class Plot:
    """Everything that is drawn: boxes, frames first, and the points of each arrow."""

    width: float
    height: float
    places: list[Place]
    arrows: list[list[tuple[float, float]]]


def places(diagram: Diagram, rankdir: str = "TB") -> Plot:
    """The plot of a diagram.

    Args:
        rankdir: where the arrows go: `"TB"`, `"BT"`, `"LR"` or `"RL"`.
    """
    plot = _laid_out(diagram, rankdir)
    if rankdir in ("BT", "RL"):
        for place in plot.places:
            place.top = plot.height - place.top - place.height
        plot.arrows = [[(x, plot.height - y) for x, y in arrow] for arrow in plot.arrows]
    return _turned(plot) if rankdir in SIDEWAYS else plot


def _turned(plot):
    """Rows as columns."""
    turned = [Place(one.box, one.top, one.left, one.height, one.width) for one in plot.places]
    return Plot(plot.height, plot.width, turned, [[(y, x) for x, y in arrow] for arrow in plot.arrows])


def _laid_out(diagram, rankdir):
    inner = [_laid_out(box.inside, rankdir) if box.inside else None for box in diagram.boxes]
    sizes = [_size(box, plot, rankdir in SIDEWAYS) for box, plot in zip(diagram.boxes, inner)]
    forward = [edge for edge in diagram.edges if edge[0] < edge[1]]
    backward = [edge for edge in diagram.edges if edge[0] > edge[1]]  # to a layer that is called again
    layout = lay_out([across for across, _ in sizes], UNIT, forward + [(b, a) for a, b in backward])
    rows = [round((y - UNIT / 2) / (UNIT + ROW_GAP)) for _, y in layout.centers]
    tops, extents = _rows(rows, sizes)
    plot = Plot(layout.width, tops[-1] + extents[-1] if tops else 0.0, [], [])
    found = []
    for box, plotted, (across, along), (x, _), row in zip(diagram.boxes, inner, sizes, layout.centers, rows):
        place = Place(box, x - across / 2, tops[row] + (extents[row] - along) / 2, across, along)
        found.append(place)
        plot.places.append(place)
        if plotted is not None:
            _put(plotted, place, plot, rankdir)
    ends = forward + [(b, a) for a, b in backward]
    arrows = [_arrow(path, found[a], found[b], tops, extents) for path, (a, b) in zip(layout.paths, ends)]
    plot.arrows += arrows[: len(forward)] + [arrow[::-1] for arrow in arrows[len(forward) :]]
    return plot


def _size(box, plot, is_sideways):
    """How large a box is, across and along."""
    if plot is not None:
        label = (2 * FRAME, 2 * FRAME + LINE)
        across, along = label[::-1] if is_sideways else label
        return max(plot.width + across, 0.0 if is_sideways else text_width(box.title, "bold")), plot.height + along
    cells = sum(map(text_width, box.cells)) + (0.0 if box.trainable is None else text_width("Non-trainable"))
    activation = text_width(f"Activation: {box.activation}") if box.activation else 0.0
    width = max(text_width(box.title, "bold"), cells, activation)
    height = LINE * (1 + bool(box.activation) + bool(cells))
    return (height, width) if is_sideways else (width, height)


def text_width(text: str, weight: str = "normal") -> float:
    """How wide a text is with the space around it, in points."""
    from matplotlib.font_manager import FontProperties  # half a second, which every start would pay
    from matplotlib.textpath import text_to_path

    font = FontProperties(size=FONT, weight=weight)
    return text_to_path.get_text_width_height_descent(text, font, ismath=False)[0] + PADDING


def _rows(rows, sizes):
    """Where each row begins, and how high it is."""
    extents = [0.0] * (max(rows, default=-1) + 1)
    for row, (_, along) in zip(rows, sizes):
        extents[row] = max(extents[row], along)
    tops, y = [], 0.0
    for extent in extents:
        tops.append(y)
        y += extent + ROW_GAP
    return tops, extents


def _arrow(path, source, target, tops, extents):
    """The points of an arrow from the lower side of one box to the upper side of another.

    Straight through what is left of a row above and below its box, so that all arrows between two rows bend alike.
    """
    points = []
    for x, y in path:
        row = int(y / (UNIT + ROW_GAP) + 1e-9)
        share = (y - row * (UNIT + ROW_GAP)) / UNIT
        points.append((x, tops[row] + share * extents[row]))
    begin, end = (points[0][0], source.top + source.height), (points[-1][0], target.top)
    return [begin] * (begin[1] < points[0][1] - NOTHING) + points + [end] * (end[1] > points[-1][1] + NOTHING)


def _put(plot, frame, outer, rankdir):
    """Moves what is inside a model to its frame; the frame's label stands above it, whatever way the arrows go."""
    right = frame.left + FRAME + (LINE if rankdir in SIDEWAYS else 0.0)
    down = frame.top + FRAME + (LINE if rankdir == "TB" else 0.0)
    for place in plot.places:
        place.left += right
        place.top += down
        outer.places.append(place)
    outer.arrows += [[(x + right, y + down) for x, y in arrow] for arrow in plot.arrows]
