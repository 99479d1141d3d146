"""The architectures beside real Keras' own: layers, predictions with the same weights, files, preprocessing, errors."""

import importlib
import inspect
import json
import pickle

import h5py
import numpy as np
import pytest

import nbkeras
from nbkeras import applications
from nbkeras.layers.unfilled import unfilled
from nbkeras.naming import fresh_names
from nbkeras.serialization import registry
from tests.cases.applications import CASES, LEARNING, NAMES, PREDICTING, ArchitectureCase
from tests.closeness import assert_close
from tests.references import architectures
from tests.references.store import load

ANY_SIZE = 2**62
DEPTH = 10.0  # sums go through up to 300 convolutions, each of which rounds in its own order

# The larger of a family have the functions of the smaller with other numbers; `tests.references.compare_architectures`
# builds these too.
LARGER = """
    ResNet152 ResNet152V2 DenseNet201
    EfficientNetB2 EfficientNetB3 EfficientNetB4 EfficientNetB5 EfficientNetB6 EfficientNetB7
    EfficientNetV2B2 EfficientNetV2B3 EfficientNetV2M EfficientNetV2L
    ConvNeXtBase ConvNeXtLarge ConvNeXtXLarge
""".split()
SMALL = {"input_shape": (32, 32, 3), "alpha": 0.25, "classes": 10}


@pytest.fixture(scope="module")
def stored():
    return load("applications")


def made(case, **arguments):
    """A model with automatic names counted from the start, without numbers in its weights."""
    with fresh_names(), unfilled(ANY_SIZE):
        return getattr(applications, case.function)(**{"weights": None, **case.arguments, **arguments})


def named(cases):
    return pytest.mark.parametrize("case", cases, ids=lambda case: case.name)


# --- layers -----------------------------------------------------------------------------------------------------------


@named([case for case in CASES if case.name not in LARGER])
def test_layers_are_those_of_keras(case, stored):
    expected = stored["models"][case.name]
    model = made(case)
    found = architectures.facts(model)
    size = architectures.DIGITS
    for place, layer in enumerate(model.layers[: expected["layers"]]):
        begin = place * size
        same = found["digests"][begin : begin + size] == expected["digests"][begin : begin + size]
        assert same, f"layer {place} is {json.dumps(architectures.layer_facts(layer))}"
    assert found == expected


def test_arguments_are_those_of_keras(stored):
    assert architectures.signatures(applications) == stored["signatures"]


def test_architectures_are_functions_like_others():
    """Those that share their arguments are made by `variant`."""
    function = applications.EfficientNetB3
    assert pickle.loads(pickle.dumps(function)) is function
    assert inspect.getdoc(function).startswith("EfficientNetB3: Tan & Le (2019)")
    assert "300 × 300" in inspect.getdoc(function)
    with pytest.raises(TypeError, match=r"EfficientNetB3\(include_top=True, .*\): got an unexpected keyword .*'size'"):
        function(size=32)


def test_digests_tell_layers_apart():
    with fresh_names():
        one = applications.MobileNet(weights=None, **SMALL)
    with fresh_names():
        other = applications.MobileNet(weights=None, dropout=0.1, **SMALL)
    assert architectures.digests(one) != architectures.digests(other)


# --- numbers ----------------------------------------------------------------------------------------------------------


@named(PREDICTING)
def test_predicts_as_keras(case, stored):
    with unfilled(ANY_SIZE):
        prediction = architectures.prediction(applications, case)
    assert_close(prediction, stored["predictions"][case.name], times=DEPTH)


