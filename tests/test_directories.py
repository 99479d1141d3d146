"""Datasets of files and of windows against real Keras, and what they do with files that are not as they should be."""

import sys
import wave

import numpy as np
import pytest

import nbkeras
from nbkeras import utils
from nbkeras.data.sound import read_wav, resampled
from tests.cases.folders import SERIES, fill
from tests.closeness import assert_close
from tests.references.folders import measure_folder
from tests.references.rows import expected, rows


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    """A folder with images, texts and sounds."""
    folder = tmp_path_factory.mktemp("files")
    fill(folder)
    return folder


@rows("folders")
def test_equals_keras(table, case, root):
    found, references = measure_folder(utils, root, case), expected(table, case)
    assert len(found) == len(references)
    for facts, reference in zip(found, references):
        elements, expected_elements = facts.pop("elements", []), reference.get("elements", [])
        assert {name: facts[name] for name in reference if name != "elements"} == {
            name: value for name, value in reference.items() if name != "elements"
        }
        assert len(elements) == len(expected_elements)
        for element, other in zip(elements, expected_elements):
            for leaf, array in zip(element, other):
                if isinstance(array, list):
                    assert leaf == array
                else:
                    assert_close(leaf, array)


def shown(dataset):
    return [tuple(np.asarray(leaf).tolist() for leaf in element) for element in dataset.unbatch()]


def test_order_of_passes(root):
    """Each pass has an order of its own; equal seeds give equal orders, and no file comes twice."""
    first, second = (
        utils.text_dataset_from_directory(root / "texts", seed=4, verbose=False, batch_size=5) for _ in range(2)
    )
    passes = [shown(dataset) for dataset in (first, first, second, second)]
    assert passes[:2] == passes[2:]
    assert passes[0] != passes[1]
    assert sorted(passes[0]) == sorted(passes[1]) == sorted(set(passes[0]))


def test_order_of_windows():
    dataset = utils.timeseries_dataset_from_array(np.arange(30), np.arange(30), 4, batch_size=5, shuffle=True, seed=2)
    first, second = shown(dataset), shown(dataset)
    assert first != second
    assert sorted(first) == sorted(second) == [([n, n + 1, n + 2, n + 3], n) for n in range(27)]


