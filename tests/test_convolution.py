"""The NumPy kernels of convolution and pooling: against the definition, written as loops, and by finite differences."""

from itertools import product

import numpy as np
import pytest

from nbkeras import ops
from nbkeras.autodiff import Tape
from nbkeras.backends.numpy import convolution
from nbkeras.backends.numpy.registry import KERNELS
from nbkeras.ops.dispatch import FUSED
from nbkeras.ops.interpolation import INTERPOLATIONS, resize_matrix
from tests.cases.numbers import stream
from tests.test_kernels import gradients, projected, weights_like

SPACE = (7, 6, 5)


def geometry(size, *, rank=2, strides=1, padding=0, dilation=1, groups=1, channels=4, filters=6):
    """A row: a kernel's size along each axis, and the attributes of `conv`; one number stands for all axes."""

    def each(value):
        return tuple(value) if isinstance(value, (list, tuple)) else (value,) * rank

    pairs = tuple(pair if isinstance(pair, tuple) else (pair, pair) for pair in each(padding))
    attributes = {"strides": each(strides), "padding": pairs, "dilation": each(dilation), "groups": groups}
    shape = (*each(size), channels // groups, filters)
    title = f"{shape} strides {each(strides)} padding {pairs} dilation {each(dilation)} groups {groups}"
    return pytest.param((3, *SPACE[:rank], channels), shape, attributes, id=title)


DENSE = [
    geometry(1),
    geometry(1, strides=2),
    geometry(1, padding=1),
    geometry(3),
    geometry(3, padding=1),
    geometry((3, 2), padding=[(1, 1), (0, 1)]),
    geometry(3, strides=(2, 3)),
    geometry(2, strides=3),
    geometry(3, strides=2, padding=[(0, 1), (1, 2)]),
    geometry(3, dilation=2),
    geometry((2, 3), dilation=(3, 1), padding=2),
    geometry((7, 6)),
    geometry(2, padding=[(-1, 0), (1, -2)]),
    geometry(1, rank=1),
    geometry(3, rank=1, strides=2, padding=1),
    geometry(4, rank=1, dilation=2, channels=1, filters=1),
    geometry(2, rank=3, strides=(2, 1, 2), padding=[(0, 1), (1, 0), (0, 0)]),
]
GROUPED = [
    geometry(3, groups=2),
    geometry(1, groups=2),
    geometry(2, groups=2, strides=2, padding=1),
    geometry(3, groups=4, filters=4),
    geometry(3, groups=4, filters=8, strides=2, padding=1),
    geometry((2, 3), groups=4, filters=12, dilation=2, padding=[(1, 2), (0, 3)]),
    geometry(3, rank=1, groups=4, filters=4, padding=[(2, 0)]),
    geometry(2, rank=3, groups=4, filters=4, padding=1),
]
POOLS = [
    pytest.param(size, strides, padding, id=f"{size} strides {strides} padding {padding}")
    for size, strides, padding in [
        ((2, 2), (2, 2), ((0, 0), (0, 0))),
        ((3, 2), (1, 3), ((0, 0), (0, 0))),
        ((3, 3), (2, 2), ((0, 1), (1, 1))),
        ((1, 1), (2, 1), ((0, 0), (0, 0))),
        ((4,), (4,), ((0, 1),)),
        ((3,), (1,), ((1, 1),)),
        ((2, 3, 2), (2, 1, 2), ((0, 1), (0, 0), (0, 1))),
    ]
]


def drawn(shape, dtype="float64"):
    return stream(shape).standard_normal(shape).astype(dtype)


def framed(x, padding, value=0.0):
    """`x` with cells added, or cut off where padding is negative."""
    added = np.pad(x, ((0, 0), *((max(low, 0), max(high, 0)) for low, high in padding), (0, 0)), constant_values=value)
    cut = [slice(max(-low, 0), n - max(-high, 0)) for n, (low, high) in zip(added.shape[1:-1], padding)]
    return added[(slice(None), *cut)]


def windows(x, size, strides, dilation):
    """The place of each window and its cells, `(batch, *size, channels)`."""
    reach = [(k - 1) * d + 1 for k, d in zip(size, dilation)]
    counts = [(n - r) // s + 1 for n, r, s in zip(x.shape[1:-1], reach, strides)]
    for place in product(*map(range, counts)):
        cells = [slice(i * s, i * s + r, d) for i, s, r, d in zip(place, strides, reach, dilation)]
        yield place, counts, x[(slice(None), *cells)]


def convolved(x, kernel, *, strides, padding, dilation, groups):
    """The definition: each group of filters times each window of its group of channels."""
    parts = zip(np.split(x, groups, -1), np.split(kernel, groups, -1))
    return np.concatenate([_convolved(a, b, strides, padding, dilation) for a, b in parts], -1)


def _convolved(x, kernel, strides, padding, dilation):
    y = None
    for place, counts, cells in windows(framed(x, padding), kernel.shape[:-2], strides, dilation):
        if y is None:
            y = np.zeros((len(x), *counts, kernel.shape[-1]))
        y[(slice(None), *place)] = np.tensordot(cells, kernel, kernel.ndim - 1)
    return y


def pooled(x, reduce, *, size, strides, padding):
    """The definition: `reduce` over the cells of each window that exist."""
    y = None
    for place, counts, cells in windows(framed(x, padding, np.nan), size, strides, (1,) * len(size)):
        if y is None:
            y = np.zeros((len(x), *counts, x.shape[-1]))
        y[(slice(None), *place)] = reduce(cells.reshape(len(x), -1, x.shape[-1]), axis=1)
    return y


def assert_gradients(name, args, attributes):
    """The gradient of a projection of the output, along a random direction of each argument."""
    y, vjp = KERNELS[name](*args, **attributes)
    d = weights_like(y)
    for place, gradient in enumerate(gradients(vjp, d, args)):
        v, step = drawn(args[place].shape)[..., ::-1], 1e-6
        ahead, behind = (
            projected(KERNELS[name](*args[:place], args[place] + s * v, *args[place + 1 :], **attributes)[0], d)
            for s in (step, -step)
        )
        np.testing.assert_allclose((gradient * v).sum(), (ahead - behind) / (2 * step), rtol=1e-6, atol=1e-6)


def assert_dtype(name, args, attributes):
    args = [a.astype("float32") for a in args]
    y, vjp = KERNELS[name](*args, **attributes)
    assert y.dtype == np.float32
    for a, gradient in zip(args, gradients(vjp, weights_like(y), args)):
        assert gradient.dtype == np.float32
        assert gradient.shape == a.shape


def transposed(attributes, space):
    """The attributes of the transposed convolution that leads to `space`."""
    return {**{k: v for k, v in attributes.items() if k != "groups"}, "output_shape": space}


@pytest.mark.parametrize(("shape", "kernel_shape", "attributes"), DENSE + GROUPED)
def test_convolution(shape, kernel_shape, attributes):
    args = drawn(shape), drawn(kernel_shape)
    y, _ = KERNELS["conv"](*args, **attributes)
    np.testing.assert_allclose(y, convolved(*args, **attributes), rtol=1e-12, atol=1e-12)
    assert_gradients("conv", args, attributes)
    assert_dtype("conv", args, attributes)


@pytest.mark.parametrize(("shape", "kernel_shape", "attributes"), DENSE)
def test_transposed_convolution(shape, kernel_shape, attributes):
    """It is the adjoint: `⟨conv(x), y⟩ = ⟨x, conv_transpose(y)⟩`."""
    x, kernel = drawn(shape), drawn(kernel_shape)
    forward = KERNELS["conv"](x, kernel, **attributes)[0]
    y = drawn(forward.shape)[::-1]
    attributes = transposed(attributes, shape[1:-1])
    back = KERNELS["conv_transpose"](y, kernel, **attributes)[0]
    np.testing.assert_allclose((forward * y).sum(), (x * back).sum(), rtol=1e-12)
    assert_gradients("conv_transpose", (y, kernel), attributes)
    assert_dtype("conv_transpose", (y, kernel), attributes)


@pytest.mark.parametrize(("shape", "kernel_shape", "attributes"), DENSE + GROUPED)
def test_blocks_of_one_image_change_nothing(shape, kernel_shape, attributes, monkeypatch):
    args = drawn(shape), drawn(kernel_shape)

    def everything():
        y, vjp = KERNELS["conv"](*args, **attributes)
        return [y, *gradients(vjp, weights_like(y), args)]

    whole = everything()
    monkeypatch.setattr(convolution, "BLOCK_BYTES", 1)
    for a, b in zip(everything(), whole):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("activation", [None, "linear", "relu", "tanh", "sigmoid"])
@pytest.mark.parametrize("bias", [True, False])
def test_biased_convolution_equals_its_composition(activation, bias):
    args = [drawn((2, 5, 4, 3), "float32"), drawn((3, 2, 3, 4), "float32"), drawn((4,), "float32") if bias else None]
    attributes = {"strides": (1, 2), "padding": ((1, 1), (0, 1)), "dilation": (1, 1), "groups": 1}
    y, vjp = KERNELS["biased_conv"](*args, **attributes, activation=activation)
    d = weights_like(y)
    tape = Tape()
    watched = [None if a is None else tape.watch(a) for a in args]
    reference = FUSED["biased_conv"].composition(*watched, **attributes, activation=activation)
    np.testing.assert_allclose(y, reference.value, rtol=1e-5, atol=1e-6)
    present = [w for w in watched if w is not None]
    expected = tape.gradient(reference, d, present)
    found = [g() for g in vjp(d) if g is not None]
    assert len(found) == len(expected) == len(present)
    for g, e in zip(found, expected):
        assert g.dtype == np.float32
        np.testing.assert_allclose(g, e, rtol=1e-5, atol=1e-5)


def test_gradients_wait_until_they_are_wanted():
    y, vjp = KERNELS["conv"](
        drawn((1, 4, 4, 2)), drawn((3, 3, 2, 2)), strides=(1, 1), padding=((0, 0),) * 2, dilation=(1, 1), groups=1
    )
    assert all(map(callable, vjp(y)))


@pytest.mark.parametrize(("size", "strides", "padding"), POOLS)
@pytest.mark.parametrize(("name", "reduce"), [("max_pool", np.nanmax), ("average_pool", np.nanmean)])
def test_pooling(name, reduce, size, strides, padding):
    attributes = {"size": size, "strides": strides, "padding": padding}
    x = drawn((2, *SPACE[: len(size)], 3))
    y, _ = KERNELS[name](x, **attributes)
    np.testing.assert_allclose(y, pooled(x, reduce, **attributes), rtol=1e-12)
    assert_gradients(name, (x,), attributes)
    assert_dtype(name, (x,), attributes)


@pytest.mark.parametrize(("size", "strides", "padding"), POOLS)
def test_of_equal_maxima_the_first_gets_the_gradient(size, strides, padding):
    """First in the order of the rows, as in Keras on JAX and TensorFlow."""
    attributes = {"size": size, "strides": strides, "padding": padding}
    x = np.round(drawn((2, *SPACE[: len(size)], 2)))
    y, vjp = KERNELS["max_pool"](x, **attributes)
    (gradient,) = gradients(vjp, np.ones_like(y), [x])
    expected = np.zeros_like(framed(x, padding))
    ids = np.arange(expected[0, ..., 0].size).reshape(expected.shape[1:-1])
    places = windows(np.broadcast_to(ids[None, ..., None], (1, *ids.shape, 1)), size, strides, (1,) * len(size))
    cells = windows(framed(x, padding, -np.inf), size, strides, (1,) * len(size))
    for (_, _, window), (_, _, place) in zip(cells, places):
        first = window.reshape(len(x), -1, x.shape[-1]).argmax(1)
        for image, channel in product(range(len(x)), range(x.shape[-1])):
            flat = place.ravel()[first[image, channel]]
            expected[(image, *np.unravel_index(flat, ids.shape), channel)] += 1
    inside = tuple(slice(low, low + n) for n, (low, _) in zip(x.shape[1:-1], padding))
    np.testing.assert_array_equal(gradient, expected[(slice(None), *inside)])


def test_pooling_of_integers():
    x = np.arange(8, dtype="int32").reshape(1, 4, 2, 1)
    y, _ = KERNELS["max_pool"](x, size=(2, 2), strides=(2, 2), padding=((1, 1), (0, 0)))
    assert y.dtype == np.int32
    np.testing.assert_array_equal(y[0, :, 0, 0], [1, 5, 7])


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize("size", [1, 2, 3, 4])
@pytest.mark.parametrize("strides", [1, 2, 3])
def test_transposed_convolution_leads_back(size, strides, padding):
    """`conv` of what `conv_transpose` makes has the shape it came from."""
    x, kernel = drawn((1, 5, 2)), drawn((size, 3, 2))
    y = ops.conv_transpose(x, kernel, strides, padding)
    assert y.shape[1] == (5 * strides if padding == "same" else 4 * strides + max(size, strides))
    assert ops.conv(y, kernel, strides, padding).shape == x.shape


@pytest.mark.parametrize("interpolation", INTERPOLATIONS)
def test_interpolation_keeps_constants_and_turns_around(interpolation):
    matrix = resize_matrix(5, 10, interpolation)
    np.testing.assert_allclose(matrix.sum(1), 1)
    np.testing.assert_allclose(matrix, matrix[::-1, ::-1], atol=1e-12)
    np.testing.assert_allclose(resize_matrix(5, 5, interpolation), np.eye(5), atol=1e-12)
