"""Training curves as SVG: a panel a metric, training solid and validation dashed.

Strings by hand: half a millisecond and some kilobytes, where a plotting library takes hundreds of both.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nbkeras.notebook.views.axis import Axis
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

# Colours that colour-blind readers tell apart, legible on white and on #111, with dashes for a second distinction.
TRAINING, VALIDATION = "#0072B2", "#D55E00"
DASH = "5 3"
INK = "#7a7a7a"
FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"

Points = list[tuple[float, float]]


@dataclass
class Curve:
    """One line: its points by epoch, and the samples within epochs, drawn faintly."""

    label: str
    color: str
    dash: str
    points: Points
    samples: Points = field(default_factory=list)


@dataclass
class Panel:
    """What is drawn on one pair of axes."""

    title: str
    curves: list[Curve]


def panels_of(points: Mapping[str, Points], samples: Mapping[str, Points] | None = None) -> list[Panel]:
    """The panels of a training record, `x` and `val_x` together, in the order of the record.

    Args:
        points: by metric, (epoch, value).
        samples: the same for values within epochs.
    """
    samples = samples or {}
    panels: dict[str, Panel] = {}
    for name in dict.fromkeys([*points, *samples]):
        title = name.removeprefix("val_")
        color, label, dash = (TRAINING, "training", "") if title == name else (VALIDATION, "validation", DASH)
        curve = Curve(label, color, dash, points.get(name, []), samples.get(name, []))
        panels.setdefault(title, Panel(title, [])).curves.append(curve)
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
    drawn = [
        f'<g transform="translate({index % PER_ROW * WIDTH:.0f} {above + index // PER_ROW * HEIGHT:.0f})">'
        f"{_panel(panel, epochs, joints, ink)}</g>"
        for index, panel in enumerate(panels)
    ]
    legend = _legend(kinds.values()) if above else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="0 0 {width:.0f} {height:.0f}" style="{FONT};max-width:100%;height:auto" font-size="11">'
        f"{legend}{''.join(drawn)}</svg>"
    )


def thinned(points: Points, most: int = POINTS) -> Points:
    """At most about `most` of the points, the extremes of each stretch among them."""
    if len(points) <= most:
        return points
    stretch = math.ceil(2 * len(points) / most)
    kept = []
    for start in range(0, len(points), stretch):
        part = points[start : start + stretch]
        low, high = min(part, key=lambda point: point[1]), max(part, key=lambda point: point[1])
        kept += sorted({low, high})
    return [points[0], *kept, points[-1]]


def _panel(panel, epochs, joints, ink):
    values = [y for curve in panel.curves for _, y in [*curve.points, *curve.samples]]
    sampled = any(curve.samples for curve in panel.curves)
    across = Axis(0.0 if sampled else 1.0, epochs, LEFT, WIDTH - RIGHT)
    up = Axis.around(values, HEIGHT - BOTTOM, TOP)
    parts = [_heading(panel, up, ink), *_epochs(across, ink)]
    if any(map(math.isfinite, values)):
        parts += _grid(up, ink)
    elif values:
        parts.append(_note(f"every value is {metric(values[-1])}", ink))
    parts += [_line([(across.place(j), TOP), (across.place(j), HEIGHT - BOTTOM)], ink, "1 3") for j in joints]
    for curve in panel.curves:
        parts += _curve(curve, across, up)
    return "".join(parts)


def _legend(kinds):
    """What the line styles mean, side by side."""
    parts = []
    for index, curve in enumerate(kinds):
        x = LEFT + index * ENTRY
        parts.append(_line([(x, 11), (x + SWATCH, 11)], curve.color, curve.dash, 2))
        parts.append(f'<text x="{x + SWATCH + 6:.0f}" y="15" fill="{curve.color}">{text(curve.label)}</text>')
    return "".join(parts)


def _heading(panel, up, ink):
    title = f'<text x="{LEFT:.0f}" y="15" font-size="13" font-weight="600" fill="{ink}">{text(panel.title)}'
    scale = '<tspan font-size="11" font-weight="400"> (logarithmic)</tspan>' if up.logarithmic else ""
    return f"{title}{scale}</text>"


def _grid(up, ink):
    for value, label in up.marks():
        y = up.place(value)
        yield _line([(LEFT, y), (WIDTH - RIGHT, y)], ink, "", 0.4)
        yield f'<text x="{LEFT - 6:.0f}" y="{y + 4:.1f}" text-anchor="end" fill="{ink}">{label}</text>'


def _epochs(across, ink):
    for value in (tick for tick in across.ticks(6) if tick == int(tick)):
        x, y = across.place(value), HEIGHT - BOTTOM + 15
        yield f'<text x="{x:.1f}" y="{y:.0f}" text-anchor="middle" fill="{ink}">{value:.0f}</text>'
    yield f'<text x="{MIDDLE:.0f}" y="{HEIGHT - 3:.0f}" text-anchor="middle" fill="{ink}">epoch</text>'


def _note(words, ink):
    return f'<text x="{MIDDLE:.0f}" y="{HEIGHT / 2:.0f}" text-anchor="middle" fill="{ink}">{text(words)}</text>'


def _curve(curve, across, up):
    def placed(points):
        return [(across.place(x), up.place(y)) for x, y in points]

    parts = [_line(placed(part), curve.color, "", 1, 0.6) for part in _finite_parts(thinned(curve.samples))]
    parts += [_line(placed(part), curve.color, curve.dash, 2) for part in _finite_parts(thinned(curve.points))]
    ends = [part[-1] for part in _finite_parts(curve.points)[-1:]]
    parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{curve.color}"/>' for x, y in placed(ends)]
    return parts


def _finite_parts(points):
    """The points in runs without NaN and infinities."""
    parts: list[Points] = [[]]
    for point in points:
        if math.isfinite(point[1]):
            parts[-1].append(point)
        elif parts[-1]:
            parts.append([])
    return [part for part in parts if part]


def _line(points, color, dash="", width=1.0, opacity=1.0):
    d = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    faint = f' stroke-opacity="{opacity}"' if opacity < 1 else ""
    join = 'fill="none" stroke-linejoin="round"'
    return f'<path d="{d}" {join} stroke="{color}" stroke-width="{width}"{dashes}{faint}/>'
