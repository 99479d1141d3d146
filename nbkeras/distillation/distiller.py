"""`Distiller`: a model that trains a student beside its teacher."""

from typing import Any

from nbkeras import losses, ops, tree
from nbkeras.metrics import Mean
from nbkeras.models import Model
from nbkeras.serialization import serialize_keras_object

__all__ = ["Distiller"]

OUTPUT = "final_output"


class Distiller(Model):
    """Trains `student` on targets and on what `teacher` gives, which stays as it is.

    The loss is `student_loss_weight` times the student's own, and the rest of 1 times the sum of the distillation
    losses. The metrics `student_loss`, `distillation_loss` and `total_loss` tell of the parts.

    Args:
        teacher: a trained model; it is frozen.
        student: a model with inputs and outputs of the same shapes and dtypes.
        distillation_losses: a `DistillationLoss`, or a list of them.
        distillation_loss_weights: factors for these; default 1 each.
        student_loss_weight: in [0, 1].
        name: default `distiller`.

    Raises:
        ValueError: for models that do not go together, with the reason.

    Example:
        >>> distiller = Distiller(teacher, student, LogitsDistillation(temperature=2.0))
        >>> distiller.compile("adam", losses.SparseCategoricalCrossentropy(from_logits=True), metrics=["accuracy"])
        >>> distiller.fit(x, y)
        >>> distiller.student.predict(x)
    """

    keras_module = "keras.distillation"

    def __init__(
        self,
        teacher: Any,
        student: Any,
        distillation_losses: Any,
        distillation_loss_weights: Any = None,
        student_loss_weight: float = 0.5,
        name: str = "distiller",
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        _check_models(teacher, student)
        weight = student_loss_weight
        if isinstance(weight, bool) or not isinstance(weight, (int, float)) or not 0 <= weight <= 1:
            raise ValueError(f"Distiller expects student_loss_weight to be a number in [0, 1], got {weight!r}")
        if distillation_losses is None:
            raise ValueError("Distiller expects distillation_losses, got None; give LogitsDistillation(), say")
        several = isinstance(distillation_losses, (list, tuple))
        self.teacher = teacher
        self.student = student
        self.student_loss_weight = weight
        self.distillation_losses = list(distillation_losses) if several else [distillation_losses]
        self.distillation_loss_weights = list(distillation_loss_weights or [1.0] * len(self.distillation_losses))
        if len(self.distillation_loss_weights) != len(self.distillation_losses):
            raise ValueError(
                f"Distiller expects {len(self.distillation_losses)} distillation_loss_weights, one for each loss, got "
                f"{len(self.distillation_loss_weights)}"
            )
        for loss in self.distillation_losses:
            loss.validate_model_compatibility(teacher, student)
        teacher.trainable = False
        self._teacher_features = _features(teacher, [loss.teacher_layer_name for loss in self.distillation_losses])
        self._student_features = _features(student, [loss.student_layer_name for loss in self.distillation_losses])
        self.student_loss_tracker = Mean(name="student_loss")
        self.distillation_loss_tracker = Mean(name="distillation_loss")
        self.total_loss_tracker = Mean(name="total_loss")

    def compile(  # type: ignore[override]  # Keras' arguments
        self, optimizer: Any = "adam", loss: Any = None, metrics: Any = None, **kwargs: Any
    ) -> None:
        """Says how to train the student.

        Args:
            optimizer: of the student's weights.
            loss: the student's own: a name, a function or an object, or a nest of these like its outputs.
            metrics: a list, of the student's outputs.
            **kwargs: as in `Model.compile`.
        """
        if loss is None:
            raise ValueError("Distiller.compile expects the student's loss, got None")
        if metrics is not None and not isinstance(metrics, (list, tuple)):
            raise ValueError(f"Distiller.compile expects metrics as a list, got {metrics!r}")
        self._student_loss = tree.map_structure(losses.get, loss)
        super().compile(optimizer=optimizer, loss=None, metrics=metrics, **kwargs)
        self._compile_arguments["loss"] = loss

    def call(self, inputs: Any, training: bool | None = None, **kwargs: Any) -> Any:  # type: ignore[override]
        """What the student gives."""
        return self.student(inputs, training=training, **kwargs)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Any:
        y_pred = self(x, training=training) if y_pred is None else y_pred
        share = self.student_loss_weight
        own = self._own_loss(y, y_pred) if share > 0 and y is not None else ops.zeros(())
        distilled = self._distilled(x, y_pred) if share < 1 else ops.zeros(())
        total = share * own + (1 - share) * distilled
        self.student_loss_tracker.update_state(own)
        self.distillation_loss_tracker.update_state(distilled)
        self.total_loss_tracker.update_state(total)
        return total

    def _own_loss(self, y: Any, y_pred: Any) -> Any:
        triples = zip(tree.flatten(self._student_loss), tree.flatten(y), tree.flatten(y_pred))
        terms = [ops.mean(loss(true, given)) for loss, true, given in triples if loss is not None]
        return sum(terms[1:], terms[0])

    def _distilled(self, x: Any, y_pred: Any) -> Any:
        """The weighted sum of the distillation losses."""
        if self._teacher_features is None:
            of_teacher = {OUTPUT: self.teacher(x, training=False)}
        else:
            of_teacher = self._teacher_features(x, training=False)
        of_student = {} if self._student_features is None else self._student_features(x, training=True)
        of_student[OUTPUT] = y_pred
        total = ops.zeros(())
        for loss, weight in zip(self.distillation_losses, self.distillation_loss_weights):
            pair = of_teacher[loss.teacher_layer_name or OUTPUT], of_student[loss.student_layer_name or OUTPUT]
            loss.validate_outputs(*pair)
            total = total + weight * loss.compute_loss(*pair)
        return total

    def get_config(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "trainable": self.trainable,
            "teacher": serialize_keras_object(self.teacher),
            "student": serialize_keras_object(self.student),
            "distillation_losses": serialize_keras_object(self.distillation_losses),
            "distillation_loss_weights": self.distillation_loss_weights,
            "student_loss_weight": self.student_loss_weight,
        }


def _check_models(teacher: Any, student: Any) -> None:
    """Raises ValueError unless inputs and outputs of both, where they are known, agree in shape and dtype."""
    for role, model in (("teacher", teacher), ("student", student)):
        if not isinstance(model, Model):
            raise ValueError(f"Distiller expects the {role} to be a model, got {model!r}")
    if teacher.graph is None or student.graph is None:
        return
    for what in ("inputs", "outputs"):
        pair = getattr(teacher, what), getattr(student, what)
        told = [[(t.shape, t.dtype) for t in tensors] for tensors in pair]
        if len(told[0]) != len(told[1]) or not all(map(_agree, *pair)):
            raise ValueError(f"Distiller expects models with equal {what}, got {told[0]} and {told[1]}")


def _agree(a: Any, b: Any) -> bool:
    alike = all(None in pair or pair[0] == pair[1] for pair in zip(a.shape, b.shape))
    return len(a.shape) == len(b.shape) and a.dtype == b.dtype and alike


def _features(model: Any, names: list[str | None]) -> Any:
    """A model that gives the outputs of the layers `names` and of `model`; `None` if no layer is asked for."""
    layers = {name: model.get_layer(name).output for name in names if name is not None}
    if not layers:
        return None
    return Model(model.inputs, {OUTPUT: model.output, **layers}, name=f"{model.name}_features")
