"""The numbers of a training in words: what went wrong, and what the curves show to those who do not see them."""

import math
from collections.abc import Mapping, Sequence

from nbkeras.notebook.training.record import Record
from nbkeras.notebook.views.best import best_of
from nbkeras.notebook.views.formats import metric, plural

__all__ = ["described", "lost", "overfitting"]

Points = Sequence[tuple[float, float]]

PATIENCE = 5  # epochs for which the validation loss has to depart before it is said
RISE = 0.05  # and by how much of its best, so that noise around a plateau is not called a rise
MOST = 8  # curves that are told one by one


def overfitting(points: Mapping[str, Points]) -> str:
    """That the validation loss rises while the training loss falls, or nothing.

    Said when the validation loss has been above its best for at least 5 epochs, lies 5 % above it in the mean of the
    last 5, and higher in the later half of these epochs than in the earlier one.
    """
    validation, training = points.get("val_loss", ()), dict(points.get("loss", ()))
    best = best_of("val_loss", validation)
    if best is None:
        return ""
    since = [(epoch, value) for epoch, value in validation if epoch > best[0] and math.isfinite(value)]
    now = training.get(validation[-1][0], math.nan)
    then = training.get(best[0], math.nan)
    if len(since) < PATIENCE or not now < then:
        return ""
    values = [value for _, value in since]
    half = len(values) // 2
    if _mean(values[-PATIENCE:]) < best[1] + RISE * abs(best[1]) or _mean(values[half:]) <= _mean(values[:half]):
        return ""
    rise = f"has risen from {metric(best[1])} to {metric(values[-1])}"
    fall = f"fell from {metric(then)} to {metric(now)}"
    return (
        f"overfitting since epoch {best[0]:.0f}: in {plural(len(since), 'epoch')} the validation loss {rise}, "
        f"while the training loss {fall}; "
        "EarlyStopping(restore_best_weights=True), dropout, a smaller model or more data help"
    )


def lost(points: Mapping[str, Points]) -> str:
    """Since when the loss is no number any more, and what to do about it."""
    epoch = next((epoch for epoch, value in points.get("loss", ()) if not math.isfinite(value)), None)
    if epoch is None:
        return ""
    return (
        f"the loss is not finite since epoch {math.ceil(epoch)}: lower the learning rate, or look for NaN in the data"
    )


def described(record: Record) -> str:
    """The curves in words."""
    lines = record.points or record.samples
    ways = [_way(name, points, bool(record.points)) for name, points in list(lines.items())[:MOST]]
    rest = len(lines) - len(ways)
    more = f" and {plural(rest, 'more curve')}, whose values are in the table" if rest else ""
    return f"Curves over {plural(record.epochs, 'epoch')}: {', '.join(ways)}{more}"


def _way(name, points, by_epoch):
    way = f"{name} from {metric(points[0][1])} to {metric(points[-1][1])}"
    best = best_of(name, points) if by_epoch else None
    if best is None or best in (points[0], points[-1]):
        return way
    return f"{way} (best {metric(best[1])} in epoch {best[0]:.0f})"


def _mean(values):
    return sum(values) / len(values)
