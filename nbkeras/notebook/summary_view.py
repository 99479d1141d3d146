"""The summary of a model: one row a layer, as text and as a table."""

from collections.abc import Iterator, Sequence

from nbkeras.models.summary import LayerSummary, ModelSummary
from nbkeras.notebook.columns import columns
from nbkeras.notebook.formats import bar, count, quantity, size
from nbkeras.notebook.html import table, text

__all__ = ["summary_html", "summary_text"]

HEADER = ["layer", "output shape", "parameters", "share", "", "FLOPs", "memory"]
NUMERIC = [2, 4, 5, 6]
READS = "reads"


def headline(summary: ModelSummary) -> str:
    """The model in one line: its kind, its parameters, their memory, and the work for one example."""
    parts = [f"{count(summary.parameters)} parameters ({size(summary.bytes)})"]
    frozen = summary.parameters - summary.trainable_parameters
    if frozen:
        parts.append(f"{count(frozen)} of them not trained")
    if summary.flops is not None:
        parts.append(f"{quantity(summary.flops, 'FLOP')} per example")
    return f"{summary.name}: {summary.kind}, {', '.join(parts)}"


def summary_text(summary: ModelSummary, branched: bool) -> str:
    """The summary as plain text; layers of a nested model follow it, indented.

    Args:
        summary: as `nbkeras.models.summary.summarize` returns it.
        branched: whether a column says which layers each layer reads.
    """
    header = [*HEADER, READS] if branched else HEADER
    rows = [
        [indent + _title(row), *_cells(row, summary.parameters), *_reads(row, branched)]
        for indent, row in _expanded(summary.rows)
    ]
    return f"{headline(summary)}\n\n{columns([header, *rows], NUMERIC)}"


def summary_html(summary: ModelSummary, branched: bool) -> str:
    """The summary as a headline and a table; nested models fold out below it."""
    nested = "".join(_details(row, summary.parameters) for row in summary.rows if row.nested)
    return f"<p>{text(headline(summary))}</p>{_table(summary.rows, summary.parameters, branched)}{nested}"


def _table(rows: Sequence[LayerSummary], total: int, branched: bool) -> str:
    header = [*HEADER, READS] if branched else HEADER
    cells = [
        [_title_html(row), *map(text, [*_cells(row, total), *_reads(row, branched)])] for row in rows
    ]
    return table(header, cells, NUMERIC)


def _details(row: LayerSummary, total: int) -> str:
    inner = "".join(_details(one, total) for one in row.nested if one.nested)
    title = f"{row.name} ({row.kind}): {len(row.nested)} layers, {count(row.parameters)} parameters"
    return f"<details><summary>{text(title)}</summary>{_table(row.nested, total, False)}{inner}</details>"


def _cells(row: LayerSummary, total: int) -> list[str]:
    share = row.parameters / total if total else 0.0
    percent = f"{100 * share:.0f} %" if row.parameters else ""
    work = "" if row.flops is None else quantity(row.flops)
    return [row.output_shape, count(row.parameters), bar(share), percent, work, size(row.bytes) if row.bytes else ""]


def _title(row: LayerSummary) -> str:
    frozen = ", not trained" if row.parameters and not row.trainable else ""
    return f"{row.name} ({row.kind}{frozen})"


def _title_html(row: LayerSummary) -> str:
    name, _, rest = _title(row).partition(" ")
    return f"<b>{text(name)}</b> {text(rest)}"


def _reads(row: LayerSummary, branched: bool) -> list[str]:
    return [", ".join(name.removesuffix("[0]") for name in row.connected_to)] if branched else []


def _expanded(rows: Sequence[LayerSummary], indent: str = "") -> Iterator[tuple[str, LayerSummary]]:
    for row in rows:
        yield indent, row
        yield from _expanded(row.nested, indent + "  ")
