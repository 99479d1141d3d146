"""The boxes of a graph as an SVG drawing: places, lines between them, and frames around what stands for many blocks."""

from collections.abc import Sequence
from dataclasses import dataclass

from nbkeras.layout import lay_out
from nbkeras.models.summary import ModelSummary
from nbkeras.notebook.views.flow import flow
from nbkeras.notebook.views.graph import Box, Frame, is_chain
from nbkeras.notebook.views.hover import share_of
from nbkeras.notebook.views.html import text

__all__ = ["FLOPS_COLOR", "HEAVY", "NAMESPACE", "PARAMETERS_COLOR", "Drawing", "Rectangle", "draw", "edges_of"]

NAMESPACE = "http://www.w3.org/2000/svg"
HEIGHT = 42.0
MARGIN = 6.0
ROOM = 860.0  # for the diagram of a chain: the width of an output in JupyterLab
FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"
INK = "#1b1b1b"
LINE = "#808080"  # on white and on black alike
PARAMETERS_COLOR, FLOPS_COLOR = "#0072B2", "#D55E00"
BAR_HEIGHT = 2.5
HEAVY = 0.25  # of the model's parameters or work: then the border is thick
LEAST = 0.05  # a share below which a bar would be a dot
PADDING = 9.0  # from the boxes to the frame around them; two of them fit between rows
PILL_HEIGHT = 17.0

# Family: fill and border of its boxes. Told apart by colour-blind readers, and by lightness alone.
COLORS = {
    "input": ("#f2f2f2", "#808080"),
    "convolution": ("#d5e8f7", "#0072B2"),
    "dense": ("#fde3d0", "#D55E00"),
    "recurrent": ("#d3efe5", "#009E73"),
    "attention": ("#f4dcea", "#CC79A7"),
    "model": ("#e5e0f5", "#6a51a3"),
    "other": ("#fafafa", "#a0a0a0"),
}


@dataclass(frozen=True)
class Rectangle:
    """A part of the drawing, in pixels."""

    left: float
    top: float
    right: float
    bottom: float

    def moved(self, right: float, down: float) -> "Rectangle":
        """The same a little farther right and down."""
        return Rectangle(self.left + right, self.top + down, self.right + right, self.bottom + down)

    def meets(self, other: "Rectangle") -> bool:
        """Whether the two have more than an edge in common."""
        return (
            self.left < other.right and other.left < self.right and self.top < other.bottom and other.top < self.bottom
        )


@dataclass
class Drawing:
    """A graph, drawn.

    Attributes:
        svg: the source.
        width, height: in pixels.
        areas: where in it each box is.
        lines: the points of each line, from box to box, in the order of the boxes and of what each reads.
        frames: where the frames are.
        is_clean: whether they enclose their own boxes alone.
    """

    svg: str
    width: float
    height: float
    areas: list[Rectangle]
    lines: list[list[tuple[float, float]]]
    frames: list[Rectangle]
    is_clean: bool


def draw(boxes: Sequence[Box], frames: Sequence[Frame] = (), whole: ModelSummary | None = None) -> Drawing:
    """Draws a chain in lines, as words are set, and other graphs and those with frames from top to bottom.

    Args:
        boxes: with those that each reads before it.
        frames: around some of them.
        whole: the summary, of which each box shows its share of parameters and work.
    """
    widths = [max(7.2 * len(box.title), 6.4 * len(_second_line(box))) + 24 for box in boxes]
    by_line = is_chain(boxes) and not frames
    layout = flow(widths, HEIGHT, ROOM) if by_line else _by_rows(widths, boxes, frames)
    areas = _areas(layout, widths)
    around = [_around(frame, areas, boxes, layout.paths) for frame in frames]
    left, top, right, bottom = _extent(layout, around, frames)
    layout = layout.moved(-left, -top)
    areas, around = ([one.moved(-left, -top) for one in found] for found in (areas, around))
    lines = [*map(_draw_frame, around), *map(_polyline if by_line else _curve, layout.paths)]
    shapes = [_draw_box(box, area, whole) for box, area in zip(boxes, areas)]
    shapes += [_draw_pill(_pill(one, frame), frame) for one, frame in zip(around, frames)]
    width, height = right - left, bottom - top
    svg = (
        f'<svg xmlns="{NAMESPACE}" width="{width:.0f}" height="{height:.0f}" viewBox="0 0 {width:.0f} {height:.0f}" '
        f'style="{FONT}" font-size="12" font-weight="600" text-anchor="middle" fill="{INK}">'
        f'<g fill="none" stroke="{LINE}" stroke-width="1.3">{"".join(lines)}</g>{"".join(shapes)}</svg>'
    )
    return Drawing(svg, width, height, areas, layout.paths, around, _is_clean(areas, around, frames))


