"""Recurrent layers by native kernels, whose loop over time runs without Python, and over blocks of the batch at once.

Each function here takes what its namesake in `recurrent.py` takes and returns the same: the states before each step and
after the last, and the function for their gradients.
"""

from math import prod

import numpy as np

from nbkeras.backends.numpy import native
from nbkeras.backends.numpy.recordable import empty, in_place


def applies(name, arrays, mask, dropout):
    """Whether the native kernel `name` is there and can do it."""
    if dropout is not None or (mask is not None and mask.dtype != bool) or native.kernel(name) is None:
        return False
    return all(a is None or a.dtype == np.float32 for a in arrays)


def lstm(z, h, c, kernel, masking):
    (steps, batch, _), units = z.shape, h.shape[1]
    sizes, mask = (steps, batch, units), _contiguous(masking.mask)
    states = (steps + 1, batch, units)
    memory, (hs, cs, *_) = _parts(states, states, (steps, batch, 4 * units), sizes)
    kernel = _contiguous(kernel)
    _run("lstm", memory, *map(_contiguous, (z, h, c)), kernel, mask, *sizes)

    def backward(d_steps, dh, dc):
        made, (dz, dh_first, dc_first, d_kernel, _) = _parts(z.shape, h.shape, c.shape, kernel.shape, kernel.shape)
        _run("lstm_gradient", made, *map(_contiguous, (d_steps, dh, dc)), memory, kernel, mask, *sizes)
        return dz, dh_first, dc_first, d_kernel

    return hs, cs, backward


def gru(z, h, kernel, bias, masking, reset_after):
    (steps, batch, columns), units = z.shape, h.shape[1]
    sizes, mask = (steps, batch, units), _contiguous(masking.mask)
    memory, (hs, *_) = _parts((steps + 1, batch, units), z.shape, sizes, (columns,))
    kernel = _contiguous(kernel)
    _run("gru", memory, *map(_contiguous, (z, h)), kernel, _contiguous(bias), mask, *sizes, int(reset_after))

    def backward(d_steps, dh):
        made, parts = _parts(z.shape, h.shape, kernel.shape, (columns,), kernel.shape, sizes)
        dz, dh_first, d_kernel, d_bias, *_ = parts
        args = *map(_contiguous, (d_steps, dh)), memory, kernel, mask
        _run("gru_gradient", made, *args, *sizes, int(reset_after))
        return dz, dh_first, d_kernel, None if bias is None else d_bias

    return hs, backward


def simple_rnn(z, h, kernel, masking):
    steps, batch, units = sizes = z.shape
    mask, kernel = _contiguous(masking.mask), _contiguous(kernel)
    hs = empty((steps + 1, batch, units), z.dtype)
    _run("simple_rnn", hs, *map(_contiguous, (z, h)), kernel, mask, *sizes)

    def backward(d_steps, dh):
        made, (dz, dh_first, d_kernel, _) = _parts(z.shape, h.shape, kernel.shape, kernel.shape)
        _run("simple_rnn_gradient", made, *map(_contiguous, (d_steps, dh)), hs, kernel, mask, *sizes)
        return dz, dh_first, d_kernel

    return hs, backward


def _run(name, memory, *args):
    in_place(native.kernel(name))(memory, *args)


def _parts(*shapes):
    """Memory for arrays of these shapes, one after the other, and the arrays."""
    memory = empty(sum(map(prod, shapes)), np.float32)
    parts, start = [], 0
    for shape in shapes:
        parts.append(memory[start : start + prod(shape)].reshape(shape))
        start += prod(shape)
    return memory, parts


def _contiguous(a):
    return a if a is None or a.flags.c_contiguous else a.copy()