@pytest.mark.keras
@pytest.mark.jax
@pytest.mark.filterwarnings("ignore")  # Keras' own
def test_live_keras_reads_the_configuration_and_writes_weights_for_ours(tmp_path):
    """The weights in a legacy file, as those of ImageNet are."""
    keras = importlib.import_module("keras")
    model = applications.MobileNet(weights=None, **SMALL)
    architectures.fill(model)
    with architectures.cheap_weights():
        theirs = keras.models.model_from_json(model.to_json())
        built = keras.applications.MobileNet(weights=None, **SMALL)
    theirs.set_weights(model.get_weights())
    images = architectures.image((32, 32, 3)) / 255
    assert_close(model(images), theirs.predict_on_batch(images), times=DEPTH)
    again = nbkeras.Model.from_config(built.get_config())
    assert [weight.shape for weight in again.weights] == [weight.shape for weight in model.weights]
    with h5py.File(tmp_path / "net.h5", "w") as file:
        importlib.import_module("keras.src.legacy.saving.legacy_h5_format").save_weights_to_hdf5_group(file, theirs)
    loaded = applications.MobileNet(weights=str(tmp_path / "net.h5"), **SMALL)
    assert_close(loaded.get_weights(), model.get_weights())


@named(LEARNING)
def test_learns_as_keras(case, stored):
    """The second and third loss show that the gradients of all weights are right, and the recorded steps too."""
    with unfilled(ANY_SIZE):
        losses = architectures.losses(nbkeras, case)
    assert_close(losses, stored["losses"][case.name], times=DEPTH)


def test_every_kernel_learns_and_a_file_keeps_it(tmp_path):
    model = applications.MobileNetV2((64, 64, 3), alpha=0.35, weights=None, classes=3)
    architectures.fill(model)
    model.compile(nbkeras.optimizers.SGD(1e-5), "sparse_categorical_crossentropy")
    x, before = architectures.image((64, 64, 3)), model.get_weights()
    model.train_on_batch(x, np.array([0, 2]))
    pairs = zip(model.trainable_weights, [w for w, v in zip(before, model.weights) if v.trainable])
    assert not [weight.path for weight, old in pairs if weight.ndim > 1 and np.array_equal(weight.numpy(), old)]
    model.save(tmp_path / "net.keras")
    assert_close(nbkeras.saving.load_model(tmp_path / "net.keras").predict_on_batch(x), model.predict_on_batch(x))


# --- weights ----------------------------------------------------------------------------------------------------------


def test_loads_weights_from_a_path(tmp_path):
    model = applications.MobileNet(weights=None, **SMALL)
    architectures.fill(model)
    model.save_weights(tmp_path / "net.weights.h5")
    again = applications.MobileNet(weights=str(tmp_path / "net.weights.h5"), **SMALL)
    assert_close(again.get_weights(), model.get_weights())
    assert all(weight.numpy().flags.writeable for weight in again.weights)


@pytest.mark.parametrize("name", NAMES)
def test_asks_for_the_files_that_keras_asks_for(name, stored, monkeypatch):
    asked = []

    class Asked(Exception):
        pass

    def note(fname, origin, cache_subdir, file_hash):
        asked.append([fname, origin, cache_subdir, file_hash])
        raise Asked

    monkeypatch.setattr(nbkeras.utils, "get_file", note, raising=False)
    for include_top in (True, False):
        size = {} if include_top else {"input_shape": (224, 224, 3)}
        with pytest.raises(Asked):
            getattr(applications, name)(include_top=include_top, **size)
    assert asked == stored["files"][name]


def test_weights_of_imagenet_are_loaded_without_drawing_others(tmp_path, monkeypatch):
    source = made(ArchitectureCase("MobileNet", {"alpha": 0.25, "include_top": False, "input_shape": (128, 128, 3)}))
    architectures.fill(source)
    source.save_weights(tmp_path / "net.weights.h5")
    monkeypatch.setattr(nbkeras.utils, "get_file", lambda *args, **kwargs: tmp_path / "net.weights.h5", raising=False)
    model = applications.MobileNet((128, 128, 3), alpha=0.25, include_top=False)
    assert_close(model.get_weights(), source.get_weights())


@pytest.mark.parametrize("name", ["CustomScaleLayer", "LayerScale"])
def test_files_may_name_the_layers_that_only_architectures_have(name):
    layer = getattr(importlib.import_module(registry.LATER[name]), name)
    assert registry.library_object(name, layer.keras_module) is layer


