"""What a training looks like: while it runs, and the static picture, table and text that it leaves."""

import math
from dataclasses import dataclass

from nbkeras.notebook.training.record import Record, in_order
from nbkeras.notebook.views.columns import columns
from nbkeras.notebook.views.curves import INK, curves_svg, panels_of
from nbkeras.notebook.views.formats import duration, metric, plural, quantity
from nbkeras.notebook.views.html import picture, table, text, varying

__all__ = ["Progress", "final_bundle", "live_bundle"]

NUMERIC = [1, 2, 3, 4]
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
        earlier: batches done in the finished epochs.
        rows: in a batch, where that is known.
        seconds: since the beginning.
        opening: what the training began with, where it was not the first.
        outcome: how it ended, where not as planned.
    """

    name: str
    epochs: int = 1
    finished: int = 0
    batch: int = 0
    batches: int | None = None
    rows: int | None = None
    earlier: int = 0
    seconds: float = 0.0
    opening: str = ""
    outcome: str = ""

    @classmethod
    def over(cls, name: str, record: Record) -> "Progress":
        """The progress of all that is on record."""
        return cls(name, epochs=record.epochs, finished=record.epochs)

    @property
    def done(self) -> int:
        """Batches since the beginning."""
        return self.earlier + self.batch

    def end_epoch(self) -> None:
        """Notes that the batches done make an epoch."""
        self.batches = self.batches or self.batch
        self.earlier += self.batch
        self.finished += 1
        self.batch = 0

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
    bar = f'<progress value="{progress.share:.4f}" max="1" style="width:340px;max-width:100%"></progress>'
    lines = [f"<b>{text(progress.name)}</b>: {text(progress.line)}", *map(text, filter(None, [progress.opening])), bar]
    html = f"<div>{'<br>'.join(lines)}</div>{_curves(record, last, JUPYTER_INK)}{_table(record)}"
    return {"text/plain": f"{progress.name}: {progress.line}", "text/html": html}


def final_bundle(record: Record, progress: Progress, timed: bool) -> dict[str, str]:
    """What a training leaves: complete as text, and as a picture with a table.

    Args:
        record, progress: what happened.
        timed: whether the HTML says how long it took; not where outputs are compared.
    """
    took = f", in {duration(progress.seconds)}" if timed else ""
    remarks = [line for line in (progress.opening, progress.outcome, _divergence(record)) if line]
    head = "<br>".join(map(text, [progress.headline + took, *remarks]))
    sampled = max((points[-1][0] for points in record.samples.values()), default=0.0)
    curves = _curves(record, max(record.epochs, math.ceil(sampled)))
    figure = picture(curves, _described(record)) if curves else ""
    words = [progress.headline, *remarks, *([columns(_rows(record), NUMERIC)] if record.points else [])]
    return {"text/plain": "\n".join(words), "text/html": varying(f"<p>{head}</p>{figure}{_table(record)}")}


def _curves(record, last, ink=INK):
    """The curves up to the epoch `last`; nothing where a single value would be all there is."""
    samples = record.samples if last < FEW else {}
    if not (record.points if last > 1 else any(len(points) > 1 for points in samples.values())):
        return ""
    return curves_svg(panels_of(record.points, samples), last, record.joints, ink)


def _table(record):
    if not record.points:
        return ""
    header, *rows = _rows(record)
    return table(header, [[text(cell) for cell in row] for row in rows], NUMERIC)


def _rows(record):
    """Each metric's first, last and best value, and the epoch of the best, below a header."""
    rows = [["", "first", "last", "best", "in epoch"]]
    for name in in_order(record.points):
        points = record.points[name]
        rows.append([name, metric(points[0][1]), metric(points[-1][1]), *_best(name, points)])
    return rows


def _best(name, points):
    finite = [point for point in points if math.isfinite(point[1])]
    if "learning_rate" in name or not finite:
        return "", ""
    less = any(word in LESS_IS_BETTER for word in name.split("_"))
    epoch, value = (min if less else max)(finite, key=lambda point: point[1])
    return metric(value), str(epoch)


def _divergence(record):
    """What to do about a loss that is no number any more."""
    lost = next((epoch for epoch, value in record.points.get("loss", []) if not math.isfinite(value)), None)
    if lost is None:
        return ""
    return f"the loss is not finite since epoch {lost}: lower the learning rate, or look for NaN in the data"


def _described(record):
    """The curves in words, for readers who do not see them."""
    lines = record.points or record.samples
    ways = [f"{name} from {metric(points[0][1])} to {metric(points[-1][1])}" for name, points in lines.items()]
    return f"Curves over {plural(record.epochs, 'epoch')}: {', '.join(ways)}"
