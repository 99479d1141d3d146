"""The policies of quantized layers, by name only."""

from nbkeras.unavailable import unavailable

__all__ = [
    "AWQDTypePolicy",
    "GPTQDTypePolicy",
    "Int4DTypePolicy",
    "QuantizedDTypePolicy",
    "QuantizedFloat8DTypePolicy",
    "refuse_quantized",
]

MODES = ("int8", "float8", "int4", "gptq", "awq")
CURE = "layers compute with floats only; use 'mixed_float16' for smaller activations"

AWQDTypePolicy = unavailable("dtype_policies.AWQDTypePolicy", CURE)
GPTQDTypePolicy = unavailable("dtype_policies.GPTQDTypePolicy", CURE)
Int4DTypePolicy = unavailable("dtype_policies.Int4DTypePolicy", CURE)
QuantizedDTypePolicy = unavailable("dtype_policies.QuantizedDTypePolicy", CURE)
QuantizedFloat8DTypePolicy = unavailable("dtype_policies.QuantizedFloat8DTypePolicy", CURE)


def refuse_quantized(name):
    """Raises NotImplementedError for the name of a policy such as `"int8_from_float32"`."""
    if name.partition("_from_")[1] and name.startswith(MODES):
        raise NotImplementedError(f"the dtype policy {name!r} is not there: {CURE}")
