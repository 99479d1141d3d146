"""`ops.image`: every op against real Keras, its gradients, its symbolic shapes, JAX; and what Keras has otherwise."""

import numpy as np
import pytest

from nbkeras import Variable, ops, preprocessing, value_and_grad
from nbkeras.symbolic import KerasTensor
from tests.cases.numbers import stream
from tests.cases.ops_image import CASES
from tests.closeness import assert_close
from tests.references.measure import measure
from tests.references.rows import expected, library, ours  # noqa: F401  (fixtures)

image = ops.image


def each(cases):
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.name)


@each(CASES)
def test_equals_keras(case, ours):  # noqa: F811
    agrees(case, ours)


@each(CASES[::9])
def test_every_backend_equals_keras(case, library):  # noqa: F811
    agrees(case, library)


def agrees(case, keras_like):
    found, reference = measure(keras_like, case), expected("ops_image", case)
    assert_close(found["values"], reference["values"], case.name, times=case.tolerance)
    assert found["dtypes"] == reference["dtypes"]


@each(CASES)
def test_symbolic_shape_is_the_real_one(case):
    """Also where the size of the batch is unknown."""
    args = case.arguments()
    x = args[0]
    y = case.call(ops, args)
    symbolic = case.call(ops, [KerasTensor(x.shape, x.dtype), *args[1:]])
    assert (symbolic.shape, symbolic.dtype) == (y.shape, y.dtype.name)


def is_float(x):
    return isinstance(x, np.ndarray) and x.dtype.kind == "f"


KINKS = ("image.rgb_to_hsv 3",)  # greys, whose hue jumps


@each([case for case in CASES if is_float(case.arguments()[0]) and case.name not in KINKS])
def test_gradients_by_finite_differences(case):
    """Along a random direction of all float arguments at once, in float64."""
    args = [x.astype("float64") if is_float(x) else x for x in case.arguments()]
    generator = stream("image gradients", case.name)
    ways = [generator.standard_normal(x.shape) if is_float(x) else None for x in args]
    weights = np.asarray(generator.standard_normal(case.call(ops, args).shape))  # not a number, which weighs nothing

    def total(values):
        return ops.sum(ops.multiply(case.call(ops, values), weights))

    variables = [Variable(x, dtype="float64") if is_float(x) else x for x in args]
    floats = [x for x in variables if isinstance(x, Variable)]
    _, gradients = value_and_grad(lambda: total(variables), floats)()
    step = 1e-6
    moved = [total([x if d is None else x + s * step * d for x, d in zip(args, ways)]) for s in (1, -1)]
    slope = float(moved[0] - moved[1]) / (2 * step)
    terms = [np.sum(np.asarray(g) * d) for g, d in zip(gradients, [d for d in ways if d is not None])]
    assert abs(slope - sum(terms)) <= 1e-6 * (1 + sum(map(abs, terms)))


def test_affine_transform_divides_by_the_depth():
    """Keras documents `k = c0 x + c1 y + 1`; its JAX backend leaves it out."""
    x = np.arange(12.0, dtype="float32").reshape(1, 12, 1)
    y = image.affine_transform(x, np.float32([1, 0, 0, 0, 1, 0, 0.5, 0]), fill_mode="nearest")
    columns = np.arange(12)
    np.testing.assert_allclose(y[0, :, 0], columns / (0.5 * columns + 1), rtol=1e-6)


def test_blur_takes_channels_last_by_default():
    x = stream("blur").uniform(size=(1, 6, 5, 2)).astype("float32")
    np.testing.assert_array_equal(image.gaussian_blur(x), image.gaussian_blur(x, data_format="channels_last"))


def test_homography_maps_the_points():
    start, end = (stream("points", i).uniform(0, 9, (3, 4, 2)) for i in range(2))
    a0, a1, a2, b0, b1, b2, c0, c1 = np.moveaxis(np.asarray(image.sampling.homography(start, end)), -1, 0)[..., None]
    x, y = end[..., 0], end[..., 1]
    depth = c0 * x + c1 * y + 1
    found = np.stack([(a0 * x + a1 * y + a2) / depth, (b0 * x + b1 * y + b2) / depth], -1)
    np.testing.assert_allclose(found, start, atol=1e-6)


def test_map_coordinates_is_scipys():
    ndimage = pytest.importorskip("scipy.ndimage")
    x = stream("scipy").uniform(size=(5, 7))
    places = stream("scipy places").uniform(-9, 15, (2, 40))
    for mode, theirs in {"mirror": "mirror", "reflect": "reflect", "nearest": "nearest", "wrap": "grid-wrap"}.items():
        found = image.map_coordinates(x, places, 1, fill_mode=mode)
        np.testing.assert_allclose(found, ndimage.map_coordinates(x, places, order=1, mode=theirs), atol=1e-12)


def test_resize_to_the_same_size_is_the_same():
    x = stream("same").uniform(size=(2, 5, 6, 3)).astype("float32")
    for interpolation in ("nearest", "bilinear", "bicubic", "lanczos3", "lanczos5"):
        np.testing.assert_array_equal(image.resize(x, (5, 6), interpolation), x)


