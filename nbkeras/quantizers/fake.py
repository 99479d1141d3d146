"""Quantization as training sees it: floats that take only the values that integers would."""

from nbkeras import ops

__all__ = ["fake_quant_with_min_max_vars"]


def fake_quant_with_min_max_vars(inputs, min_vals, max_vals, num_bits=8, narrow_range=False, axis=None):
    """`inputs`, rounded to the `2**num_bits` values between `min_vals` and `max_vals`; the gradient passes through.

    The range is shifted a little, so that 0 is one of the values (Jacob et al., 2018, arXiv:1712.05877). Beyond the
    range, the gradient goes to its ends.

    Args:
        inputs: floats.
        min_vals, max_vals: numbers; with `axis`, arrays of its size.
        num_bits: from 2 to 16.
        narrow_range: whether the least value is left out.
        axis: along which each slice has a range of its own.
    """
    inputs = ops.convert_to_tensor(inputs)
    spread = None if axis is None else [-1 if i == axis % len(inputs.shape) else 1 for i in range(len(inputs.shape))]

    def quantized(x, low, high):
        shape = low.shape
        if spread is not None:
            low, high = ops.reshape(low, spread), ops.reshape(high, spread)
        least, most, step = _nudged(low, high, num_bits, narrow_range)
        inner = ops.clip(x, least, most) - least
        zero = ops.floor(0.5 - least / step)
        y = ops.floor(inner / step - zero + 0.5) * step
        others = None if axis is None else [i for i in range(len(x.shape)) if i != axis % len(x.shape)]

        def grad(*args, upstream=None):
            def sums(where):
                return ops.reshape(ops.sum(ops.where(where, upstream, 0.0), axis=others), shape)

            within = ops.where(ops.logical_and(x >= least, x <= most), upstream, 0.0)
            return within, sums(x <= least), sums(x >= most)

        return ops.cast(y, x.dtype), grad

    return ops.custom_gradient(quantized)(inputs, ops.convert_to_tensor(min_vals), ops.convert_to_tensor(max_vals))


def _nudged(low, high, num_bits, narrow_range):
    """The ends of the range, moved so that 0 is one of the values, and the distance of values."""
    least, most = 1 if narrow_range else 0, 2**num_bits - 1
    step = (high - low) / (most - least)
    zero = ops.round(ops.clip(least - low / step, least, most))
    return (least - zero) * step, (most - zero) * step, step
