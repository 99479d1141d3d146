"""Files and configurations of models."""

import importlib

from nbkeras.saving.errors import FileError
from nbkeras.saving.exporting import export_model as export_model
from nbkeras.saving.model_files import load_model, save_model
from nbkeras.saving.weights import load_weights, save_weights
from nbkeras.serialization import (
    CustomObjectScope,
    custom_object_scope,
    deserialize_keras_object,
    get_custom_objects,
    get_registered_name,
    get_registered_object,
    register_keras_serializable,
    serialize_keras_object,
)

__all__ = [
    "CustomObjectScope",
    "FileError",
    "KerasFileEditor",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "load_model",
    "load_weights",
    "register_keras_serializable",
    "save_model",
    "save_weights",
    "serialize_keras_object",
]


def __getattr__(name: str) -> object:
    """`KerasFileEditor`, which few need, when it is asked for."""
    if name == "KerasFileEditor":
        return importlib.import_module("nbkeras.saving.file_editor").KerasFileEditor
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
