"""One training step as a table: what is amiss, then each layer's outputs, weights, gradients and updates."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

from nbkeras.inspection import LayerStep, Statistics, StepReport
from nbkeras.notebook.views.columns import columns
from nbkeras.notebook.views.formats import metric, plural
from nbkeras.notebook.views.histogram import histogram, sparkline
from nbkeras.notebook.views.html import bundle, table, text, varying

__all__ = ["step_bundle"]

HEADER = ["layer", "shape", "values", "min", "max", "mean", "std", "zeros", "gradient", "its norm", "update"]
NUMERIC = [3, 4, 5, 6, 7, 9, 10]
VALUES, GRADIENT = "#0072B2", "#D55E00"
PICTURED = 42  # rows with histograms: some 70 kB of HTML
LISTED = 90  # rows without: 60 kB
LEGEND = (
    "The row of a layer is of its outputs, the rows below it of its weights; gradients are of the loss with respect to "
    "these; update is the norm of the optimizer's change relative to that of the weight."
)


@dataclass
class _Row:
    """A line of the table."""

    name: str
    is_layer: bool
    shape: str
    values: Statistics | None
    gradient: Statistics | None
    update: str = ""


def step_bundle(report: StepReport) -> dict[str, str]:
    """A training step as data by mime type."""
    head = f"{report.model}: one training step on {plural(report.rows, 'row')}, which is not taken"
    measured = ", ".join(f"{name} {metric(value)}" for name, value in _measured(report))
    measured += "" if report.findings else "; nothing amiss found"
    lines = [head, measured, *(f"! {finding}" for finding in report.findings), ""]
    lines.append(columns([HEADER, *map(_cells, _rows(report))], NUMERIC))
    html = f"<p>{text(head)}</p>{varying(_html(report, measured))}"
    return bundle("\n".join(lines), html)


def _measured(report):
    yield "loss", report.loss
    yield from ((n, v) for n, v in report.metrics.items() if n != "loss" and isinstance(v, (int, float)))


def _html(report, measured):
    found = "".join(f"<li>{text(finding)}</li>" for finding in report.findings)
    rows = list(_rows(report))
    pictured = len(rows) <= PICTURED
    legend = LEGEND if pictured else f"{LEGEND} --layer NAME shows histograms, too."
    cells = [_html_cells(row, pictured) for row in rows]
    if len(cells) > LISTED:
        left_out = [f"… {len(cells) - LISTED} rows", *[""] * (len(HEADER) - 1)]
        cells = [*cells[: LISTED // 2], left_out, *cells[-LISTED // 2 :]]
    shown = table(HEADER, cells, NUMERIC)
    return (
        f"<p>{text(measured)}</p>{f'<ul>{found}</ul>' if found else ''}"
        f'<div style="overflow-x:auto">{shown}</div><p><small>{text(legend)}</small></p>'
    )


def _rows(report: StepReport) -> Iterator[_Row]:
    for layer in report.layers:
        yield _Row(_title(layer), True, _shape(layer.shape[1:]), layer.outputs, layer.gradients)
        for weight in layer.weights:
            update = metric(weight.update) if math.isfinite(weight.update) else ""
            yield _Row(weight.name, False, _shape(weight.shape), weight.values, weight.gradient, update)


def _title(layer: LayerStep) -> str:
    remarks = [f"{layer.calls} calls"] if layer.calls > 1 else []
    remarks += [f"{len(layer.dead):,} of {layer.units:,} dead"] if layer.rectifies and layer.dead else []
    remarks += [f"{100 * layer.saturated:.0f} % saturated"] if layer.saturated else []
    return layer.name + (f" ({', '.join(remarks)})" if remarks else "")


def _shape(shape):
    return "×".join(map(str, shape))


def _cells(row):
    name = row.name if row.is_layer else f"  {row.name}"
    values = [""] * 6
    if row.values is not None:
        values = [sparkline(row.values.counts), *_numbers(row.values)]
    gradient = ["", ""]
    if row.gradient is not None:
        gradient = [sparkline(row.gradient.counts), metric(row.gradient.norm)]
    return [name, row.shape, *values, *gradient, row.update]


def _html_cells(row, pictured):
    plain = [text(cell) for cell in _cells(row)]
    plain[0] = f"<b>{text(row.name)}</b>" if row.is_layer else f"&emsp;{text(row.name)}"
    for place, values, color in ((2, row.values, VALUES), (8, row.gradient, GRADIENT)):
        plain[place] = histogram(values, color) if values is not None and pictured else ""
    return plain


def _numbers(values):
    zeros = f"{100 * values.zeros:.0f} %" if values.zeros else ""
    return *map(metric, (values.low, values.high, values.mean, values.std)), zeros
