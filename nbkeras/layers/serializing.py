"""Layers as configurations, and back."""

from nbkeras.layers.layer import Layer
from nbkeras.serialization import deserialize_keras_object, serialize_keras_object

__all__ = ["deserialize", "serialize"]


def serialize(layer):
    """The configuration of a layer as a dictionary: class, module and constructor arguments.

    Example:
        >>> serialize(nbkeras.layers.Dense(3, name="head"))["config"]["units"]
        3
    """
    return serialize_keras_object(layer)


def deserialize(config, custom_objects=None):
    """The layer that `serialize` wrote; without its weights.

    Args:
        custom_objects: names in the configuration and the classes or functions that they stand for.

    Raises:
        ValueError: if the configuration is that of something else.
    """
    layer = deserialize_keras_object(config, custom_objects=custom_objects)
    if not isinstance(layer, Layer):
        raise ValueError(f"deserialize expects the configuration of a layer, got that of {layer!r}")
    return layer
