"""Layers over the epochs of a training: a strip for weights, outputs and gradients, dark where many values lie."""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from nbkeras.inspection import QUANTITIES, Snapshot, Statistics, Watch
from nbkeras.notebook.views.axis import Axis
from nbkeras.notebook.views.columns import columns
from nbkeras.notebook.views.formats import metric
from nbkeras.notebook.views.histogram import sparkline
from nbkeras.notebook.views.html import bundle, picture, text, varying
from nbkeras.png import png

__all__ = ["watch_bundle"]

WIDTH, HEIGHT = 300.0, 170.0  # of a panel
LEFT, RIGHT, TOP, BOTTOM = 56.0, 14.0, 26.0, 30.0  # margins inside it
COLUMNS, ROWS, FEWEST = 60, 48, 8  # of a strip: columns and rows at most, and rows for few numbers
REACH = 5  # standard deviations around the mean that are drawn
COLORS = {"weights": (0, 114, 178), "outputs": (0, 158, 115), "gradients": (213, 94, 0)}  # as in the palette, RGB
INK = "#7a7a7a"
FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"
HEADER = ["layer", "of", "first", "mean", "std", "last", "mean", "std", "zeros"]
NUMERIC = [3, 4, 6, 7, 8]


def watch_bundle(model: str, watch: Watch) -> dict[str, str]:
    """What was seen of the watched layers of a model, as data by mime type."""
    first, last = watch.snapshots[0], watch.snapshots[-1]
    names = ", ".join(watch.layers)
    head = f"{model}: {names} watched from epoch {first.epoch} to {last.epoch}"
    note = "" if watch.has_data else "; weights only, since no arrays were at hand to hold a batch of"
    quantities = {name: _quantities(name, watch.snapshots) for name in watch.layers}
    rows = [row for name in watch.layers for row in _rows(name, quantities[name], first, last)]
    plain = f"{head}{note}\n{columns([HEADER, *rows], NUMERIC)}"
    thinned = _thinned(watch.snapshots)
    figures = "".join(_figure(name, quantities[name], thinned) for name in watch.layers)
    return bundle(plain, f"<p>{text(head + note)}</p>{varying(figures)}")


def _quantities(name: str, snapshots: Sequence[Snapshot]) -> list[str]:
    """What was seen of a layer each time: a layer that is frozen in between has no trained weights for a while."""
    return [quantity for quantity in QUANTITIES if all(quantity in snapshot.layers[name] for snapshot in snapshots)]


def _rows(name: str, quantities: Sequence[str], first: Snapshot, last: Snapshot) -> Iterator[list[str]]:
    for quantity in quantities:
        before, now = first.layers[name][quantity], last.layers[name][quantity]
        zeros = f"{100 * now.zeros:.0f} %" if now.zeros else ""
        yield [name, quantity, *_told(before), *_told(now), zeros]


def _told(values: Statistics) -> list[str]:
    return [sparkline(values.counts), metric(values.mean), metric(values.std)]


def _thinned(snapshots: Sequence[Snapshot]) -> list[Snapshot]:
    """At most as many as there are columns, evenly spaced, the first and the last among them."""
    places = np.linspace(0, len(snapshots) - 1, min(len(snapshots), COLUMNS)).round().astype(int)
    return [snapshots[place] for place in places]


def _figure(name, quantities, snapshots):
    """The strips of one layer side by side."""
    series = {quantity: [snapshot.layers[name][quantity] for snapshot in snapshots] for quantity in quantities}
    epochs = (snapshots[0].epoch, snapshots[-1].epoch)
    drawn = [_panel(f"{quantity} of {name}", quantity, found, epochs) for quantity, found in series.items()]
    panels = "".join(f'<g transform="translate({index * WIDTH:.0f} 0)">{one}</g>' for index, one in enumerate(drawn))
    width = WIDTH * len(series)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{HEIGHT:.0f}" '
        f'viewBox="0 0 {width:.0f} {HEIGHT:.0f}" style="{FONT};max-width:100%;height:auto" font-size="11">'
        f"{panels}</svg>"
    )
    ways = ", ".join(
        f"{quantity} from {_spread(found[0])} to {_spread(found[-1])}" for quantity, found in series.items()
    )
    return picture(svg, f"Histograms of {name} from epoch {epochs[0]} to {epochs[1]}: {ways}")


def _spread(values):
    return f"{metric(values.mean)} ± {metric(values.std)}"


def _panel(title: str, quantity: str, series: Sequence[Statistics], epochs: tuple[int, int]) -> str:
    low, high = _range(series)
    up = Axis(low, high, HEIGHT - BOTTOM, TOP)
    data = b64encode(png(_strip(series, low, high, COLORS[quantity]))).decode()
    width, height, right = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM, WIDTH - RIGHT
    parts = [
        f'<text x="{LEFT:.0f}" y="15" font-size="13" font-weight="600" fill="{INK}">{text(title)}</text>',
        f'<image x="{LEFT}" y="{TOP}" width="{width}" height="{height}" preserveAspectRatio="none" '
        f'style="image-rendering:pixelated" href="data:image/png;base64,{data}"/>',
        f'<path d="M{LEFT} {TOP}V{HEIGHT - BOTTOM}H{right}" fill="none" stroke="{INK}" stroke-width="0.6"/>',
        f'<text x="{LEFT}" y="{HEIGHT - 15}" fill="{INK}">{epochs[0]}</text>',
        f'<text x="{right}" y="{HEIGHT - 15}" text-anchor="end" fill="{INK}">{epochs[1]}</text>',
        f'<text x="{(LEFT + right) / 2:.0f}" y="{HEIGHT - 15}" text-anchor="middle" fill="{INK}">epoch</text>',
    ]
    for value, words in up.marks():
        y = up.place(value) + 4
        parts.append(f'<text x="{LEFT - 6}" y="{y:.1f}" text-anchor="end" fill="{INK}">{words}</text>')
    return "".join(parts)


def _range(series):
    """The values that are drawn: all of them, but for what lies far outside in every epoch."""
    known = [s for s in series if s.size > s.non_finite]
    if not known:
        return 0.0, 1.0
    low = min(max(s.low, s.mean - REACH * s.std) for s in known)
    high = max(min(s.high, s.mean + REACH * s.std) for s in known)
    room = 0.0 if high > low else abs(high) * 0.1 or 0.5
    return low - room, high + room


def _strip(series: Sequence[Statistics], low: float, high: float, color: tuple[int, int, int]) -> np.ndarray[Any, Any]:
    """An image with a column for each of `series`, the more opaque the more values are in a pixel's range."""
    rows = int(np.clip(2 * series[0].size ** 0.5, FEWEST, ROWS))  # few numbers in many bins are a barcode
    edges = np.linspace(low, high, rows + 1)
    shares = np.stack([_spread_over(s, edges) for s in series], axis=1)[::-1]
    shares = shares / np.maximum(shares.max(axis=0), 1e-12)
    pixels = np.empty((rows, len(series), 4), np.uint8)
    pixels[..., :3] = color
    pixels[..., 3] = np.round(255 * np.sqrt(shares))  # the root, so that what is rare is seen beside a spike at 0
    return pixels


def _spread_over(values, edges):
    """The counts of a histogram in other bins, as if they were even inside theirs."""
    if values.high > values.low:
        own = np.linspace(values.low, values.high, len(values.counts) + 1)
        return np.diff(np.interp(edges, own, np.concatenate([[0], np.cumsum(values.counts)])))
    return np.histogram([values.mean] if values.size > values.non_finite else [], edges)[0]
