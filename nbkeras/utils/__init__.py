"""What `keras.utils` offers, from where each of it lives."""

from nbkeras.backend import clear_session, is_keras_tensor, standardize_dtype
from nbkeras.callbacks import Progbar
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

__all__ = [
    "CustomObjectScope",
    "Progbar",
    "PyDataset",
    "Sequence",
    "clear_session",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "get_registered_name",
    "get_registered_object",
    "is_keras_tensor",
    "normalize",
    "pack_x_y_sample_weight",
    "pad_sequences",
    "register_keras_serializable",
    "serialize_keras_object",
    "set_random_seed",
    "split_dataset",
    "standardize_dtype",
    "to_categorical",
    "unpack_x_y_sample_weight",
]
