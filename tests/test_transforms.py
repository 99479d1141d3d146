"""Fourier transforms, windows, views, maps and decoding: gradients, round trips, bad arguments, exact answers."""

import itertools

import numpy as np
import pytest

from nbkeras import Input, Variable, ops, value_and_grad
from nbkeras.backends import use_backend
from tests.cases.numbers import drawn, given, normal, stream

STEP = 1e-6  # of central differences in float64: their error is about STEP² + 1e-16 / STEP
SQUARE = normal(4, 4)

DIFFERENTIABLE = {
    "fft": (lambda a, b: ops.fft((a, b)), normal(3, 5), normal(3, 5)),
    "ifft2": (lambda a, b: ops.ifft2((a, b)), normal(3, 5), normal(3, 5)),
    "one part of fft2": (lambda a: ops.fft2((a, 0.5 * a))[1], normal(3, 5)),
    "rfft": (lambda a: ops.rfft(a, 7), normal(3, 5)),
    "irfft": (lambda a, b: ops.irfft((a, b)), normal(3, 5), normal(3, 5)),
    "stft": (lambda a: ops.stft(a, 4, 2, 6), normal(2, 12)),
    "istft": (lambda a, b: ops.istft((a, b), 8, 2, 8), normal(2, 6, 5), normal(2, 6, 5)),
    "unfold": (lambda a: ops.unfold(a, 2, padding=1, stride=2), normal(2, 2, 4, 5)),
    "fold": (lambda a: ops.fold(a, (4, 3), 2, dilation=2, padding=1), normal(2, 8, 12)),
    "rearrange": (lambda a: ops.rearrange(a, "a (b c) -> c (a b)", c=2), normal(3, 4)),
    "i0": (ops.i0, given([[-3.0, 0.5, 2.0, 20.0]])),
    "lu_factor": (lambda a: ops.lu_factor(a)[0], SQUARE),
    "qr": (ops.qr, normal(4, 3)),
    "svd": (lambda a: ops.svd(a, full_matrices=False), normal(4, 3)),
    "lstsq": (ops.lstsq, normal(5, 3), normal(5)),
    "complex numbers": (lambda a: ops.absolute(ops.polar(ops.exp(a), a)), normal(3)),
    "pairs of real ones": (lambda a: ops.view_as_real(ops.view_as_complex(a)) * a, normal(3, 2)),
    "vectorize": (lambda a, b: ops.vectorize(lambda p, q: p * q + p)(a, b), normal(3, 1), normal(2)),
}


def leaves(y):
    return list(y) if isinstance(y, (tuple, list)) else [y]


@pytest.mark.parametrize("name", DIFFERENTIABLE)
def test_gradient_by_finite_differences(name):
    function, *arrays = DIFFERENTIABLE[name]
    dtype = "float32" if name == "pairs of real ones" else "float64"  # complex64 is what it is made of
    arrays = [drawn(a, name, i).astype(dtype) for i, a in enumerate(arrays)]
    ways = [stream("way", name, i).standard_normal(a.shape) for i, a in enumerate(arrays)]
    along = [stream("along", name, i).standard_normal(np.shape(y)) for i, y in enumerate(leaves(function(*arrays)))]

    def total(*values):
        return sum(ops.sum(y * ops.cast(d, y.dtype)) for y, d in zip(leaves(function(*values)), along))

    variables = [Variable(a, dtype=dtype) for a in arrays]
    _, gradients = value_and_grad(lambda: total(*[v.value for v in variables]), variables)()
    step, tolerance = (1e-2, 1e-3) if dtype == "float32" else (STEP, 1e-6)
    ahead, behind = (total(*[a + s * v for a, v in zip(arrays, ways)]) for s in (step, -step))
    slope = sum(np.sum(g * v) for g, v in zip(gradients, ways))
    np.testing.assert_allclose(slope, (ahead - behind) / (2 * step), rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("window", ["hann", "hamming", None])
@pytest.mark.parametrize("center", [True, False])
def test_a_sound_comes_back_from_its_transform(window, center):
    """Also without a window, where Keras 3.15 on JAX gives `fft_length / sequence_stride` times as much."""
    sound = drawn(normal(2, 64), "sound")
    back = ops.istft(ops.stft(sound, 16, 4, 16, window, center), 16, 4, 16, window=window, center=center)
    inside = slice(None) if center or window != "hann" else slice(4, -4)  # the Hann window hides the very ends
    np.testing.assert_allclose(back[:, inside], sound[:, inside], atol=2e-5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: ops.fft(x), "a pair of tensors"),
        (lambda x: ops.fft((x, x[:1])), "float tensors of one shape"),
        (lambda x: ops.stft(x, 8, 0, 8), "sequence_stride must be a positive integer"),
        (lambda x: ops.stft(x, 8, 2, 4), "fft_length must be at least sequence_length"),
        (lambda x: ops.stft(x, 8, 2, 8, window="blackman"), "window must be 'hann', 'hamming'"),
        (lambda x: ops.stft(x, 8, 2, 8, window=np.ones(4)), "a vector of sequence_length = 8"),
        (lambda x: ops.istft((x[0], x[0]), 8, 2, 8), "parts of shape"),
        (lambda x: ops.unfold(x, 2), "batch, channels, height, width"),
        (lambda x: ops.unfold(np.ones((1, 1, 3, 3)), 4), "do not fit into 3 × 3"),
        (lambda x: ops.fold(x, 4, 2), "fold expects columns of shape"),
        (lambda x: ops.view(x[:, :9], "float64"), "bytes are a multiple of the 8 of float64"),
        (lambda x: ops.view_as_complex(x), "a last axis of length 2"),
        (lambda x: ops.rearrange(x, "a b c -> a"), "names 3 axes"),
        (lambda x: ops.rearrange(x, "a b -> a"), "the same names"),
        (lambda x: ops.rearrange(x, "a (b c) -> a b c", b=7), "do not make up"),
        (lambda x: ops.rearrange(x, "a b"), "a pattern like"),
        (lambda x: ops.vectorize(3), "expects a function, got 3"),
        (lambda x: ops.vectorize(np.sum, signature="n"), "signature must look like"),
        (lambda x: ops.ctc_decode(np.ones((1, 2, 3)), [2], strategy="best"), "'greedy' or 'beam_search'"),
    ],
)
def test_bad_arguments(call, message):
    with pytest.raises(ValueError, match=message):
        call(np.ones((2, 16), "float32"))


