"""Scales for floats of 8 bits."""

from nbkeras import ops

__all__ = ["compute_float8_amax_history", "compute_float8_scale", "quantize_and_dequantize"]


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

    Args:
        inputs: floats of `compute_dtype`.
        scale: a positive number.
        quantized_dtype: `"float8_e4m3fn"` or `"float8_e5m2"`.
        compute_dtype: of the result.

    Raises:
        ImportError: without the package ml_dtypes.
    """
    try:
        import ml_dtypes
    except ModuleNotFoundError:
        raise ImportError("floats of 8 bits need the package ml_dtypes: pip install ml_dtypes") from None
    scale = ops.cast(scale, compute_dtype)
    most = float(ml_dtypes.finfo(quantized_dtype).max)
    bounded = ops.convert_to_numpy(ops.clip(ops.cast(inputs, compute_dtype) / scale, -most, most))
    rounded = bounded.astype(getattr(ml_dtypes, quantized_dtype)).astype(bounded.dtype)
    return ops.convert_to_tensor(rounded) * scale
