"""What a reader sees who rests the pointer on a layer: how it was made, its shapes, and what it costs."""

from nbkeras.layers import InputLayer, Layer
from nbkeras.models import Model
from nbkeras.models.summary import LayerSummary, ModelSummary
from nbkeras.notation.expressions import Writer
from nbkeras.notebook.views.formats import count, quantity, size

__all__ = ["hover", "percent", "share_of"]

LONGEST = 300  # characters of a configuration; a vocabulary can be long


def hover(row: LayerSummary, whole: ModelSummary) -> str:
    """A layer in a few lines of plain text."""
    lines = [_made(row.operation), f"output {row.output_shape}"]
    lines += [f"{weight.name} {weight.shape}" for weight in getattr(row.operation, "_weights", ())]
    if row.parameters:
        part = percent(share_of(row.parameters, whole.parameters))
        lines.append(f"{count(row.parameters)} parameters, {part} of the model's, {size(row.bytes)}")
    if row.flops:
        lines.append(f"{quantity(row.flops, 'FLOP')} per example, {percent(share_of(row.flops, whole.flops))}")
    if row.frozen:
        lines.append("frozen: training leaves its weights as they are")
    return "\n".join(lines)


def share_of(part: int | None, whole: int | None) -> float:
    """A part of a whole; none of nothing."""
    return part / whole if part and whole else 0.0


def percent(share: float) -> str:
    """A share in percent, rounded; nothing for no share at all.

    >>> percent(0.494), percent(0.001), percent(0.0)
    ('49 %', '<1 %', '')
    """
    return "" if not share else f"{100 * share:.0f} %" if share >= 0.005 else "<1 %"


def _made(operation):
    """The constructor call of a layer, as far as there is room for it."""
    if isinstance(operation, Model):
        return f"{operation.title}: {count(len(operation.layers))} layers"
    if not isinstance(operation, Layer):
        return operation.name
    if isinstance(operation, InputLayer):
        return f"Input '{operation.name}' of {operation.dtype}"
    try:
        source = Writer().object(operation, operation.name)
    except (AttributeError, NotImplementedError, TypeError, ValueError):  # of a layer that cannot be saved
        return operation.title
    return source if len(source) <= LONGEST else f"{source[:LONGEST]}…"
