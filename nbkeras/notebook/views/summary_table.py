"""The summary of a model as an HTML table, in which equal blocks and models inside fold out."""

from collections.abc import Iterator, Sequence

from nbkeras.models.summary import LayerSummary, ModelSummary
from nbkeras.notebook.views.drawing import FLOPS_COLOR, HEAVY, NAMESPACE, PARAMETERS_COLOR
from nbkeras.notebook.views.formats import count, plural, quantity, size
from nbkeras.notebook.views.hover import hover, percent, share_of
from nbkeras.notebook.views.html import picture, text
from nbkeras.notebook.views.likeness import UNFOLDED, likeness, rows_in
from nbkeras.notebook.views.repeats import repeats
from nbkeras.notebook.views.summary import reads_of, title_of

__all__ = ["TableWriter"]

HEADER = ["layer", "output shape", "parameters", "share", "FLOPs", "share", "memory"]
NUMERIC = {2, 4, 6}
READS = "reads"
MOST_ROWS = 120  # in the tables of one output: 1.5 KB each
BAR_WIDTH, BAR_HEIGHT = 48, 9
CELL = "padding:2px 8px;white-space:nowrap;text-align:"
FOLDED = "padding:0 8px 6px 20px;text-align:left"


class TableWriter:
    """Writes the rows of a model and of the models in it, as many as an output can hold.

    Args:
        whole: the summary of the outermost model, of which the rows show their shares.
    """

    def __init__(self, whole: ModelSummary):
        self.whole = whole
        self.left = MOST_ROWS

    def html(self, rows: Sequence[LayerSummary], branched: bool, names: Sequence[str] = ()) -> str:
        """A table of rows.

        Args:
            rows: of one model, or of a block in it.
            branched: whether a column says which layers each layer reads.
            names: of the rows as HTML, where they are not those of their layers.
        """
        header = [*HEADER, READS] if branched else HEADER
        head = "".join(
            f'<th scope="col" style="{CELL}{"right" if index in NUMERIC else "left"}">{name}</th>'
            for index, name in enumerate(header)
        )
        parts, shown = [], 0
        for block in _blocks(rows):
            if not self.left:
                rest = f"and {plural(len(rows) - shown, 'more layer')}, which summary() lists"
                parts.append(_wide(rest, len(header)))
                break
            name = names[shown] if names else _name(block[0][0])
            parts.append(self._block(block, branched, name))
            shown += sum(map(len, block))
        return f'<table style="margin:0"><thead><tr>{head}</tr></thead><tbody>{"".join(parts)}</tbody></table>'

    def _block(self, block, branched, name):
        """The rows of equal blocks: one for a single layer; one with sums, and the first block folded, for several."""
        self.left -= 1
        first = block[0]
        if len(block) == 1:
            (row,) = first
            return self._row(name, [row], branched) + self._nested(row, branched)
        rows = [row for one in block for row in one]
        if len(first) == 1:
            return self._row(f"{count(len(block))} × {_range(rows)}", rows, branched) + self._nested(first[0], branched)
        shown = self._row(f"{count(len(block))} × <b>{plural(len(first), 'layer')}</b>", rows, branched)
        names = [_range(alike) for alike in zip(*block)]
        inner = self.html(first, branched, names)
        title = f"one of the {count(len(block))}: {first[0].name} to {first[-1].name}"
        return shown + _folded(title, inner, len(HEADER) + branched)

    def _nested(self, row, branched):
        """The table of a model inside, folded."""
        if not row.nested:
            return ""
        title = f"inside {row.name}: {plural(len(row.nested), 'layer')}"
        inner_branched = any(len(one.connected_to) > 1 for one in row.nested)
        return _folded(title, self.html(row.nested, inner_branched), len(HEADER) + branched)

    def _row(self, name, rows, branched):
        """A row with the sums over `rows`, and the shape of the last."""
        parameters, memory = sum(row.parameters for row in rows), sum(row.bytes for row in rows)
        flops = None if any(row.flops is None for row in rows) else sum(row.flops for row in rows)
        cells = [
            text(rows[-1].output_shape),
            count(parameters),
            _share(share_of(parameters, self.whole.parameters), PARAMETERS_COLOR),
            "" if flops is None else quantity(flops),
            _share(share_of(flops, self.whole.flops), FLOPS_COLOR),
            size(memory) if memory else "",
            *([text(reads_of(rows[0]))] if branched else []),
        ]
        data = "".join(
            f'<td style="{CELL}{"right" if index in NUMERIC else "left"}">{cell}</td>'
            for index, cell in enumerate(cells, 1)
        )
        told = text(hover(rows[0], self.whole))
        return f'<tr><th scope="row" title="{told}" style="{CELL}left;font-weight:normal">{name}</th>{data}</tr>'


def _blocks(rows: Sequence[LayerSummary]) -> Iterator[list[list[LayerSummary]]]:
    """The rows in order, as blocks that are alike: mostly a single one of a single row."""
    start = 0
    for repeat in _repeats(rows):
        yield from ([[row]] for row in rows[start : repeat.start])
        starts = range(repeat.start, repeat.end, repeat.length)
        yield [list(rows[at : at + repeat.length]) for at in starts]
        start = repeat.end
    yield from ([[row]] for row in rows[start:])


def _repeats(rows):
    if rows_in(rows) <= UNFOLDED:
        return []
    place = {row.name: index for index, row in enumerate(rows)}
    reads = [[place.get(name.rpartition("[")[0], -1) for name in row.connected_to] for row in rows]
    return repeats([likeness(row) for row in rows], reads, [bool(row.parameters) for row in rows])


def _name(row):
    name, remark = title_of(row)
    return f"<b>{text(name)}</b>{text(remark)}"


def _range(rows):
    """The name of the first of several rows in bold, and that of the last."""
    remark = title_of(rows[0])[1]
    return f"<b>{text(rows[0].name)}</b> … {text(rows[-1].name)}{text(remark)}"


def _share(share, color):
    """A share as a bar and in percent, bold where it is large.

    The bar is a picture, since block characters have seams and a style may be stripped.
    """
    if not share:
        return ""
    svg = (
        f'<svg xmlns="{NAMESPACE}" width="{BAR_WIDTH}" height="{BAR_HEIGHT}">'
        f'<rect width="{max(1.0, BAR_WIDTH * share):.1f}" height="{BAR_HEIGHT}" fill="{color}"/></svg>'
    )
    shown = picture(svg, "", "max-width:none;vertical-align:middle")  # none: not squeezed in a wide table
    return f"{shown} {f'<b>{percent(share)}</b>' if share >= HEAVY else percent(share)}"


def _folded(title, html, width):
    return _wide(f"<details><summary>{text(title)}</summary>{html}</details>", width)


def _wide(html, width):
    return f'<tr><td colspan="{width}" style="{FOLDED}">{html}</td></tr>'
