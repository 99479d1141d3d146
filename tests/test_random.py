"""Random numbers: their distributions, their seeds, and the same stream on every backend."""

import math

import numpy as np
import pytest

from nbkeras import ops, random
from nbkeras.autodiff import Tape
from nbkeras.backends import use_backend
from nbkeras.backends.numpy.registry import KERNELS
from nbkeras.symbolic import KerasTensor
from nbkeras.variables import Scope

N = 200_000


def bits(seed, counter=0, n=N):
    return KERNELS["random_bits"](np.array([seed, counter], "uint32"), shape=(n,))[0]


def correlation(a, b):
    return abs(np.corrcoef(a.astype(float), b.astype(float))[0, 1])


@pytest.mark.parametrize("seed", [0, 1, 2, 12345, 2**32 - 1])
def test_every_bit_is_a_fair_coin(seed):
    b = bits(seed)
    for place in range(32):
        share = ((b >> place) & 1).mean()
        assert abs(share - 0.5) < 5 * 0.5 / math.sqrt(N), place


@pytest.mark.parametrize("seed", [0, 7])
def test_bytes_are_uniform(seed):
    """Chi-squared statistics of the four bytes, which have mean 255 and standard deviation 22.6."""
    for shift in (0, 8, 16, 24):
        counts = np.bincount((bits(seed) >> shift) & 255, minlength=256)
        chi2 = ((counts - N / 256) ** 2 / (N / 256)).sum()
        assert abs(chi2 - 255) < 5 * 22.6


def test_pairs_of_neighbours_are_uniform():
    """Chi-squared over 64 × 64 cells of (element, next element): mean 4095, standard deviation 90.5."""
    b = bits(3, n=2 * N) >> 26
    counts = np.bincount(b[0::2] * 64 + b[1::2], minlength=4096)
    chi2 = ((counts - N / 4096) ** 2 / (N / 4096)).sum()
    assert abs(chi2 - 4095) < 5 * 90.5


def test_streams_of_related_keys_are_unrelated():
    limit = 5 / math.sqrt(N)
    base = bits(1, 0)
    for lag in (1, 2, 64, 1000):
        assert correlation(base[lag:], base[:-lag]) < limit
    for key in ((2, 0), (1, 1), (0, 1), (1, 2), (3, 0), (1 + 2**31, 0)):
        assert correlation(base, bits(*key)) < limit
        assert len(np.intersect1d(base, bits(*key))) < 4 * N * N / 2**32  # no more values in common than by chance


def test_the_stream_is_frozen():
    """Saved notebooks show numbers that depend on it."""
    assert bits(1, 2, 4).tolist() == [2800077288, 3963841776, 1166154082, 1986085749]
    np.testing.assert_allclose(random.normal((3,), seed=5), [-0.17792894, -0.08598652, -2.3755336], rtol=1e-6)


def moments_are(sample, mean, std):
    sample = np.asarray(sample, float)
    assert abs(sample.mean() - mean) < 5 * std / math.sqrt(sample.size)
    assert abs(sample.std() - std) < 0.02 * std


def test_normal():
    sample = random.normal((N,), mean=2.0, stddev=3.0, seed=1)
    assert sample.dtype == np.float32
    moments_are(sample, 2, 3)
    share = (np.abs(np.asarray(sample) - 2) < 3).mean()
    assert abs(share - math.erf(math.sqrt(0.5))) < 0.005


def test_truncated_normal_is_exact():
    sample = np.asarray(random.truncated_normal((N,), seed=1))
    assert np.abs(sample).max() < 2
    density = math.exp(-2) / math.sqrt(2 * math.pi)
    variance = 1 - 4 * density / math.erf(math.sqrt(2))
    moments_are(sample, 0, math.sqrt(variance))
    assert np.abs(sample).max() > 1.99


def test_uniform():
    sample = np.asarray(random.uniform((N,), -1.0, 3.0, seed=1))
    moments_are(sample, 1, 4 / math.sqrt(12))
    assert sample.min() >= -1
    assert sample.max() < 3
    assert random.uniform((3,), 2, 5, dtype="int32", seed=1).dtype == np.int32


def test_randint():
    sample = np.asarray(random.randint((N,), -3, 4, seed=1))
    assert sample.dtype == np.int32
    counts = np.bincount(sample + 3)
    assert len(counts) == 7
    assert np.abs(counts / N - 1 / 7).max() < 0.005


def test_categorical():
    logits = np.log(np.float32([[0.1, 0.2, 0.7], [0.5, 0.5, 1e-9]]))
    sample = np.asarray(random.categorical(logits, 50_000, seed=1))
    assert sample.shape == (2, 50_000)
    assert sample.dtype == np.int32
    shares = np.stack([np.bincount(s, minlength=3) / 50_000 for s in sample])
    np.testing.assert_allclose(shares, np.exp(logits), atol=0.01)


@pytest.mark.parametrize("alpha", [0.3, 1.0, 4.0])
def test_gamma(alpha):
    moments_are(random.gamma((N,), alpha, seed=1), alpha, math.sqrt(alpha))