def test_stft_takes_floats_of_32_and_64_bits():
    with pytest.raises(TypeError, match="float32 or float64, got int32"):
        ops.stft(np.ones(16, "int32"), 4, 2, 4)


@pytest.mark.parametrize("backend", ["numpy", pytest.param("jax", marks=pytest.mark.jax)])
def test_vectorize(backend):
    a, b = drawn(normal(4, 1, 2, 3), "a"), drawn(normal(5, 3), "b")
    with use_backend(backend):
        product = ops.vectorize(lambda m, v: ops.matmul(m, v), signature="(m,n),(n)->(m)")
        np.testing.assert_allclose(product(a, b), np.einsum("aimn,bn->abm", a, b), rtol=1e-5, atol=1e-5)
        scaled = ops.vectorize(lambda p, power: p**power, excluded={1})
        np.testing.assert_allclose(scaled(a, 2), a**2, rtol=1e-6)
    assert product(Input((1, 2, 3)), b).shape == (None, 5, 2)


def test_jvp_of_symbolic_tensors_and_bad_arguments():
    x = Input((3,))
    value, derivative = ops.jvp(lambda a: (a * 2, a[:, 0]), (x,), (x,))
    assert [part.shape for part in (*value, *derivative)] == [(None, 3), (None,)] * 2
    with pytest.raises(TypeError, match="primals and tangents as lists"):
        ops.jvp(ops.sin, np.ones(3), np.ones(3))
    y = Variable(np.ones(3))
    twice = value_and_grad(lambda: ops.sum(ops.jvp(ops.sin, (y.value,), (np.ones(3, "float32"),))[1]), [y])
    with pytest.raises(NotImplementedError, match="does not differentiate jvp"):
        twice()


def test_unknown_sizes_stay_unknown():
    x = Input((None, 6))
    assert ops.rearrange(x, "b (t k) c -> b t (k c)", k=2).shape == (None, None, 12)
    assert ops.rfft(x)[0].shape == (None, None, 4)
    assert ops.stft(Input((None,)), 8, 4, 8)[1].shape == (None, None, 5)
    assert ops.unfold(Input((2, None, 6)), 3).shape == (None, 18, None)
    labels, score = ops.ctc_decode(x, np.int32([3]), "beam_search", top_paths=2)
    assert (labels.shape, labels.dtype, score.shape) == ((2, None, None), "int32", (None, 2))


def test_a_wide_beam_finds_the_best_labels():
    """Against the sum over all alignments of every label sequence."""
    scores = drawn(normal(5, 3, scale=2.0), "beam")
    log_p = scores - np.log(np.exp(scores).sum(-1, keepdims=True))
    likelihood = {}
    for alignment in itertools.product(range(3), repeat=5):
        labels = tuple(label for label, _ in itertools.groupby(alignment) if label != 0)
        likelihood[labels] = likelihood.get(labels, 0.0) + np.exp(log_p[np.arange(5), alignment].sum())
    best = sorted(likelihood.items(), key=lambda item: -item[1])[:4]
    labels, found = ops.ctc_decode(scores[None], np.int32([5]), "beam_search", beam_width=1000, top_paths=4)
    assert [tuple(row[row >= 0].tolist()) for row in labels[:, 0]] == [labels for labels, _ in best]
    np.testing.assert_allclose(found[0], np.log([p for _, p in best]), rtol=1e-5)


@pytest.mark.parametrize("kth", [0, 2, -1])
def test_argpartition_puts_the_smaller_ones_before(kth):
    x = drawn(normal(3, 6), "partition")
    places = np.asarray(ops.argpartition(x, kth, axis=-1))
    np.testing.assert_array_equal(np.sort(places), np.tile(np.arange(6), (3, 1)))
    ordered, kth = np.take_along_axis(x, places, -1), kth % 6
    assert (ordered[:, :kth] <= ordered[:, kth, None]).all()
    assert (ordered[:, kth:] >= ordered[:, kth, None]).all()