def edges_of(boxes: Sequence[Box]) -> list[tuple[int, int]]:
    """Each line of the drawing as (box that is read, box that reads it); a box that is read twice has one line."""
    return [(source, target) for target, box in enumerate(boxes) for source in dict.fromkeys(box.reads)]


def _by_rows(widths, boxes, frames):
    """A layout in which the boxes of a frame stand below all that any of them reads, so that it has rows of its own.

    Where another branch comes too near to a frame nevertheless, what was written after the frame stands below it.
    """
    edges = edges_of(boxes)
    pairs, stricter = [], []
    for frame in frames:
        inside = range(frame.first, frame.end)
        sources = {source for source, target in edges if target in inside and source not in inside}
        tops = [index for index in inside if not any(source in inside for source in boxes[index].reads)]
        pairs += [(source, top) for source in sources for top in tops if source < top]
        ends = set(inside).difference(source for source, target in edges if target in inside)
        later = [
            index for index in range(frame.end, len(boxes)) if not any(at >= frame.first for at in boxes[index].reads)
        ]
        stricter += [(end, index) for end in ends for index in later]
    layout = lay_out(widths, HEIGHT, edges, pairs)
    areas = _areas(layout, widths)
    if _is_clean(areas, [_around(frame, areas, boxes, layout.paths) for frame in frames], frames):
        return layout
    return lay_out(widths, HEIGHT, edges, pairs + stricter)


def _is_clean(areas, around, frames):
    return not any(
        one.meets(area)
        for one, frame in zip(around, frames)
        for index, area in enumerate(areas)
        if not frame.first <= index < frame.end
    )


def _areas(layout, widths):
    return [
        Rectangle(x - width / 2, y - HEIGHT / 2, x + width / 2, y + HEIGHT / 2)
        for (x, y), width in zip(layout.centers, widths)
    ]


def _extent(layout, around, frames):
    """Left, top, right and bottom of all that is drawn, with a margin."""
    pills = [_pill(one, frame) for one, frame in zip(around, frames)]
    drawn = [Rectangle(0.0, 0.0, layout.width, layout.height), *around, *pills]
    low = [min(getattr(one, side) for one in drawn) - MARGIN for side in ("left", "top")]
    return *low, *(max(getattr(one, side) for one in drawn) + MARGIN for side in ("right", "bottom"))


def _around(frame, areas, boxes, paths):
    """The frame around its boxes and the lines beside them that begin or end at one."""
    inside = range(frame.first, frame.end)
    members = areas[frame.first : frame.end]
    top, bottom = min(one.top for one in members), max(one.bottom for one in members)
    lines = [path for edge, path in zip(edges_of(boxes), paths) if edge[0] in inside or edge[1] in inside]
    xs = [x for path in lines for x, y in path if top <= y <= bottom]
    left, right = min(xs + [one.left for one in members]), max(xs + [one.right for one in members])
    return Rectangle(left - PADDING, top - PADDING, right + PADDING, bottom + PADDING)


def _pill(around, frame):
    """Where a frame says how often: at its upper left corner, since lines come in further right."""
    half = 3.6 * len(_times(frame)) + 8
    x, y = around.left, around.top
    return Rectangle(x - half, y - PILL_HEIGHT / 2, x + half, y + PILL_HEIGHT / 2)


