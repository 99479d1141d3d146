"""What `keras.utils` offers, from where each of it lives."""

import importlib
from typing import TYPE_CHECKING, Any

from nbkeras.backend import clear_session, is_keras_tensor, standardize_dtype
from nbkeras.callbacks import Progbar
from nbkeras.config import (
    disable_interactive_logging,
    enable_interactive_logging,
    is_interactive_logging_enabled,
)
from nbkeras.data import PyDataset, pack_x_y_sample_weight, unpack_x_y_sample_weight
from nbkeras.data import PyDataset as Sequence
from nbkeras.data.preprocessing import normalize, pad_sequences, split_dataset, to_categorical
from nbkeras.random import set_seed as set_random_seed
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
from nbkeras.serialization import registry as _registry

if TYPE_CHECKING:
    from nbkeras.data.audio_folders import audio_dataset_from_directory
    from nbkeras.data.image_folders import image_dataset_from_directory
    from nbkeras.data.images import array_to_img, img_to_array, load_img, save_img
    from nbkeras.data.text_folders import text_dataset_from_directory
    from nbkeras.data.windows import timeseries_dataset_from_array
    from nbkeras.utils.config import Config
    from nbkeras.utils.feature_space import FeatureSpace
    from nbkeras.utils.file_cache import get_file
    from nbkeras.utils.model_plot import plot_model
    from nbkeras.utils.model_plot_dot import model_to_dot
    from nbkeras.utils.source_inputs import get_source_inputs

__all__ = [
    "Config",
    "CustomObjectScope",
    "FeatureSpace",
    "Progbar",
    "PyDataset",
    "Sequence",
    "array_to_img",
    "audio_dataset_from_directory",
    "clear_session",
    "custom_object_scope",
    "deserialize_keras_object",
    "disable_interactive_logging",
    "enable_interactive_logging",
    "get_custom_objects",
    "get_file",
    "get_registered_name",
    "get_registered_object",
    "get_source_inputs",
    "image_dataset_from_directory",
    "img_to_array",
    "is_interactive_logging_enabled",
    "is_keras_tensor",
    "load_img",
    "model_to_dot",
    "normalize",
    "pack_x_y_sample_weight",
    "pad_sequences",
    "plot_model",
    "register_keras_serializable",
    "save_img",
    "serialize_keras_object",
    "set_random_seed",
    "split_dataset",
    "standardize_dtype",
    "text_dataset_from_directory",
    "timeseries_dataset_from_array",
    "to_categorical",
    "unpack_x_y_sample_weight",
]


# What is imported when it is asked for: a download brings HTTP and archives, 30 ms that few need.
_LATER = {
    "Config": "nbkeras.utils.config",
    "FeatureSpace": "nbkeras.utils.feature_space",
    "array_to_img": "nbkeras.data.images",
    "audio_dataset_from_directory": "nbkeras.data.audio_folders",
    "image_dataset_from_directory": "nbkeras.data.image_folders",
    "img_to_array": "nbkeras.data.images",
    "load_img": "nbkeras.data.images",
    "save_img": "nbkeras.data.images",
    "text_dataset_from_directory": "nbkeras.data.text_folders",
    "timeseries_dataset_from_array": "nbkeras.data.windows",
    "get_source_inputs": "nbkeras.utils.source_inputs",
    "get_file": "nbkeras.utils.file_cache",
    "model_to_dot": "nbkeras.utils.model_plot_dot",
    "plot_model": "nbkeras.utils.model_plot",
}

_registry.LATER.update(
    FeatureSpace="nbkeras.utils.feature_space",
    **dict.fromkeys(("Cross", "Feature", "TFDIdentity"), "nbkeras.utils.features"),
)


def __getattr__(name: str) -> Any:
    if name in ("bounding_boxes", "legacy"):
        return importlib.import_module(f"nbkeras.utils.{name}")
    if name not in _LATER:
        raise AttributeError(f"module 'nbkeras.utils' has no attribute {name!r}")
    found = globals()[name] = getattr(importlib.import_module(_LATER[name]), name)
    return found
