"""The losses that `compile` was given, for models with any number of outputs."""

from nbkeras import tree
from nbkeras.autodiff import detach
from nbkeras.losses.checks import check_targets
from nbkeras.losses.outputs import Outputs
from nbkeras.losses.resolve import check_names, resolve
from nbkeras.metrics.reduction import Mean

__all__ = ["CompileLoss"]


class CompileLoss:
    """The weighted sum of the losses of a model's outputs.

    It is built by the first call, when the structure of the outputs and the shapes are known.

    Args:
        loss: a loss (a name, a `Loss`, a function) for every output, or losses in the structure of the outputs, as a
            list, or by the outputs' names; `None` for an output without one.
        loss_weights: a number for each output, given likewise.
        output_names: the names of the outputs in order, if they have names.

    Attributes:
        metrics: with several losses, the mean of each over the epoch, named `<output>_loss`.
    """

    def __init__(self, loss, loss_weights=None, output_names=None):
        if loss_weights and not isinstance(loss_weights, (list, tuple, dict, float, int)):
            raise ValueError(f"loss_weights must be a number, or a list or dictionary of them, got {loss_weights!r}")
        for weight in tree.flatten(loss_weights):
            if isinstance(weight, str):
                raise ValueError(
                    f"loss_weights expects numbers, got {weight!r}; if it is a metric, write metrics=[{weight!r}]"
                )
        check_names(loss)
        self._loss = loss
        self._loss_weights = loss_weights
        self._output_names = output_names
        self.outputs = None
        self.metrics = []

    @property
    def built(self):
        return self.outputs is not None

    @property
    def variables(self):
        return [variable for metric in self.metrics for variable in metric.variables]

    def build(self, y_true, y_pred):
        """Makes the losses for outputs of the structure of `y_pred`, once."""
        if self.built:
            return
        outputs = Outputs(y_pred, self._output_names)
        chosen = self._by_output(outputs, self._loss, "loss", shared=True)
        self._needed = [output for output, _ in chosen]
        weights = {}
        if self._loss_weights is not None:
            pairs = self._by_output(outputs, self._loss_weights, "loss_weights", shared=len(outputs) == 1)
            weights = {output.path: weight for output, weight in pairs}
            self._check_weights(weights, chosen)
        targets = outputs.leaves(y_true, "y", self._needed)
        predictions = tree.flatten(y_pred)
        self._terms = []
        for output, identifier in chosen:
            place = outputs.all.index(output)
            loss = resolve(identifier, targets[place].shape, predictions[place].shape)
            self._terms.append((place, output, loss, weights.get(output.path)))
        if len(self._terms) > 1:
            self.metrics = [Mean(name=f"{output.label or loss.name}_loss") for _, output, loss, _ in self._terms]
        self.outputs = outputs

    def check(self, y_true, y_pred):
        """Raises ValueError where targets cannot be what a loss expects; looks at values, so it is slow."""
        targets, predictions = self._leaves(y_true, y_pred)
        for place, output, loss, _ in self._terms:
            check_targets(loss, targets[place], predictions[place], output.label)

    def cases(self, y_true, y_pred):
        """For each output with a loss: its label, the loss, its targets and its predictions."""
        targets, predictions = self._leaves(y_true, y_pred)
        return [(output.label, loss, targets[place], predictions[place]) for place, output, loss, _ in self._terms]

    def __call__(self, y_true, y_pred, sample_weight=None):
        """The total loss, or `None` if no output has one; keeps the mean of each loss if there are several."""
        targets, predictions = self._leaves(y_true, y_pred)
        weights = self._weights(sample_weight)
        total = None
        for number, (place, _, loss, factor) in enumerate(self._terms):
            value = loss(targets[place], predictions[place], weights[place])
            if self.metrics:
                self.metrics[number].update_state(detach(value), sample_weight=predictions[place].shape[0])
            value = value if factor is None else value * factor
            total = value if total is None else total + value
        return total

    def _leaves(self, y_true, y_pred):
        if y_true is None:
            raise ValueError("a loss needs targets, but y is None; call fit(x, y), or compile without a loss")
        if self.outputs is None:
            self.build(y_true, y_pred)
        if not tree.is_nested(y_pred) and not tree.is_nested(y_true):
            return [y_true], [y_pred]
        return self.outputs.leaves(y_true, "y", self._needed), tree.flatten(y_pred)

    def _weights(self, sample_weight):
        if tree.is_nested(sample_weight):
            return self.outputs.leaves(sample_weight, "sample_weight", [])
        return [sample_weight] * len(self.outputs)

    def _by_output(self, outputs, given, what, shared):
        """As `outputs.spread`; for a single output, a list of one or a dictionary of one will do."""
        single = len(outputs) == 1 and not tree.is_nested(outputs.structure)
        if single and isinstance(given, (list, tuple)) and len(given) == 1:
            given = given[0]
        if single and isinstance(given, dict):
            named = Outputs({outputs.all[0].name or next(iter(given), None): None})
            given = [thing for _, thing in named.spread(given, what)]
            given = given[0] if given else None
        if single and isinstance(given, (list, tuple)):
            raise ValueError(f"{what} has length {len(given)}, but the model has one output")
        return outputs.spread(given, what, shared)

    @staticmethod
    def _check_weights(weights, chosen):
        if len(weights) != len(chosen):
            raise ValueError(f"loss_weights has {len(weights)} numbers for {len(chosen)} losses; give one for each")
