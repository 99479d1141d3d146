"""Random numbers: a stream of bits made by hashing counters, equal on every backend.

Every function takes `seed`: an int (the same numbers at each call), a `SeedGenerator` (new numbers at each call, its
state being a variable), or `None` (the generator that `set_seed` restarts).
"""

import math
import random as python_random
from contextlib import contextmanager

import numpy as np

from nbkeras import ops
from nbkeras.ops.dispatch import fused, op, run, sized
from nbkeras.ops.dtypes import as_dtype, as_float, as_tensor, is_float
from nbkeras.variables import Variable, computed_dtype

__all__ = [
    "SeedGenerator", "beta", "binomial", "categorical", "dropout", "gamma", "normal", "randint", "shuffle",
    "truncated_normal", "uniform",
]  # fmt: skip


class SeedGenerator:
    """A source of keys: two words, the seed and a counter that goes up with every draw.

    Args:
        seed: an int, or `None` for one that differs from run to run unless `set_seed` was called.
        name: for messages.

    Example:
        >>> generator = SeedGenerator(7)
        >>> generator.next().tolist(), generator.next().tolist()
        ([7, 0], [7, 1])
    """

    def __init__(self, seed=None, name=None, **kwargs):
        if kwargs:
            raise ValueError(f"SeedGenerator expects seed and name, got {', '.join(kwargs)}")
        if seed is not None and (isinstance(seed, bool) or not isinstance(seed, (int, np.integer))):
            raise ValueError(f"SeedGenerator expects an int or None as seed, got {seed!r}")
        self.name = name or "seed_generator"
        self._initial_seed = seed
        words = [(default_seed() if seed is None else int(seed)) % 2**32, 0]
        self.state = Variable(np.array(words, np.uint32), dtype="uint32", trainable=False, name=f"{self.name}_state")

    @property
    def initial_seed(self):
        """The seed it was made with."""
        return self._initial_seed

    def next(self, ordered=True):
        """The key for one draw; the counter goes up."""
        key = self.state.value
        key = np.array(key) if isinstance(key, np.ndarray) else key  # a copy: `assign` writes in place
        self.state.assign(run("add", key, _ONE_MORE))
        return key

    def get_config(self):
        """The arguments that make an equal generator."""
        return {"seed": self._initial_seed}

    @classmethod
    def from_config(cls, config):
        """The generator that `get_config` describes."""
        return cls(**config)


_ONE_MORE = np.array([0, 1], np.uint32)


class _Process:
    """The generators of the process, restarted by `set_seed`."""

    host = np.random.default_rng()
    keys: SeedGenerator | None = None


def set_seed(seed: int) -> None:
    """Restarts every source of chance: ours, Python's and NumPy's, so that what follows can be repeated bit for bit."""
    python_random.seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - programs use it
    global_generator().state.assign(np.array([seed % 2**32, 0], np.uint32))
    _Process.host = np.random.default_rng(seed)


def host_generator() -> np.random.Generator:
    """The NumPy generator that shuffles batches and chooses default seeds."""
    return _Process.host


def default_seed() -> int:
    """A seed for something that was given none."""
    return int(host_generator().integers(1, 2**31 - 1))


@contextmanager
def undrawn():
    """Forgets at the end of a block what was drawn in it: what is made only to be looked at changes no training."""
    before = host_generator().bit_generator.state
    try:
        yield
    finally:
        host_generator().bit_generator.state = before


def global_generator() -> SeedGenerator:
    """The generator behind `seed=None`."""
    if _Process.keys is None:
        _Process.keys = SeedGenerator(name="global")
    return _Process.keys


def key_of(seed):
    """The two words that a draw with `seed` hashes."""
    if seed is None:
        return global_generator().next()
    if isinstance(seed, SeedGenerator):
        return seed.next()
    if isinstance(seed, (int, np.integer)):
        return np.array([int(seed) % 2**32, 0], np.uint32)
    raise ValueError(f"seed must be an int, a SeedGenerator or None, got {seed!r}")


def _shape(shape):
    return (int(shape),) if isinstance(shape, (int, np.integer)) else tuple(int(n) for n in shape)


def _bits(shape, seed):
    return run("random_bits", key_of(seed), shape=_shape(shape))


def _unit(shape, seed):
    """Multiples of 2⁻²⁴ in [0, 1), float32."""
    return as_dtype(run("right_shift", _bits(shape, seed), np.uint32(8)), "float32") * 2.0**-24


def _odd(shape, seed):
    """Odd multiples of 2⁻²⁴ in (-1, 1), float32: symmetric, and never 0 or ±1."""
    top = as_dtype(run("right_shift", _bits(shape, seed), np.uint32(8)), "int32")
    return as_dtype(top * 2 - (2**24 - 1), "float32") * 2.0**-24


def _floats(dtype):
    dtype = computed_dtype(dtype)
    if not is_float(dtype):
        raise ValueError(f"random floats expect a float dtype, got {dtype!r}")
    return dtype


