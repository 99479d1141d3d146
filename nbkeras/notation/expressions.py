"""Objects as the Python expressions that make them, with those arguments alone that differ from the defaults."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from nbkeras.layers import Layer
from nbkeras.models import Model
from nbkeras.naming import fresh_names, to_snake_case
from nbkeras.notation.add_loss import AddLoss
from nbkeras.random import undrawn
from nbkeras.serialization import deserialize_keras_object, get_registered_name, registry, serialize_keras_object

__all__ = ["Writer", "quoted"]

PLAIN = (bool, int, float, type(None))


class Writer:
    """Writes objects as source code.

    Args:
        known: what the source knows by name without a prefix: in a declaration `Dense`, elsewhere `layers.Dense`.

    Attributes:
        model: writes the statements that make a model, which is no one expression, and returns its variable.
        rooms: the modules of the library that what was written names.
        own: the classes and functions that are not the library's, in the order of their first use.
    """

    def __init__(self, known: Mapping[str, Any] | None = None):
        self.known = {**(known or {}), "AddLoss": AddLoss}
        self.model: Callable[[Any], str] | None = None
        self.rooms: set[str] = set()
        self.own: dict[str, None] = {}

    def value(self, value: Any) -> str:
        """A number, string, structure of those, configuration, or an object that has one."""
        if isinstance(value, str):
            return quoted(value)
        if isinstance(value, PLAIN):
            return repr(value)
        if isinstance(value, (list, tuple)):
            inner = ", ".join(map(self.value, value))
            return f"[{inner}]" if isinstance(value, list) else f"({inner}{',' * (len(value) == 1)})"
        if not isinstance(value, dict):
            return self.value(serialize_keras_object(value))
        if "class_name" in value and "config" in value:
            return self._configured(value)
        return "{" + ", ".join(f"{self.value(key)}: {self.value(item)}" for key, item in value.items()) + "}"

    def object(self, obj: Any, name: str | None = None) -> str:
        """The constructor call that makes an equal object; `name` is the `name` argument to write."""
        arguments = self.arguments(obj) + ([f"name={quoted(name)}"] if name is not None else [])
        return f"{self.reference(type(obj))}({', '.join(arguments)})"

    def arguments(self, obj: Any) -> list[str]:
        """The arguments of the constructor, but for `name`; required ones by position."""
        config, required, defaults = obj.get_config(), _required(obj), _defaults_of(obj)
        names = list(inspect.signature(type(obj).__init__).parameters)[1:]
        by_position = names[: len(required)] == list(required)
        written = [("" if by_position else f"{name}=") + self.value(value) for name, value in required.items()]
        others = {name: value for name, value in config.items() if name not in required and name != "name"}
        differing = {name for name, value in others.items() if name not in defaults or value != defaults[name]}
        made = _config_of(type(obj), {**required, **{name: others[name] for name in differing}})
        differing |= {name for name, value in others.items() if name in made and value != made[name]}
        return written + [f"{name}={self.value(value)}" for name, value in others.items() if name in differing]

    def reference(self, obj: Any) -> str:
        """A class or function by the name that the source knows it by."""
        name: str = obj.__name__
        if not registry.is_library(obj):
            name = get_registered_name(obj).rpartition(">")[2]
            self.own[name] = None
            return name
        name = registry.public_name(obj)
        if self.known.get(name) is obj:
            return name
        path = f"{registry.keras_module(obj)}.{name}".removeprefix("keras.")
        self.rooms.add(path.partition(".")[0])
        return path

    def _configured(self, config):
        """An object's configuration: an initializer by its short name where that says all."""
        if config["class_name"] == "DTypePolicy":
            return quoted(config["config"]["name"])
        if config["class_name"] in ("__numpy__", "__tensor__"):
            return self.value(config["config"]["value"])
        with undrawn():
            found = deserialize_keras_object(config)
        if inspect.isfunction(found) or inspect.isclass(found):
            return self._function(found)
        if isinstance(found, Model) and self.model is not None:
            return self.model(found)
        if config.get("module") == "keras.initializers" and not self.arguments(found):
            return quoted(to_snake_case(config["class_name"]))
        return self.object(found, name=_name_to_write(found))

    def _function(self, function):
        if not function.__name__.isidentifier():
            raise ValueError("a lambda has no name that code could call it by; define the function with def")
        return self.reference(function)


def quoted(text: str) -> str:
    """A string as source code, in double quotes where it holds none."""
    plain = repr(text)
    return f'"{plain[1:-1]}"' if '"' not in text and "\\'" not in plain else plain


def _name_to_write(obj):
    """The name of an inner layer, always; that of a loss, metric or optimizer where it is not the usual one."""
    name = obj.get_config().get("name")
    return name if isinstance(obj, Layer) or name != _defaults_of(obj).get("name") else None


def _required(obj):
    """The arguments that the constructor of `obj` cannot do without, as their configurations."""
    config = obj.get_config()
    parameters = list(inspect.signature(type(obj).__init__).parameters.values())[1:]
    return {p.name: config[p.name] for p in parameters if p.default is p.empty and p.name in config}


def _defaults_of(obj):
    """The configuration of an object made like `obj` with the required arguments alone."""
    return _config_of(type(obj), _required(obj))


def _config_of(cls, arguments):
    """The configuration of an object made with `arguments`, of which some may decide the defaults of others."""
    with fresh_names(), undrawn():
        try:
            return cls.from_config(arguments).get_config()
        except (TypeError, ValueError):  # arguments that depend on each other: then all of them are written
            return {}
