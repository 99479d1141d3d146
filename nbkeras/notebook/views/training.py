"""What a training looks like: while it runs, and the static picture, table and text that it leaves."""

import math
from dataclasses import dataclass, field

from nbkeras.notebook.training.record import Record, in_order
from nbkeras.notebook.views.best import best_of
from nbkeras.notebook.views.columns import columns
from nbkeras.notebook.views.curves import INK, curves_svg, panels_of
from nbkeras.notebook.views.formats import duration, metric, plural, quantity, size
from nbkeras.notebook.views.html import bundle, picture, table, text, varying
from nbkeras.notebook.views.remarks import described, lost, overfitting

__all__ = ["FEW", "Progress", "final_bundle", "live_bundle"]

NUMERIC = [1, 2, 3, 4]
FEW = 5  # so few epochs say little as a curve; then the values within them are drawn too
AHEAD = 10
MANY = 16  # rows of a table
RATES = 3  # changes of the learning rate that are told one by one
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
        waited: those of them that it was paused.
        paused: whether it is.
        learning_rate, memory: the present ones (memory in bytes), where they are known.
        rates: by epoch, the learning rate before and after it was changed by hand.
        remark: what there is to say of the last command.
        divergence: where numbers stopped being finite, as the engine found it.
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
    waited: float = 0.0
    paused: bool = False
    learning_rate: float | None = None
    memory: int | None = None
    rates: dict[int, tuple[float, float]] = field(default_factory=dict)
    remark: str = ""
    divergence: str = ""
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

    def note_rate(self, before: float, after: float) -> None:
        """Notes that the learning rate was changed by hand; within an epoch, changes are one."""
        self.learning_rate = after
        epoch = min(self.finished + 1, self.epochs)
        self.rates[epoch] = self.rates.get(epoch, (before, after))[0], after

    @property
    def share(self) -> float:
        """The part that is done, of 1."""
        inner = self.batch / self.batches if self.batches else 0.0
        return min(1.0, (self.finished + min(1.0, inner)) / max(1, self.epochs))

    @property
    def line(self) -> str:
        """Epoch, batch, time left, speed, learning rate and memory."""
        epoch = min(self.finished + 1, self.epochs)
        parts = ["paused"] if self.paused else []
        parts += [f"epoch {epoch} of {self.epochs}", f"batch {self.batch}"]
        parts[-1] += f" of {self.batches}" if self.batches else ""
        busy = self.seconds - self.waited
        if self.share and busy > 0.5:
            parts.append(f"{duration(busy * (1 / self.share - 1))} left")
        if self.done and busy > 0:
            speed = self.done / busy
            parts.append(f"{quantity(speed * self.rows)} samples/s" if self.rows else f"{quantity(speed)} batches/s")
        if self.learning_rate is not None:
            parts.append(f"learning rate {self.learning_rate:.3g}")
        if self.memory is not None:
            parts.append(f"memory {size(self.memory)}")
        return " · ".join(parts)

    @property
    def headline(self) -> str:
        """What was done, without times."""
        epochs = plural(self.epochs, "epoch")
        epochs = epochs if self.finished == self.epochs else f"{self.finished} of {epochs}"
        batches = f", {plural(self.batches, 'batch', 'batches')} each" if self.batches else ""
        return f"{self.name}: {epochs}{batches}"

    @property
    def changes(self) -> str:
        """The changes of the learning rate that were made by hand."""
        told = list(self.rates.items())[-RATES:]
        earlier = len(self.rates) - len(told)
        ways = [f"{before:.3g} → {after:.3g} in epoch {epoch}" for epoch, (before, after) in told]
        before = f", {plural(earlier, 'change')} before" if earlier else ""
        return f"learning rate {', '.join(ways)}{before}" if ways else ""


def live_bundle(record: Record, progress: Progress) -> dict[str, str]:
    """The view of a training in progress, as data by mime type."""
    planned = record.epochs + progress.epochs - progress.finished
    last = min(planned, max(AHEAD, 2 * record.epochs))  # the axis grows with the curves
    share = f"{progress.share:.4f}"
    bar = f'<progress aria-label="done" value="{share}" max="1" style="width:340px;max-width:100%"></progress>'
    said = [progress.opening, progress.changes, progress.remark, progress.outcome, _loss_of_numbers(record, progress)]
    lines = [f"<b>{text(progress.name)}</b>: {text(progress.line)}", *map(text, filter(None, said)), bar]
    departed = text(overfitting(record.points))
    html = f"<div>{'<br>'.join(lines)}</div>{_curves(record, last, JUPYTER_INK)}{_table(record)}{departed}"
    return bundle(f"{progress.name}: {progress.line}", html)


def final_bundle(record: Record, progress: Progress, timed: bool) -> dict[str, str]:
    """What a training leaves: complete as text, and as a picture with a table.

    Args:
        record, progress: what happened.
        timed: whether the HTML says how long it took, where that is known; not where outputs are compared.
    """
    took = f", in {duration(progress.seconds)}" if timed and progress.seconds else ""
    said = [progress.opening, progress.changes, progress.outcome, _loss_of_numbers(record, progress)]
    remarks = [line for line in said if line]
    departed = [line for line in [overfitting(record.points)] if line]
    head = "<br>".join(map(text, [progress.headline + took, *remarks, *departed]))
    sampled = max((points[-1][0] for points in record.samples.values()), default=0.0)
    curves = _curves(record, max(record.epochs, math.ceil(sampled)))
    figure = picture(curves, described(record)) if curves else ""
    # What depends on measured values comes after the table, where `nbval.cfg` leaves it out of comparisons.
    words = [progress.headline, *remarks, *([columns(_rows(record), NUMERIC)] if record.points else []), *departed]
    return bundle("\n".join(words), varying(f"<p>{head}</p>{figure}{_table(record)}"))


def _curves(record, last, ink=INK):
    """The curves up to the epoch `last`; nothing where a single value would be all there is."""
    samples = record.samples
    if last >= FEW:  # then only what belongs to the epoch in progress
        present = {name: [p for p in points if p[0] > record.epochs] for name, points in samples.items()}
        samples = {name: points for name, points in present.items() if points}
    if not (record.points if last > 1 else any(len(points) > 1 for points in samples.values())):
        return ""
    return curves_svg(panels_of(record.points, samples), last, record.joints, ink)


def _table(record):
    if not record.points:
        return ""
    header, *rows = _rows(record)
    return table(header, [[text(cell) for cell in row] for row in rows], NUMERIC, light=len(rows) > MANY)


def _rows(record):
    """Each metric's first, last and best value, and the epoch of the best, below a header."""
    rows = [["", "first", "last", "best", "in epoch"]]
    for name in in_order(record.points):
        points = record.points[name]
        best = best_of(name, points)
        cells = (metric(best[1]), str(best[0])) if best else ("", "")
        rows.append([name, metric(points[0][1]), metric(points[-1][1]), *cells])
    return rows


def _loss_of_numbers(record, progress):
    """Where numbers stopped being finite: as the engine found it, else as the losses show."""
    return progress.divergence or lost(record.points) or lost(record.samples)