@sized
def normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Normally distributed numbers, by the inverse of the distribution function."""
    dtype = _floats(dtype)
    x = run("erfinv", _odd(shape, seed)) * math.sqrt(2)
    return as_dtype(x, dtype) * stddev + mean


@sized
def truncated_normal(shape, mean=0.0, stddev=1.0, dtype=None, seed=None):
    """Normally distributed numbers, given that they lie within two standard deviations of the mean."""
    dtype = _floats(dtype)
    x = run("erfinv", _odd(shape, seed) * math.erf(math.sqrt(2))) * math.sqrt(2)
    return as_dtype(x, dtype) * stddev + mean


@sized
def uniform(shape, minval=0.0, maxval=1.0, dtype=None, seed=None):
    """Numbers evenly distributed from `minval` up to, without, `maxval`; integers for an integer dtype."""
    dtype = computed_dtype(dtype)
    if not is_float(dtype):
        return randint(shape, minval, maxval, dtype, seed)
    return as_dtype(_unit(shape, seed), dtype) * (maxval - minval) + minval


@sized
def randint(shape, minval, maxval, dtype="int32", seed=None):
    """Integers evenly distributed from `minval` up to, without, `maxval`."""
    width = int(maxval) - int(minval)
    if not 0 < width <= 2**32:
        raise ValueError(f"randint expects minval < maxval, got {minval} and {maxval}")
    bits = _bits(shape, seed)
    if width < 2**32:
        bits = run("mod", bits, np.uint32(width))
    dtype = computed_dtype(dtype)
    wide = "int64" if int(maxval) > 2**31 else "int32"
    return as_dtype(as_dtype(bits, wide) + int(minval), dtype)


@op
def categorical(logits, num_samples, dtype="int32", seed=None):
    """`num_samples` classes for each row of `logits`, drawn in proportion to `exp(logits)`."""
    logits = as_float(logits)
    rows, classes = logits.shape
    chance = as_dtype(_open_unit(_odd((rows, num_samples, classes), seed)), logits.dtype)
    gumbel = -ops.log(-ops.log(chance))  # the largest of `logits + gumbel` is a draw
    return as_dtype(ops.argmax(logits[:, None, :] + gumbel, -1), computed_dtype(dtype))


@op
def shuffle(x, axis=0, seed=None):
    """The slices of `x` along `axis` in random order."""
    x = as_tensor(x)
    order = run("argsort", _bits((x.shape[axis],), seed), axis=0)
    return ops.take(x, order, axis)


@op
def dropout(inputs, rate, noise_shape=None, seed=None):
    """`inputs` with a share `rate` of the elements set to 0 and the others divided by `1 - rate`.

    Args:
        noise_shape: the shape of the choice, which is broadcast; `None` (or a `None` in it) is the size of `inputs`.
    """
    if not 0 <= rate <= 1:
        raise ValueError(f"dropout expects a rate from 0 to 1, got {rate}")
    x = as_float(inputs)
    if rate == 0:
        return x
    if rate == 1:
        return ops.zeros_like(x)
    shape = x.shape if noise_shape is None else [n if m is None else m for m, n in zip(noise_shape, x.shape)]
    return _dropout(x, key_of(seed), rate=float(rate), shape=_shape(shape))


@fused
def _dropout(x, key, *, rate, shape):
    keep = run("random_bits", key, shape=shape, width=16) >= np.uint16(rate * 2**16)
    return x * (as_dtype(keep, x.dtype) * (1 / (1 - rate)))


_TRIES = 10  # of Marsaglia and Tsang's method: each accepts more than 95 %


@sized
def gamma(shape, alpha, dtype=None, seed=None):
    """Numbers from the gamma distribution of shape parameter `alpha` and scale 1.

    Marsaglia and Tsang (2000), "A simple method for generating gamma variables", with ten tries for each number, so
    that the work does not depend on chance.
    """
    number, boost = _gamma(_shape(shape), alpha, seed)
    return as_dtype(number * ops.exp(boost), _floats(dtype))


def _gamma(shape, alpha, seed):
    """Numbers from the gamma distribution: a factor, and the logarithm of another that may be too small for float32."""
    chance = _odd((2 * _TRIES + 1, *shape), seed)
    alpha = as_dtype(as_float(alpha), "float32")
    d = ops.where(alpha < 1, alpha + 1, alpha) - 1 / 3
    c = 1 / ops.sqrt(9 * d)
    result = ops.broadcast_to(d, shape)
    for i in range(_TRIES):  # a later try that is accepted replaces an earlier one
        z = run("erfinv", chance[2 * i]) * math.sqrt(2)
        v = (1 + c * z) ** 3
        bound = 0.5 * z * z + d * (1 - v + ops.log(ops.maximum(v, 1e-30)))
        accepted = ops.logical_and(v > 0, ops.log(_open_unit(chance[2 * i + 1])) < bound)
        result = ops.where(accepted, d * v, result)
    boost = ops.log(_open_unit(chance[-1])) / alpha  # gamma(a) from gamma(a + 1)
    return result, ops.where(alpha < 1, boost, 0.0)


def _open_unit(x):
    """From (-1, 1) to (0, 1)."""
    return 0.5 - 0.5 * x


@sized
def beta(shape, alpha, beta, dtype=None, seed=None):
    """Numbers from the beta distribution: the first of two gamma numbers in proportion to their sum.

    It is computed by logarithms, for where `alpha` and `beta` are below 0.01 both gamma numbers are often 0 in float32.
    """
    shape = _shape(shape)
    both = ops.stack([ops.broadcast_to(as_float(a), shape) for a in (alpha, beta)])
    number, boost = _gamma((2, *shape), both, seed)
    first, second = ops.unstack(ops.log(number) + boost)
    return as_dtype(ops.sigmoid(first - second), _floats(dtype))


@sized
def binomial(shape, counts, probabilities, dtype=None, seed=None):
    """How many of `counts` trials succeed, each with its probability, as floats."""
    shape = _shape(shape)
    counts, probabilities = as_float(counts), as_float(probabilities)
    trials = int(np.max(ops.convert_to_numpy(counts), initial=0))
    number = np.arange(trials).reshape(-1, *[1] * len(shape))
    made = as_dtype(number, "float32") < counts
    success = ops.logical_and(made, _unit((trials, *shape), seed) < probabilities)
    return as_dtype(ops.sum(success, 0), _floats(dtype))