# --- inputs -----------------------------------------------------------------------------------------------------------


def test_begins_with_a_tensor_and_what_that_comes_from():
    image = nbkeras.Input((16, 16, 3))
    larger = nbkeras.layers.UpSampling2D(2)(image)
    model = applications.MobileNet(input_tensor=larger, alpha=0.25, weights=None, include_top=False, pooling="max")
    assert [layer.name for layer in model.layers[:2]] == [image.node.operation.name, larger.node.operation.name]
    assert model(np.zeros((1, 16, 16, 3), "float32")).shape == (1, 256)


def test_channels_first(monkeypatch):
    nbkeras.config.set_image_data_format("channels_first")
    try:
        model = applications.MobileNetV2((3, 32, 32), alpha=0.35, weights=None, classes=5)
        assert model.input_shape == (None, 3, 32, 32)
        assert model(np.zeros((1, 3, 32, 32), "float32")).shape == (1, 5)
        with pytest.raises(ValueError, match="DenseNet expects channels last"):
            applications.DenseNet121(weights=None)
    finally:
        nbkeras.config.set_image_data_format("channels_last")


def test_mobilenet_v3_classifies_images_of_any_size():
    model = applications.MobileNetV3Small(weights=None, classes=4, minimalistic=True)
    assert [model(np.zeros((1, size, 40, 3), "float32")).shape for size in (32, 50)] == [(1, 4)] * 2


MISTAKES = {
    "nowhere": ({"weights": "nowhere.h5"}, "there is no file 'nowhere.h5'"),
    "classes": ({"classes": 5}, "classes must be 1000"),
    "pooling": ({"weights": None, "pooling": "mean"}, "pooling must be"),
    "activation": ({"classifier_activation": "relu"}, "classifier_activation must be None or 'softmax'"),
    "size": ({"weights": None, "input_shape": (20, 32, 3)}, "at least 32 × 32"),
    "unknown size": ({"weights": None, "input_shape": (None, 32, 3)}, "no unknown size"),
    "rank": ({"weights": None, "input_shape": (32, 32)}, "three sizes"),
    "trained size": ({"input_shape": (64, 64, 3)}, "must be (224, 224, 3)"),
    "trained channels": ({"input_shape": (64, 64, 1), "include_top": False}, "3 channels"),
}


@pytest.mark.parametrize(("arguments", "message"), MISTAKES.values(), ids=MISTAKES)
def test_names_the_mistake(arguments, message):
    with pytest.raises(ValueError) as caught:
        applications.ResNet50(**arguments)
    assert message in str(caught.value)


def test_arrays_are_no_input_tensors():
    with pytest.raises(TypeError, match="input_tensor must be symbolic, as Input returns, got ndarray"):
        applications.ResNet50(input_tensor=np.zeros((1, 32, 32, 3)), weights=None)


# --- names of classes, and pixels -------------------------------------------------------------------------------------

MODES = {
    "caffe": ("vgg16", "vgg19", "resnet", "resnet50"),
    "tf": ("resnet_v2", "mobilenet", "mobilenet_v2", "inception_v3", "inception_resnet_v2", "xception", "nasnet"),
    "torch": ("densenet",),
    None: ("convnext", "efficientnet", "efficientnet_v2", "mobilenet_v3"),
}
SUBMODULES = [(module, mode) for mode, modules in MODES.items() for module in modules]
SHAPES = [("channels_last", (2, 4, 5, 3)), ("channels_last", (4, 5, 3)), ("channels_first", (2, 3, 4, 5))]
SHAPES.append(("channels_first", (3, 4, 5)))


def by_hand(pixel, mode):
    """The formulas for one pixel (red, green, blue), in float64."""
    red, green, blue = (float(value) for value in pixel)
    if mode == "tf":
        return [value / 127.5 - 1 for value in (red, green, blue)]
    if mode == "torch":
        means, deviations = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
        return [(value / 255 - m) / d for value, m, d in zip((red, green, blue), means, deviations)]
    return [blue - 103.939, green - 116.779, red - 123.68]


