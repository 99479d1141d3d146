"""The base of all metrics."""

from nbkeras import initializers, ops, tree
from nbkeras.dtype_policies import DTypePolicy
from nbkeras.naming import scope_of, unique_name
from nbkeras.serialization import Configurable
from nbkeras.variables import Scope, Variable

__all__ = ["Metric"]


class Metric(Configurable):
    """A number that is gathered over batches: a state, how a batch changes it, and what it amounts to.

    A subclass makes variables with `add_weight` and writes `update_state` and `result`, with `ops`.

    Args:
        dtype: of the state and the result; default `floatx()`.
        name: for logs; default from the class name.

    Example:
        >>> from nbkeras import ops
        >>> class Largest(Metric):
        ...     def __init__(self, name="largest", **kwargs):
        ...         super().__init__(name=name, **kwargs)
        ...         self.value = self.add_weight(name="value")
        ...     def update_state(self, y_true, y_pred, sample_weight=None):
        ...         self.value.assign(ops.maximum(self.value, ops.max(y_pred)))
        ...     def result(self):
        ...         return self.value
        >>> metric = Largest()
        >>> metric.update_state([0.0], [3.0])
        >>> float(metric.result())
        3.0
    """

    base_parameters = ("name", "dtype")
    _direction: str | None = None  # "up" or "down": which way is better, where it is known

    def __init__(self, dtype=None, name=None):
        self.name = name or unique_name(type(self).__name__)
        self._dtype = DTypePolicy.of(dtype).compute_dtype
        self._added = []

    @property
    def dtype(self):
        return self._dtype

    @property
    def variables(self):
        """The state: variables of this metric, then of metrics it holds, in the order in which they were assigned."""
        held = [leaf for value in vars(self).values() for leaf in tree.flatten(value)]
        own = [leaf for leaf in held if isinstance(leaf, Variable)]
        inner = [variable for leaf in held if isinstance(leaf, Metric) for variable in leaf.variables]
        return list({id(variable): variable for variable in own + inner}.values())

    def add_variable(self, shape, initializer, dtype=None, aggregation="sum", name=None):
        """A new variable of the state, of `dtype` (default `floatx()`)."""
        if "_added" not in vars(self):
            raise RuntimeError(
                f"{type(self).__name__} has not called super().__init__(name=name); do so before add_weight"
            )
        with scope_of(self):
            variable = Variable(
                initializers.get(initializer or "zeros"),
                shape=tuple(shape),
                dtype=dtype,
                trainable=False,
                aggregation=aggregation,
                synchronization="on_read",
                name=name,
            )
        self._added.append(variable)
        return variable

    def add_weight(self, shape=(), initializer=None, dtype=None, name=None):
        """A new variable of the state, zero unless `initializer` says otherwise."""
        return self.add_variable(shape, initializer, dtype=dtype, name=name)

    def build(self, y_true_shape, y_pred_shape):
        """Makes the state if its size depends on the data; called with the shapes of the first batch."""

    def update_state(self, *args, **kwargs):
        """Takes a batch into account: `y_true`, `y_pred` and, where it makes sense, `sample_weight`."""
        raise NotImplementedError(f"{type(self).__name__} needs a method update_state(self, y_true, y_pred, …)")

    def result(self):
        """What the state amounts to: an array, or a dictionary of several."""
        raise NotImplementedError(f"{type(self).__name__} needs a method result(self)")

    def reset_state(self):
        """Sets every variable of the state to 0."""
        for variable in self.variables:
            variable.assign(ops.zeros(variable.shape, dtype=variable.dtype))

    def __call__(self, *args, **kwargs):
        """Takes a batch into account and returns the result so far."""
        self.update_state(*args, **kwargs)
        return self.result()

    def stateless_update_state(self, metric_variables, *args, **kwargs):
        """The values that `variables` have after `update_state(*args)`, starting from `metric_variables`."""
        with self._scope(metric_variables):
            self.update_state(*args, **kwargs)
            return [variable.value for variable in self.variables]

    def stateless_result(self, metric_variables):
        """The result for the state `metric_variables`."""
        with self._scope(metric_variables):
            return self.result()

    def stateless_reset_state(self):
        """The values that `variables` have after `reset_state()`."""
        with Scope():
            self.reset_state()
            return [variable.value for variable in self.variables]

    def _scope(self, values):
        variables = self.variables
        if len(values) != len(variables):
            raise ValueError(f"{self!r} expects values of its {len(variables)} variables, got {len(values)}")
        return Scope(zip(variables, values))

    def __repr__(self):
        return f"<{type(self).__name__} name={self.name}>"
