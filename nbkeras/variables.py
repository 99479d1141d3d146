"""Variables, the state that users see, and scopes, which make a computation over them pure."""

import threading

import numpy as np

from nbkeras import config, naming
from nbkeras.autodiff import detach
from nbkeras.backends import backend
from nbkeras.backends.abstract import AbstractArray
from nbkeras.operators import OPS, Operators

__all__ = ["Autocast", "Changes", "Scope", "Variable", "computed_dtype", "in_scope", "standardize_dtype"]


class _Active(threading.local):
    scope = None


_active = _Active()


class Changes:
    """Counts, for all of the process, what those must know of who keep lists of variables or of their arrays.

    Attributes:
        structure: a variable was made, became trainable or ceased to be, or something was assigned to a layer.
        moves: a variable came to hold another array; writing into the array that it holds is none.
        assignments: somebody assigned a value to a variable; what a pure step returns is none.
    """

    structure = 0
    moves = 0
    assignments = 0


def standardize_dtype(dtype) -> str:
    """The name of a dtype: `"float32"` for `None`, `np.float32`, `float` …"""
    if dtype is None:
        return config.floatx()
    if dtype is float:
        return config.floatx()
    if dtype is int:
        return "int32"
    name = dtype if isinstance(dtype, str) else getattr(dtype, "name", None) or np.dtype(dtype).name
    if name not in _NAMES:
        if getattr(dtype, "kind", "") in ("O", "S", "T", "U") or name in ("object", "str"):
            return "string"
        raise ValueError(f"unknown dtype {dtype!r}; choose one of {', '.join(sorted(_NAMES))}")
    return name


def computed_dtype(dtype) -> str:
    """The name of the dtype that the backend computes in for `dtype`: float32 for bfloat16, which NumPy lacks."""
    name = standardize_dtype(dtype)
    return "float32" if name in backend().LACKS else name


_NAMES = {
    "bool", "int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64",
    "float16", "bfloat16", "float32", "float64", "complex64", "complex128", "string",
}  # fmt: skip


class Scope:
    """Stands in for the values of variables while a pure function runs on this thread.

    Reads of a variable give the value that was put in; assignments stay in the scope. `watch`, if given, is called for
    a trainable variable that is read for the first time and has no value here: it is how a gradient tape tracks.

    Args:
        values: pairs of (variable, value).
        watch: a function from a plain value to a tracked one.
    """

    def __init__(self, values=(), watch=None):
        self.values = {id(variable): value for variable, value in values}
        self.watch = watch

    def __enter__(self):
        self._outer, _active.scope = _active.scope, self
        return self

    def __exit__(self, *error):
        _active.scope = self._outer

    def get(self, variable):
        """The value of `variable` in this scope, or in the enclosing one."""
        value = self.values.get(id(variable))
        if value is None:
            value = self._outer.get(variable) if self._outer is not None else backend().outside(variable._value)
            if self.watch is not None and variable.trainable:
                value = self.values[id(variable)] = self.watch(value)
        return value

    def set(self, variable, value):
        """Assigns in this scope; a scope that only watches hands it outwards."""
        if self.watch is not None:
            self.values.pop(id(variable), None)
            with _outside(self):
                variable.assign(value)
        else:
            self.values[id(variable)] = value


class _outside:
    def __init__(self, scope):
        self.scope = scope

    def __enter__(self):
        _active.scope = self.scope._outer

    def __exit__(self, *error):
        _active.scope = self.scope


class Autocast(Scope):
    """Within it, floats of variables are read as `dtype`: how a layer of mixed precision computes. It keeps no values.

    Args:
        dtype: the name of a dtype; within another such scope, this one alone counts.
    """

    def __init__(self, dtype):
        super().__init__()
        self.dtype = dtype

    def get(self, variable):
        outer = self._outer
        while type(outer) is Autocast:
            outer = outer._outer
        value = outer.get(variable) if outer is not None else backend().outside(variable._value)
        cast = variable.autocast and "float" in variable.dtype and variable.dtype != self.dtype
        return OPS["cast"](value, self.dtype) if cast else value

    def set(self, variable, value):
        with _outside(self):
            variable.assign(value)


