"""Own training loops: a gradient tape over variables, and `value_and_grad` as a function."""

import threading

import numpy as np

from nbkeras import tree
from nbkeras.autodiff import Tape, Tensor
from nbkeras.backends import backend
from nbkeras.ops.dispatch import as_array
from nbkeras.ops.dtypes import as_tensor
from nbkeras.variables import Scope, Variable

__all__ = ["GradientTape", "value_and_grad"]


class _Record(Tape):
    """What all tapes that are open at the same time on a thread write to."""

    open_tapes = 0  # now
    users = 0  # ever: the record is consumed by a gradient only if it has one user


class _Thread(threading.local):
    record = None


_thread = _Thread()


class GradientTape:
    """Records what is computed in its block, for gradients with respect to variables and watched arrays.

    Every trainable variable that is read is tracked; `watch` tracks an array. Tapes may be nested or open side by
    side. After the block, tensors behave as plain values. It needs a backend that records operations (NumPy); on
    others, and for code that should run on any, use `value_and_grad`.

    Args:
        persistent: whether `gradient` may be called more than once.
        watch_accessed_variables: whether variables are tracked by being read.

    Example:
        >>> w = Variable([3.0])
        >>> with GradientTape() as tape:
        ...     loss = ops.sum(w * w)
        >>> tape.gradient(loss, w)
        array([6.], dtype=float32)
    """

    def __init__(self, persistent=False, watch_accessed_variables=True):
        self.persistent = persistent
        self.watch_accessed_variables = watch_accessed_variables
        self._record = None
        self._used = False
        self._watched = {}  # id of an array -> (the array, its tensor)

    def __enter__(self):
        if not backend().TAPED:
            raise RuntimeError(
                f"GradientTape expects a backend that records operations, got '{backend().name}', which "
                "differentiates functions: use nbkeras.value_and_grad"
            )
        self._record = _thread.record = _thread.record or _Record()
        self._record.open_tapes += 1
        self._record.users += 1
        self._scope = Scope(watch=self._track if self.watch_accessed_variables else lambda value: value)
        self._scope.__enter__()
        return self

    def __exit__(self, *error):
        self._scope.__exit__(*error)
        self._record.open_tapes -= 1
        if not self._record.open_tapes:
            self._record.recording = False
            _thread.record = None

    def _track(self, value):
        return value if type(value) is Tensor else self._record.watch(value)

    def watch(self, tensor):
        """A tracked tensor for `tensor` (an array, a variable, or a nest of these): compute with what is returned."""
        if self._record is None or not self._record.recording:
            raise RuntimeError("GradientTape.watch expects to be called inside the tape's block")
        return tree.map_structure(self._watch, tensor)

    def _watch(self, value):
        if isinstance(value, Variable):
            tracked = self._scope.values[id(value)] = self._track(value.value)
            return tracked
        tracked = self._track(as_tensor(value))
        self._watched[id(value)] = (value, tracked)
        return tracked

    def gradient(self, target, sources, output_gradients=None, unconnected_gradients="none"):
        """The gradients of the sum of `target` with respect to `sources`, nested as these; `None` without a path.

        Args:
            target: a tensor, or several in a list.
            sources: variables, tracked tensors, or arrays given to `watch`, nested as you like.
            output_gradients: weights of the elements of `target`, default 1.
            unconnected_gradients: `"zero"` gives zeros instead of `None`.
        """
        if self._used and not self.persistent:
            raise RuntimeError("this GradientTape is used up; GradientTape(persistent=True) gives several gradients")
        self._used = True
        tensors = [self._tensor(source) for source in tree.flatten(sources)]
        grads = [None] * len(tensors)
        targets = tree.flatten(target)
        weights = tree.flatten(output_gradients) if output_gradients is not None else [None] * len(targets)
        keep = self.persistent or self._record.recording or self._record.users > 1 or len(targets) > 1
        for one, weight in zip(targets, weights):
            grads = [_plus(a, b) for a, b in zip(grads, self._gradient(one, weight, tensors, keep))]
        if unconnected_gradients == "zero":
            shapes = [as_tensor(source) for source in tree.flatten(sources)]
            grads = [np.zeros_like(x) if g is None else g for g, x in zip(grads, shapes)]
        return tree.pack_sequence_as(sources, grads)

    def _gradient(self, target, weight, tensors, keep):
        if type(target) is not Tensor or target.tape is not self._record:
            return [None] * len(tensors)
        d = np.ones_like(target.value) if weight is None else backend().array(as_array(weight), target.dtype)
        wanted = [t for t in tensors if t is not None]
        found = dict(zip(map(id, wanted), self._record.gradient(target, d, wanted, keep)))
        return [None if t is None else found[id(t)] for t in tensors]

    def _tensor(self, source):
        if type(source) is Tensor:
            return source if source.tape is self._record else None
        if isinstance(source, Variable):
            value = self._scope.values.get(id(source))
            return value if type(value) is Tensor else None
        return self._watched.get(id(source), (None, None))[1]


def _plus(a, b):
    return a if b is None else b if a is None else a + b


class _Remembering(Scope):
    """A scope that knows which variables were assigned."""

    def __init__(self, values):
        super().__init__(values)
        self.assigned = {}

    def set(self, variable, value):
        self.assigned[id(variable)] = variable
        super().set(variable, value)


def value_and_grad(function, variables=None, has_aux=False):
    """From `function`, which returns a scalar, a function that returns the value and its gradients, on every backend.

    Args:
        function: called with the arguments of the new function.
        variables: the variables to differentiate with respect to. `None`: the first argument, an array or a nest of
            arrays.
        has_aux: whether `function` returns `(value, other)`; `other` is handed on as `((value, other), gradients)`.

    Returns:
        A function that returns `(value, gradients)`. The gradients are nested as `variables` or the first argument;
        they are zero where there is no path. Other variables that `function` assigns are updated.

    Example:
        >>> w = Variable([3.0])
        >>> step = value_and_grad(lambda x: ops.sum(w * x), [w])
        >>> value, grads = step(np.float32([2.0]))
        >>> float(value), grads[0].tolist()
        (6.0, [2.0])
    """

    def run(*args):
        sources, rest = (variables, args) if variables is not None else (args[0], args[1:])
        leaves = tree.flatten(sources)
        scope = None

        def pure(arrays):
            nonlocal scope
            if variables is not None:
                scope = _Remembering(zip(leaves, arrays))
                inputs = rest
            else:
                scope = _Remembering(())
                inputs = (tree.pack_sequence_as(sources, arrays), *rest)
            with scope:
                result = function(*inputs)
            value, aux = result if has_aux else (result, None)
            return value, (aux, [scope.values[i] for i in scope.assigned])

        arrays = [as_tensor(leaf) for leaf in leaves]
        (value, (aux, state)), grads = backend().value_and_grad(pure)(arrays)
        for variable, new in zip(scope.assigned.values(), state):
            variable.assign(new)
        return ((value, aux) if has_aux else value), tree.pack_sequence_as(sources, grads)

    return run
