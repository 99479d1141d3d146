"""Two integers of 4 bits in each byte."""

import numpy as np

from nbkeras import ops

__all__ = ["pack_int4", "unpack_int4"]


def pack_int4(arr, axis=0, dtype="int8"):
    """Pairs of integers of 4 bits, one after the other along `axis`, in one byte: the first in the lower half.

    Args:
        arr: of `dtype`, with numbers from -8 to 7, or from 0 to 15 for `"uint8"`.
        axis: along which to pair; an odd length is filled up with 0.
        dtype: `"int8"` or `"uint8"`.

    Returns:
        The packed array, its shape, and the length along `axis` before.

    Raises:
        ValueError: for another `dtype`; TypeError, if `arr` is of another.

    Example:
        >>> packed, shape, length = pack_int4(np.int8([1, -2, 3]))
        >>> unpack_int4(packed, length).tolist()
        [1, -2, 3]
    """
    _check(dtype)
    values = ops.convert_to_numpy(arr)
    if values.dtype.name != dtype:
        raise TypeError(f"pack_int4 expects an array of {dtype}, got one of {values.dtype.name}")
    values = np.moveaxis(values, axis, 0)
    length = len(values)
    values = np.pad(values, [(0, length % 2)] + [(0, 0)] * (values.ndim - 1)).view(np.uint8) & 0x0F
    packed = np.moveaxis((values[::2] | values[1::2] << 4).view(dtype), 0, axis)
    return ops.convert_to_tensor(np.ascontiguousarray(packed)), packed.shape, length


def unpack_int4(packed, orig_len, axis=0, dtype="int8"):
    """What `pack_int4` packed.

    Args:
        packed: bytes, `"int8"` or `"uint8"`.
        orig_len: the length along `axis` before packing.
        axis: along which was packed.
        dtype: of the result; `"int8"` reads signs.

    Raises:
        ValueError: for another `dtype`; TypeError, if `packed` is of another.
    """
    _check(dtype)
    values = ops.convert_to_numpy(packed)
    if values.dtype.name not in ("int8", "uint8"):
        raise TypeError(f"unpack_int4 expects an array of int8 or uint8, got one of {values.dtype.name}")
    values = np.moveaxis(values, axis, 0).astype(np.uint8)
    halves = np.stack([values & 0x0F, values >> 4], axis=1).reshape(-1, *values.shape[1:])[:orig_len]
    if dtype == "int8":
        halves = ((halves ^ 8) - 8).astype(np.int8)
    return ops.convert_to_tensor(np.moveaxis(halves, 0, axis).astype(dtype))


def _check(dtype):
    if dtype not in ("int8", "uint8"):
        raise ValueError(f"integers of 4 bits lie in 'int8' or 'uint8', got dtype={dtype!r}")
