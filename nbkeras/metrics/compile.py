"""The metrics that `compile` was given, for models with any number of outputs."""

from collections import Counter

from nbkeras import tree
from nbkeras.losses.outputs import Outputs
from nbkeras.metrics.checks import check_targets
from nbkeras.metrics.resolve import check_names, resolve

__all__ = ["CompileMetrics"]


class CompileMetrics:
    """The metrics of a model's outputs, weighted and not.

    It is built by the first update, when the structure of the outputs and the shapes are known.

    Args:
        metrics: metrics (names, `Metric`s, functions) as a list for one output; for several in the structure of the
            outputs, as a list of lists, or by the outputs' names.
        weighted_metrics: the same, for metrics that are to know the sample weights.
        output_names: the names of the outputs in order, if they have names.
    """

    def __init__(self, metrics=None, weighted_metrics=None, output_names=None):
        for what, given in (("metrics", metrics), ("weighted_metrics", weighted_metrics)):
            if given and not isinstance(given, (list, tuple, dict)):
                raise ValueError(f"{what} must be a list, tuple or dictionary, got {given!r}; write {what}=[{given!r}]")
        check_names([metrics, weighted_metrics])
        self._given = metrics
        self._given_weighted = weighted_metrics
        self._output_names = output_names
        self.outputs = None
        self._entries = []

    @property
    def built(self):
        return self.outputs is not None

    @property
    def metrics(self):
        return [metric for _, _, metric, _ in self._entries]

    @property
    def variables(self):
        return [variable for metric in self.metrics for variable in metric.variables]

    def build(self, y_true, y_pred):
        """Makes the metrics and their states for targets and predictions of these shapes, once."""
        if self.built:
            return
        outputs = Outputs(y_pred, self._output_names)
        plain = self._resolved(outputs, self._given, "metrics", y_true, y_pred)
        weighted = self._resolved(outputs, self._given_weighted, "weighted_metrics", y_true, y_pred)
        names = _log_names(outputs, plain, weighted)
        self._entries = [
            (name, place, metric, is_weighted)
            for name, (place, metric), is_weighted in zip(
                names, plain + weighted, [False] * len(plain) + [True] * len(weighted)
            )
        ]
        self.outputs = outputs

    def update_state(self, y_true, y_pred, sample_weight=None):
        """Takes a batch into account."""
        if self.outputs is None:
            self.build(y_true, y_pred)
        if not self._entries:
            return
        targets = self.outputs.leaves(y_true, "y", [])
        predictions = tree.flatten(y_pred)
        if tree.is_nested(sample_weight):
            weights = self.outputs.leaves(sample_weight, "sample_weight", [])
        else:
            weights = [sample_weight] * len(self.outputs)
        for _, place, metric, is_weighted in self._entries:
            if is_weighted:
                metric.update_state(targets[place], predictions[place], weights[place])
            else:
                metric.update_state(targets[place], predictions[place])

    def check(self, y_true, y_pred):
        """Raises ValueError where a metric cannot mean anything for targets; looks at values, so it is slow."""
        if self._entries:
            targets, predictions = self.outputs.leaves(y_true, "y", []), tree.flatten(y_pred)
            for name, place, metric, _ in self._entries:
                check_targets(name, metric, targets[place], predictions[place].shape)

    def result(self):
        """Results by the names that logs have for them."""
        return {name: metric.result() for name, _, metric, _ in self._entries}

    def reset_state(self):
        """Sets every metric back to its start."""
        for metric in self.metrics:
            metric.reset_state()

    @staticmethod
    def _resolved(outputs, given, what, y_true, y_pred):
        """Pairs of an output's place and a metric for it."""
        if not given:
            return []
        if len(outputs) == 1:
            chosen = [(outputs.all[0], tree.flatten(given))]
        else:
            chosen = outputs.spread(given, what)
        targets = outputs.leaves(y_true, "y", [])
        predictions = tree.flatten(y_pred)
        resolved = []
        for output, identifiers in sorted(chosen, key=lambda pair: outputs.all.index(pair[0])):
            place = outputs.all.index(output)
            if targets[place] is None:
                raise ValueError(f"{what} has entries for the output {output.label!r}, for which y has no targets")
            shapes = targets[place].shape, predictions[place].shape
            for identifier in tree.flatten(identifiers):
                metric = resolve(identifier, *shapes)
                metric.build(*shapes)
                resolved.append((place, metric))
        return resolved


def _log_names(outputs, plain, weighted):
    """Names for logs: `accuracy`, with several outputs `out_a_accuracy`, a number or `weighted_` where one is taken."""
    several = len(outputs) > 1

    def prefixed(place, name):
        output = outputs.all[place].name if several else None
        return name if output is None else f"{output}_{name}"

    taken = Counter()

    def numbered(name):
        taken[name] += 1
        return name if taken[name] == 1 else f"{name}_{taken[name] - 1}"

    names = [numbered(prefixed(place, metric.name)) for place, metric in plain]
    for place, metric in weighted:
        name = prefixed(place, metric.name)
        names.append(numbered(prefixed(place, f"weighted_{metric.name}") if name in taken else name))
    return names