def test_beta_and_binomial():
    moments_are(random.beta((N,), 2.0, 3.0, seed=1), 0.4, 0.2)
    moments_are(random.binomial((N // 4,), 10.0, 0.3, seed=1), 3, math.sqrt(2.1))


def test_beta_of_small_parameters():
    """Almost all numbers are near 0 or 1 then, and both gamma numbers are 0 in float32; their quotient is not."""
    sample = np.asarray(random.beta((N // 10,), 0.001, 0.001, seed=1))
    assert np.isfinite(sample).all()
    assert abs(np.mean(sample) - 0.5) < 5 * 0.5 / len(sample) ** 0.5


def test_shuffle_keeps_the_rows():
    x = np.arange(20, dtype="float32").reshape(10, 2)
    shuffled = np.asarray(random.shuffle(x, seed=1))
    assert not np.array_equal(shuffled, x)
    np.testing.assert_array_equal(np.sort(shuffled, 0), x)
    assert set(np.asarray(random.shuffle(x, axis=1, seed=4))[:, 0] % 2) in ({0.0}, {1.0})


def test_dropout():
    x = np.ones((1000, 100), "float32")
    y = np.asarray(random.dropout(x, 0.25, seed=1))
    assert y.dtype == np.float32
    assert set(np.unique(y)) == {np.float32(0), np.float32(1 / 0.75)}
    assert abs((y == 0).mean() - 0.25) < 0.01
    rows = np.asarray(random.dropout(x, 0.5, noise_shape=(None, 1), seed=1))
    assert (rows == rows[:, :1]).all()
    np.testing.assert_array_equal(random.dropout(x, 0.0, seed=1), x)
    assert not np.asarray(random.dropout(x, 1.0, seed=1)).any()


def test_dropout_has_the_gradient_of_its_mask():
    x = np.random.RandomState(0).randn(8, 5).astype("float32")
    tape = Tape()
    watched = tape.watch(x)
    y = random.dropout(watched, 0.5, seed=3)
    d = np.ones_like(x)
    np.testing.assert_allclose(tape.gradient(y, d, [watched])[0], y.value / x, rtol=1e-6)


def test_a_seed_is_a_call_and_a_generator_a_sequence():
    np.testing.assert_array_equal(random.normal((4,), seed=3), random.normal((4,), seed=3))
    generator = random.SeedGenerator(3)
    first, second = random.normal((4,), seed=generator), random.normal((4,), seed=generator)
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(first, random.normal((4,), seed=3))
    again = random.SeedGenerator.from_config(generator.get_config())
    np.testing.assert_array_equal(first, random.normal((4,), seed=again))
    assert generator.state.numpy().tolist() == [3, 2]
    assert not generator.state.trainable


def test_a_key_is_not_changed_by_the_next_draw():
    generator = random.SeedGenerator(3)
    key = generator.next()
    generator.next()
    assert key.tolist() == [3, 0]


def test_a_scope_keeps_the_state_to_itself():
    generator = random.SeedGenerator(3)
    with Scope([(generator.state, np.array([9, 4], "uint32"))]) as scope:
        assert generator.next().tolist() == [9, 4]
        assert scope.values[id(generator.state)].tolist() == [9, 5]
    assert generator.state.numpy().tolist() == [3, 0]


def test_set_seed_repeats_everything():
    import random as python_random

    def draws():
        generator = random.SeedGenerator()
        return [
            float(random.normal((), seed=None)),
            float(random.normal((), seed=generator)),
            random.host_generator().random(),
            np.random.random(),  # noqa: NPY002
            python_random.random(),
        ]

    random.set_seed(11)
    first = draws()
    second = draws()
    random.set_seed(11)
    assert draws() == first
    assert not set(first) & set(second)


def test_symbolic_shape():
    x = KerasTensor((None, 3))
    y = random.normal(ops.shape(x))
    assert y.shape == (None, 3)
    assert y.node.input_tensors == [x]
    real = y.node.operation(np.zeros((5, 3), "float32"))
    assert real.shape == (5, 3)
    with pytest.raises(ValueError, match=r"normal expects known sizes, got \(None, 3\)"):
        random.normal((None, 3))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: random.normal((2,), seed="a"), "seed must be an int"),
        (lambda: random.normal((2,), dtype="int32"), "expect a float dtype"),
        (lambda: random.randint((2,), 3, 3), "minval < maxval"),
        (lambda: random.dropout(np.ones(3), 1.5), "rate from 0 to 1"),
        (lambda: random.SeedGenerator(1.5), "expects an int or None"),
        (lambda: random.SeedGenerator(1, nmae="a"), "expects seed and name, got nmae"),
    ],
)
def test_errors(call, message):
    with pytest.raises(ValueError, match=message):
        call()


DRAWS = {
    "normal": lambda seed: random.normal((50, 3), 1.0, 2.0, seed=seed),
    "truncated_normal": lambda seed: random.truncated_normal((50, 3), seed=seed),
    "uniform": lambda seed: random.uniform((50, 3), seed=seed),
    "randint": lambda seed: random.randint((50, 3), -5, 1000, seed=seed),
    "categorical": lambda seed: random.categorical(np.float32([[0.1, 0.2, 0.3]]), 50, seed=seed),
    "shuffle": lambda seed: random.shuffle(np.arange(50, dtype="int32"), seed=seed),
    "dropout": lambda seed: random.dropout(np.ones((50, 3), "float32"), 0.3, seed=seed),
    "gamma": lambda seed: random.gamma((50,), 0.7, seed=seed),
    "beta": lambda seed: random.beta((50,), 0.7, 2.0, seed=seed),
    "binomial": lambda seed: random.binomial((50,), 5.0, 0.4, seed=seed),
}


@pytest.mark.jax
@pytest.mark.parametrize("name", DRAWS)
def test_jax_draws_the_same(name):
    generators = [random.SeedGenerator(2**31 + 5) for _ in range(2)]
    for _ in range(2):
        expected = DRAWS[name](generators[0])
        with use_backend("jax"):
            found = DRAWS[name](generators[1])
        assert np.asarray(found).dtype == np.asarray(expected).dtype
        np.testing.assert_allclose(found, expected, rtol=2e-5, atol=2e-6)
