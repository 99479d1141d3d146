"""Configurations in the form of Keras 2: a dictionary of `class_name` and `config` alone."""

from collections.abc import Mapping
from typing import Any

from nbkeras import serialization

__all__ = ["deserialize_keras_object", "serialize_keras_object"]


def serialize_keras_object(instance: Any) -> Any:
    """An object as `{"class_name": …, "config": …}`, a function as its name.

    Raises:
        ValueError: for what has neither a configuration nor a name.
    """
    if instance is None:
        return None
    if hasattr(instance, "get_config"):
        name = serialization.get_registered_name(type(instance))
        return {"class_name": name, "config": serialization.serialize_keras_object(instance.get_config())}
    if hasattr(instance, "__name__"):
        return serialization.get_registered_name(instance)
    raise ValueError(f"a configuration cannot hold {instance!r}; give its class a get_config() method")


def deserialize_keras_object(
    identifier: Any,
    module_objects: Mapping[str, Any] | None = None,
    custom_objects: Mapping[str, Any] | None = None,
    printable_module_name: str = "object",
) -> Any:
    """What `serialize_keras_object` made `identifier` from.

    Args:
        identifier: a dictionary, or a name; a function is returned as it is.
        module_objects, custom_objects: what names stand for, if nobody else knows them.
        printable_module_name: what it is, for messages.

    Raises:
        ValueError: for a name that nobody knows.
    """
    if identifier is None or callable(identifier):
        return identifier
    if isinstance(identifier, dict):
        return serialization.deserialize_keras_object(identifier, custom_objects, module_objects=module_objects)
    tables = {**(module_objects or {}), **(custom_objects or {})}
    found = serialization.get_registered_object(identifier, module_objects=tables)
    if found is None:
        raise serialization.unknown(printable_module_name, identifier, tables)
    return found() if isinstance(found, type) else found
