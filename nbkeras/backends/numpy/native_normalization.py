"""Layer and RMS normalisation and softmax by native kernels, which read each row once.

For 2048 rows of 64 on one core: 37 and 47 µs, forward and back, where NumPy takes 115 and 142; and 70 and 25 for
softmax, where NumPy takes 260 and 160.
"""

import numpy as np

from nbkeras.backends.numpy import native
from nbkeras.backends.numpy.native_memory import run

__all__ = ["applies", "layer_norm", "rms_norm", "softmax"]


def applies(name, *arrays):
    """Whether the native kernel `name` is there and can do it."""
    return all(a is None or (a.dtype == np.float32 and a.size) for a in arrays) and native.kernel(name) is not None


def layer_norm(x, gamma, beta, epsilon):
    """The result, and the function from its gradient to those of the arguments."""
    return _by_rows(x, gamma, beta, epsilon, centred=True)


def rms_norm(x, scale, epsilon):
    """The same without mean and offset."""
    y, gradients = _by_rows(x, scale, None, epsilon, centred=False)
    return y, lambda d: gradients(d)[:2]


def _by_rows(x, gamma, beta, epsilon, centred):
    n = x.shape[-1]
    rows = x.size // n
    parts = max(1, min(32, rows // 64))  # of the rows, whose summands of the gradients of gamma and beta add up
    arrays, numbers = (x, gamma, beta, np.array([epsilon], np.float32)), (rows, n, parts, centred)
    y, statistics = run("layer_norm_forward", [x.shape, (2 * rows,)], arrays, numbers)

    def gradients(d):
        shapes = [x.shape, (n,), (n,), (2 * parts * n,)]
        return run("layer_norm_backward", shapes, (x, gamma, d, statistics), numbers)[:3]

    return y, gradients


def softmax(x):
    """The softmax along the last axis, and the function from its gradient to that of `x`."""
    sizes = x.size // x.shape[-1], x.shape[-1]
    [y] = run("softmax_forward", [x.shape], (x,), sizes)
    return y, lambda d: run("softmax_backward", [x.shape], (y, d), sizes)
