"""The summary of a model as plain text: one line a layer."""

from collections.abc import Iterator, Sequence

from nbkeras.models.summary import LayerSummary, ModelSummary
from nbkeras.notebook.views.columns import columns
from nbkeras.notebook.views.formats import bar, count, quantity, size
from nbkeras.notebook.views.graph import chosen
from nbkeras.notebook.views.hover import percent, share_of

__all__ = ["headline", "reads_of", "summary_text", "title_of"]

HEADER = ["layer", "output shape", "parameters", "share", "", "FLOPs", "share", "memory"]
NUMERIC = [2, 4, 5, 6, 7]
READS = "reads"


def headline(summary: ModelSummary) -> str:
    """The model in one line: its kind, its parameters, their memory, and the work for one example."""
    if _is_unbuilt(summary):
        return f"{summary.name}: {summary.kind}, not built yet: its weights are made when it first sees inputs"
    parts = [f"{count(summary.parameters)} parameters ({size(summary.bytes)})"]
    fixed = summary.parameters - summary.trainable_parameters
    if fixed:
        parts.append(f"{count(fixed)} of them not trained")
    if summary.flops is not None:
        is_open = any(row.output_shape.count("None") > 1 for row in summary.rows)
        parts.append(f"{quantity(summary.flops, 'FLOP')} per example{' of length 1' if is_open else ''}")
    return f"{summary.name}: {summary.kind}, {', '.join(parts)}"


def summary_text(summary: ModelSummary, branched: bool) -> str:
    """The summary as plain text, with its remarks; layers of a nested model follow it, indented.

    Args:
        summary: as `nbkeras.models.summary.summarize` returns it.
        branched: whether a column says which layers each layer reads.
    """
    header = [*HEADER, READS] if branched else HEADER
    rows = [
        [indent + "".join(title_of(row)), *_cells(row, summary), *([reads_of(row)] if branched else [])]
        for indent, row in _expanded(summary.rows)
    ]
    warnings = "".join(f"Warning: {remark}\n" for remark in summary.remarks)
    return f"{headline(summary)}\n{warnings}\n{columns([header, *rows], NUMERIC)}"


def title_of(row: LayerSummary) -> tuple[str, str]:
    """The name, and in parentheses the kind where the name does not say it, and whether it is frozen."""
    remarks = [row.kind] if chosen(row.name, row.kind) else []
    remarks += ["frozen"] if row.frozen else []
    return row.name, f" ({', '.join(remarks)})" if remarks else ""


def reads_of(row: LayerSummary) -> str:
    """The names of the layers that it reads."""
    return ", ".join(dict.fromkeys(name.removesuffix("[0]") for name in row.connected_to))


def _is_unbuilt(summary: ModelSummary) -> bool:
    """Whether the model has seen no inputs yet, so that shapes and weights are unknown."""
    return any(row.output_shape == "?" for row in summary.rows) and not summary.parameters


def _cells(row: LayerSummary, whole: ModelSummary) -> list[str]:
    share, work = share_of(row.parameters, whole.parameters), share_of(row.flops, whole.flops)
    return [
        row.output_shape,
        count(row.parameters),
        bar(share),
        percent(share),
        "" if row.flops is None else quantity(row.flops),
        percent(work),
        size(row.bytes) if row.bytes else "",
    ]


def _expanded(rows: Sequence[LayerSummary], indent: str = "") -> Iterator[tuple[str, LayerSummary]]:
    for row in rows:
        yield indent, row
        yield from _expanded(row.nested, indent + "  ")
