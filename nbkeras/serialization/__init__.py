"""Configurations: what an object was made with, as JSON in Keras 3's form, and the names it may use."""

from nbkeras.random import SeedGenerator
from nbkeras.serialization.configurable import Configurable, config_of
from nbkeras.serialization.lookup import resolve
from nbkeras.serialization.names import (
    check_keywords,
    did_you_mean,
    parameters,
    table_of,
    unknown,
    unknown_argument,
)
from nbkeras.serialization.objects import (
    deserialize_keras_object,
    serialize_keras_object,
    serialize_shared,
    sharing_objects,
)
from nbkeras.serialization.registry import (
    CustomObjectScope,
    custom_object_scope,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register,
    register_keras_serializable,
)

__all__ = [
    "Configurable",
    "CustomObjectScope",
    "check_keywords",
    "config_of",
    "custom_object_scope",
    "deserialize_keras_object",
    "did_you_mean",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "parameters",
    "register",
    "register_keras_serializable",
    "resolve",
    "serialize_keras_object",
    "serialize_shared",
    "sharing_objects",
    "table_of",
    "unknown",
    "unknown_argument",
]

register(SeedGenerator, "keras.random")
