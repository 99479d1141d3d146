"""One batch through a model on the tape: what each layer gives, and the gradient of the loss with respect to it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nbkeras import data, masks, tree
from nbkeras.autodiff import Tape, Tensor, detach
from nbkeras.backends import use_backend
from nbkeras.layers import InputLayer, Layer
from nbkeras.layers.interception import observing
from nbkeras.models import Model
from nbkeras.training.logs import plain
from nbkeras.variables import Scope, Variable

__all__ = ["Batch", "Observation", "names_of_layers", "observe", "prepared"]

Arrays = list[Any]
Batch = tuple[Any, Any, Any]  # inputs, targets, sample weights


@dataclass
class Observation:
    """What a training step on one batch computes, before anything is updated.

    Attributes:
        rows: in the batch.
        loss: of the batch, with all its terms.
        metrics: of this batch alone, by name.
        layers: those that were called, in the order of their first call.
        outputs: by the id of a layer, the arrays that it gave, call after call.
        gradients: the gradients of the loss with respect to these; `None` where there is no path.
        weights: by the id of a trained variable, the gradient with respect to it; `None` where there is no path.
        last: ids of the layers whose outputs are the model's.
    """

    rows: int
    loss: float
    metrics: dict[str, Any]
    layers: list[Layer] = field(default_factory=list)
    outputs: dict[int, Arrays] = field(default_factory=dict)
    gradients: dict[int, Arrays] = field(default_factory=dict)
    weights: dict[int, Any] = field(default_factory=dict)
    last: set[int] = field(default_factory=set)


def names_of_layers(model: Model) -> dict[str, Layer]:
    """The layers of a model by name, in its order; those of a model inside as `inside/dense`, without that itself."""
    return dict(_named(model, ""))


def _named(model: Model, prefix: str) -> Iterator[tuple[str, Layer]]:
    for layer in model.layers:
        if isinstance(layer, Model):
            yield from _named(layer, f"{prefix}{layer.name}/")
        elif not isinstance(layer, InputLayer):
            yield prefix + layer.name, layer


def prepared(model: Model, x: Any, y: Any = None, sample_weight: Any = None) -> Batch:
    """All rows as one batch of arrays, for which a model or an optimizer without variables is built, as `fit` would.

    Args:
        model: a compiled model.
        x, y, sample_weight: arrays, or structures of arrays, as `fit` takes them.

    Raises:
        ValueError: for a model that is not compiled, and for data that does not fit it.
    """
    model._check_compiled("inspect_step")
    with use_backend("numpy"), np.errstate(all="ignore"):
        batches = data.adapter(x, y, sample_weight, batch_size=len(tree.flatten(x)[0]))
        model._prepare(batches, "train")
        return batches.first_batch()


def observe(model: Model, batch: Batch, layers: Iterable[Layer] | None = None) -> Observation:
    """Runs a batch forwards, as training does, and the loss backwards, on NumPy, and leaves everything as it is.

    Variables (weights, metrics, states of random generators) are read, and what is assigned to them is dropped.

    Args:
        model: compiled.
        batch: as `prepared` gives it.
        layers: whose outputs are kept; default all of `names_of_layers`.
    """
    with use_backend(model._backend_name):
        model._to_host()  # in the midst of a training on another backend, values are arrays of that
    wanted = names_of_layers(model).values() if layers is None else layers
    with use_backend("numpy"), np.errstate(all="ignore"):
        return _Run(model, list(wanted)).on(batch)


class _Run:
    """One batch, forwards and backwards."""

    def __init__(self, model: Model, layers: list[Layer]):
        self.model = model
        self.layers = layers
        self.tape = Tape()
        self.trained: list[Variable] = model.trainable_variables
        self.tensors = [self.tape.watch(variable._value) for variable in self.trained]
        self.called: dict[int, tuple[Layer, Arrays]] = {}

    def on(self, batch: Batch) -> Observation:
        """What is seen of the batch."""
        loss, y_pred, metrics = self._forward(*batch)
        made = [output for _, outputs in self.called.values() for output in outputs]
        found = iter(self._gradients(loss, [*self.tensors, *made]))
        weights = {id(variable): next(found) for variable in self.trained}
        seen = Observation(len(tree.flatten(batch[0])[0]), float(detach(loss)), metrics, weights=weights)
        results = set(map(id, tree.flatten(y_pred)))
        for key, (layer, outputs) in self.called.items():
            seen.layers.append(layer)
            seen.outputs[key] = [np.asarray(detach(output)) for output in outputs]
            seen.gradients[key] = [next(found) for _ in outputs]
            if results & set(map(id, outputs)):
                seen.last.add(key)
        return seen

    def _forward(self, x, y, sample_weight):
        """The loss and the outputs on the tape, and the metrics of the batch."""
        model = self.model
        with Scope(zip(self.trained, self.tensors)), masks.scope():  # what is assigned stays in the scope
            model.reset_metrics()
            inputs = tree.map_structure(self._watched, x)
            with observing(self.layers, self._note):
                y_pred = model(inputs, training=True)
            loss = model._loss_of(inputs, y, y_pred, sample_weight, training=True)
            model.forget_losses()
            self.tape.recording = False
            model.track_loss(detach(loss), x)
            metrics = plain(model.compute_metrics(x, y, y_pred, sample_weight))
        return loss, y_pred, metrics

    def _watched(self, x):
        """Float inputs on the tape, so that there is a path to what is computed of them alone."""
        return self.tape.watch(x) if getattr(x, "dtype", None) is not None and x.dtype.kind == "f" else x

    def _note(self, layer, outputs):
        arrays = [output for output in tree.flatten(outputs) if hasattr(output, "shape")]
        self.called.setdefault(id(layer), (layer, []))[1].extend(arrays)

    def _gradients(self, loss, sources):
        """The gradient with respect to each of `sources`, `None` where there is none."""
        tracked = [source for source in sources if type(source) is Tensor and source.tape is self.tape]
        if type(loss) is not Tensor:
            return [None] * len(sources)
        found = self.tape.gradient(loss, np.ones_like(loss.value), tracked)
        by_tensor = dict(zip(map(id, tracked), found))
        return [by_tensor.get(id(source)) for source in sources]
