"""The constructor call is the configuration: it is kept, and `get_config` reads it back."""

import functools
import inspect

from nbkeras.serialization import registry
from nbkeras.serialization.names import check_keywords
from nbkeras.serialization.objects import restored, serialize_keras_object

__all__ = ["Configurable", "config_of"]


class _Call:
    """The arguments of a constructor call, opaque to whoever searches attributes for layers or arrays."""

    __slots__ = ("args", "kwargs")

    def __init__(self, args, kwargs):
        self.args = args
        self.kwargs = kwargs


class Configurable:
    """A base for everything that is written as a configuration: layers, optimizers, initializers, losses, ….

    `get_config` gives, for each parameter of the constructor, the attribute of that name, or what was passed. So a
    subclass keeps what it normalises under the parameter's own name, and writes no `get_config`. Subclassing also
    registers: the class's name in a configuration is understood from then on.

    Attributes:
        base_parameters: parameters of the base's constructor that every configuration has, if a subclass takes them
            by `**kwargs`.
        unwritten: parameters that stay out of the configuration: how to begin or to compute, not what the object is.
        keras_module: the module that Keras has the class in, where that is not `keras.<room>`.

    Example:
        >>> class Scaled(Initializer):
        ...     def __init__(self, factor=2.0):
        ...         self.factor = float(factor)
        >>> Scaled(3).get_config()
        {'factor': 3.0}
    """

    base_parameters: tuple = ()
    unwritten: tuple = ()

    def __new__(cls, *args, **kwargs):
        check_keywords(cls, kwargs)
        self = super().__new__(cls)
        object.__setattr__(self, "_call", _Call(args, kwargs))
        return self

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        registry.register_subclass(cls)

    def __repr__(self):
        call = [*map(repr, self._call.args), *(f"{name}={value!r}" for name, value in self._call.kwargs.items())]
        return f"{type(self).__name__}({', '.join(call)})"

    def get_config(self):
        """The constructor's arguments as a JSON-ready dictionary."""
        return config_of(self)

    @classmethod
    def from_config(cls, config):
        """A new object from what `get_config` returned."""
        return cls(**{name: restored(value) for name, value in config.items()})


def config_of(obj):
    """The configuration of a `Configurable`, read from its constructor call and its attributes.

    Raises:
        TypeError: if an argument cannot be written, or is one of `*args`.
    """
    cls = type(obj)
    config = {}
    for name, passed in _arguments(cls, obj._call).items():
        if name in cls.unwritten:
            continue
        is_method = callable(getattr(cls, name, None))
        config[name] = _written(cls, name, passed if is_method else getattr(obj, name, passed))
    return config


def _arguments(cls, call):
    """Every argument of the call by name, defaults included, those that went on to a base by `**kwargs` too."""
    signature = _signature(cls.__init__)
    bound = signature.bind(None, *call.args, **call.kwargs)
    bound.apply_defaults()
    arguments = {}
    for parameter in list(signature.parameters.values())[1:]:
        value = bound.arguments[parameter.name]
        if parameter.kind is parameter.VAR_KEYWORD:
            arguments = dict.fromkeys(cls.base_parameters) | arguments | _known_to_bases(cls, value)
        elif parameter.kind is parameter.VAR_POSITIONAL:
            if value:
                raise TypeError(f"{cls.__name__} takes *{parameter.name}, so it needs its own get_config()")
        else:
            arguments[parameter.name] = value
    return arguments


def _known_to_bases(cls, keywords):
    """Those of `keywords` that a constructor further up names; the others say how to build, not what."""
    named = set()
    for base in cls.__mro__[1:]:
        if "__init__" in vars(base):
            named.update(_signature(base.__init__).parameters)
    return {name: value for name, value in keywords.items() if name in named}


@functools.lru_cache(maxsize=512)  # three for each layer, 0.1 ms each; bounded, as a notebook defines classes anew
def _signature(constructor):
    return inspect.signature(constructor)


def _written(cls, name, value):
    activation = registry.LIBRARY.get(getattr(value, "__name__", None), {}).get("keras.activations")
    if activation is not None and activation is value:
        return value.__name__  # as Keras writes its own activations
    try:
        return serialize_keras_object(value)
    except TypeError as error:
        raise TypeError(f"{cls.__name__}: the argument '{name}' cannot be written: {error}") from None
