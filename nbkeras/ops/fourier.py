"""Fourier transforms: of whole sequences and images, and of a sequence's short stretches."""

import numpy as np

from nbkeras.ops.dispatch import op, run
from nbkeras.ops.dtypes import as_dtype, as_float, as_tensor, is_float, name_of
from nbkeras.ops.elementwise import where
from nbkeras.ops.indexing import extract_sequences
from nbkeras.ops.shaping import broadcast_to, pad, reshape
from nbkeras.symbolic import shown

__all__ = ["fft", "fft2", "ifft2", "irfft", "istft", "rfft", "stft"]

SILENT = 1e-10  # where the windows add up to less than this, istft does not divide by their sum, as in SciPy


def _pair(x):
    """The real and the imaginary part, of one shape and both floats."""
    if not isinstance(x, (tuple, list)) or len(x) != 2:
        raise ValueError(f"x must be a pair of tensors, the real and the imaginary part, got {type(x).__name__}")
    real, imag = (as_tensor(part) for part in x)
    if tuple(real.shape) != tuple(imag.shape) or not (is_float(real.dtype) and is_float(imag.dtype)):
        told = " and ".join(f"{name_of(part.dtype)} of shape {shown(part.shape)}" for part in (real, imag))
        raise ValueError(f"x must be a pair of float tensors of one shape, got {told}")
    return real, imag


def _transform(x, count, inverse=False):
    real, imag = _pair(x)
    rank = len(real.shape)
    if rank < count:
        raise ValueError(f"expected parts of at least {count} axes, got shape {shown(real.shape)}")
    return run("fft", real, imag, axes=tuple(range(rank - count, rank)), inverse=inverse)


@op
def fft(x):
    """The discrete Fourier transform along the last axis: yₖ = Σⱼ xⱼ exp(-2πi jk / n).

    Args:
        x: a pair, the real and the imaginary part, of the same shape.

    Returns:
        The pair of the parts of the result.

    Example:
        >>> fft((np.float32([1, 0]), np.float32([0, 0])))[0]
        array([1., 1.], dtype=float32)
    """
    return _transform(x, 1)


@op
def fft2(x):
    """The discrete Fourier transform along the last two axes of a pair `(real, imag)`, as such a pair."""
    return _transform(x, 2)


@op
def ifft2(x):
    """The inverse of `fft2`."""
    return _transform(x, 2, inverse=True)


@op
def rfft(x, fft_length=None):
    """The Fourier transform of real numbers along the last axis, without the half that mirrors the other.

    Args:
        x: real numbers, cut or filled with zeros to `fft_length` (default: their own length).

    Returns:
        The pair of real and imaginary parts, of `fft_length // 2 + 1` numbers along the last axis.
    """
    x = as_float(x)
    return run("rfft", x, n=int(x.shape[-1] if fft_length is None else fft_length))


@op
def irfft(x, fft_length=None):
    """The inverse of `rfft`: from a pair `(real, imag)` to `fft_length` real numbers, by default 2 · (bins - 1)."""
    real, imag = _pair(x)
    return run("irfft", real, imag, n=int(2 * (real.shape[-1] - 1) if fft_length is None else fft_length))


@op
def stft(x, sequence_length, sequence_stride, fft_length, window="hann", center=True):
    """The short-time Fourier transform: `rfft` of overlapping stretches of the last axis.

    Args:
        x: floats of shape (…, time).
        sequence_length: of a stretch; its window is filled with zeros to `fft_length` on both sides.
        sequence_stride: from the beginning of one stretch to that of the next.
        fft_length: of the transforms, at least `sequence_length`.
        window: `"hann"`, `"hamming"`, a vector of `sequence_length` numbers, or `None` for ones.
        center: whether stretch t is centred at t · `sequence_stride`, the ends being mirrored; else it begins there.

    Returns:
        The pair of real and imaginary parts, of shape (…, stretches, fft_length // 2 + 1).
    """
    x = as_tensor(x)
    if name_of(x.dtype) not in ("float32", "float64"):
        raise TypeError(f"stft expects float32 or float64, got {name_of(x.dtype)}")
    weights = _window(window, sequence_length, sequence_stride, fft_length, name_of(x.dtype))
    if center:
        x = pad(x, [(0, 0)] * (len(x.shape) - 1) + [(fft_length // 2,) * 2], mode="reflect")
    return rfft(extract_sequences(x, fft_length, sequence_stride) * weights)


@op
def istft(x, sequence_length, sequence_stride, fft_length, length=None, window="hann", center=True):
    """The sequence of which `stft` with the same arguments gives `x`, by the least squares of Griffin & Lim (1984).

    Args:
        x: a pair of real and imaginary parts of shape (…, stretches, fft_length // 2 + 1).
        length: of the result; default what the stretches cover, without the mirrored ends if `center`.

    Returns:
        Real numbers of shape (…, time).
    """
    real, imag = _pair(x)
    if len(real.shape) < 2:
        raise ValueError(f"istft expects parts of shape (…, stretches, bins), got {shown(real.shape)}")
    weights = _window(window, sequence_length, sequence_stride, fft_length, name_of(real.dtype))
    stretches = irfft((real, imag), fft_length) * weights
    count = real.shape[-2]
    power = _overlapped(broadcast_to(weights * weights, (count, fft_length)), sequence_stride)
    y = _overlapped(stretches, sequence_stride) / where(power > SILENT, power, 1.0)
    start = fft_length // 2 if center else 0
    size = fft_length + sequence_stride * (count - 1)
    return y[..., start : size - start if length is None else start + length]


def _window(window, length, stride, fft_length, dtype):
    """The window, checked, with zeros around it up to `fft_length`."""
    if not isinstance(stride, int) or stride <= 0:
        raise ValueError(f"sequence_stride must be a positive integer, got {stride!r}")
    if fft_length < length:
        raise ValueError(f"fft_length must be at least sequence_length, {length}, got {fft_length}")
    before = (fft_length - length) // 2
    if window is None:
        return as_dtype(np.ones(fft_length), dtype)
    values = periodic_window(window, length) if isinstance(window, str) else as_tensor(window)
    if tuple(values.shape) != (length,):
        raise ValueError(f"window must be a vector of sequence_length = {length} numbers, got shape {values.shape}")
    return pad(as_dtype(values, dtype), ((before, fft_length - length - before),))


def periodic_window(name, length):
    """The Hann or Hamming window of which `length` steps are one period."""
    shares = {"hann": 0.5, "hamming": 0.54}
    if name not in shares:
        raise ValueError(f"window must be 'hann', 'hamming', a vector or None, got {name!r}")
    return shares[name] - (1 - shares[name]) * np.cos(2 * np.pi * np.arange(length) / length)


def _overlapped(stretches, stride):
    """The sum of stretches (…, count, length), each `stride` after the one before it, as (…, time)."""
    *lead, count, length = stretches.shape
    blocks = -(-length // stride)
    around = [(0, 0)] * (len(lead) + 1)
    stretches = pad(stretches, [*around, (0, blocks * stride - length)])
    parts = reshape(stretches, (*lead, count, blocks, stride))
    y = 0.0
    for k in range(blocks):
        part = parts[..., k, :]
        y = y + pad(part, [(0, 0)] * len(lead) + [(k, blocks - 1 - k), (0, 0)])
    return reshape(y, (*lead, -1))[..., : (count - 1) * stride + length]
