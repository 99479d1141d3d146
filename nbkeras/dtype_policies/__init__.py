"""Dtype policies: which dtype a layer computes in and which its weights have."""

from nbkeras.dtype_policies.policy import DTypePolicy, FloatDTypePolicy, dtype_policy
from nbkeras.dtype_policies.policy_map import DTypePolicyMap
from nbkeras.dtype_policies.quantized import (
    AWQDTypePolicy,
    GPTQDTypePolicy,
    Int4DTypePolicy,
    QuantizedDTypePolicy,
    QuantizedFloat8DTypePolicy,
)
from nbkeras.serialization import deserialize_keras_object, serialize_keras_object

__all__ = [
    "AWQDTypePolicy",
    "DTypePolicy",
    "DTypePolicyMap",
    "FloatDTypePolicy",
    "GPTQDTypePolicy",
    "Int4DTypePolicy",
    "QuantizedDTypePolicy",
    "QuantizedFloat8DTypePolicy",
    "deserialize",
    "get",
    "serialize",
]

_TABLE = {cls.__name__: cls for cls in (DTypePolicy, FloatDTypePolicy, DTypePolicyMap)}


def get(identifier):
    """The policy that a name, a dtype, a configuration or a policy stands for; `None` is the policy set for all.

    Example:
        >>> get("mixed_float16").variable_dtype
        'float32'
    """
    if identifier is None:
        return dtype_policy()
    return deserialize(identifier) if isinstance(identifier, dict) else DTypePolicy.of(identifier)


def serialize(dtype_policy):
    """The configuration of a policy, with its class."""
    return serialize_keras_object(dtype_policy)


def deserialize(config, custom_objects=None):
    """The policy that `serialize` wrote."""
    return deserialize_keras_object(config, custom_objects, module_objects=_TABLE)