class Variable(Operators):
    """A named array that training or a layer updates.

    Args:
        initializer: an array, a callable `(shape, dtype) -> array`, or the name of an initializer.
        shape: needed with a callable or a name.
        dtype: default `floatx()`, or that of the array.
        trainable: whether optimizers update it.
        regularizer, constraint: called on the value by training and by the optimizer.
        name: for messages and files; with the `name_scope`s around it makes the `path`.
        aggregation, synchronization, layout: accepted as in Keras; one machine computes.

    Example:
        >>> v = Variable([1.0, 2.0], name="v")
        >>> v.assign_add([1.0, 1.0]).numpy()
        array([2., 3.], dtype=float32)
    """

    def __init__(
        self,
        initializer,
        shape=None,
        dtype=None,
        trainable=True,
        autocast=True,
        aggregation="none",
        synchronization="auto",
        name=None,
        layout=None,
        *,
        regularizer=None,
        constraint=None,
        overwrite_with_gradient=False,
    ):
        if isinstance(initializer, str):
            from nbkeras import initializers

            initializer = initializers.get(initializer)
        if callable(initializer):
            if shape is None:
                raise ValueError(f"Variable '{name or 'variable'}' needs a shape, since its initializer is a function")
            dtype = computed_dtype(dtype)
            value = np.array(initializer(tuple(shape), dtype=dtype), dtype=dtype)
        else:
            value = np.asarray(initializer)
            if dtype is None:
                dtype = {"float64": config.floatx(), "int64": "int32"}.get(value.dtype.name, value.dtype.name)
            value = np.array(value, dtype=computed_dtype(dtype))
        if shape is not None and value.shape != tuple(shape):
            raise ValueError(f"Variable '{name}' expects a value of shape {tuple(shape)}, got {value.shape}")
        self._value = value
        self._packed = False
        self.dtype = value.dtype.name
        self.name = name or "variable"
        scope = naming.current_path()
        self.path = f"{scope}/{self.name}" if scope else self.name
        self.trainable = trainable
        self.autocast = autocast
        self.aggregation = aggregation
        self.synchronization = synchronization
        self.regularizer = regularizer
        self.constraint = constraint
        self.overwrite_with_gradient = overwrite_with_gradient

    @property
    def trainable(self):
        """Whether optimizers update it."""
        return self._trainable

    @trainable.setter
    def trainable(self, value):
        self._trainable = value
        Changes.structure += 1

    @property
    def value(self):
        """The array now: in a scope, the scope's."""
        scope = _active.scope
        return self._value if scope is None else scope.get(self)

    @property
    def shape(self):
        return tuple(self._value.shape)

    @property
    def size(self):
        return self._value.size

    def assign(self, value):
        """Sets the value, of the same shape (broadcasting is an error), and returns the variable."""
        if isinstance(value, AbstractArray):
            return self  # a layer that is run for its output shape has no numbers to assign
        value = detach(value.value if isinstance(value, Variable) else value)
        scope = _active.scope
        if scope is not None:
            scope.set(self, backend().array(value, self.dtype))
            return self
        value = np.asarray(value, self._value.dtype)
        if value.shape != self._value.shape:
            raise ValueError(f"Variable '{self.path}' expects a value of shape {self.shape}, got {value.shape}")
        Changes.assignments += 1
        if self._packed:
            self._value[...] = value
        else:
            self._value = value.copy()
            Changes.moves += 1
        return self

    def bind(self, view):
        """Makes `view`, a part of a packed buffer, the place where the value is stored from now on."""
        self._value = view
        self._packed = True
        Changes.moves += 1

    def replace(self, value):
        """Takes the array `value` as it is, as a pure step returned it."""
        if value is not self._value:
            self._value = value
            self._packed = False
            Changes.moves += 1

    def assign_add(self, value):
        """Adds `value` and returns the variable."""
        return self.assign(self.value + value)

    def assign_sub(self, value):
        """Subtracts `value` and returns the variable."""
        return self.assign(self.value - value)

    def numpy(self):
        """A copy of the value as a NumPy array."""
        return np.array(detach(self.value))

    def __array__(self, dtype=None, copy=None):
        return np.array(detach(self.value), dtype=dtype)

    def __float__(self):
        return float(detach(self.value))

    def __int__(self):
        return int(detach(self.value))

    def __bool__(self):
        return bool(detach(self.value))

    def __repr__(self):
        return f"<Variable path={self.path}, shape={self.shape}, dtype={self.dtype}, value={detach(self.value)}>"


def in_scope():
    """Whether a `Scope` is open on this thread, so that assignments do not reach the variables themselves."""
    return _active.scope is not None