def test_smart_resize_takes_the_middle_and_does_not_round_bytes():
    x = np.uint8([[90, 10, 21, 90]])[..., None]
    smaller = preprocessing.image.smart_resize(x, (1, 1))
    np.testing.assert_array_equal(smaller, [[[10.0]]])
    halves = preprocessing.image.smart_resize(np.repeat(x, 2, 0), (1, 1))
    np.testing.assert_array_equal(halves, [[[15.5]]])
    assert (smaller.dtype, preprocessing.image.smart_resize(x, (1, 1), "nearest").dtype) == ("float32", "uint8")


def test_antialiased_halving_keeps_the_mean_of_waves():
    """Without it every second pixel is lost; with it a wave of two pixels becomes grey."""
    x = np.float32(np.arange(16) % 2).reshape(1, 16, 1)
    plain, smooth = (image.resize(x, (1, 4), antialias=a)[0, 1:-1, 0] for a in (False, True))
    np.testing.assert_allclose(plain, 0.5)
    np.testing.assert_allclose(smooth, 0.5, atol=1e-6)
    shifted = image.scale_and_translate(x, (1, 4, 1), [0.25], [0.125], [1], "linear", antialias=False)
    assert np.ptp(shifted[0, 1:-1, 0]) == 0


def test_elastic_transform():
    """Seeded; every image has its own field, with shifts along both axes; a flat image stays flat."""
    rows, columns = np.meshgrid(np.arange(24.0), np.arange(24.0), indexing="ij")
    x = np.repeat(np.stack([rows, columns], -1)[None], 2, 0).astype("float32")
    y = image.elastic_transform(x, alpha=5.0, sigma=2.0, seed=3)
    np.testing.assert_array_equal(y, image.elastic_transform(x, alpha=5.0, sigma=2.0, seed=3))
    assert not np.array_equal(y, image.elastic_transform(x, alpha=5.0, sigma=2.0, seed=4))
    shifts = (y - x)[:, 4:-4, 4:-4]
    assert abs(np.corrcoef(shifts[0].ravel(), shifts[1].ravel())[0, 1]) < 0.5
    assert abs(np.corrcoef(shifts[0, ..., 0].ravel(), shifts[0, ..., 1].ravel())[0, 1]) < 0.7
    flat = np.full((1, 9, 8, 1), 3.0, "float32")
    np.testing.assert_allclose(image.elastic_transform(flat, seed=1), flat, rtol=1e-6)


def test_translation_has_a_gradient():
    """A bright pixel moves with it."""
    x = np.zeros((1, 9, 1), "float32")
    x[0, 4] = 1.0
    shift = Variable([0.3])
    ruler = np.arange(9.0, dtype="float32").reshape(1, 9, 1)
    _, (slope,) = value_and_grad(
        lambda: ops.sum(image.scale_and_translate(x, (1, 9, 1), [1.0], shift, [1], "linear") * ruler), [shift]
    )()
    np.testing.assert_allclose(slope, 1.0, rtol=1e-5)


MISTAKES = {
    "resize expects one image, of rank 3": lambda: image.resize(np.zeros((4, 4)), (2, 2)),
    "resize expects size as a positive height and width": lambda: image.resize(np.zeros((4, 4, 3)), (2, 0)),
    "resize expects interpolation to be one of": lambda: image.resize(np.zeros((4, 4, 3)), (2, 2), "area"),
    "at most one of crop_to_aspect_ratio": lambda: image.resize(
        np.zeros((4, 4, 3)), (2, 2), crop_to_aspect_ratio=True, pad_to_aspect_ratio=True
    ),
    "expects floats, got uint8; bring bytes": lambda: image.rgb_to_hsv(np.zeros((4, 4, 3), "uint8")),
    "expects 1 or 3 channels on axis 2": lambda: image.rgb_to_grayscale(np.zeros((4, 4, 2))),
    "expects two of top_cropping": lambda: image.crop_images(np.zeros((4, 4, 3)), 1, 1, 1, 1, 2, 2),
    "target_height of at least 0, got -1": lambda: image.crop_images(np.zeros((4, 4, 3)), 3, 0, 2, 0),
    "bottom_padding of at least 0, got -3": lambda: image.pad_images(
        np.zeros((4, 4, 3)), 1, 1, right_padding=1, target_height=2
    ),
    "expects transform of shape": lambda: image.affine_transform(np.zeros((4, 4, 3)), np.zeros(6)),
    "expects fill_mode to be one of": lambda: image.map_coordinates(np.zeros(4), [[1.0]], 1, fill_mode="edge"),
    "expects coordinates of shape": lambda: image.map_coordinates(np.zeros((4, 4)), [[1.0]], 1),
    "expects start_points and end_points of one shape": lambda: image.perspective_transform(
        np.zeros((4, 4, 3)), np.zeros((3, 2)), np.zeros((3, 2))
    ),
    "at least 11 pixels a side": lambda: image.ssim(np.zeros((4, 4, 3)), np.zeros((4, 4, 3))),
    "expects size as an integer or one for each": lambda: image.extract_patches(np.zeros((4, 4, 3)), (1, 2, 3, 4)),
    "expects method to be one of": lambda: image.scale_and_translate(
        np.zeros((4, 4, 1)), (2, 2, 1), [1.0], [0.0], [0], "nearest"
    ),
}


@pytest.mark.parametrize("words", MISTAKES)
def test_mistakes_are_named(words):
    with pytest.raises(ValueError, match=words):
        MISTAKES[words]()
