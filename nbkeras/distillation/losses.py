"""How far what a student says, or has in a layer, is from what its teacher says."""

from collections.abc import Callable
from typing import Any

from nbkeras import losses, ops, tree
from nbkeras.serialization import Configurable

__all__ = ["DistillationLoss", "FeatureDistillation", "LogitsDistillation"]


class DistillationLoss(Configurable):
    """A scalar from outputs of a teacher and of a student: subclass it and write `compute_loss`."""

    teacher_layer_name: str | None = None
    student_layer_name: str | None = None

    def compute_loss(self, teacher_outputs: Any, student_outputs: Any, **kwargs: Any) -> Any:
        """The scalar; subclasses write it."""
        raise NotImplementedError(f"{type(self).__name__} needs a compute_loss(teacher_outputs, student_outputs)")

    def validate_outputs(self, teacher_outputs: Any, student_outputs: Any) -> None:
        """Raises ValueError unless both are nested alike."""
        tree.assert_same_structure(teacher_outputs, student_outputs)

    def validate_model_compatibility(self, teacher: Any, student: Any) -> None:
        """Raises ValueError if the loss cannot be found for these models."""


class LogitsDistillation(DistillationLoss):
    """Compares the outputs, logits, at a higher temperature (Hinton, Vinyals & Dean, 2015, arXiv:1503.02531).

    With the Kullback–Leibler divergence both become probabilities first, and the loss is multiplied by the square of
    the temperature, so that its gradient keeps its size.

    Args:
        temperature: by which logits are divided, positive.
        loss: a name or an object, or a nest of these like the outputs, where `None` leaves an output out.

    Raises:
        ValueError: for a temperature that is not positive, and if all losses are `None`.

    Example:
        >>> loss = LogitsDistillation(temperature=2.0)
        >>> float(loss.compute_loss(np.float32([[1, 2]]), np.float32([[1, 2]])))
        0.0
    """

    def __init__(self, temperature: float = 3.0, loss: Any = "kl_divergence") -> None:
        if isinstance(temperature, bool) or not isinstance(temperature, (int, float)) or temperature <= 0:
            raise ValueError(f"LogitsDistillation expects temperature to be a positive number, got {temperature!r}")
        self.temperature = temperature
        self.loss = _functions(self, loss)

    def compute_loss(self, teacher_outputs: Any, student_outputs: Any, **kwargs: Any) -> Any:
        def one(function: Any, teacher: Any, student: Any) -> Any:
            teacher, student = teacher / self.temperature, student / self.temperature
            if not isinstance(function, losses.KLDivergence):
                return ops.mean(function(teacher, student))
            divergence = function(ops.softmax(teacher, axis=-1), ops.softmax(student, axis=-1))
            return ops.mean(divergence) * self.temperature**2

        return _total(one, self.loss, teacher_outputs, student_outputs)


class FeatureDistillation(DistillationLoss):
    """Compares what a layer of each computes (Romero et al., 2015, arXiv:1412.6550).

    Args:
        loss: a name or an object, or a nest of these like the layer's outputs, where `None` leaves an output out.
        teacher_layer_name, student_layer_name: which layers; `None`: the models' outputs.

    Raises:
        ValueError: if all losses are `None`.
    """

    def __init__(
        self, loss: Any = "mse", teacher_layer_name: str | None = None, student_layer_name: str | None = None
    ) -> None:
        self.teacher_layer_name = teacher_layer_name
        self.student_layer_name = student_layer_name
        self.loss = _functions(self, loss)

    def validate_model_compatibility(self, teacher: Any, student: Any) -> None:
        pairs = (("teacher", teacher, self.teacher_layer_name), ("student", student, self.student_layer_name))
        for role, model, name in pairs:
            if name is None:
                continue
            if model.graph is None:
                raise ValueError(
                    f"FeatureDistillation expects the {role} to have a graph, so that it has the layer {name!r}, got "
                    f"the subclass {model.title}; leave {role}_layer_name out, or use LogitsDistillation"
                )
            try:
                model.get_layer(name)
            except ValueError as error:
                raise ValueError(f"FeatureDistillation, {role}_layer_name: {error}") from None

    def validate_outputs(self, teacher_outputs: Any, student_outputs: Any) -> None:
        super().validate_outputs(teacher_outputs, student_outputs)
        tree.assert_same_structure(self.loss, teacher_outputs)

    def compute_loss(self, teacher_outputs: Any, student_outputs: Any, **kwargs: Any) -> Any:
        def one(function: Any, teacher: Any, student: Any) -> Any:
            return ops.mean(function(teacher, student))

        return _total(one, self.loss, teacher_outputs, student_outputs)


def _functions(owner: DistillationLoss, loss: Any) -> Any:
    """`loss` with objects in the place of names."""
    found = tree.map_structure(lambda one: None if one is None else _function(one), loss)
    if all(one is None for one in tree.flatten(found)):
        raise ValueError(f"{type(owner).__name__} expects at least one loss, got {loss!r}")
    return found


def _function(loss: Any) -> Any:
    """What `losses.get` gives, but the class where a name has one: it is what a configuration holds."""
    found = losses.get(loss)
    classes = {"kl_divergence": losses.KLDivergence, "kld": losses.KLDivergence}
    return classes[loss]() if isinstance(loss, str) and loss in classes else found


def _total(one: Callable[..., Any], functions: Any, teacher: Any, student: Any) -> Any:
    """The sum of `one(function, teacher, student)` over those outputs that have a function."""
    triples = zip(tree.flatten(functions), tree.flatten(teacher), tree.flatten(student))
    terms = [one(*triple) for triple in triples if triple[0] is not None]
    return sum(terms[1:], terms[0])