def _times(frame):
    return f"× {frame.times:,}"


def _second_line(box):
    return f"{box.shape} · frozen" if box.frozen else box.shape


def _draw_box(box, area, whole):
    """A box with its name and shape, and bars for its share of the model's parameters and of its work.

    Heavy layers have a thick border, frozen ones a dashed one.
    """
    x = (area.left + area.right) / 2
    fill, border = COLORS[box.family]
    shares = _shares(box, whole)
    weight = 2.5 if max(shares) >= HEAVY else 1
    dashes = ' stroke-dasharray="4 3"' if box.frozen else ""
    name = f' <tspan font-weight="400">{text(box.name)}</tspan>' if box.name else ""
    bars = [
        _bar(area, share, below, color)
        for share, below, color in zip(shares, (8, 5), (PARAMETERS_COLOR, FLOPS_COLOR))
        if share >= LEAST
    ]
    return (
        f'<rect {_place(area)} rx="6" fill="{fill}" stroke="{border}" stroke-width="{weight}"{dashes}/>'
        f'<text x="{x:.1f}" y="{area.top + 16:.1f}">{text(box.kind)}{name}</text>'
        f'<text x="{x:.1f}" y="{area.top + 30:.1f}" font-size="11" font-weight="400">'
        f"{text(_second_line(box))}</text>{''.join(bars)}"
    )


def _bar(area, share, below, color):
    """A bar of a share of the box's width, so far above its lower edge."""
    left, top = area.left + 8, area.bottom - below
    right = left + share * (area.right - area.left - 16)
    return f'<rect {_place(Rectangle(left, top, right, top + BAR_HEIGHT))} fill="{color}"/>'


def _place(area):
    width, height = area.right - area.left, area.bottom - area.top
    return f'x="{area.left:.1f}" y="{area.top:.1f}" width="{width:.1f}" height="{height:.1f}"'


def _shares(box, whole):
    """The box's share of the model's parameters and of its floating-point operations."""
    if box.row is None or whole is None:
        return 0.0, 0.0
    return share_of(box.row.parameters, whole.parameters), share_of(box.row.flops, whole.flops)


def _draw_frame(area):
    return f'<rect {_place(area)} rx="9" stroke-dasharray="2 3"/>'


def _draw_pill(area, frame):
    fill, border = COLORS["model"]
    x, y = (area.left + area.right) / 2, area.bottom - 4.5
    return (
        f'<rect {_place(area)} rx="{PILL_HEIGHT / 2}" fill="{fill}" stroke="{border}"/>'
        f'<text x="{x:.1f}" y="{y:.1f}">{_times(frame)}</text>'
    )


def _polyline(path):
    """Straight lines through the points, the last of them an arrow to the right or downwards."""
    (before, _), (x, y) = path[-2:]
    points = "L".join(f"{x:.1f} {y:.1f}" for x, y in path)
    return _arrow(f"M{points}", [(-6, -3.5), (-6, 3.5)] if before < x else [(-3.5, -6), (3.5, -6)], x, y)


def _curve(path):
    """A line through the points, vertical at each of them, with an arrowhead at the end."""
    (x, y), *rest = path
    d = f"M{x:.1f} {y:.1f}"
    for next_x, next_y in rest:
        middle = (y + next_y) / 2
        bend = f"C{x:.1f} {middle:.1f} {next_x:.1f} {middle:.1f} {next_x:.1f} {next_y:.1f}"
        d += f"V{next_y:.1f}" if abs(next_x - x) < 0.05 else bend
        x, y = next_x, next_y
    return _arrow(d, [(-3.5, -6), (3.5, -6)], x, y)


def _arrow(d, barbs, x, y):
    """The path `d`, which ends at a point, with an arrowhead there."""
    (a, b), (e, f) = barbs
    head = f"M{x + a:.1f} {y + b:.1f}L{x:.1f} {y:.1f}L{x + e:.1f} {y + f:.1f}"
    return f'<path d="{d}{head}"/>'
