"""What `%evaluate` finds beyond the metrics: confusions, classes, errors, and the worst rows."""

import math
from collections.abc import Callable, Sequence

from nbkeras.inspection import ClassificationReport, Example, MultiLabelReport, RegressionReport
from nbkeras.inspection.evaluation import Report
from nbkeras.notebook.views.columns import columns
from nbkeras.notebook.views.formats import count, metric, plural
from nbkeras.notebook.views.html import bundle, picture, table, text, varying
from nbkeras.notebook.views.inputs import Inputs
from nbkeras.notebook.views.residuals import residuals_svg

__all__ = ["Names", "evaluation_bundle", "percent"]

Names = Callable[[int], str]
READABLE = 20  # classes: of more, the most confused pairs are told instead of a matrix
TOLD = 10  # pairs, classes or columns, where there are more than can be shown
MOST_BYTES = 56_000  # of HTML, images included
FRAMES = 1_000  # of these around the parts
RIGHT, WRONG = "#0072B2", "#D55E00"  # shades of the matrix, half opaque at most: text is legible on white and #111
FAINT, STRONG = 0.12, 0.5
POSITIONS = 8  # of a row with many targets


def evaluation_bundle(reports: Sequence[Report], inputs: Inputs, names: Sequence[Names]) -> dict[str, str]:
    """The reports of all outputs as data by mime type.

    Args:
        reports: of a model's outputs.
        inputs: what the model was given.
        names: for each report, the name of a class by its number.
    """
    sections = [_Section(report, name) for report, name in zip(reports, names)]
    plain = "\n\n".join(section.plain(inputs) for section in sections)
    html = ""
    for left, section in zip(range(len(sections), 0, -1), sections):
        html += section.html(inputs, (MOST_BYTES - len(html)) // left)
    return bundle(plain, html)


class _Section:
    """One report, in parts that are tables: a title, a header, rows of plain cells, and the numeric columns."""

    def __init__(self, report: Report, name: Names):
        self.report = report
        self.name = name
        self.head = _headline(report)
        self.summary, self.tables = _parts(report, name)

    def plain(self, inputs: Inputs) -> str:
        """All as text."""
        parts = [self.head, self.summary] if self.summary else [self.head]
        if _has_matrix(self.report):
            parts += ["", *_matrix_text(self.report, self.name)]
        for title, header, rows, numeric in self.tables:
            parts += ["", title, columns([header, *rows], numeric)]
        if self.report.worst:
            rows = [[*_example(e, self.name), inputs.words(e.row) if inputs else ""] for e in self.report.worst]
            parts += ["", _worst_title(self.report), columns([_worst_header(self.report), *rows], [0, 1])]
        return "\n".join(parts)

    def html(self, inputs: Inputs, room: int) -> str:
        """All as HTML of about `room` bytes at most."""
        figures = [_matrix(self.report, self.name)] if _has_matrix(self.report) else []
        if isinstance(self.report, RegressionReport):
            figures.append(picture(residuals_svg(self.report), _described(self.report)))
        for title, header, rows, numeric in self.tables:
            figures.append(_titled(title, table(header, [list(map(text, row)) for row in rows], numeric)))
        figures.append(self._worst(inputs, room - sum(map(len, figures)) - FRAMES))
        shown = "".join(f'<div style="overflow-x:auto">{figure}</div>' for figure in figures if figure)
        body = f'<div style="display:flex;flex-wrap:wrap;gap:0 32px">{shown}</div>'
        summary = f"<p>{text(self.summary)}</p>" if self.summary else ""
        return f"<p><b>{text(self.head)}</b></p>" + varying(summary + body)

    def _worst(self, inputs, room):
        if not self.report.worst:
            return ""
        examples = self.report.worst
        shown = inputs.html([example.row for example in examples], room) if inputs else [""] * len(examples)
        rows = [[*map(text, _example(e, self.name)), cell] for e, cell in zip(examples, shown)]
        return _titled(_worst_title(self.report), table(_worst_header(self.report), rows, [0, 1]))


def percent(share: float) -> str:
    """A share of 1 as `93 %`, `0.4 %`, or `–` where there is none."""
    if math.isnan(share):
        return "–"
    return f"{100 * share:.0f} %" if share == 0 or share >= 0.00995 else f"{100 * share:.1g} %"


def _headline(report: Report) -> str:
    output = f"{report.output}: " if report.output else ""
    rows = plural(report.rows, "row")
    if isinstance(report, ClassificationReport):
        return f"{output}classification of {rows} into {report.classes} classes"
    if isinstance(report, MultiLabelReport):
        return f"{output}{rows} with any of {len(report.counts)} labels, which do not exclude each other"
    return f"{output}regression on {rows}" + (f" of {len(report.r2)} values" if len(report.r2) > 1 else "")


def _parts(report, name):
    """A summary in words, and tables as (title, header, rows, numeric columns)."""
    if isinstance(report, RegressionReport):
        return _summary_of_values(report), _columns(report)
    by_class = _by_class(report, name)
    if isinstance(report, MultiLabelReport):
        return f"{percent(report.exact)} of the {report.unit}s have all labels right; above 0.5 is yes", by_class
    right = f"{percent(report.accuracy)} of {plural(int(report.support.sum()), report.unit)} right"
    if report.classes <= READABLE:
        return right, by_class
    pairs = [[name(true), name(guess), count(often)] for true, guess, often in report.confused(TOLD)]
    most = ("most confused", ["true", "predicted", "times"], pairs, [2])
    return right, [most, *by_class] if pairs else by_class


def _by_class(report, name):
    """Precision, recall, F1 and support of each class, of the worst ones where there are many."""
    kind = "label" if isinstance(report, MultiLabelReport) else "class"
    figures = list(zip(report.precision, report.recall, report.f1, report.support))
    order = list(range(len(figures)))
    title = f"by {kind}"
    if len(figures) > READABLE:
        order = sorted(order, key=lambda i: (math.isnan(report.f1[i]), report.f1[i]))[:TOLD]
        title = f"by {kind}, the {TOLD} of {len(figures)} with the lowest F1"
    rows = [[name(i), *(_ratio(value) for value in figures[i][:3]), count(int(figures[i][3]))] for i in order]
    return [(title, [kind, "precision", "recall", "F1", "support"], rows, [1, 2, 3, 4])]


def _ratio(value):
    return "–" if math.isnan(value) else f"{value:.3f}"


def _summary_of_values(report):
    if len(report.r2) > 1:
        return ""
    r2, mae, rmse = float(report.r2[0]), float(report.mae[0]), float(report.rmse[0])
    explained = "R² – (the targets are all the same)" if math.isnan(r2) else f"R² {r2:.3f}"
    return f"{explained}, mean absolute error {metric(mae)}, root mean square error {metric(rmse)}"


def _columns(report):
    if len(report.r2) == 1:
        return []
    figures = list(zip(report.r2, report.mae, report.rmse))[:TOLD]
    rows = [[str(i), _ratio(r2), metric(mae), metric(rmse)] for i, (r2, mae, rmse) in enumerate(figures)]
    title = f"by column, the first {TOLD} of {len(report.r2)}" if len(report.r2) > TOLD else "by column"
    return [(title, ["column", "R²", "mean absolute error", "root mean square error"], rows, [1, 2, 3])]


def _described(report):
    errors = report.errors
    return (
        f"Errors against predictions, and their histogram: from {metric(errors.low)} to {metric(errors.high)}, "
        f"mean {metric(errors.mean)}, standard deviation {metric(errors.std)}"
    )


# --- the confusion matrix ---


def _has_matrix(report):
    return isinstance(report, ClassificationReport) and report.classes <= READABLE


def _matrix_text(report, name):
    names = [name(i) for i in range(report.classes)]
    rows = [[label, *(count(int(n)) if n else "·" for n in row)] for label, row in zip(names, report.confusion)]
    yield "confusion matrix: a row for each true class, a column for each predicted one"
    yield columns([["", *names], *rows], range(1, report.classes + 1))


def _matrix(report, name):
    """Counts with the shares of their rows, which are also shades."""
    names = [text(name(i)) for i in range(report.classes)]
    head = "".join(f"<th>{label}</th>" for label in ["true \\ predicted", *names])
    rows: list[str] = []
    for label, cells in zip(names, report.confusion):
        total = int(cells.sum())
        shares = "".join(_cell(int(n), total, RIGHT if i == len(rows) else WRONG) for i, n in enumerate(cells))
        rows.append(f"<tr><th>{label}</th>{shares}</tr>")
    caption = "confusion matrix: counts, and shares of the true class"
    return _titled(caption, f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>")


def _cell(number, total, shade):
    if not number:
        return "<td></td>"
    opacity, share = round(255 * (FAINT + (STRONG - FAINT) * number / total)), percent(number / total)
    return f'<td style="background:{shade}{opacity:02x}">{count(number)}<br><small>{share}</small></td>'


# --- the worst rows ---


def _worst_title(report):
    return "largest errors" if isinstance(report, RegressionReport) else "highest losses"


def _worst_header(report):
    return ["row", "error" if isinstance(report, RegressionReport) else "loss", "true", "predicted", "inputs"]


def _example(example: Example, name: Names) -> list[str]:
    """The place, the loss, the truth and the prediction in words."""
    is_class = example.probability is not None
    truth = _called(example.truth, example.of_truth, name) if is_class else _several(example.truth, name)
    guess = _called(example.predicted, example.probability, name) if is_class else _several(example.predicted, name)
    return [str(example.row), metric(example.loss), truth, guess]


def _called(number, probability, name):
    called = name(number) if number >= 0 else "ignored"
    return called if probability is None else f"{called} ({probability:.3f})"


def _several(values, name):
    """A value, or several of a row: floats are values, integers are classes or labels."""
    if isinstance(values, float):
        return metric(values)
    words = [metric(v) if isinstance(v, float) else name(v) if v >= 0 else "ignored" for v in values[:POSITIONS]]
    return (", ".join(words) or "none") + (" …" if len(values) > POSITIONS else "")


def _titled(title, body):
    return f"<p>{text(title)}</p>{body}"
