"""Activation functions, each a function of a tensor; layers take them by name, `Dense(10, activation="relu")`.

A function of your own is an activation too: any callable that maps a tensor to a tensor of the same shape.
"""

from nbkeras import ops
from nbkeras.serialization import (
    custom_object_scope,
    register,
    resolve,
    serialize_keras_object,
)

TABLE = {}


def activation(function):
    """Enters a function in the table of names that layers accept, and in the library's."""
    TABLE[function.__name__] = function
    return register(function)


@activation
def linear(x):
    """The input itself: what a layer without an activation applies."""
    return x


@activation
def relu(x, negative_slope=0.0, max_value=None, threshold=0.0):
    """`x` where it is above the threshold, elsewhere 0 or a slope.

    Args:
        negative_slope: `f(x) = negative_slope * (x - threshold)` below the threshold.
        max_value: the largest output; `None`: unbounded.
        threshold: where the line begins.

    Example:
        >>> relu(np.array([-2.0, 0.0, 3.0]))
        array([0., 0., 3.])
    """
    if max_value is None and threshold == 0:
        return ops.leaky_relu(x, negative_slope=negative_slope) if negative_slope else ops.relu(x)
    above = ops.where(x > threshold, x, 0.0) if threshold else ops.relu(x)
    if max_value is not None:
        above = ops.clip(above, 0.0, max_value)
    return above - negative_slope * ops.relu(threshold - x) if negative_slope else above


@activation
def leaky_relu(x, negative_slope=0.2):
    """`x` where it is positive, elsewhere `negative_slope * x`."""
    return ops.leaky_relu(x, negative_slope=negative_slope)


@activation
def relu6(x):
    """`x` clipped to [0, 6]."""
    return ops.relu6(x)


@activation
def softmax(x, axis=-1):
    """Probabilities along `axis`: `exp(x) / sum(exp(x))`."""
    return ops.softmax(x, axis=axis)


@activation
def log_softmax(x, axis=-1):
    """The logarithm of `softmax`, without its loss of precision."""
    return ops.log_softmax(x, axis=axis)


@activation
def sparsemax(x, axis=-1):
    """The probabilities nearest to `x`, many of which are 0 (Martins & Astudillo, 2016, arXiv:1602.02068)."""
    return ops.sparsemax(x, axis=axis)


@activation
def elu(x, alpha=1.0):
    """`x` where it is positive, elsewhere `alpha * (exp(x) - 1)` (Clevert et al., 2016, arXiv:1511.07289)."""
    return ops.elu(x, alpha=alpha)


@activation
def celu(x, alpha=1.0):
    """`max(x, 0) + min(alpha * (exp(x / alpha) - 1), 0)` (Barron, 2017, arXiv:1704.07483)."""
    return ops.celu(x, alpha=alpha)


@activation
def selu(x):
    """`elu` scaled so that deep networks keep mean and variance (Klambauer et al., 2017, arXiv:1706.02515).

    Goes with the initializer `lecun_normal` and the layer `AlphaDropout`.
    """
    return ops.selu(x)


@activation
def softplus(x):
    """`log(1 + exp(x))`."""
    return ops.softplus(x)


@activation
def softsign(x):
    """`x / (1 + |x|)`."""
    return ops.softsign(x)


@activation
def squareplus(x, b=4):
    """`(x + sqrt(x**2 + b)) / 2` (Barron, 2021, arXiv:2112.11687)."""
    return ops.squareplus(x, b=b)


@activation
def soft_shrink(x, threshold=0.5):
    """`x` moved towards 0 by `threshold`; 0 within it."""
    return ops.soft_shrink(x, threshold=threshold)


@activation
def hard_shrink(x, threshold=0.5):
    """`x` where `|x|` exceeds `threshold`, else 0."""
    return ops.hard_shrink(x, threshold=threshold)


@activation
def tanh_shrink(x):
    """`x - tanh(x)`."""
    return ops.tanh_shrink(x)


@activation
def sparse_plus(x):
    """0 up to -1, `(x + 1)**2 / 4` up to 1, then `x`."""
    return ops.sparse_plus(x)


@activation
def silu(x):
    """`x * sigmoid(x)`, also called swish (Ramachandran et al., 2017, arXiv:1710.05941)."""
    return ops.silu(x)


@activation
def gelu(x, approximate=False):
    """`x` times the probability that a standard normal is below it (Hendrycks & Gimpel, 2016, arXiv:1606.08415).

    Args:
        approximate: whether to use the formula with tanh.
    """
    return ops.gelu(x, approximate=approximate)


@activation
def glu(x, axis=-1):
    """The first half of `x` along `axis` times the sigmoid of the second (Dauphin et al., 2017, arXiv:1612.08083)."""
    return ops.glu(x, axis=axis)


@activation
def mish(x):
    """`x * tanh(softplus(x))` (Misra, 2019, arXiv:1908.08681)."""
    return x * ops.tanh(ops.softplus(x))


@activation
def tanh(x):
    """The hyperbolic tangent."""
    return ops.tanh(x)


@activation
def hard_tanh(x):
    """`x` clipped to [-1, 1]."""
    return ops.hard_tanh(x)


@activation
def threshold(x, threshold, default_value):
    """`x` where it exceeds `threshold`, else `default_value`."""
    return ops.threshold(x, threshold, default_value)


@activation
def sigmoid(x):
    """`1 / (1 + exp(-x))`."""
    return ops.sigmoid(x)


@activation
def log_sigmoid(x):
    """The logarithm of `sigmoid`, without its loss of precision."""
    return ops.log_sigmoid(x)


@activation
def hard_sigmoid(x):
    """`x / 6 + 1/2` clipped to [0, 1]."""
    return ops.hard_sigmoid(x)


@activation
def hard_silu(x):
    """`x * hard_sigmoid(x)`, also called hard swish (Howard et al., 2019, arXiv:1905.02244)."""
    return ops.hard_silu(x)


@activation
def sparse_sigmoid(x):
    """`(x + 1) / 2` clipped to [0, 1]."""
    return ops.sparse_sigmoid(x)


@activation
def exponential(x):
    """`exp(x)`."""
    return ops.exp(x)


swish = TABLE["swish"] = silu
hard_swish = TABLE["hard_swish"] = hard_silu

__all__ = [*TABLE, "deserialize", "get", "serialize"]


def get(identifier):
    """The activation that a name, a configuration or a callable stands for; `linear` for `None`.

    Raises:
        ValueError: for an unknown name, `unknown activation 'rellu'; did you mean 'relu'?`.
    """
    return linear if identifier is None else resolve("activation", identifier, TABLE)


def serialize(activation):
    """What a configuration holds for an activation: the name of one of these, a dictionary for any other."""
    if TABLE.get(getattr(activation, "__name__", None)) is activation:
        return activation.__name__
    return serialize_keras_object(activation)


def deserialize(config, custom_objects=None):
    """The activation that `serialize` wrote."""
    with custom_object_scope(custom_objects):
        return get(config)
