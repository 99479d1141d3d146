"""Scales for floats of 8 bits."""

from nbkeras import ops

__all__ = ["compute_float8_amax_history", "compute_float8_scale", "quantize_and_dequantize"]

# dtype -> bits of its fraction, exponent of its smallest normal number, its largest number
FORMATS = {"float8_e4m3fn": (3, -6, 448.0), "float8_e5m2": (2, -14, 57344.0)}


def compute_float8_scale(amax, scale, dtype_max, margin=0):
    """The next scale: the largest magnitude over that of the dtype; the old one where `amax` is 0 or not finite."""
    factor = dtype_max / ops.where(amax > 0, amax, 1.0) / 2**margin
    keeps = ops.logical_or(ops.logical_not(amax > 0), ops.logical_not(ops.isfinite(amax)))
    return ops.reciprocal(ops.where(keeps, ops.reciprocal(scale), factor))


def compute_float8_amax_history(x, amax_history):
    """`amax_history` moved on by one, with the largest magnitude of `x` in front."""
    newest = ops.reshape(ops.cast(ops.max(ops.abs(x)), amax_history.dtype), (1,))
    return ops.concatenate([newest, ops.roll(amax_history, -1)[1:]])


def quantize_and_dequantize(inputs, scale, quantized_dtype, compute_dtype):
    """`inputs / scale` rounded to floats of 8 bits, times `scale`.

    The formats are those of [Micikevicius et al. 2022](https://arxiv.org/abs/2209.05433); what is beyond their largest
    number becomes it.

    Args:
        inputs: floats of `compute_dtype`.
        scale: a positive number.
        quantized_dtype: `"float8_e4m3fn"` or `"float8_e5m2"`.
        compute_dtype: of the result.

    Raises:
        ValueError: where `quantized_dtype` is another.
    """
    if quantized_dtype not in FORMATS:
        raise ValueError(f"quantized_dtype is one of {', '.join(map(repr, FORMATS))}, not {quantized_dtype!r}")
    fraction_bits, smallest_exponent, largest = FORMATS[quantized_dtype]
    scale = ops.cast(scale, compute_dtype)
    bounded = ops.clip(ops.cast(inputs, compute_dtype) / scale, -largest, largest)
    # Below the smallest exponent the numbers lie as densely as at it.
    exponent = ops.floor(ops.log2(ops.maximum(ops.abs(bounded), 2.0**smallest_exponent)))
    spacing = ops.exp2(exponent - fraction_bits)
    return ops.round(bounded / spacing) * spacing * scale
