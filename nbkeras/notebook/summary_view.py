"""The summary of a model: one row a layer, as text and as a table."""

from collections.abc import Iterator, Sequence

from nbkeras.models.summary import LayerSummary, ModelSummary
from nbkeras.notebook.columns import columns
from nbkeras.notebook.formats import bar, count, quantity, size
from nbkeras.notebook.html import table, text

__all__ = ["headline", "summary_table", "summary_text"]

HEADER = ["layer", "output shape", "parameters", "share", "", "FLOPs", "memory"]
NUMERIC = [2, 4, 5, 6]
READS = "reads"
BAR_COLOR = "#0072B2"


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


def summary_table(summary: ModelSummary, branched: bool) -> str:
    """The rows of the summary as an HTML table."""
    header = [*HEADER, READS] if branched else HEADER
    rows = []
    for row in summary.rows:
        shape, parameters, filled, *rest = _cells(row, summary.parameters)
        colored = f'<span style="color:{BAR_COLOR}">{filled}</span>'
        cells = [text(cell) for cell in (shape, parameters)], [text(cell) for cell in (*rest, *_reads(row, branched))]
        rows.append([_title_html(row), *cells[0], colored, *cells[1]])
    return table(header, rows, NUMERIC)


def _cells(row: LayerSummary, total: int) -> list[str]:
    share = row.parameters / total if total else 0.0
    percent = "" if not row.parameters else f"{100 * share:.0f} %" if share >= 0.005 else "<1 %"
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
