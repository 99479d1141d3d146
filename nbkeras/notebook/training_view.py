"""What a training looks like: while it runs, and the static picture, table and text that it leaves."""

from dataclasses import dataclass

from nbkeras.notebook.columns import columns
from nbkeras.notebook.curves import INK, curves_svg, panels_of
from nbkeras.notebook.formats import duration, metric, plural, quantity
from nbkeras.notebook.html import picture, table, text
from nbkeras.notebook.record import Record

__all__ = ["Progress", "final_bundle", "live_bundle"]

BEGIN, END = "<!--nbkeras:live-->", "<!--/nbkeras:live-->"  # nbval's sanitizer cuts what is between them
NUMERIC = [1, 2, 3]
FEW = 5  # so few epochs say little as a curve; then the values within them are drawn too
AHEAD = 10
LESS_IS_BETTER = (
    "loss error crossentropy divergence hinge poisson cosh perplexity mae mape mse msle rmse kl kld".split()
)
JUPYTER_INK = "var(--jp-ui-font-color2, #808080)"


@dataclass
class Progress:
    """Where a training is.

    Attributes:
        name: of the model.
        epochs: how many there will be.
        finished: how many are.
        batch, batches: done in the present epoch, and how many it has where that is known.
        rows: in a batch, where that is known.
        seconds: since the beginning.
        done: batches since the beginning.
        opening: what the training began with, where it was not the first.
        outcome: how it ended, where not as planned.
    """

    name: str
    epochs: int = 1
    finished: int = 0
    batch: int = 0
    batches: int | None = None
    rows: int | None = None
    seconds: float = 0.0
    done: int = 0
    opening: str = ""
    outcome: str = ""

    @classmethod
    def over(cls, name: str, record: Record) -> "Progress":
        """The progress of all that is on record."""
        return cls(name, epochs=record.epochs, finished=record.epochs)

    @property
    def share(self) -> float:
        """The part that is done, of 1."""
        inner = self.batch / self.batches if self.batches else 0.0
        return min(1.0, (self.finished + min(1.0, inner)) / max(1, self.epochs))

    @property
    def line(self) -> str:
        """Epoch, batch, time left and speed."""
        epoch = min(self.finished + 1, self.epochs)
        parts = [f"epoch {epoch} of {self.epochs}", f"batch {self.batch}"]
        parts[1] += f" of {self.batches}" if self.batches else ""
        if self.share and self.seconds > 0.5:
            parts.append(f"{duration(self.seconds * (1 / self.share - 1))} left")
        if self.done and self.seconds:
            speed = self.done / self.seconds
            parts.append(f"{quantity(speed * self.rows)} samples/s" if self.rows else f"{quantity(speed)} batches/s")
        return " · ".join(parts)

    @property
    def headline(self) -> str:
        """What was done, without times."""
        epochs = plural(self.epochs, "epoch")
        epochs = epochs if self.finished == self.epochs else f"{self.finished} of {epochs}"
        batches = f", {plural(self.batches, 'batch', 'batches')} each" if self.batches else ""
        return f"{self.name}: {epochs}{batches}"


def live_bundle(record: Record, progress: Progress) -> dict[str, str]:
    """The view of a training in progress, as data by mime type."""
    planned = record.epochs + progress.epochs - progress.finished
    last = min(planned, max(AHEAD, 2 * record.epochs))  # the axis grows with the curves
    bar = f'<progress value="{progress.share:.4f}" max="1" style="width:340px"></progress>'
    lines = [f"<b>{text(progress.name)}</b> {text(progress.line)}", *map(text, filter(None, [progress.opening])), bar]
    html = f"<div>{'<br>'.join(lines)}</div>{_curves(record, last, JUPYTER_INK)}{_table(record)}"
    return {"text/plain": f"{progress.name}: {progress.line}", "text/html": html}


def final_bundle(record: Record, progress: Progress, timed: bool) -> dict[str, str]:
    """What a training leaves: complete as text, and as a picture with a table.

    Args:
        record, progress: what happened.
        timed: whether the HTML says how long it took; not where outputs are compared.
    """
    took = f", in {duration(progress.seconds)}" if timed else ""
    remarks = [line for line in (progress.opening, progress.outcome) if line]
    head = "<br>".join(map(text, [progress.headline + took, *remarks]))
    figure = picture(_curves(record, record.epochs), _described(record)) if record.points else ""
    words = [progress.headline, *remarks, *([columns(_rows(record), NUMERIC)] if record.points else [])]
    return {"text/plain": "\n".join(words), "text/html": f"{BEGIN}<p>{head}</p>{figure}{_table(record)}{END}"}


def _curves(record, last, ink=INK):
    if not (record.points or record.samples):
        return ""
    samples = record.samples if last < FEW else {}
    return curves_svg(panels_of(record.points, samples), last, record.joints, ink)


def _table(record):
    if not record.points:
        return ""
    header, *rows = _rows(record)
    return table(header, [[text(cell) for cell in row] for row in rows], NUMERIC)


def _rows(record):
    """Each metric's first, last and best value, below a header."""
    rows = [["", "first", "last", "best"]]
    for name, points in record.points.items():
        values = [value for _, value in points]
        rows.append([name, metric(values[0]), metric(values[-1]), _best(name, values)])
    return rows


def _best(name, values):
    if "learning_rate" in name:
        return ""
    words = name.split("_")
    less = any(word in LESS_IS_BETTER for word in words)
    return metric(min(values) if less else max(values))


def _described(record):
    """The curves in words, for readers who do not see them."""
    ways = [f"{name} from {metric(points[0][1])} to {metric(points[-1][1])}" for name, points in record.points.items()]
    return f"Curves over {plural(record.epochs, 'epoch')}: {', '.join(ways)}"
