"""What is wrong or odd about a training, told before its first step.

What cannot be meant is an error; what may be meant, and mostly is not, a warning.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from nbkeras import activations, losses, metrics, optimizers, tree
from nbkeras.data import Batches
from nbkeras.data.arrays import is_array_like
from nbkeras.losses.loss import LossFunctionWrapper
from nbkeras.variables import Variable
from nbkeras.warning import warn

if TYPE_CHECKING:
    from nbkeras.training.trainer import Trainer

__all__ = ["check_inputs", "check_order", "check_training", "checked_validation"]

# The numbers that an activation gives.
REACH = {
    activations.sigmoid: (0, 1),
    activations.hard_sigmoid: (0, 1),
    activations.softmax: (0, 1),
    activations.tanh: (-1, 1),
    activations.relu: (0, np.inf),
    activations.softplus: (0, np.inf),
}
NUMERIC = (
    losses.mean_squared_error,
    losses.mean_absolute_error,
    losses.mean_absolute_percentage_error,
    losses.huber,
    losses.log_cosh,
)
OF_CLASSES = (losses.sparse_categorical_crossentropy, losses.categorical_crossentropy, losses.binary_crossentropy)
# Optimizers that divide a gradient by its own size, so that a step is about as long as the learning rate.
BY_STEP = (optimizers.Adam, optimizers.Adamax, optimizers.Lion, optimizers.Nadam, optimizers.RMSprop)


def check_order(optimizer: Any, loss: Any) -> None:
    """Raises ValueError where `compile` is given a loss for the optimizer, or a metric for the loss."""
    if isinstance(optimizer, str) and optimizer.lower() not in optimizers.TABLE and optimizer in losses.LOSSES:
        raise ValueError(
            f"compile() expects an optimizer first, got the loss {optimizer!r}; write compile('adam', {optimizer!r})"
        )
    if isinstance(loss, str) and loss not in losses.LOSSES and (loss == "acc" or loss in metrics.METRICS):
        raise ValueError(
            f"compile() expects a loss, which has a gradient, got the metric {loss!r}; give a loss such as "
            f"'categorical_crossentropy', and metrics=[{loss!r}]"
        )


def check_inputs(model: "Trainer", x: Any, y: Any) -> None:
    """Raises ValueError if `x` does not fit the inputs of a model with a graph; says so if `y` does."""
    try:
        model.graph.check(x, model)
    except ValueError as error:
        if y is None or not _fits(model, y):
            raise
        told = str(error).rpartition("; ")[0]
        raise ValueError(f"{told}; y has that shape, so exchange x and y") from None


def checked_validation(validation_data: Any, y: Any) -> Any:
    """`validation_data`, a list `[x, y]` as a tuple; raises ValueError where it lacks the targets that `fit` has."""
    if isinstance(validation_data, list) and len(validation_data) in (2, 3) and is_array_like(validation_data[-1]):
        validation_data = tuple(validation_data)
    if y is not None and is_array_like(validation_data):
        raise ValueError(
            "validation_data expects inputs and targets, got an array alone; write validation_data=(x_val, y_val)"
        )
    return validation_data


def check_training(
    model: "Trainer", training: Batches, validation: Batches | None, batch_size: int | None, split: float
) -> None:
    """Warns of what makes a training pointless.

    Args:
        model: prepared for both.
        batch_size: as `fit` was given it.
        split: the `validation_split` that made `validation`, or 0.
    """
    _check_weights(model)
    _check_learning_rate(model.optimizer)
    if batch_size is not None and training.batch_size == batch_size and training.num_batches == 1:
        rows = len(tree.flatten(training.first_batch())[0])
        if rows < batch_size:
            warn(
                f"fit has batch_size={batch_size} for {rows} rows, so an epoch is a single step; "
                "give a smaller one for more steps"
            )
    if training.targets is not None and model._compile_loss is not None:
        _check_reach(model, training.targets)
        if split and validation is not None:
            _check_split(model, training.targets, validation.targets)


def _fits(model: "Trainer", y: Any) -> bool:
    try:
        model.graph.check(y, model)
    except ValueError:
        return False
    return True


def _check_weights(model: "Trainer") -> None:
    if not model._trained() and model.weights and not model.overrides("train_step"):
        warn(
            f"{model.title} has no weights to train, because all are frozen, so fit changes nothing; set trainable = "
            "True for the layers that shall learn, and call compile() again"
        )


def _check_learning_rate(optimizer: Any) -> None:
    variable = getattr(optimizer, "_learning_rate", None)
    if not isinstance(optimizer, BY_STEP) or not isinstance(variable, Variable):
        return  # a schedule may begin as high as it likes
    rate = float(variable.numpy())
    if rate >= 1:
        warn(
            f"{type(optimizer).__name__} moves each weight by about its learning_rate in every step and expects one "
            f"well below 1, got {rate:g}; 0.001 is usual"
        )


def _check_reach(model: Any, targets: Any) -> None:
    """Warns of numbers that the last activation can never give."""
    if model.graph is None:
        return
    layers = {name: t.node.operation for name, t in zip(model.output_names, model.graph.output_tensors)}
    for label, loss, y, _ in model._compile_loss.cases(targets, model.graph.outputs):
        activation: Any = getattr(layers.get(label), "activation", None)
        if _function(loss) not in NUMERIC or activation not in REACH:
            continue
        low, high = REACH[activation]
        if y.size and (y.min() < low or y.max() > high):
            place = np.argwhere((y < low) | (y > high))[0]
            span = f"from {low} to {high}" if high < np.inf else f"of at least {low}"
            warn(
                f"output '{label}' gives numbers {span}, because its activation is {activation.__name__}, and y has "
                f"{y[tuple(place)]:.3g} in row {place[0]}; leave the activation out, or scale y"
            )


def _check_split(model: Any, targets: Any, held_out: Any) -> None:
    """Warns of classes that `validation_split` holds out whole, as it does of rows that are sorted by class."""
    outputs = model.graph.outputs if model.graph is not None else None
    if outputs is None or held_out is None:
        return
    pairs = zip(model._compile_loss.cases(targets, outputs), model._compile_loss.cases(held_out, outputs))
    for (_, loss, y, _), (_, _, y_held_out, _) in pairs:
        if _function(loss) not in OF_CLASSES:
            continue
        unseen = sorted(_classes(y_held_out) - _classes(y))
        if unseen:
            named = ", ".join(map(str, unseen[:5])) + (", …" if len(unseen) > 5 else "")
            what = f"class {named} is" if len(unseen) == 1 else f"classes {named} are"
            warn(
                f"validation_split holds out the last rows as they stand, and {what} in none of those that are left "
                "for training; shuffle the rows of x and y first"
            )


def _classes(y: Any) -> set[int]:
    if y.ndim > 1 and y.shape[-1] > 1:
        y = y.argmax(-1)
    return set(np.unique(y).astype(int).tolist())


def _function(loss: Any) -> Any:
    return loss.fn if isinstance(loss, LossFunctionWrapper) else loss