def test_training_on_folders(root, capsys):
    train, held_out = utils.image_dataset_from_directory(
        root / "images", image_size=(4, 4), validation_split=0.3, subset="both", seed=1, batch_size=4
    )
    assert capsys.readouterr().out == (
        "Found 13 files belonging to 3 classes.\nUsing 10 files for training.\nUsing 3 files for validation.\n"
    )
    layers = nbkeras.layers
    model = nbkeras.Sequential([layers.Rescaling(1 / 255), layers.Flatten(), layers.Dense(3, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(train, validation_data=held_out, epochs=2, verbose=0).history
    assert history.keys() == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert model.predict(held_out, verbose=0).shape == (3, 3)


def test_images_back_and_forth(tmp_path):
    pixels = np.random.RandomState(0).randint(0, 256, (5, 7, 3)).astype("float32")
    utils.save_img(tmp_path / "a.png", pixels, scale=False)
    image = utils.load_img(tmp_path / "a.png")
    np.testing.assert_array_equal(utils.img_to_array(image), pixels)
    np.testing.assert_array_equal(utils.img_to_array(image, "channels_first"), pixels.transpose(2, 0, 1))
    np.testing.assert_array_equal(utils.img_to_array(utils.array_to_img(pixels, scale=False)), pixels)
    grey = utils.load_img(tmp_path / "a.png", color_mode="grayscale", target_size=(4, 6))
    assert utils.img_to_array(grey, dtype="uint8").shape == (4, 6, 1)


@pytest.mark.parametrize("size", [(4, 4), (2, 6), (9, 3)])
def test_aspect_ratio(size, tmp_path):
    """What is kept is the middle of the image: its rows or its columns are cut, whichever are too many."""
    pixels = np.zeros((8, 8, 1), "float32")
    pixels[3:5, 3:5] = 255
    utils.save_img(tmp_path / "a.png", pixels, scale=False)
    kept = utils.img_to_array(utils.load_img(tmp_path / "a.png", "grayscale", size, "bilinear", True))[..., 0]
    np.testing.assert_array_equal(kept, kept[::-1, ::-1])
    smart = nbkeras.preprocessing.image.smart_resize(pixels, size)
    assert smart.shape == (*size, 1)
    np.testing.assert_allclose(smart, smart[::-1, ::-1], rtol=1e-6)


def test_scaled_images():
    image = utils.array_to_img(np.array([[[-1.0], [0.0], [1.0]]]))
    assert np.asarray(image).tolist() == [[0, 127, 255]]
    assert np.asarray(utils.array_to_img(np.zeros((2, 2, 3)))).max() == 0


@pytest.mark.parametrize(("width", "dtype"), [(1, "u1"), (2, "<i2"), (3, None), (4, "<i4")])
def test_widths_of_sound(width, dtype, tmp_path):
    """Silence, the lowest number and a half come out as 0, -1 and 0.5 from any width."""
    half = 2 ** (8 * width - 2)
    numbers = [0, -2 * half, half]
    raw = b"".join((n + 128 if width == 1 else n).to_bytes(width, "little", signed=width > 1) for n in numbers)
    with wave.open(str(tmp_path / "a.wav"), "wb") as file:
        file.setparams((1, width, 8000, 3, "NONE", ""))
        file.writeframes(raw)
    samples, rate = read_wav(tmp_path / "a.wav")
    assert (samples.tolist(), rate) == ([[0.0], [-1.0], [0.5]], 8000)


@pytest.mark.parametrize("rates", [(100, 60), (60, 100), (100, 100)])
def test_resampled_waves(rates):
    """A slow wave is the same wave at another rate."""
    old, new = rates
    samples, wanted = (np.sin(2 * np.pi * 5 * np.arange(rate) / rate)[:, None] for rate in (old, new))
    np.testing.assert_allclose(resampled(samples, old, new), wanted, atol=1e-12)


def test_fast_waves_are_left_out():
    fast = np.cos(2 * np.pi * 40 * np.arange(100) / 100)[:, None]
    np.testing.assert_allclose(resampled(fast, 100, 50), 0, atol=1e-12)


MISTAKES = {
    "labels": (lambda u, r: u.text_dataset_from_directory(r / "texts", labels="yes"), "labels expects 'inferred'"),
    "class names": (
        lambda u, r: u.text_dataset_from_directory(r / "texts", class_names=["x"]),
        r"class_names has \['x'\]",
    ),
    "names of none": (
        lambda u, r: u.text_dataset_from_directory(r / "texts", labels=None, class_names=["x"]),
        "class_names goes with labels='inferred'",
    ),
    "mode": (lambda u, r: u.text_dataset_from_directory(r / "texts", label_mode="one_hot"), "label_mode must be"),
    "two classes": (lambda u, r: u.text_dataset_from_directory(r / "texts", label_mode="binary"), "is for two classes"),
    "split": (
        lambda u, r: u.text_dataset_from_directory(r / "texts", validation_split=2, subset="both", seed=1),
        "between 0 and 1",
    ),
    "subset": (lambda u, r: u.text_dataset_from_directory(r / "texts", subset="both"), "go together"),
    "which": (
        lambda u, r: u.text_dataset_from_directory(r / "texts", validation_split=0.5, subset="test", seed=1),
        "subset must be",
    ),
    "seed": (
        lambda u, r: u.text_dataset_from_directory(r / "texts", validation_split=0.5, subset="both"),
        "needs a seed",
    ),
    "too few": (
        lambda u, r: u.text_dataset_from_directory(
            r / "texts", validation_split=0.01, subset="both", seed=1, verbose=False
        ),
        "leaves none for validation",
    ),
    "labels too few": (lambda u, r: u.text_dataset_from_directory(r / "texts", labels=[1]), "one for each of 12 files"),
    "no files": (lambda u, r: u.text_dataset_from_directory(r / "sounds", verbose=False), "no files ending in .txt"),
    "size": (lambda u, r: u.image_dataset_from_directory(r / "images", image_size=(1, 2, 3)), "a height and a width"),
    "interpolation": (lambda u, r: u.image_dataset_from_directory(r / "images", interpolation="area"), "interpolation"),
    "colours": (lambda u, r: u.image_dataset_from_directory(r / "images", color_mode="cmyk"), "color_mode must be"),
    "ragged": (lambda u, r: u.audio_dataset_from_directory(r / "sounds", ragged=True), "no ragged arrays"),
    "rate": (lambda u, r: u.audio_dataset_from_directory(r / "sounds", sampling_rate=0), "sampling_rate expects"),
    "begin": (lambda u, r: u.timeseries_dataset_from_array(SERIES, None, 3, start_index=20), "start_index expects"),
    "end": (lambda u, r: u.timeseries_dataset_from_array(SERIES, None, 3, end_index=20), "end_index expects"),
    "stride": (lambda u, r: u.timeseries_dataset_from_array(SERIES, None, 3, sequence_stride=0), "sequence_stride"),
    "channels": (lambda u, r: u.array_to_img(np.ones((2, 2, 2))), "expects 1, 3 or 4 channels, got 2"),
    "image of two axes": (lambda u, r: u.array_to_img(np.ones((2, 2))), "expects one image, of three axes"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_errors(mistake, root):
    call, message = MISTAKES[mistake]
    with pytest.raises(ValueError, match=message):
        call(utils, root)


@pytest.mark.parametrize(
    "call",
    [lambda root: utils.load_img(root / "a.png"), lambda root: utils.image_dataset_from_directory(root / "images")],
)
def test_without_pillow(call, root, monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match=r'pip install "nbkeras\[image\]"'):
        call(root)


def test_other_sound_needs_soundfile(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "soundfile", None)
    header = b"RIFF\x24\0\0\0WAVEfmt \x10\0\0\0\3\0\1\0\x40\x1f\0\0\0\x7d\0\0\4\0\x20\0data\0\0\0\0"  # of floats
    (tmp_path / "a.wav").write_bytes(header)
    with pytest.raises(ImportError, match="pip install soundfile"):
        read_wav(tmp_path / "a.wav")
