"""Losses from what `compile` is given, where the shapes of the data decide what a name means."""

from nbkeras import losses, tree
from nbkeras.losses.loss import Loss, LossFunctionWrapper
from nbkeras.naming import to_snake_case

__all__ = ["check_names", "label_kind", "object_name", "resolve"]

_BY_KIND = {
    "binary": losses.binary_crossentropy,
    "sparse": losses.sparse_categorical_crossentropy,
    "categorical": losses.categorical_crossentropy,
}


def label_kind(y_true_shape, y_pred_shape):
    """How classes are written: `"binary"` (one output), `"sparse"` (integers) or `"categorical"` (one-hot)."""
    if len(y_pred_shape) < 2 or y_pred_shape[-1] == 1:
        return "binary"
    if len(y_true_shape) < len(y_pred_shape) or y_true_shape[-1] == 1:
        return "sparse"
    return "categorical"


def object_name(obj):
    """The name that logs have for a loss, a metric or a function."""
    name = getattr(obj, "name", None) or getattr(obj, "__name__", None) or type(obj).__name__
    return name if hasattr(obj, "name") else to_snake_case(name)


def resolve(identifier, y_true_shape, y_pred_shape):
    """The `Loss` that `identifier` stands for: as `losses.get`, but `"crossentropy"` or `"ce"` fits the shapes."""
    if str(identifier).lower() in ("crossentropy", "ce"):
        loss = _BY_KIND[label_kind(y_true_shape, y_pred_shape)]
    else:
        loss = losses.get(identifier)
    if isinstance(loss, Loss):
        return loss
    return LossFunctionWrapper(loss, name=identifier if isinstance(identifier, str) else object_name(loss))


def check_names(given):
    """Raises ValueError for the name of a loss that nobody knows, wherever in a structure it stands."""
    for identifier in tree.flatten(given):
        if isinstance(identifier, str):
            resolve(identifier, (1, 1), (1, 1))
