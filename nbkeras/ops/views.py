"""The same memory, or the same numbers, in another dtype: bits, and complex numbers as pairs of real ones."""

import numpy as np

from nbkeras.ops.dispatch import op, run
from nbkeras.ops.dtypes import as_dtype, as_float, as_tensor, name_of, promoted
from nbkeras.ops.elementwise import cos, imag, real, sin
from nbkeras.ops.shaping import stack
from nbkeras.symbolic import shown
from nbkeras.variables import standardize_dtype

__all__ = ["polar", "view", "view_as_complex", "view_as_real"]


@op
def view(x, dtype=None):
    """The bits of `x` read as numbers of `dtype`, along the last axis more or fewer of them; there is no gradient.

    Raises:
        ValueError: if the bytes along the last axis do not make whole numbers of `dtype`.

    Example:
        >>> view(np.float32([1.0]), "int32")
        array([1065353216], dtype=int32)
    """
    x = as_tensor(x)
    own, new = name_of(x.dtype), standardize_dtype(dtype or x.dtype)
    if own == new:
        return x
    old_size, new_size = _bytes(own), _bytes(new)
    if old_size != new_size and (not len(x.shape) or x.shape[-1] * old_size % new_size):
        raise ValueError(
            f"view expects a last axis whose bytes are a multiple of the {new_size} of {new}, got {own} of shape "
            f"{shown(x.shape)}"
        )
    return run("bitcast", x, dtype=new)


def _bytes(dtype):
    return 2 if dtype == "bfloat16" else np.dtype(dtype).itemsize


@op
def view_as_complex(x):
    """`x` of shape (…, 2), real and imaginary parts, as complex64 of shape (…).

    Raises:
        ValueError: if the last axis does not have length 2.
    """
    x = as_tensor(x)
    if not len(x.shape) or x.shape[-1] != 2:
        raise ValueError(f"view_as_complex expects a last axis of length 2, got shape {shown(x.shape)}")
    x = as_dtype(x, "float32")
    return run("as_complex", x[..., 0], x[..., 1])


@op
def view_as_real(x):
    """Complex `x` of shape (…) as real and imaginary parts of shape (…, 2)."""
    return stack([real(x), imag(x)], axis=-1)


@op
def polar(abs_, angle):
    """The complex numbers of absolute value `abs_` at `angle`, in radians: `abs_ * exp(1j * angle)`.

    Example:
        >>> polar(np.float32([2.0]), np.float32([0.0]))
        array([2.+0.j], dtype=complex64)
    """
    size, angle = promoted(as_float(abs_), as_float(angle))
    return run("as_complex", size * cos(angle), size * sin(angle))
