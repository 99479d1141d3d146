"""The summary of a model: one row a layer, as text and as a table."""

from collections.abc import Iterator, Sequence

from nbkeras.models.summary import LayerSummary, ModelSummary
from nbkeras.notebook.views.columns import columns
from nbkeras.notebook.views.formats import bar, count, quantity, size
from nbkeras.notebook.views.graph import chosen
from nbkeras.notebook.views.html import picture, table, text

__all__ = ["headline", "summary_table", "summary_text"]

HEADER = ["layer", "output shape", "parameters", "share", "", "FLOPs", "memory"]
NUMERIC = [2, 4, 5, 6]
READS = "reads"
BAR_COLOR, BAR_WIDTH, BAR_HEIGHT = "#0072B2", 80, 11


def headline(summary: ModelSummary) -> str:
    """The model in one line: its kind, its parameters, their memory, and the work for one example."""
    if any(row.output_shape == "?" for row in summary.rows) and not summary.parameters:
        return f"{summary.name}: {summary.kind}, not built yet: its weights are made when it first sees inputs"
    parts = [f"{count(summary.parameters)} parameters ({size(summary.bytes)})"]
    frozen = summary.parameters - summary.trainable_parameters
    if frozen:
        parts.append(f"{count(frozen)} of them not trained")
    if summary.flops is not None:
        is_open = any(row.output_shape.count("None") > 1 for row in summary.rows)
        parts.append(f"{quantity(summary.flops, 'FLOP')} per example{' of length 1' if is_open else ''}")
    return f"{summary.name}: {summary.kind}, {', '.join(parts)}"


def summary_text(summary: ModelSummary, branched: bool) -> str:
    """The summary as plain text; layers of a nested model follow it, indented.

    Args:
        summary: as `nbkeras.models.summary.summarize` returns it.
        branched: whether a column says which layers each layer reads.
    """
    header = [*HEADER, READS] if branched else HEADER
    rows = [
        [indent + "".join(_title(row)), *_cells(row, summary.parameters), *_reads(row, branched)]
        for indent, row in _expanded(summary.rows)
    ]
    return f"{headline(summary)}\n\n{columns([header, *rows], NUMERIC)}"


def summary_table(summary: ModelSummary, branched: bool) -> str:
    """The rows of the summary as an HTML table."""
    header = [*HEADER, READS] if branched else HEADER
    rows = []
    for row in summary.rows:
        shape, parameters, _, percent, *rest = map(text, [*_cells(row, summary.parameters), *_reads(row, branched)])
        rows.append([_title_html(row), shape, parameters, _bar(row, summary.parameters), percent, *rest])
    return table(header, rows, NUMERIC)


def _cells(row: LayerSummary, total: int) -> list[str]:
    share = _share(row, total)
    percent = "" if not row.parameters else f"{100 * share:.0f} %" if share >= 0.005 else "<1 %"
    work = "" if row.flops is None else quantity(row.flops)
    return [row.output_shape, count(row.parameters), bar(share), percent, work, size(row.bytes) if row.bytes else ""]


def _share(row: LayerSummary, total: int) -> float:
    return row.parameters / total if total else 0.0


def _bar(row: LayerSummary, total: int) -> str:
    """The share as a bar; a picture, since block characters have seams and a style may be stripped."""
    if not row.parameters:
        return ""
    share = _share(row, total)
    width = max(1.0, BAR_WIDTH * share)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{BAR_WIDTH}" height="{BAR_HEIGHT}">'
        f'<rect width="{width:.1f}" height="{BAR_HEIGHT}" fill="{BAR_COLOR}"/></svg>'
    )
    return picture(svg, bar(share), "max-width:none;vertical-align:middle")  # none: not squeezed in a wide table


def _title(row: LayerSummary) -> tuple[str, str]:
    """The name, and the kind where the name does not say it."""
    remarks = [row.kind] if chosen(row.name, row.kind) else []
    remarks += ["not trained"] if row.parameters and not row.trainable else []
    return row.name, f" ({', '.join(remarks)})" if remarks else ""


def _title_html(row: LayerSummary) -> str:
    name, remark = _title(row)
    return f"<b>{text(name)}</b>{text(remark)}"


def _reads(row: LayerSummary, branched: bool) -> list[str]:
    return [", ".join(name.removesuffix("[0]") for name in row.connected_to)] if branched else []


def _expanded(rows: Sequence[LayerSummary], indent: str = "") -> Iterator[tuple[str, LayerSummary]]:
    for row in rows:
        yield indent, row
        yield from _expanded(row.nested, indent + "  ")
