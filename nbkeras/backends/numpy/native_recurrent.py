"""Recurrent layers by native kernels, whose loop over time runs without Python, and over blocks of the batch at once.

Each function here takes what its namesake in `recurrent.py` takes and returns the same: the states before each step and
after the last, and the function for their gradients.
"""

import numpy as np

from nbkeras.backends.numpy import native
from nbkeras.backends.numpy.native_memory import call, memory_of
from nbkeras.backends.numpy.recordable import empty


def applies(name, arrays, mask, dropout):
    """Whether the native kernel `name` is there and can do it."""
    if dropout is not None or (mask is not None and mask.dtype != bool) or native.kernel(name) is None:
        return False
    return all(a is None or a.dtype == np.float32 for a in arrays)


def lstm(z, h, c, kernel, masking):
    (steps, batch, _), units = z.shape, h.shape[1]
    sizes, mask = (steps, batch, units), masking.mask
    states = (steps + 1, batch, units)
    memory, (hs, cs, *_) = memory_of(states, states, (steps, batch, 4 * units), sizes)
    call("lstm", memory, z, h, c, kernel, mask, *sizes)

    def backward(d_steps, dh, dc):
        made, (dz, dh_first, dc_first, d_kernel, _) = memory_of(z.shape, h.shape, c.shape, kernel.shape, kernel.shape)
        call("lstm_gradient", made, d_steps, dh, dc, memory, kernel, mask, *sizes)
        return dz, dh_first, dc_first, d_kernel

    return hs, cs, backward


def gru(z, h, kernel, bias, masking, reset_after):
    (steps, batch, columns), units = z.shape, h.shape[1]
    sizes, mask = (steps, batch, units), masking.mask
    memory, (hs, *_) = memory_of((steps + 1, batch, units), z.shape, sizes, (columns,))
    call("gru", memory, z, h, kernel, bias, mask, *sizes, int(reset_after))

    def backward(d_steps, dh):
        made, parts = memory_of(z.shape, h.shape, kernel.shape, (columns,), kernel.shape, sizes)
        dz, dh_first, d_kernel, d_bias, *_ = parts
        call("gru_gradient", made, d_steps, dh, memory, kernel, mask, *sizes, int(reset_after))
        return dz, dh_first, d_kernel, None if bias is None else d_bias

    return hs, backward


def simple_rnn(z, h, kernel, masking):
    steps, batch, units = sizes = z.shape
    mask = masking.mask
    hs = empty((steps + 1, batch, units), z.dtype)
    call("simple_rnn", hs, z, h, kernel, mask, *sizes)

    def backward(d_steps, dh):
        made, (dz, dh_first, d_kernel, _) = memory_of(z.shape, h.shape, kernel.shape, kernel.shape)
        call("simple_rnn_gradient", made, d_steps, dh, hs, kernel, mask, *sizes)
        return dz, dh_first, d_kernel

    return hs, backward
