"""Fourier transforms of pairs of real arrays, the real and the imaginary part, and of real arrays.

They are linear, so each gradient is the transpose: of the matrix F of the transform, its conjugate, which is the
inverse transform without its factor 1/n.
"""

import math

import numpy as np

from nbkeras.backends.numpy.recordable import whole
from nbkeras.backends.numpy.registry import kernel


def _parts(z):
    """A complex array as a real one with a last axis of two, without a copy where `z` is contiguous."""
    z = np.ascontiguousarray(z)
    return z.view(z.real.dtype).reshape(*z.shape, 2)


@whole
def _transformed(real, imag, axes, inverse):
    z = np.asarray(real) + 1j * np.asarray(imag)
    return _parts((np.fft.ifftn if inverse else np.fft.fftn)(z, axes=axes))


@whole
def _of_real(x, n):
    return _parts(np.fft.rfft(x, n))


@whole
def _to_real(real, imag, n):
    return np.fft.irfft(np.asarray(real) + 1j * np.asarray(imag), n)


def _both(d, like):
    """The gradients of both parts, zeros for one that nobody used."""
    return tuple(np.zeros_like(like) if part is None else part for part in d)


def _sized(x, n):
    """`x` cut, or filled with zeros, to a length of `n`."""
    if x.shape[-1] >= n:
        return x[..., :n]
    return np.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, n - x.shape[-1])])


def _mirrored(n):
    """How often each of the n // 2 + 1 bins of a real transform occurs among all n: once at 0 and at n / 2, twice
    between."""
    bins = np.arange(n // 2 + 1)
    return np.where((bins == 0) | (2 * bins == n), 1, 2)


@kernel
def fft(real, imag, *, axes, inverse=False):
    y = _transformed(real, imag, axes, inverse)
    n = math.prod(real.shape[a] for a in axes)
    scale = 1 / n if inverse else n

    def vjp(d):
        g = _transformed(*_both(d, real), axes, not inverse) * scale
        return g[..., 0], g[..., 1]

    return (y[..., 0], y[..., 1]), vjp


@kernel
def rfft(x, *, n):
    y = _of_real(x, n)

    def vjp(d):
        real, imag = (part / _mirrored(n).astype(part.dtype) for part in _both(d, y[..., 0]))
        return (_sized(_to_real(real, imag, n) * n, x.shape[-1]),)

    return (y[..., 0], y[..., 1]), vjp


@kernel
def irfft(real, imag, *, n):
    def vjp(d):
        g = _of_real(d, n)
        share = (_mirrored(n) / n).astype(d.dtype)
        bins = real.shape[-1]
        return _sized(g[..., 0] * share, bins), _sized(g[..., 1] * share, bins)

    return _to_real(real, imag, n), vjp
