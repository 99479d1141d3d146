"""Datasets of files and of windows: what they give, and in which order."""

import wave
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

SERIES = np.arange(60, dtype="float32").reshape(20, 3)
TARGETS = np.arange(20, dtype="float32") ** 2


def fill(root):
    """Makes folders of a few images, texts and sounds, the same ones every time."""
    from PIL import Image

    random = np.random.RandomState(5)
    for name, count in (("cats", 4), ("dogs", 5), ("ants", 3)):
        for kind in ("images", "texts", "sounds"):
            (Path(root) / kind / name).mkdir(parents=True)
        for number in range(count):
            pixels = random.randint(0, 256, (6 + number, 9 - number, 3)).astype("uint8")
            Image.fromarray(pixels).save(Path(root) / "images" / name / f"{number}.png")
            text = " ".join([name] * (number + 1))
            (Path(root) / "texts" / name / f"{number}.txt").write_text(text, encoding="utf-8")
            samples = random.randint(-(2**15), 2**15, (20 + number, 2)).astype("<i2")
            _write_wav(Path(root) / "sounds" / name / f"{number}.wav", samples)
    (Path(root) / "images" / "cats" / "deep").mkdir()
    Image.fromarray(np.full((2, 2, 4), 7, "uint8")).save(Path(root) / "images" / "cats" / "deep" / "x.PNG")
    (Path(root) / "images" / ".hidden").mkdir()
    (Path(root) / "images" / "cats" / "notes.md").write_text("no image")


def _write_wav(path, samples):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(100)
        file.writeframes(samples.tobytes())


@dataclass(frozen=True)
class FolderCase:
    """A dataset, made by a package `k` of what `fill` has put into `root`."""

    name: str
    make: Callable  # (k.utils, root) -> a dataset, or a sequence of them
    files: bool = False  # it has file_paths; where these are shuffled, its elements come in an order of the library's
    dtypes: bool = True  # they are compared


Case = FolderCase


def images(root, **options):
    return {"directory": str(root / "images"), "image_size": (5, 4), "verbose": False, **options}


CASES = [
    Case("images", lambda u, root: u.image_dataset_from_directory(**images(root, shuffle=False))),
    Case(
        "images one hot",
        lambda u, root: u.image_dataset_from_directory(
            **images(root, shuffle=False, label_mode="categorical", batch_size=5, color_mode="rgba")
        ),
    ),
    Case(
        "images of two classes",
        lambda u, root: u.image_dataset_from_directory(
            **images(root, shuffle=False, label_mode="binary", class_names=["dogs", "ants"], batch_size=None)
        ),
    ),
    Case("images alone", lambda u, root: u.image_dataset_from_directory(**images(root, shuffle=False, labels=None))),
    Case(
        "images with labels of one's own",
        lambda u, root: u.image_dataset_from_directory(**images(root, shuffle=False, labels=[2, 0, 2, 1] * 3 + [0])),
    ),
    Case(
        "images cropped",
        lambda u, root: u.image_dataset_from_directory(**images(root, shuffle=False, crop_to_aspect_ratio=True)),
    ),
    Case(
        "images by the nearest pixel",
        lambda u, root: u.image_dataset_from_directory(
            **images(root, shuffle=False, interpolation="nearest", data_format="channels_first")
        ),
        dtypes=False,  # Keras gives bytes here, and floats with any other interpolation
    ),
    Case("images shuffled", lambda u, root: u.image_dataset_from_directory(**images(root, seed=7)), files=True),
    Case(
        "images for training",
        lambda u, root: u.image_dataset_from_directory(**images(root, seed=7, validation_split=0.3, subset="training")),
        files=True,
    ),
    Case(
        "images held out",
        lambda u, root: u.image_dataset_from_directory(
            **images(root, shuffle=False, validation_split=0.3, subset="validation")
        ),
    ),
    Case(
        "images in two parts",
        lambda u, root: u.image_dataset_from_directory(**images(root, seed=3, validation_split=0.4, subset="both")),
        files=True,
    ),
    Case(
        "texts",
        lambda u, root: u.text_dataset_from_directory(str(root / "texts"), shuffle=False, verbose=False, batch_size=5),
    ),
    Case(
        "texts cut",
        lambda u, root: u.text_dataset_from_directory(
            str(root / "texts"), labels=None, shuffle=False, verbose=False, max_length=6
        ),
    ),
    Case(
        "sounds",
        lambda u, root: u.audio_dataset_from_directory(
            str(root / "sounds"), shuffle=False, verbose=False, batch_size=5
        ),
    ),
    Case(
        "sounds cut",
        lambda u, root: u.audio_dataset_from_directory(
            str(root / "sounds"), shuffle=False, verbose=False, output_sequence_length=22
        ),
    ),
    Case("windows", lambda u, root: u.timeseries_dataset_from_array(SERIES, TARGETS, 4, batch_size=5)),
    Case(
        "windows with strides",
        lambda u, root: u.timeseries_dataset_from_array(SERIES, None, 4, sequence_stride=2, sampling_rate=3),
    ),
    Case(
        "windows of a part",
        lambda u, root: u.timeseries_dataset_from_array(
            SERIES, TARGETS, 3, start_index=2, end_index=17, batch_size=None
        ),
    ),
    Case("parts", lambda u, root: u.split_dataset((SERIES, TARGETS), left_size=0.72)),
    Case("parts of an array", lambda u, root: u.split_dataset(SERIES, left_size=3, right_size=0.25)),
    Case("parts of a list", lambda u, root: u.split_dataset([TARGETS, SERIES], right_size=7)),
]
