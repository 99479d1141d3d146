"""Training curves as SVG: a panel a metric, training solid and validation dashed.

Strings by hand: half a millisecond and some kilobytes, where a plotting library takes hundreds of both.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby, pairwise

from nbkeras.notebook.views.axis import HUGE, Axis
from nbkeras.notebook.views.best import best_of, less_is_better
from nbkeras.notebook.views.formats import metric
from nbkeras.notebook.views.html import text

__all__ = ["Curve", "Panel", "curves_svg", "panels_of", "thinned"]

WIDTH, HEIGHT = 300.0, 190.0  # of a panel
LEFT, RIGHT, TOP, BOTTOM = 48.0, 18.0, 26.0, 30.0  # margins inside it
MIDDLE = (LEFT + WIDTH - RIGHT) / 2
PER_ROW = 3
LEGEND = 22.0  # the height of the line above all panels that says what the curves are
SWATCH, ENTRY = 22.0, 96.0  # the width of a sample of a curve, and of that and its label
POINTS = 160  # of one line; more cannot be told apart at this size
FEWEST = 24  # of one line among many,
IN_ALL = 1280  # which together have about so many, for a picture of 20 metrics in 20 KB
ROWS_NUMBERED = 2  # in more rows of panels, only the lowest ones have numbers at their axes of epochs
TITLE = 30  # letters of a title that have room above a panel

# Colours that colour-blind readers tell apart, legible on white and on #111, with dashes for a second distinction.
TRAINING, VALIDATION = "#0072B2", "#D55E00"
DASH = "5 3"
INK = "#7a7a7a"
FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"

Points = list[tuple[float, float]]


@dataclass
class Curve:
    """One line: its points by epoch, the samples within epochs, drawn faintly, and the best point, ringed."""

    label: str
    color: str
    dash: str
    points: Points
    samples: Points = field(default_factory=list)
    best: tuple[float, float] | None = None


@dataclass
class Panel:
    """What is drawn on one pair of axes."""

    title: str
    curves: list[Curve]


def panels_of(points: Mapping[str, Points], samples: Mapping[str, Points] | None = None) -> list[Panel]:
    """The panels of a training record, `x` and `val_x` together, in the order of the record.

    The best epoch is marked on the validation curve, or on the training curve where there is no other.

    Args:
        points: by metric, (epoch, value).
        samples: the same for values within epochs.
    """
    samples = samples or {}
    panels: dict[str, Panel] = {}
    for name in dict.fromkeys([*points, *samples]):
        title = name.removeprefix("val_")
        color, label, dash = (TRAINING, "training", "") if title == name else (VALIDATION, "validation", DASH)
        own = points.get(name, [])
        marked = len(own) > 1 and (title != name or f"val_{name}" not in points)
        best = best_of(name, own) if marked else None
        panel = panels.setdefault(title, Panel(title, []))
        panel.curves.append(Curve(label, color, dash, own, samples.get(name, []), best))
    return list(panels.values())


def curves_svg(panels: Sequence[Panel], epochs: int, joints: Sequence[int] = (), ink: str = INK) -> str:
    """All panels in one drawing, three in a row, below a legend where there are several kinds of curves.

    Args:
        panels: what to draw.
        epochs: where the axis of epochs ends.
        joints: the epochs after which training was continued.
        ink: the colour of axes and text.
    """
    columns = min(PER_ROW, len(panels))
    rows = math.ceil(len(panels) / PER_ROW)
    kinds = {curve.label: curve for panel in panels for curve in panel.curves}
    above = LEGEND if len(kinds) > 1 else 0.0
    width, height = columns * WIDTH, above + rows * HEIGHT
    most = min(POINTS, max(FEWEST, IN_ALL // max(1, sum(len(panel.curves) for panel in panels))))
    drawn = []
    for index, panel in enumerate(panels):
        x, y = index % PER_ROW * WIDTH, above + index // PER_ROW * HEIGHT
        numbered = rows <= ROWS_NUMBERED or index + PER_ROW >= len(panels)
        content = _panel(panel, epochs, joints, ink, most, numbered)
        drawn.append(f'<g transform="translate({x:.0f} {y:.0f})">{content}</g>')
    legend = _legend(kinds.values()) if above else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" style="{FONT};max-width:100%;height:auto" font-size="11" '
        f'fill="{ink}" stroke-linejoin="round" stroke-linecap="round">{legend}{"".join(drawn)}</svg>'
    )


def thinned(points: Points, most: int = POINTS) -> Points:
    """At most about `most` of the points: of each stretch the extremes, and one that is not finite if there is any."""
    if len(points) <= most:
        return points
    begin, end = points[0][0], points[-1][0]
    stretch = 2 * (end - begin) / most or 1.0
    kept = [points[0]]
    for _, part in groupby(points[1:-1], key=lambda point: (point[0] - begin) // stretch):
        near = list(part)
        finite = [point for point in near if abs(point[1]) < HUGE]
        chosen = {min(finite, key=_value), max(finite, key=_value)} if finite else set()
        if len(finite) < len(near):
            chosen.add(next(point for point in near if not abs(point[1]) < HUGE))
        kept += sorted(chosen)
    return [*kept, points[-1]]


def _value(point):
    return point[1]


def _panel(panel, epochs, joints, ink, most, numbered):
    values = [y for curve in panel.curves for _, y in [*curve.points, *curve.samples]]
    begins = min((curve.samples[0][0] for curve in panel.curves if curve.samples), default=1.0)
    across = Axis(0.0 if begins < 1 else 1.0, epochs, LEFT, WIDTH - RIGHT)
    up = Axis.around(values, HEIGHT - BOTTOM, TOP, less_is_better(panel.title) or "learning_rate" in panel.title)
    best = next((curve.best for curve in panel.curves if curve.best), None)
    parts = [_heading(panel, up), _epochs(across, best, numbered)]
    if any(abs(value) < HUGE for value in values):
        parts += _grid(up, ink)
    elif values:
        parts.append(_note(f"every value is {metric(values[-1])}"))
    lines = [_line([(across.place(j), TOP), (across.place(j), HEIGHT - BOTTOM)], ink, "1 3", 1) for j in joints]
    lines += [line for curve in panel.curves for line in _curve(curve, across, up, most)]
    return "".join(parts) + _lines(lines)


def _legend(kinds):
    """What the line styles mean, side by side."""
    parts = []
    for index, curve in enumerate(kinds):
        x = LEFT + index * ENTRY
        parts.append(_lines([_line([(x, 11), (x + SWATCH, 11)], curve.color, curve.dash)]))
        parts.append(f'<text x="{x + SWATCH + 6:.0f}" y="15" fill="{curve.color}">{text(curve.label)}</text>')
    return "".join(parts)


def _heading(panel, up):
    scale = '<tspan font-size="11" font-weight="400"> (logarithmic)</tspan>' if up.logarithmic else ""
    room = TITLE - 12 if scale else TITLE
    title = panel.title if len(panel.title) <= room else f"{panel.title[: room - 1]}…"
    return f'<text x="{LEFT:.0f}" y="15" font-size="13" font-weight="600">{text(title)}{scale}</text>'


def _grid(up, ink):
    """The marks of the vertical axis: all lines as one path, then the numbers."""
    marks = [(up.place(value), label) for value, label in up.marks()]
    lines = "".join(f"M{LEFT:.0f} {y:.0f}H{WIDTH - RIGHT:.0f}" for y, _ in marks)
    numbers = "".join(f'<text x="{LEFT - 6:.0f}" y="{y + 4:.0f}">{label}</text>' for y, label in marks)
    return [f'<path d="{lines}" stroke="{ink}" stroke-width="0.4"/>', f'<g text-anchor="end">{numbers}</g>']


def _epochs(across, best, numbered):
    """The marks of the axis of epochs, if it is to have any, and what it is called."""
    ticks = [(across.place(tick), tick) for tick in across.ticks(6) if tick == int(tick) and numbered]
    y = HEIGHT - BOTTOM + 15
    numbers = "".join(f'<text x="{x:.0f}" y="{y:.0f}">{tick:.0f}</text>' for x, tick in ticks)
    called = f"epoch (○ best: {best[0]:.0f})" if best else "epoch"
    return f'<g text-anchor="middle">{numbers}<text x="{MIDDLE:.0f}" y="{HEIGHT - 3:.0f}">{called}</text></g>'


def _note(words):
    return f'<text x="{MIDDLE:.0f}" y="{HEIGHT / 2:.0f}" text-anchor="middle">{text(words)}</text>'


def _curve(curve, across, up, most):
    def placed(points):
        return [(across.place(x), up.place(y)) for x, y in points]

    for part in _finite_parts(thinned(curve.samples, most)):
        yield _line(placed(part), curve.color, "", 1, 0.8)
    for part in _finite_parts(thinned(curve.points, most)):
        yield _line(placed(part), curve.color, curve.dash)
        if len(part) == 1:
            yield _circle(placed(part)[0], 3, f'fill="{curve.color}"')
    if curve.best and abs(curve.best[1]) < HUGE:
        yield _circle(placed([curve.best])[0], 5, f'stroke="{curve.color}" stroke-width="3"')


def _finite_parts(points):
    """The points in runs without NaN and infinities."""
    parts: list[Points] = [[]]
    for point in points:
        if abs(point[1]) < HUGE:
            parts[-1].append(point)
        elif parts[-1]:
            parts.append([])
    return [part for part in parts if part]


def _lines(lines):
    """Lines and circles, which are written in half pixels: whole numbers are short."""
    return f'<g transform="scale(.5)" fill="none" stroke-width="4">{"".join(lines)}</g>'


def _line(points, color, dash="", width=2, opacity=1.0):
    """A path in steps from point to point, which take 5 bytes each; absolute places take 11."""
    places = [(round(2 * x), round(2 * y)) for x, y in points]
    steps = [f"{b[0] - a[0]}{b[1] - a[1]: d}" for a, b in pairwise(places)] or ["0 0"]
    d = f"M{places[0][0]} {places[0][1]}l" + " ".join(steps).replace(" -", "-")
    look = f' stroke-dasharray="{" ".join(str(2 * int(length)) for length in dash.split())}"' if dash else ""
    look += f' stroke-width="{2 * width}"' if width != 2 else ""
    look += f' stroke-opacity="{opacity}"' if opacity < 1 else ""
    return f'<path d="{d}" stroke="{color}"{look}/>'


def _circle(place, radius, look):
    x, y = (round(2 * part) for part in place)
    return f'<circle cx="{x}" cy="{y}" r="{2 * radius}" {look}/>'
