"""Quantizers: arrays of floats as small integers, and back. Layers and models themselves are not quantized here."""

from nbkeras.quantizers.fake import fake_quant_with_min_max_vars
from nbkeras.quantizers.float8 import compute_float8_amax_history, compute_float8_scale, quantize_and_dequantize
from nbkeras.quantizers.int4 import pack_int4, unpack_int4
from nbkeras.quantizers.quantizer import (
    AbsMaxQuantizer,
    Quantizer,
    abs_max_quantize,
    abs_max_quantize_grouped_with_zero_point,
)
from nbkeras.serialization import deserialize_keras_object, serialize_keras_object, unknown
from nbkeras.unavailable import unavailable

__all__ = [
    "AWQConfig",
    "AbsMaxQuantizer",
    "Float8QuantizationConfig",
    "GPTQConfig",
    "Int4QuantizationConfig",
    "Int8QuantizationConfig",
    "QuantizationConfig",
    "Quantizer",
    "abs_max_quantize",
    "abs_max_quantize_grouped_with_zero_point",
    "compute_float8_amax_history",
    "compute_float8_scale",
    "deserialize",
    "fake_quant_with_min_max_vars",
    "get",
    "pack_int4",
    "quantize_and_dequantize",
    "serialize",
    "unpack_int4",
]

_TABLE = {cls.__name__: cls for cls in (AbsMaxQuantizer, Quantizer)}
_NO_MODELS = "models are not quantized; quantizers.abs_max_quantize quantizes arrays"

AWQConfig = unavailable("quantizers.AWQConfig", _NO_MODELS)
Float8QuantizationConfig = unavailable("quantizers.Float8QuantizationConfig", _NO_MODELS)
GPTQConfig = unavailable("quantizers.GPTQConfig", _NO_MODELS)
Int4QuantizationConfig = unavailable("quantizers.Int4QuantizationConfig", _NO_MODELS)
Int8QuantizationConfig = unavailable("quantizers.Int8QuantizationConfig", _NO_MODELS)
QuantizationConfig = unavailable("quantizers.QuantizationConfig", _NO_MODELS)


def get(identifier, **kwargs):
    """The quantizer that a name, a configuration, a class or a quantizer stands for; `None` is none.

    Args:
        **kwargs: arguments of the class.
    """
    if identifier is None:
        return None
    found = deserialize(identifier) if isinstance(identifier, dict) else identifier
    if isinstance(found, str):
        if found not in _TABLE:
            raise unknown("quantizer", found, _TABLE)
        found = _TABLE[found]
    if not callable(found):
        raise ValueError(f"a quantizer expects a name, a configuration or a callable, got {identifier!r}")
    return found(**kwargs) if isinstance(found, type) else found


def serialize(initializer):
    """The configuration of a quantizer, with its class."""
    return serialize_keras_object(initializer)


def deserialize(config, custom_objects=None):
    """The quantizer that `serialize` wrote."""
    return deserialize_keras_object(config, custom_objects, module_objects=_TABLE)
