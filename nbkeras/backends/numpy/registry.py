"""The table of NumPy kernels: every primitive and fused op that this backend has, by name."""

KERNELS: dict = {}


def kernel(function):
    """Registers `function(*arrays, **attributes) -> (y, vjp)` under its name."""
    KERNELS[function.__name__] = function
    return function
