"""The names that an argument may have: of losses for `loss`, of activations for `activation`, and so on."""

import inspect
from collections.abc import Iterable
from typing import Any

from nbkeras import activations, backends, constraints, explain, initializers, losses, metrics, optimizers, regularizers
from nbkeras.losses.reduction import REDUCTIONS
from nbkeras.serialization import parameters

__all__ = ["names_for", "parameter_at"]

FLOATS = ("float32", "float64", "float16", "bfloat16")
INTEGERS = ("int32", "int64", "uint8", "bool")

# Parameters of which the name says all.
CHOICES = {
    "average": ("micro", "macro", "weighted"),
    "backend": backends.NAMES,
    "curve": ("ROC", "PR"),
    "data_format": ("channels_last", "channels_first"),
    "dtype": (*FLOATS, *INTEGERS),
    "interpolation": ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"),
    "method": tuple(explain.METHODS),
    "merge_mode": ("concat", "sum", "mul", "ave"),
    "monitor": ("val_loss", "loss", "val_accuracy", "accuracy"),
    "padding": ("valid", "same"),
    "reduction": tuple(name for name in REDUCTIONS if name),
    "score_mode": ("dot", "concat"),
    "verbose": ("0", "1", "2"),
}


def names_for(parameter: str, function: Any = None) -> list[str]:
    """The names that `parameter` (of `function`, where that matters) may be given; none where nobody knows.

    >>> names_for("padding")
    ['valid', 'same']
    """
    if parameter == "padding" and getattr(function, "paddings", None):
        return list(function.paddings)
    if parameter == "mode" and "monitor" in parameters(function):
        return ["auto", "min", "max"]
    return list(CHOICES.get(parameter) or _of_room(parameter))


def parameter_at(function: Any, argument: int | str | None) -> str:
    """The name of an argument of a call, given by its place or by its keyword; `""` for one that is not there."""
    if not isinstance(argument, int):
        return argument or ""
    try:
        names = parameters(function)
    except (TypeError, ValueError):  # some built-in functions do not tell
        return ""
    return names[argument] if argument < len(names) else ""


def _of_room(parameter):
    """The names that a room of the library knows for a parameter, in lower case and each thing once."""
    if parameter in ("metrics", "weighted_metrics"):
        return sorted(name for name, made in _short(metrics.METRICS) if _compares(made))
    kind = parameter.rpartition("_")[2]
    rooms = {
        "optimizer": optimizers.TABLE,
        "loss": losses.LOSSES,
        "activation": activations.TABLE,
        "initializer": initializers.TABLE,
        "regularizer": regularizers.TABLE,
        "constraint": constraints.TABLE,
    }
    return sorted(name for name, _ in _short(rooms.get(kind, {})) if name != kind)


def _short(table: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    """The names in lower case of what can be made by its name alone."""
    return [(name, made) for name, made in table.items() if name == name.lower() and not _needs_arguments(made)]


def _needs_arguments(made):
    if not inspect.isclass(made):
        return False
    needed = [p for p in inspect.signature(made).parameters.values() if p.default is p.empty]
    return any(p.kind is p.POSITIONAL_OR_KEYWORD for p in needed)


def _compares(metric: Any) -> bool:
    """Whether a metric is one of targets and predictions, as those of `compile` are."""
    return "y_true" in inspect.signature(getattr(metric, "update_state", metric)).parameters
