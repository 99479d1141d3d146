"""Trainings as a list, one in detail, and several in the same curves."""

from collections.abc import Sequence

from nbkeras.notebook.training.facts import RUNNING, Facts
from nbkeras.notebook.training.record import Record, in_order
from nbkeras.notebook.views.best import best_of
from nbkeras.notebook.views.columns import columns
from nbkeras.notebook.views.curves import Curve, Panel, curves_svg
from nbkeras.notebook.views.formats import count, duration, metric, plural
from nbkeras.notebook.views.html import bundle, picture, table, text, varying
from nbkeras.notebook.views.training import Progress, final_bundle
from nbkeras.notebook.views.visible import visible

__all__ = ["details_bundle", "list_bundle", "overlay_bundle"]

MOST_METRICS = 4  # that have a column in the list
MOST_LETTERS = 48  # of the settings in the list
COLORS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7"]
DASHES = ["", "6 3", "2 3", "10 3 2 3"]
SWATCH = (36, 10)  # pixels of a sample of a curve


def list_bundle(title: str, runs: Sequence[Facts], timed: bool, in_text: bool = False) -> dict[str, str]:
    """A table of trainings; as text it is two, of which the second has what differs from machine to machine.

    Args:
        title: the line above it.
        runs: what is known of each.
        timed: whether the HTML says when, how long and at which commit; not where outputs are compared.
        in_text: whether the text says it, too: where it is all that there is to see.
    """
    results = _results_table(runs)
    header, *rows = [[*values, *about[1:]] for about, values in zip(_facts_table(runs, timed), results)]
    right = [index for index, name in enumerate(header) if name in {"epochs", "took", *results[0][1:]}]
    marked = table(header, [[text(cell) for cell in row] for row in rows], right)
    words = [title, columns(_facts_table(runs, timed and in_text)), "", columns(results, range(1, len(results[0])))]
    return bundle("\n".join(words), f"<p>{text(title)}</p>{varying(_scrolling(marked))}")


def details_bundle(facts: Facts, timed: bool, in_text: bool = False) -> dict[str, str]:
    """All that is known of a training, with its curves.

    Args:
        facts: what is known.
        timed, in_text: as for `list_bundle`.
    """
    record = Record(begun=True, epochs=facts.finished, points=facts.points)
    progress = Progress(
        facts.run, epochs=facts.planned, finished=facts.finished, batches=facts.batches, seconds=facts.seconds
    )
    final = final_bundle(record, progress, timed)
    headline, _, results = final["text/plain"].partition("\n")
    known = columns(_known(facts, timed and in_text))
    rows = [[f"<b>{text(name)}</b>", text(value)] for name, value in _known(facts, timed)]
    html = final["text/html"] + varying(_scrolling(table(["", ""], rows)))
    return bundle("\n".join(filter(None, [headline, known, results])), html)


def overlay_bundle(runs: Sequence[Facts]) -> dict[str, str]:
    """The curves of several trainings in the same panels, one for each metric; the table says which line is whose."""
    metrics = in_order(dict.fromkeys(name for facts in runs for name in facts.points))
    lines = [(facts, COLORS[index % 4], DASHES[(index + index // 4) % 4]) for index, facts in enumerate(runs)]
    panels = [Panel(name, _curves(name, lines)) for name in metrics]
    title = f"{', '.join(facts.run for facts in runs)}, each from its first epoch"
    results = _results_table(runs)
    plain = f"{title}\n{columns(results, range(1, len(results[0])))}"
    if not panels:
        return {"text/plain": visible(plain)}
    last = max(facts.finished for facts in runs)
    figure = picture(curves_svg(panels, last), _described(runs, metrics))
    header, *rows = results
    samples = [f"{_swatch(color, dash)} {text(facts.run)}" for facts, color, dash in lines]
    cells = [[sample, *(text(cell) for cell in row[1:])] for sample, row in zip(samples, rows)]
    marked = _scrolling(table(header, cells, range(1, len(header))))
    return bundle(plain, varying(f"<p>{text(title)}</p>{figure}{marked}"))


def _curves(name, lines):
    return [Curve("", color, dash, facts.points[name]) for facts, color, dash in lines if name in facts.points]


def _facts_table(runs, timed):
    """What was done, below a header."""
    more = ["took", "commit", "began (UTC)"] if timed else []
    rows = [["run", "epochs", "outcome", "settings", "data", *more]]
    for facts in runs:
        times = [duration(facts.seconds), facts.commit, facts.began] if timed else []
        rows.append([facts.run, _epochs(facts), _outcome(facts), _settings(facts), _data(facts), *times])
    return rows


def _results_table(runs):
    """What came out, below a header: the last value of the first metrics, and the best loss."""
    metrics = in_order(dict.fromkeys(name for facts in runs for name in facts.points))[:MOST_METRICS]
    rows = [["run", *metrics, "best", "in epoch"]]
    for facts in runs:
        last = [metric(facts.points[name][-1][1]) if facts.points.get(name) else "" for name in metrics]
        rows.append([facts.run, *last, *_best(facts)])
    return rows


def _best(facts):
    """The best loss, of validation where there is one, and its epoch."""
    name = "val_loss" if "val_loss" in facts.points else "loss"
    best = best_of(name, facts.points.get(name, []))
    return (f"{name} {metric(best[1])}", f"{best[0]:.0f}") if best else ("", "")


def _known(facts, timed):
    rows = [
        ["model", facts.model],
        ["parameters", count(facts.parameters) if facts.parameters else ""],
        ["data", _data(facts)],
        ["optimizer", facts.optimizer],
        ["settings", ", ".join(f"{name} {value}" for name, value in facts.settings.items())],
        ["seed", "" if facts.seed is None else str(facts.seed)],
        ["outcome", _outcome(facts)],
    ]
    if timed:
        rows += [["began", f"{facts.began} UTC"], ["took", duration(facts.seconds)], ["commit", facts.commit]]
    return [row for row in rows if row[1]]


def _data(facts):
    return ", ".join(f"{source} {shape}" for source, shape in facts.data.items())


def _epochs(facts):
    return str(facts.planned) if facts.finished == facts.planned else f"{facts.finished} of {facts.planned}"


def _settings(facts):
    """Optimizer and options on one line, cut where it is long."""
    given = [f"{name} {value}" for name, value in facts.settings.items() if name != "epochs"]
    line = ", ".join(filter(None, [facts.optimizer, *given]))
    return line if len(line) <= MOST_LETTERS else f"{line[: MOST_LETTERS - 1]}…"


def _outcome(facts):
    return "not ended" if facts.outcome == RUNNING else facts.outcome


def _described(runs, metrics):
    """The curves in words, for readers who do not see them."""
    first = metrics[0]
    ways = [
        f"{facts.run} from {metric(facts.points[first][0][1])} to {metric(facts.points[first][-1][1])}"
        for facts in runs
        if facts.points.get(first)
    ]
    return f"Curves of {plural(len(runs), 'training')}, {', '.join(metrics)}; {first} of {', '.join(ways)}"


def _swatch(color, dash):
    """A sample of a curve, as it is drawn."""
    width, height = SWATCH
    dashes = f' stroke-dasharray="{dash}"' if dash else ""
    line = f'<path d="M1 {height / 2:g}H{width - 1}" stroke="{color}" stroke-width="2.5"{dashes}/>'
    svg = f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}">{line}</svg>'
    return picture(svg, "", "vertical-align:middle")


def _scrolling(html):
    return f'<div style="overflow-x:auto">{html}</div>'
