"""Quantization by the largest magnitude."""

import math

from nbkeras import ops
from nbkeras.serialization import Configurable

__all__ = ["AbsMaxQuantizer", "Quantizer", "abs_max_quantize", "abs_max_quantize_grouped_with_zero_point"]


class Quantizer(Configurable):
    """What makes small integers of an array: subclass it and write `__call__`.

    Args:
        output_dtype: of the integers.
    """

    def __init__(self, output_dtype="int8"):
        self.output_dtype = output_dtype

    def __call__(self, x):
        """The quantized array; here `x` itself."""
        return x


class AbsMaxQuantizer(Quantizer):
    """`abs_max_quantize` as an object.

    Args:
        axis: an axis, or several, along which the range is found; default the last, unless the call names another.
        value_range: the least and the largest integer.
        epsilon: added to the largest magnitude.
        output_dtype: of the integers.

    Raises:
        ValueError: if `value_range` does not fit `"int8"`.
    """

    def __init__(self, axis=None, value_range=(-127, 127), epsilon=1e-7, output_dtype="int8"):
        super().__init__(output_dtype)
        if output_dtype == "int8" and (value_range[0] < -128 or value_range[1] > 127):
            raise ValueError(f"AbsMaxQuantizer expects value_range within [-128, 127] for int8, got {value_range}")
        self.axis = (axis,) if isinstance(axis, int) else None if axis is None else tuple(axis)
        self.value_range = value_range
        self.epsilon = epsilon

    def __call__(self, x, axis=None, to_numpy=False):
        """The integers and the scale; see `abs_max_quantize`."""
        axis = next((a for a in (axis, self.axis) if a is not None), -1)
        return abs_max_quantize(x, axis, self.value_range, self.output_dtype, self.epsilon, to_numpy)

    def get_config(self):
        return {name: value for name, value in super().get_config().items() if name != "axis" or value is not None}


def abs_max_quantize(inputs, axis, value_range=(-127, 127), dtype="int8", epsilon=1e-7, to_numpy=False):
    """`inputs` as integers whose range is that of the largest magnitude along `axis`, and the scale.

    Args:
        inputs: floats.
        axis: an axis, or several.
        value_range: the least and the largest integer.
        dtype: of the integers.
        epsilon: added to the largest magnitude.
        to_numpy: accepted as in Keras.

    Returns:
        The integers, and the factor by which `inputs` were multiplied, with sizes of 1 along `axis`.

    Example:
        >>> integers, scale = abs_max_quantize(np.float32([[-1.0, 0.5]]), axis=-1)
        >>> integers.tolist()
        [[-127, 63]]
    """
    inputs = ops.convert_to_tensor(inputs)
    largest = ops.max(ops.abs(inputs), axis=axis, keepdims=True)
    scale = ops.cast(value_range[1] / (largest + epsilon), inputs.dtype)
    return _rounded(inputs * scale, value_range, dtype), scale


def abs_max_quantize_grouped_with_zero_point(
    inputs, block_size, value_range=(-8, 7), dtype="int8", epsilon=1e-7, to_numpy=False
):
    """A matrix as integers whose range is that of its numbers, for each column and each block of rows.

    Args:
        inputs: a matrix of floats.
        block_size: rows in a block; the last one may have less.
        value_range: the least and the largest integer.
        dtype: of the integers.
        epsilon: added to the range.
        to_numpy: accepted as in Keras.

    Returns:
        The integers, the size of one step and the integer of zero, both (blocks, columns): a number is about
        `(integer - zero) * step`.
    """
    inputs = ops.convert_to_tensor(inputs)
    rows, columns = inputs.shape
    low, high = value_range
    blocks = math.ceil(rows / block_size)
    block_size = rows if blocks == 1 else block_size
    padded = ops.pad(inputs, ((0, blocks * block_size - rows), (0, 0)))
    grouped = ops.reshape(padded, (blocks, block_size, columns))
    least, largest = ops.min(grouped, axis=1), ops.max(grouped, axis=1)
    flat = ops.equal(least, largest)
    least, largest = ops.where(flat, least - 1, least), ops.where(flat, largest + 1, largest)
    step = (largest - least + epsilon) / (high - low)
    zero = ops.clip(ops.round(-least / step) + low, low, high)
    shifted = ops.round(grouped / ops.expand_dims(step, 1)) + ops.expand_dims(zero, 1)
    integers = ops.reshape(_rounded(shifted, value_range, dtype), (blocks * block_size, columns))
    return integers[:rows], step, ops.cast(zero, "int8")


def _rounded(x, value_range, dtype):
    return ops.cast(ops.clip(ops.round(x), *value_range), dtype)