@pytest.mark.parametrize(("module", "mode"), SUBMODULES)
@pytest.mark.parametrize(("data_format", "shape"), SHAPES)
def test_preprocesses_pixels(module, mode, data_format, shape):
    x = np.random.default_rng(0).integers(0, 256, shape)
    axis = -1 if data_format == "channels_last" else -3
    found = getattr(applications, module).preprocess_input(x.astype("float32"), data_format=data_format)
    pixels = np.moveaxis(x, axis, -1).reshape(-1, 3)
    expected = pixels if mode is None else [by_hand(pixel, mode) for pixel in pixels]
    assert_close(np.moveaxis(found, axis, -1).reshape(-1, 3), np.asarray(expected))
    assert found.dtype == np.float32


@pytest.mark.parametrize("mode", ["tf", "torch", "caffe"])
@pytest.mark.parametrize(("data_format", "shape"), SHAPES)
def test_preprocesses_symbolic_tensors_and_integers(mode, data_format, shape):
    preprocess = applications.imagenet_utils.preprocess_input
    x = np.random.default_rng(0).integers(0, 256, (2, *shape[-3:]), "uint8")
    image = nbkeras.Input(shape[-3:], dtype="uint8")
    model = nbkeras.Model(image, preprocess(image, data_format, mode))
    expected = preprocess(x.astype("float64"), data_format, mode)
    assert expected.dtype == np.float64
    assert_close(model.predict_on_batch(x), expected)
    assert_close(preprocess(x, data_format, mode), expected)


def test_preprocessing_leaves_the_images_alone():
    x = np.full((1, 2, 2, 3), 255.0, "float32")
    for mode in ("tf", "torch", "caffe"):
        applications.imagenet_utils.preprocess_input(x, mode=mode)
    assert (x == 255).all()


@pytest.mark.parametrize(("arguments", "message"), [({"mode": "onnx"}, "mode"), ({"data_format": "NCHW"}, "channels")])
def test_preprocessing_names_the_mistake(arguments, message):
    with pytest.raises(ValueError, match=message):
        applications.imagenet_utils.preprocess_input(np.zeros((2, 2, 3)), **arguments)


def test_decodes_predictions(tmp_path, monkeypatch):
    index = {str(number): [f"n{number:08}", f"class {number}"] for number in range(1000)}
    (tmp_path / "index.json").write_text(json.dumps(index))
    asked = []

    def get_file(fname, origin, **kwargs):
        asked.append((fname, origin, kwargs))
        return str(tmp_path / "index.json")

    monkeypatch.setattr(nbkeras.utils, "get_file", get_file, raising=False)
    applications.imagenet_utils._classes.cache_clear()
    try:
        scores = np.zeros((2, 1000), "float32")
        scores[0, [3, 700, 999]] = 0.5, 0.2, 0.3
        scores[1, 0] = 1
        first, second = applications.vgg16.decode_predictions(scores, top=3)
        assert [row[:2] for row in first] == [tuple(index[n]) for n in ("3", "999", "700")]
        assert_close([row[2] for row in first], [0.5, 0.3, 0.2])
        assert second[0] == ("n00000000", "class 0", 1.0)
        assert applications.resnet.decode_predictions(scores, top=0) == [[], []]
        assert len(asked) == 1
        assert asked[0][0] == "imagenet_class_index.json"
    finally:
        applications.imagenet_utils._classes.cache_clear()


def test_decodes_only_imagenet():
    with pytest.raises(ValueError, match=r"\(images, 1000\), got \(2, 10\)"):
        applications.vgg16.decode_predictions(np.zeros((2, 10)))


def test_every_module_of_keras_is_there():
    for module, _ in SUBMODULES:
        found = getattr(applications, module)
        assert {"preprocess_input", "decode_predictions"} <= set(found.__all__)
        assert all(hasattr(found, name) for name in found.__all__)
    assert set(NAMES) <= set(dir(applications))
    with pytest.raises(AttributeError, match="AlexNet"):
        applications.AlexNet
