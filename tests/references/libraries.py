"""Real Keras and nbkeras behind one interface, so that one function measures a case on either.

A library has `k` (its package) and `differentiate(fn, arrays, layer)`: `fn` maps arrays to a nest of outputs; what
comes back is a `Run`. It never says what a number should be.
"""

import os
from dataclasses import dataclass

import numpy as np

from tests.cases.numbers import direction


@dataclass
class Run:
    outputs: list
    input_gradients: list  # None for integers
    weight_gradients: list
    state: list  # values of the weights that no gradient moves, after the call
    losses: list


def flatten(nest):
    """The leaves of lists, tuples and dicts (by sorted keys), None left out."""
    if nest is None:
        return []
    if isinstance(nest, dict):
        return [leaf for key in sorted(nest) for leaf in flatten(nest[key])]
    if isinstance(nest, (list, tuple)):
        return [leaf for item in nest for leaf in flatten(item)]
    return [nest]


def is_float(array):
    return "float" in str(array.dtype)


def is_seed(variable):
    """Whether a variable is the state of a random stream, which the libraries keep in their own ways."""
    return "seed" in variable.path


def projected(ops, outputs, losses):
    """One number out of all outputs and losses: what the gradients are those of."""
    total = 0.0
    for position, output in enumerate(outputs):
        if is_float(output):
            along = ops.cast(direction(position, tuple(output.shape)), output.dtype)
            total = total + ops.sum(output * along)
    for loss in losses:
        total = total + ops.sum(loss)
    return total


class RealKeras:
    """Real Keras on JAX."""

    def __init__(self):
        os.environ.setdefault("KERAS_BACKEND", "jax")
        import keras

        if keras.backend.backend() != "jax":
            raise RuntimeError(f"the references are made with KERAS_BACKEND=jax, got {keras.backend.backend()}")
        self.k = keras

    def fresh(self):
        self.k.backend.clear_session(free_memory=False)

    def array(self, value):
        return value if value is None else self.k.ops.convert_to_tensor(value)

    def numpy(self, value):
        return np.array(value)  # a copy: variables may be updated in place

    def differentiate(self, fn, arrays, layer=None):
        import jax

        trainable = list(layer.trainable_variables) if layer is not None else []
        other = list(layer.non_trainable_variables) if layer is not None else []
        other += flatten(getattr(layer, "states", None))  # Keras keeps those of recurrent layers beside its variables
        floats = [place for place, array in enumerate(arrays) if is_float(array)]

        def objective(weights, moving):
            inputs = [self.array(array) for array in arrays]
            for place, value in zip(floats, moving):
                inputs[place] = value
            mapping = [*zip(trainable, weights), *((variable, variable.value) for variable in other)]
            with self.k.StatelessScope(state_mapping=mapping, collect_losses=True) as scope:
                outputs = flatten(fn(inputs))
                losses = list(layer.losses) if layer is not None else []
                total = projected(self.k.ops, outputs, losses)
            return total, (outputs, [scope.get_current_value(variable) for variable in other], losses)

        weights = [variable.value for variable in trainable]
        moving = [self.array(arrays[place]) for place in floats]
        grad = jax.value_and_grad(objective, argnums=(0, 1), has_aux=True)
        (_, (outputs, state, losses)), (by_weight, by_input) = grad(weights, moving)
        input_gradients = [None] * len(arrays)
        for place, gradient in zip(floats, by_input):
            input_gradients[place] = np.asarray(gradient)
        return Run(
            [np.asarray(output) for output in outputs],
            input_gradients,
            [np.asarray(gradient) for gradient in by_weight],
            [np.asarray(value) for value, variable in zip(state, other) if not is_seed(variable)],
            [np.asarray(loss) for loss in losses],
        )


class Nbkeras:
    """nbkeras on the backend in use; floats are taken as `config.floatx()`."""

    def __init__(self):
        import nbkeras

        self.k = nbkeras

    def fresh(self):
        self.k.backend.clear_session()

    def array(self, value):
        if isinstance(value, np.ndarray) and is_float(value):
            return value.astype(self.k.config.floatx())
        return value

    def numpy(self, value):
        return np.array(value)  # a copy: variables may be updated in place

    def differentiate(self, fn, arrays, layer=None):
        inputs = [self.array(array) for array in arrays]
        moving = {i: self.k.Variable(x, dtype=str(x.dtype)) for i, x in enumerate(inputs) if is_float(x)}
        weights = list(layer.trainable_variables) if layer is not None else []

        def objective():
            outputs = flatten(fn([moving[i].value if i in moving else x for i, x in enumerate(inputs)]))
            losses = list(layer.losses) if layer is not None else []
            return projected(self.k.ops, outputs, losses), (outputs, losses)

        variables = [*weights, *moving.values()]
        (_, (outputs, losses)), gradients = self.k.value_and_grad(objective, variables, has_aux=True)()
        by_input = dict(zip(moving, gradients[len(weights) :]))
        others = layer.non_trainable_variables if layer is not None else []
        return Run(
            [self.numpy(output) for output in outputs],
            [self.numpy(by_input[i]) if i in by_input else None for i in range(len(inputs))],
            [self.numpy(gradient) for gradient in gradients[: len(weights)]],
            [self.numpy(variable) for variable in others if not is_seed(variable)],
            [self.numpy(loss) for loss in losses],
        )
