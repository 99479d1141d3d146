"""MultiOptimizer, and the map from weights to optimizers that it takes."""

import re
from collections.abc import MutableMapping

from nbkeras.backends import backend
from nbkeras.optimizers.base import Optimizer
from nbkeras.optimizers.loss_scale import LossScaleOptimizer
from nbkeras.serialization import Configurable, custom_object_scope, serialize_keras_object

__all__ = ["MultiOptimizer", "OptimizerMap"]


class OptimizerMap(Configurable, MutableMapping):
    """A dictionary from the paths of weights, or patterns that match them whole, to optimizers.

    Args:
        default_optimizer: for the weights that no key matches.
        optimizer_map: a dictionary to begin with.

    Raises:
        ValueError: for a key that is there already or is no string, for what is no plain optimizer, and, when asked
            for a path, if several patterns match it.

    Example:
        >>> from nbkeras import optimizers
        >>> by_path = OptimizerMap(optimizers.SGD(0.1), {"encoder/.*": optimizers.Adam()})
        >>> by_path["encoder/kernel"].name, by_path["head/kernel"].name
        ('adam', 'sgd')
    """

    def __init__(self, default_optimizer, optimizer_map=None):
        self.default_optimizer = default_optimizer
        self.optimizer_map = {}
        for key, optimizer in (optimizer_map or {}).items():
            self[key] = optimizer

    def __getitem__(self, key):
        if key in self.optimizer_map:
            return self.optimizer_map[key]
        matching = [pattern for pattern in self.optimizer_map if re.fullmatch(pattern, key)]
        if len(matching) > 1:
            raise ValueError(f"OptimizerMap expects one pattern that matches {key!r}, got {', '.join(matching)}")
        return self.optimizer_map[matching[0]] if matching else self.default_optimizer

    def __setitem__(self, key, optimizer):
        if not isinstance(key, str):
            raise ValueError(f"OptimizerMap expects paths or patterns as keys, got {key!r}")
        if key in self.optimizer_map:
            raise ValueError(f"OptimizerMap has {key!r} already; delete that entry first")
        self.optimizer_map[key] = _checked(optimizer)

    def __delitem__(self, key):
        del self.optimizer_map[key]

    def __len__(self):
        return len(self.optimizer_map)

    def __iter__(self):
        return iter(self.optimizer_map)

    def __call__(self, variable):
        """The optimizer of a weight."""
        return self[variable.path]

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A new map from what `get_config` returned."""
        with custom_object_scope(custom_objects):
            return super().from_config(config)


class MultiOptimizer(Optimizer):
    """Moves different weights by different optimizers.

    Args:
        optimizer_map: an `OptimizerMap`, or a function from a variable to its optimizer.
        loss_scale_factor: as in `Optimizer`; it takes the place of those of the optimizers within.
        name: default the class name in snake case, made unique.

    Attributes:
        optimizers: those within; a learning rate is read and set there.

    Raises:
        ValueError: for a `LossScaleOptimizer` or a `MultiOptimizer` within.
        AttributeError: if `learning_rate` is asked for: there are several.

    Example:
        >>> from nbkeras import optimizers
        >>> slow, fast = optimizers.SGD(0.001), optimizers.SGD(0.1)
        >>> optimizer = MultiOptimizer(OptimizerMap(fast, {"encoder/.*": slow}))
    """

    def __init__(self, optimizer_map, loss_scale_factor=None, name=None):
        self.optimizers = []
        super().__init__(learning_rate=0.0, loss_scale_factor=loss_scale_factor, name=name)
        self.optimizer_map = optimizer_map
        self._members = []  # for each optimizer, the places of its weights
        if isinstance(optimizer_map, OptimizerMap):
            for optimizer in (*optimizer_map.values(), optimizer_map.default_optimizer):
                self._place_of(optimizer)

    def _place_of(self, optimizer):
        for place, known in enumerate(self.optimizers):
            if known is optimizer:
                return place
        _checked(optimizer).loss_scale_factor = self.loss_scale_factor
        self.optimizers.append(optimizer)
        self._members.append([])
        return len(self.optimizers) - 1

    @property
    def loss_scale_factor(self):
        return self._loss_scale_factor

    @loss_scale_factor.setter
    def loss_scale_factor(self, value):
        self._loss_scale_factor = value
        for optimizer in self.optimizers:
            optimizer.loss_scale_factor = value

    @property
    def learning_rate(self):
        raise AttributeError(f"'{self.name}' has no learning rate of its own; ask those in its optimizers")

    @learning_rate.setter
    def learning_rate(self, value):
        raise AttributeError(f"'{self.name}' has no learning rate of its own; set those of its optimizers")

    def build(self, variables):
        if self.built:
            return
        variables = list(variables)
        for place, variable in enumerate(variables):
            self._members[self._place_of(self.optimizer_map(variable))].append(place)
        super().build(variables)
        for optimizer, places in zip(self.optimizers, self._members):
            if places:
                optimizer.build([variables[place] for place in places])

    @property
    def variables(self):
        """The count of steps, then the state of each optimizer within."""
        return [*self._variables, *(v for optimizer in self.optimizers for v in optimizer.variables)]

    def exclude_from_weight_decay(self, var_list=None, var_names=None):
        for optimizer in self.optimizers:
            optimizer.exclude_from_weight_decay(var_list, var_names)

    def _advance(self, state, grads, weights):
        own, rest = list(state[: len(self._variables)]), list(state[len(self._variables) :])
        own[0] = backend().array(own[0] + 1, "int32")
        weights = list(weights)
        done = []
        for optimizer, places in zip(self.optimizers, self._members):
            size = len(optimizer.variables)
            part, rest = rest[:size], rest[size:]
            if any(grads[place] is not None for place in places):
                moved, part = optimizer._advance(part, [grads[p] for p in places], [weights[p] for p in places])
                for place, weight in zip(places, moved):
                    weights[place] = weight
            done += part
        return weights, own + done

    def finalize_variable_values(self, var_list):
        for optimizer, places in zip(self.optimizers, self._members):
            known = {id(self._trainable_variables[place]) for place in places}
            optimizer.finalize_variable_values([v for v in var_list if id(v) in known])

    def get_config(self):
        return {
            "optimizer_map": serialize_keras_object(self.optimizer_map),
            "loss_scale_factor": self.loss_scale_factor,
            "name": self.name,
        }


def _checked(optimizer):
    """`optimizer`, if it can be one of several."""
    if not isinstance(optimizer, Optimizer) or isinstance(optimizer, (LossScaleOptimizer, MultiOptimizer)):
        raise ValueError(
            f"MultiOptimizer expects plain optimizers within, got {optimizer!r}; wrap the whole if need be"
        )
    return optimizer
