"""Image preprocessing layers: given transformations against real Keras, chance by its statistics, boxes and masks."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import nbkeras
from nbkeras import Input, Model, layers, ops
from nbkeras.bounding_boxes.batching import dense_boxes
from tests.cases.image_transforms import CASES
from tests.cases.numbers import stream
from tests.closeness import assert_close
from tests.references.measure import measure
from tests.references.rows import expected, ours  # noqa: F401  (fixture)

MAKE = {
    "AugMix": {},
    "AutoContrast": {},
    "CenterCrop": {"height": 4, "width": 4},
    "ContrastLimitedAdaptiveHistogramEqualization": {"tile_grid_size": (2, 2)},
    "CutMix": {},
    "Equalization": {},
    "MaxNumBoundingBoxes": {"max_number": 3},
    "MixUp": {},
    "RandAugment": {},
    "RandomBrightness": {"factor": 0.4},
    "RandomColorDegeneration": {"factor": 0.4},
    "RandomColorJitter": {"brightness_factor": 0.2, "contrast_factor": 0.2, "hue_factor": 0.3},
    "RandomContrast": {"factor": 0.4},
    "RandomCrop": {"height": 4, "width": 4},
    "RandomElasticTransform": {},
    "RandomErasing": {},
    "RandomFlip": {},
    "RandomGaussianBlur": {},
    "RandomGrayscale": {},
    "RandomHue": {"factor": 0.4},
    "RandomInvert": {},
    "RandomPerspective": {},
    "RandomPosterization": {"factor": (2, 6)},
    "RandomRotation": {"factor": 0.2},
    "RandomSaturation": {"factor": 0.9},
    "RandomSharpness": {"factor": 0.9},
    "RandomShear": {"x_factor": 0.3, "y_factor": 0.2},
    "RandomTranslation": {"height_factor": 0.3, "width_factor": 0.3},
    "RandomZoom": {"height_factor": 0.3},
    "Resizing": {"height": 4, "width": 4},
    "Solarization": {"addition_factor": 0.2, "threshold_factor": 0.6},
}
CHANCE = [name for name in MAKE if name.startswith(("Random", "Rand", "Mix", "Cut", "Aug", "Solar"))]


def photos(count=4, height=8, width=6):
    return stream("photos", count, height, width).uniform(0, 255, (count, height, width, 3)).astype("float32")


def dataset(count=4):
    """A batch with all that can go with images."""
    random = stream("dataset")
    corner = random.uniform(0, 3, (count, 2, 2))
    return {
        "images": photos(count),
        "labels": np.eye(count, dtype="float32"),
        "bounding_boxes": {
            "boxes": np.concatenate([corner, corner + 2.5], -1).astype("float32"),
            "labels": np.arange(2 * count).reshape(count, 2),
        },
        "segmentation_masks": random.randint(0, 5, (count, 8, 6, 1)),
        "names": np.arange(count),
    }


def leaves(nest):
    return [np.asarray(leaf) for leaf in nbkeras.tree.flatten(nest)]


def assert_equal(a, b):
    for one, other in zip(leaves(a), leaves(b), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_given_transformations_equal_keras(case, ours):  # noqa: F811
    assert_close(measure(ours, case), expected("image_transforms", case), case.name)


def channels_first(data):
    moved = {name: np.moveaxis(data[name], -1, -3) for name in ("images", "segmentation_masks")}
    return {**data, **moved}


@pytest.mark.parametrize("name", MAKE)
def test_data_format(name):
    """Channels first is the same with other axes, with all that goes with images and the same seed."""
    seed = {"seed": 5} if name in CHANCE else {}
    make = {**MAKE[name], **seed, "bounding_box_format": "xyxy"}
    last = getattr(layers, name)(**make)(dataset(), training=True)
    first = getattr(layers, name)(**make, data_format="channels_first")(channels_first(dataset()), training=True)
    if name == "RandomErasing":  # its noise is drawn in the order of the axes
        first["images"], last["images"] = (np.isin(x, photos()).sum() for x in (first["images"], last["images"]))
        last["segmentation_masks"] = np.moveaxis(last["segmentation_masks"], -1, -3)
    else:
        last = channels_first(last)
    for a, b in zip(leaves(first), leaves(last), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-3)


@pytest.mark.parametrize("name", MAKE)
def test_one_example_is_a_batch_of_one(name):
    make = {**MAKE[name], "bounding_box_format": "xywh", **({"seed": 3} if name in CHANCE else {})}
    batch = dataset(1)
    one = nbkeras.tree.map_structure(lambda x: x[0], batch)
    if name == "CutMix":  # there is nothing to cut from
        assert_equal(getattr(layers, name)(**make)(one, training=True), one)
        return
    expected_one = nbkeras.tree.map_structure(lambda x: x[0], getattr(layers, name)(**make)(batch, training=True))
    assert_equal(getattr(layers, name)(**make)(one, training=True), expected_one)


@pytest.mark.parametrize("name", CHANCE)
def test_seeds_and_training(name):
    """A seed repeats the stream; calls differ; images of a batch differ; inference leaves images alone."""
    make = {**MAKE[name], "seed": 11}
    x = photos()
    one, other = (getattr(layers, name)(**make) for _ in range(2))
    draws = [np.asarray(one(x, training=True)) for _ in range(4)]
    for draw in draws:
        np.testing.assert_array_equal(draw, other(x, training=True))
    assert any(not np.array_equal(draws[0], draw) for draw in draws[1:])
    if name != "RandomCrop":
        np.testing.assert_array_equal(one(x, training=False), x)


@pytest.mark.parametrize("name", MAKE)
def test_nothing_of_the_data_is_written_to(name):
    data, twin = dataset(), dataset()
    getattr(layers, name)(**MAKE[name], bounding_box_format="xyxy")(data, training=True)
    assert_equal(data, twin)


@pytest.mark.parametrize("name", MAKE)
def test_config_is_json_and_makes_an_equal_layer(name):
    layer = getattr(layers, name)(**MAKE[name], bounding_box_format="xyxy", **({"seed": 3} if name in CHANCE else {}))
    twin = type(layer).from_config(json.loads(json.dumps(layer.get_config())))
    assert json.dumps(twin.get_config()) == json.dumps(layer.get_config())
    assert_equal(twin(dataset(), training=True), layer(dataset(), training=True))


@pytest.mark.parametrize("name", MAKE)
def test_bytes_and_dtypes(name):
    """Bytes become floats, but by what only resizes; `dtype="uint8"` gives bytes."""
    x = photos().astype("uint8")
    resizes = name in ("Resizing", "MaxNumBoundingBoxes")
    for training in (True, False) if name != "Equalization" else (True,):
        assert getattr(layers, name)(**MAKE[name])(x, training=training).dtype == ("uint8" if resizes else "float32")
        assert getattr(layers, name)(**MAKE[name], dtype="uint8")(x, training=training).dtype == "uint8"


def test_without_a_word_they_augment_and_in_a_model_they_follow_it():
    """`training` is True by default outside of a model; `predict` says False."""
    x = photos()
    layer = layers.RandomInvert((1.0, 1.0))
    np.testing.assert_allclose(layer(x), 255 - x)
    inputs = Input((8, 6, 3))
    model = Model(inputs, layer(inputs))
    np.testing.assert_array_equal(model.predict(x, verbose=0), x)
    np.testing.assert_allclose(model(x, training=True), 255 - x)
    np.testing.assert_array_equal(model(x, training=False), x)


def test_a_model_that_augments_trains(caplog):
    """Its step is recorded and replayed, with what chance draws."""
    caplog.set_level("DEBUG", "nbkeras")
    augmentation = [
        layers.RandomFlip(),
        layers.RandomRotation(0.1),
        layers.RandomContrast(0.2),
        layers.RandomCrop(5, 5),
    ]
    model = nbkeras.Sequential([Input((8, 6, 3)), *augmentation, layers.Flatten(), layers.Dense(1)])
    model.compile("sgd", "mse")
    loss = model.fit(photos() / 255, np.ones((4, 1), "float32"), epochs=5, verbose=0).history["loss"]
    assert np.isfinite(loss).all()
    assert len(model.trainable_variables) == 2
    assert "not replayed" not in caplog.text


@pytest.mark.keras
@pytest.mark.jax
@pytest.mark.filterwarnings("ignore")  # Keras' own
def test_files_of_models_that_augment_go_to_keras_and_back(tmp_path):
    import keras

    def network(k):
        augmentation = [k.layers.RandomFlip(), k.layers.RandomZoom(0.1), k.layers.RandomSaturation(0.4)]
        inputs = k.Input((8, 6, 3))
        x = k.Sequential([*augmentation, k.layers.Resizing(5, 5), k.layers.Rescaling(1 / 255)])(inputs)
        return k.Model(inputs, k.layers.Dense(2)(k.layers.GlobalAveragePooling2D()(k.layers.Conv2D(3, 3)(x))))

    for one, other in ((nbkeras, keras), (keras, nbkeras)):
        model = network(one)
        model.save(tmp_path / "m.keras")
        loaded = other.models.load_model(tmp_path / "m.keras")
        outputs = [m(photos(), training=False) for m in (model, loaded)]
        np.testing.assert_allclose(*outputs, rtol=1e-4)


MANY = 4000


def drawn(layer, key=None, shape=(MANY, 4, 4, 3)):
    transformation = layer.get_random_transformation(np.zeros(shape, "float32"))
    return np.asarray(transformation if key is None else transformation[key])


# layer, key, least, largest, mean: of what is drawn evenly
RANGES = [
    (layers.RandomBrightness(0.2, seed=1), "rgb_delta", -51, 51, 0),
    (layers.RandomBrightness((0.1, 0.3), value_range=(0, 1), seed=1), "rgb_delta", 0.1, 0.3, 0.2),
    (layers.RandomContrast((0.2, 0.6), seed=1), "contrast_factor", 0.8, 1.6, 1.2),
    (layers.RandomContrast(0.4, seed=1), "contrast_factor", 0.6, 1.4, 1.0),
    (layers.RandomColorDegeneration(0.5, seed=1), "factor", 0, 0.5, 0.25),
    (layers.RandomHue(0.6, seed=1), "factor", -0.3, 0.3, 0),
    (layers.RandomSharpness((0.2, 0.4), seed=1), "factor", 0.2, 0.4, 0.3),
    (layers.Solarization(threshold_factor=(0.2, 0.6), seed=1), "thresholds", 51, 153, 102),
    (layers.Solarization(addition_factor=0.4, seed=1), "additions", 0, 102, 51),
    (layers.RandomPosterization((2, 6), seed=1), "shift_factor", 2, 6, 4),
    (layers.RandomRotation(0.25, seed=1), "angle", -90, 90, 0),
    (layers.RandomTranslation(0.5, 0.5, seed=1), "translations", -2, 2, 0),
    (layers.RandomZoom((-0.5, 0.1), seed=1), "height_zoom", 0.5, 1.1, 0.8),
    (layers.RandomShear(0.4, 0.4, seed=1), "shear_factor", -0.4, 0.4, 0),
]


@pytest.mark.parametrize(("layer", "key", "low", "high", "mean"), RANGES)
def test_ranges(layer, key, low, high, mean):
    values = drawn(layer, key).astype("float64")
    width = high - low
    assert low - 1e-5 <= values.min() < low + 0.05 * width
    assert high - 0.05 * width < values.max() <= high + 1e-5
    assert abs(values.mean() - mean) < 5 * width / 12**0.5 / values.size**0.5 + 1e-6


SHARES = [
    (layers.RandomFlip(seed=1), "flips", 0.5),
    (layers.RandomGrayscale(0.3, seed=1), None, 0.3),
    (layers.RandomInvert((0.2, 0.2), seed=1), "apply_inversion", 0.2),
    (layers.RandomInvert(0.6, seed=1), "apply_inversion", 0.3),
    (layers.RandomGaussianBlur((0.7, 0.7), seed=1), "should_apply_blur", 0.7),
    (layers.RandomPerspective((0.9, 0.9), seed=1), "apply_perspective", 0.9),
    (layers.RandomErasing((0.4, 0.4), seed=1), "apply_erasing", 0.4),
]


@pytest.mark.parametrize(("layer", "key", "share"), SHARES)
def test_shares(layer, key, share):
    assert abs(drawn(layer, key).mean() - share) < 5 * (share * (1 - share) / MANY) ** 0.5


def test_crop_takes_every_place_and_boxes_and_masks_with_it():
    x = np.arange(30.0, dtype="float32").reshape(1, 5, 6, 1)
    boxes = {"boxes": np.array([[[1.0, 1.0, 5.0, 4.0]]], "float32"), "labels": np.array([[7]])}
    layer = layers.RandomCrop(4, 4, seed=2, bounding_box_format="xyxy")
    seen = set()
    for _ in range(80):
        out = layer({"images": x, "segmentation_masks": x.astype("int64"), "bounding_boxes": boxes}, training=True)
        top, left = divmod(int(out["images"][0, 0, 0, 0]), 6)
        seen.add((top, left))
        np.testing.assert_array_equal(out["images"], x[:, top : top + 4, left : left + 4])
        np.testing.assert_array_equal(out["segmentation_masks"], out["images"])
        np.testing.assert_array_equal(
            out["bounding_boxes"]["boxes"][0, 0], np.clip([1 - left, 1 - top, 5 - left, 4 - top], 0, 4)
        )
    assert seen == {(i, j) for i in range(2) for j in range(3)}


def test_crop_in_inference_is_the_middle_resized():
    x = photos(2, 8, 6)
    expected_crop = ops.image.resize(x, (3, 3), crop_to_aspect_ratio=True)
    np.testing.assert_array_equal(layers.RandomCrop(3, 3)(x, training=False), expected_crop)


# What moves is followed by a bright rectangle: its box must be where the box went.
MOVERS = [
    layers.RandomFlip("horizontal_and_vertical", seed=4, bounding_box_format="xyxy"),
    layers.RandomRotation((0.25, 0.25), seed=4, bounding_box_format="xyxy", fill_mode="constant"),
    layers.RandomRotation((0.07, 0.07), seed=4, bounding_box_format="xyxy", fill_mode="constant"),
    layers.RandomTranslation(0.2, 0.2, seed=4, bounding_box_format="xyxy", fill_mode="constant"),
    layers.RandomZoom((0.3, 0.3), (-0.2, -0.2), seed=4, bounding_box_format="xyxy", fill_mode="constant"),
    layers.RandomShear(0.3, 0.2, seed=4, bounding_box_format="xyxy", fill_mode="constant"),
    layers.RandomPerspective(scale=0.3, seed=4, bounding_box_format="xyxy"),
    layers.RandomCrop(40, 48, seed=4, bounding_box_format="xyxy"),
    layers.CenterCrop(40, 48, bounding_box_format="xyxy"),
    layers.CenterCrop(80, 40, bounding_box_format="xyxy"),
    layers.Resizing(70, 90, bounding_box_format="xyxy"),
    layers.Resizing(40, 90, bounding_box_format="xyxy", pad_to_aspect_ratio=True),
    layers.Resizing(50, 40, bounding_box_format="xyxy", crop_to_aspect_ratio=True),
]


@pytest.mark.parametrize("layer", MOVERS, ids=lambda layer: type(layer).__name__)
def test_boxes_follow_what_is_in_them(layer):
    """On an image that is not square, where one coordinate taken for the other shows."""
    x = np.zeros((1, 48, 64, 1), "float32")
    x[0, 18:30, 22:44] = 255.0
    boxes = {"boxes": np.array([[[22.0, 18.0, 44.0, 30.0]]], "float32"), "labels": np.array([[1]])}
    out = layer({"images": x, "segmentation_masks": (x > 0).astype("int32"), "bounding_boxes": boxes}, training=True)
    rows, columns = (np.flatnonzero((out["images"][0, ..., 0] > 128).any(axis)) for axis in (1, 0))
    around = [columns[0], rows[0], columns[-1] + 1, rows[-1] + 1]
    np.testing.assert_allclose(out["bounding_boxes"]["boxes"][0, 0], around, atol=2.0)
    agreement = (out["images"] > 128) == (out["segmentation_masks"] > 0)
    assert agreement.mean() > 0.97


def test_a_box_that_leaves_the_image_loses_its_label():
    layer = layers.RandomTranslation((0.5, 0.5), (0.0, 0.0), bounding_box_format="xyxy")
    boxes = {"boxes": np.array([[[1.0, 5.0, 3.0, 7.0], [1.0, 1.0, 3.0, 2.0]]]), "labels": np.array([[4, 5]])}
    out = layer({"images": photos(1), "bounding_boxes": boxes}, training=True)["bounding_boxes"]
    np.testing.assert_array_equal(out["labels"], [[-1, 5]])
    np.testing.assert_allclose(out["boxes"][0, 1], [1, 5, 3, 6])


def test_mix_up_and_cut_mix_mix_labels_as_images():
    """Image i is full of the number i, and its label is i: a mixture of both is the same."""
    x = np.broadcast_to(np.arange(8.0, dtype="float32").reshape(-1, 1, 1, 1), (8, 16, 16, 1))
    for layer in (layers.MixUp(1.0, seed=3), layers.CutMix(seed=3)):
        out = layer({"images": x, "labels": np.arange(8.0, dtype="float32")[:, None]}, training=True)
        means = np.asarray(out["images"]).mean((1, 2, 3))
        np.testing.assert_allclose(means, out["labels"][:, 0], atol=1e-5 if type(layer) is layers.MixUp else 1.0)
        assert not np.allclose(means, np.arange(8))


@pytest.mark.parametrize("name", ["MixUp", "AugMix"])
def test_masks_that_are_mixed_are_single_floats(name):
    assert getattr(layers, name)(seed=1, bounding_box_format="xyxy")(dataset())["segmentation_masks"].dtype == "float32"


@pytest.mark.parametrize("name", ["RandomColorDegeneration", "RandomSaturation", "RandomShear"])
def test_a_signed_pair_in_a_configuration_of_keras_is_its_number(name):
    """It holds (-0.4, 0.4) for 0.4, and Keras itself does not take that for a shear."""
    kind = getattr(layers, name)
    assert kind((-0.4, 0.4)).get_config() | {"name": ""} == kind(0.4).get_config() | {"name": ""}


def test_mix_up_gives_an_image_the_boxes_of_both():
    out = layers.MixUp(seed=1, bounding_box_format="xyxy")(dataset(), training=True)["bounding_boxes"]
    assert (out["boxes"].shape, out["labels"].shape) == ((4, 4, 4), (4, 4))


def test_rand_augment_applies_its_operations_in_turn():
    layer = layers.RandAugment(num_ops=2, seed=1)
    x = photos()
    transformation = layer.get_random_transformation(x)
    names = list(layer.operations)
    transformation["layer_idxes"] = np.array([names.index("random_rotation"), names.index("auto_contrast")])
    y = layer.operations["random_rotation"].transform_images(x, transformation["transforms"]["random_rotation"])
    y = layer.operations["auto_contrast"].transform_images(y)
    np.testing.assert_allclose(layer.transform_images(x, transformation), np.clip(y, 0, 255), atol=1e-3)


def test_aug_mix_of_nothing_is_the_image():
    layer = layers.AugMix(seed=1)
    transformation = layer.get_random_transformation(photos())
    transformation["layer_idxes"] = np.full((3, 3), len(layer.operations))
    np.testing.assert_allclose(layer.transform_images(photos(), transformation), photos(), rtol=1e-5)


def test_erasing_covers_as_much_as_it_says():
    layer = layers.RandomErasing((1.0, 1.0), scale=(0.25, 0.25), fill_value=-1.0, value_range=(-1, 255), seed=2)
    y = np.asarray(layer(photos(50, 40, 60), training=True))
    share = (y == -1).mean((1, 2, 3))
    np.testing.assert_allclose(share, 0.25, atol=0.02)


def test_equalization_makes_values_even_and_leaves_other_images_alone():
    x = (255 * (0.1 + 0.3 * stream("dark").uniform(size=(3, 32, 32, 1)))).astype("float32")
    y = np.asarray(layers.Equalization()(x))
    np.testing.assert_allclose(np.quantile(y, [0.25, 0.5, 0.75], axis=(1, 2, 3)).T, [[64, 128, 191]] * 3, atol=6)
    np.testing.assert_array_equal(y[1:2], layers.Equalization()(x[1:2]))


def test_clahe_of_one_tile_is_equalization():
    """Without a limit and tiles it spreads the histogram of the whole image."""
    x = np.arange(256.0, dtype="float32").reshape(1, 16, 16, 1)[:, :, ::-1]
    clahe = layers.ContrastLimitedAdaptiveHistogramEqualization(clip_limit=0, tile_grid_size=(1, 1))
    np.testing.assert_allclose(clahe(x), x, atol=1e-3)


def test_lists_of_boxes_are_filled():
    dense = dense_boxes({"boxes": [[[0, 0, 1, 1], [2, 2, 3, 3]], []], "labels": [[1, 2], []]})
    np.testing.assert_array_equal(dense["labels"], [[1, 2], [-1, -1]])
    assert dense["boxes"].shape == (2, 2, 4)


def test_pipeline_takes_dictionaries_and_returns_from_its_config():
    pipeline = layers.Pipeline(
        [layers.RandomFlip(seed=1, bounding_box_format="xyxy"), layers.CenterCrop(4, 4, bounding_box_format="xyxy")]
    )
    out = pipeline(dataset(), training=True)
    assert out["images"].shape == out["segmentation_masks"].shape[:3] + (3,) == (4, 4, 4, 3)
    twin = layers.Pipeline.from_config(json.loads(json.dumps(pipeline.get_config())))
    assert [type(layer) for layer in twin.layers] == [layers.RandomFlip, layers.CenterCrop]


def test_a_file_names_layers_and_ops_before_anything_imports_them(tmp_path):
    inputs = Input((8, 6, 3))
    x = layers.RandomFlip(seed=1)(layers.Resizing(5, 5)(inputs))
    model = Model(inputs, layers.Rescaling(2.0)(ops.image.resize(x, (4, 4), "nearest")))
    model.save(tmp_path / "m.keras")
    np.save(tmp_path / "y.npy", model.predict(photos(), verbose=0))
    np.save(tmp_path / "x.npy", photos())
    script = (
        "import numpy, sys, nbkeras\n"
        "assert 'nbkeras.ops.image' not in sys.modules and 'nbkeras.bounding_boxes' not in sys.modules\n"
        "y = nbkeras.models.load_model('m.keras').predict(numpy.load('x.npy'), verbose=0)\n"
        "assert (y == numpy.load('y.npy')).all()\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(Path(nbkeras.__file__).parents[1])}
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr


MISTAKES = {
    "factor must lie from -1 to 1, got": lambda: layers.RandomBrightness(1.5),
    "factor must be a number or a pair of numbers": lambda: layers.RandomRotation("much"),
    "value_range must be of two different numbers": lambda: layers.AutoContrast((3, 3)),
    "fill_mode must be": lambda: layers.RandomRotation(0.1, fill_mode="mirrored"),
    "interpolation must be": lambda: layers.RandomZoom(0.1, interpolation="bicubic"),
    "above -1": lambda: layers.RandomZoom(-1.0),
    "kernel_size must be odd": lambda: layers.RandomGaussianBlur(kernel_size=4),
    "mode must be": lambda: layers.RandomFlip("diagonal"),
    "height must be a positive integer": lambda: layers.Resizing(0, 4),
    "rank 3, or a batch of them, of rank 4, got shape": lambda: layers.RandomFlip()(np.zeros((4, 4))),
    "tell how they are written, as bounding_box_format": lambda: layers.RandomFlip()(dataset()),
    "as many 'labels' as 'boxes'": lambda: dense_boxes({"boxes": [[[0, 0, 1, 1]]], "labels": []}),
    "must be a dictionary of 'boxes' and 'labels'": lambda: dense_boxes({"boxes": []}),
}


@pytest.mark.parametrize("words", MISTAKES)
def test_mistakes_are_named(words):
    with pytest.raises(ValueError, match=words):
        MISTAKES[words]()


@pytest.mark.jax
@pytest.mark.parametrize("name", ["RandomCrop", "RandomElasticTransform", "MixUp"])
def test_compiled_by_jax(name):
    """Chance, choice and places are computed, so that one compilation serves every call; the numbers are NumPy's."""
    import jax

    x = photos(2)
    make = {**MAKE[name], "seed": 5}
    expected_images = getattr(layers, name)(**make)(x, training=True)
    with nbkeras.backends.use_backend("jax"):
        layer = getattr(layers, name)(**make)
        state = [v.value for v in layer.non_trainable_variables]
        step = jax.jit(lambda state, x: layer.stateless_call([], state, x, training=True))
        y, state = step(state, x)
        np.testing.assert_allclose(y, expected_images, atol=0.05)
        again, _ = step(state, x)
    assert not np.array_equal(y, again)
