"""Which activations the kernels of `ops.dense` and `ops.conv` apply themselves, in place on their fresh result."""

from nbkeras import activations

__all__ = ["name_in_kernel"]

_NAMES = ("linear", "relu", "sigmoid", "tanh")


def name_in_kernel(activation):
    """The name by which a kernel knows `activation`, or `None` for one that is a call of its own."""
    name = getattr(activation, "__name__", None)
    return name if name in _NAMES and activations.TABLE[name] is activation else None
