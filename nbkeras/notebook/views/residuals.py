"""The errors of a regression as SVG: each against its prediction, and how often each size occurs."""

import math

from nbkeras.inspection import RegressionReport
from nbkeras.notebook.views.axis import Axis

__all__ = ["residuals_svg"]

WIDTH, HEIGHT = 330.0, 220.0  # of a panel
LEFT, RIGHT, TOP, BOTTOM = 56.0, 18.0, 26.0, 38.0  # margins inside it
INK, MARKS = "#7a7a7a", "#0072B2"
FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"


def residuals_svg(report: RegressionReport) -> str:
    """Two panels side by side; errors are upwards in the first and to the right in the second."""
    panels = [_scatter(report), _histogram(report)]
    drawn = "".join(f'<g transform="translate({i * WIDTH:.0f} 0)">{panel}</g>' for i, panel in enumerate(panels))
    width = WIDTH * len(panels)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{HEIGHT:.0f}" '
        f'viewBox="0 0 {width:.0f} {HEIGHT:.0f}" style="{FONT};max-width:100%;height:auto" font-size="11">{drawn}</svg>'
    )


def _scatter(report):
    points = [(p, e) for p, e in report.points.tolist() if math.isfinite(p) and math.isfinite(e)]
    across = _linear([p for p, _ in points], LEFT, WIDTH - RIGHT)
    up = _linear([0.0, *(e for _, e in points)], HEIGHT - BOTTOM, TOP)
    dots = "".join(f"M{across.place(p):.0f} {up.place(e):.0f}h0" for p, e in points)
    drawn = f'<path d="{dots}" stroke="{MARKS}" stroke-width="4" stroke-linecap="round" stroke-opacity="0.75"/>'
    zero = f'<path d="M{LEFT} {up.place(0):.1f}H{WIDTH - RIGHT}" stroke="{INK}" stroke-width="1.5"/>'
    return _frame("error by prediction", across, "predicted value", up) + zero + drawn


def _histogram(report):
    errors = report.errors
    across = _linear([errors.low, errors.high, 0.0], LEFT, WIDTH - RIGHT)
    up = Axis(0.0, 1.05 * max(max(errors.counts), 1), HEIGHT - BOTTOM, TOP)
    width = (errors.high - errors.low) / len(errors.counts) if errors.high > errors.low else 0.0
    bars = ""
    for index, count in enumerate(errors.counts):
        if count:
            left = across.place(errors.low + index * width)
            right = max(left + 1.5, across.place(errors.low + (index + 1) * width) - 1)
            bars += f"M{left:.1f} {up.start:.0f}V{up.place(count):.1f}H{right:.1f}V{up.start:.0f}z"
    zero = f'<path d="M{across.place(0):.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="{INK}" stroke-width="1.5"/>'
    return _frame("how often", across, "error: predicted − true", up) + f'<path d="{bars}" fill="{MARKS}"/>' + zero


def _frame(title, across, label, up):
    """The title, the axes and their marks."""
    middle = (LEFT + WIDTH - RIGHT) / 2
    parts = [
        f'<text x="{LEFT:.0f}" y="15" font-size="13" font-weight="600" fill="{INK}">{title}</text>',
        f'<text x="{middle:.0f}" y="{HEIGHT - 4:.0f}" text-anchor="middle" fill="{INK}">{label}</text>',
    ]
    for value, words in up.marks():
        y = up.place(value)
        parts.append(f'<path d="M{LEFT:.0f} {y:.1f}H{WIDTH - RIGHT:.0f}" stroke="{INK}" stroke-width="0.4"/>')
        parts.append(f'<text x="{LEFT - 6:.0f}" y="{y + 4:.1f}" text-anchor="end" fill="{INK}">{words}</text>')
    for value, words in across.marks():
        x = across.place(value)
        parts.append(f'<text x="{x:.1f}" y="{HEIGHT - 21:.0f}" text-anchor="middle" fill="{INK}">{words}</text>')
    return "".join(parts)


def _linear(values, start, end):
    """An axis around the finite values that is never logarithmic."""
    finite = [value for value in values if math.isfinite(value)] or [0.0, 1.0]
    low, high = min(finite), max(finite)
    room = 0.06 * (high - low) or abs(high) * 0.1 or 0.5
    return Axis(low - room, high + room, start, end)
