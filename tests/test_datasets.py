"""`datasets`: small files of the formats of the real ones, from a server on this machine, read as Keras reads them.

Real Keras finds the same files in its cache, with its comparison of hashes switched off; ours is given their hashes.
"""

import gzip
import hashlib
import importlib
import io
import json
import os
import pickle
import tarfile
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest

import nbkeras as keras
from nbkeras import datasets
from nbkeras.datasets import pickles, sources
from nbkeras.saving import FileError
from tests.local_server import serving

RNG = np.random.default_rng(0)


# --- small files of the same formats --------------------------------------------------------------------------------


def npz(**arrays):
    file = io.BytesIO()
    np.savez(file, **arrays)
    return file.getvalue()


def ragged(count, longest=12, words=40):
    """Texts of 1 to `longest` ranks, as an array of lists."""
    texts = np.empty(count, object)
    for place in range(count):
        texts[place] = RNG.integers(1, words, RNG.integers(1, longest)).tolist()
    return texts


def idx(array):
    head = bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return gzip.compress(head + array.tobytes())


def images(count):
    return RNG.integers(0, 256, (count, 28, 28), "uint8")


def labels(count, classes=10):
    return RNG.integers(0, classes, count, "uint8")


class Python2(pickle._Pickler):
    """Writes what Python 2 wrote: texts of bytes, and modules of NumPy 1."""

    dispatch: ClassVar = dict(pickle._Pickler.dispatch)

    def save_bytes(self, value):
        self.write(pickle.BINSTRING + len(value).to_bytes(4, "little") + value)
        self.memoize(value)

    def save_str(self, value):
        self.save_bytes(value.encode())

    def save_global(self, value, name=None):
        module = {"numpy._core.multiarray": "numpy.core.multiarray"}.get(value.__module__, value.__module__)
        self.write(pickle.GLOBAL + f"{module}\n{value.__name__}\n".encode())
        self.memoize(value)

    dispatch[bytes], dispatch[str] = save_bytes, save_str
    dispatch[type(len)] = dispatch[type] = dispatch[type(lambda: 0)] = save_global


def pickled(value):
    file = io.BytesIO()
    Python2(file, 2, fix_imports=False).dump(value)
    return file.getvalue()


def batch(count, *keys):
    found = {key: RNG.integers(0, 100, count).tolist() for key in keys}
    data = RNG.integers(0, 256, (count, 3072), "uint8")
    return pickled({b"data": data, b"filenames": [b"x.png"] * count, **{key.encode(): v for key, v in found.items()}})


def tarred(folder, members):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, content in members.items():
            info = tarfile.TarInfo(f"{folder}/{name}")
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


BATCHES = {name: batch(3, "labels") for name in [*(f"data_batch_{number}" for number in range(1, 6)), "test_batch"]}
FILES = {
    "mnist.npz": npz(x_train=images(6), y_train=labels(6), x_test=images(2), y_test=labels(2)),
    "train-labels-idx1-ubyte.gz": idx(labels(6)),
    "train-images-idx3-ubyte.gz": idx(images(6)),
    "t10k-labels-idx1-ubyte.gz": idx(labels(2)),
    "t10k-images-idx3-ubyte.gz": idx(images(2)),
    "cifar-10-batches-py-target": tarred("cifar-10-batches-py", BATCHES),
    "cifar-100-python-target": tarred(
        "cifar-100-python", {name: batch(4, "fine_labels", "coarse_labels") for name in ("train", "test", "meta")}
    ),
    "imdb.npz": npz(
        x_train=ragged(20), y_train=RNG.integers(0, 2, 20), x_test=ragged(15), y_test=RNG.integers(0, 2, 15)
    ),
    "imdb_word_index.json": json.dumps({"the": 1, "Ä": 2}).encode(),
    "reuters.npz": npz(x=ragged(30), y=RNG.integers(0, 46, 30)),
    "reuters_word_index.json": json.dumps({"oil": 1}).encode(),
    "california_housing.npz": npz(x=RNG.normal(size=(700, 8)), y=RNG.normal(size=700)),
    "boston_housing.npz": npz(x=RNG.normal(size=(51, 13)), y=RNG.normal(size=51)),
}


@pytest.fixture(scope="module")
def site():
    with serving() as site:
        yield site


@pytest.fixture
def cached(site, tmp_path, monkeypatch):
    """The cache, empty, with the small files in place of the real ones in the net."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    for name, content in FILES.items():
        known = sources.SOURCES[name].file_hash
        digest = known and hashlib.new("sha256" if len(known) == 64 else "md5", content).hexdigest()
        monkeypatch.setitem(sources.SOURCES, name, sources.Source(site.add(name, content), digest))
    site.asked.clear()
    return tmp_path


def flat(value):
    """The arrays in nested tuples."""
    return [array for part in value for array in flat(part)] if isinstance(value, tuple) else [value]


def assert_same(got, expected):
    for one, other in zip(flat(got), flat(expected), strict=True):
        if not isinstance(other, np.ndarray):
            assert one == other
            continue
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        assert one.tolist() == other.tolist()
        if one.dtype == object:
            assert [type(value) for value in one] == [type(value) for value in other]


# --- the table: function, arguments ---------------------------------------------------------------------------------

CALLS = [
    ("mnist.load_data", {}),
    ("mnist.load_data", {"path": "other.npz"}),
    ("fashion_mnist.load_data", {}),
    ("cifar100.load_data", {}),
    ("cifar100.load_data", {"label_mode": "coarse"}),
    ("imdb.load_data", {}),
    ("imdb.load_data", {"num_words": 20, "skip_top": 5}),
    ("imdb.load_data", {"num_words": 20, "oov_char": None}),
    ("imdb.load_data", {"maxlen": 8, "seed": 7}),
    ("imdb.load_data", {"maxlen": 2, "start_char": None, "index_from": 0}),
    ("imdb.load_data", {"start_char": None, "index_from": 10, "oov_char": 9}),
    ("imdb.load_data", {"start_char": None, "index_from": None}),
    ("imdb.get_word_index", {}),
    ("reuters.load_data", {}),
    ("reuters.load_data", {"num_words": 20, "skip_top": 5, "test_split": 0.5}),
    ("reuters.load_data", {"maxlen": 8, "seed": 7, "oov_char": None}),
    ("reuters.load_data", {"start_char": None, "index_from": 0, "test_split": 0.0}),
    ("reuters.get_word_index", {}),
    ("reuters.get_label_names", {}),
    ("california_housing.load_data", {}),
    ("california_housing.load_data", {"version": "small", "test_split": 0.33, "seed": 5}),
    ("boston_housing.load_data", {}),
    ("boston_housing.load_data", {"test_split": 0.0}),
]


@pytest.mark.keras
@pytest.mark.filterwarnings("ignore")  # Keras' own
@pytest.mark.parametrize(("name", "given"), CALLS, ids=lambda value: str(value))
def test_as_keras_reads_it(name, given, cached, monkeypatch):
    from keras.src.backend import config
    from keras.src.utils import file_utils

    monkeypatch.setattr(config, "_KERAS_DIR", str(cached))
    monkeypatch.setattr(file_utils, "validate_file", lambda *args, **kwargs: True)
    room, function = name.split(".")
    got = getattr(getattr(datasets, room), function)(**given)
    assert_same(got, getattr(importlib.import_module(f"keras.datasets.{room}"), function)(**given))


@pytest.mark.keras
@pytest.mark.parametrize("layout", ["channels_last", "channels_first"])
def test_cifar10_as_keras_reads_its_batches(layout, cached):
    """Keras' own `load_data` puts each batch where 10,000 images have room; its reader of a batch takes any number."""
    from keras.src.datasets import cifar

    keras.config.set_image_data_format(layout)
    try:
        (x_train, y_train), (x_test, y_test) = datasets.cifar10.load_data()
    finally:
        keras.config.set_image_data_format("channels_last")
    folder = cached / "datasets" / "cifar-10-batches-py-target" / "cifar-10-batches-py"
    expected = [cifar.load_batch(folder / name) for name in sorted(BATCHES)]
    axes = (0, 2, 3, 1) if layout == "channels_last" else (0, 1, 2, 3)
    assert (np.concatenate([x_train, x_test]) == np.concatenate([x for x, _ in expected]).transpose(axes)).all()
    assert np.concatenate([y_train, y_test])[:, 0].tolist() == [label for _, y in expected for label in y]
    assert {x_train.dtype, y_train.dtype, x_test.dtype, y_test.dtype} == {np.dtype("uint8")}


@pytest.mark.keras
def test_the_sources_are_those_of_keras(monkeypatch, tmp_path):
    """What real Keras asks its `get_file` for, of every file."""
    asked = {}

    def get_file(fname=None, origin=None, file_hash=None, cache_subdir="datasets", extract=False):
        asked[fname] = (sources.Source(origin, file_hash), cache_subdir, extract)
        raise InterruptedError

    fashion = iter([name for name in FILES if name.endswith("ubyte.gz")])
    rooms = {name: importlib.import_module(f"keras.src.datasets.{name}") for name in datasets.__all__}
    for room in rooms.values():
        monkeypatch.setattr(room, "get_file", get_file)
        for function in {"load_data", "get_word_index"} & {*dir(room)}:
            with pytest.raises(InterruptedError):
                getattr(room, function)()
    del asked[next(fashion)]  # the first of four, after which it was interrupted
    names = [name for name in FILES if not name.endswith("ubyte.gz")]
    assert {name: asked[name][0] for name in names} == {name: sources.SOURCES[name] for name in names}
    assert {name for name in asked if asked[name][2]} == {name for name in names if name.endswith("-target")}


# --- without Keras --------------------------------------------------------------------------------------------------


def test_names_and_shapes():
    assert sorted(FILES) == sorted(sources.SOURCES)
    assert len(datasets.reuters.get_label_names()) == 46
    assert keras.datasets is datasets


def test_the_cache_is_that_of_keras(cached, site):
    for _ in range(2):
        datasets.mnist.load_data()
        datasets.fashion_mnist.load_data()
        datasets.cifar10.load_data()
    found = {path.relative_to(cached).as_posix() for path in cached.rglob("*") if path.is_file()}
    names = [*BATCHES]
    assert found == {
        "datasets/mnist.npz",
        *(f"datasets/fashion-mnist/{name}" for name in FILES if name.endswith("ubyte.gz")),
        "datasets/cifar-10-batches-py-target_archive",
        *(f"datasets/cifar-10-batches-py-target/cifar-10-batches-py/{name}" for name in names),
    }
    assert len(site.asked) == 6


def test_a_closed_form(cached, site, monkeypatch):
    """Two reviews and two words, by hand; the order for the seed is that of NumPy's RandomState."""
    texts = np.empty(2, object)
    texts[:] = [[1, 2, 1], [2]]
    content = npz(x_train=texts, y_train=np.array([0, 1]), x_test=texts, y_test=np.array([0, 1]))
    digest = hashlib.sha256(content).hexdigest()
    monkeypatch.setitem(sources.SOURCES, "imdb.npz", sources.Source(site.add("imdb.npz", content), digest))
    (x_train, y_train), _ = datasets.imdb.load_data(num_words=5)
    order = np.arange(2)
    np.random.RandomState(113).shuffle(order)
    expected = {0: [1, 4, 2, 4], 1: [1, 2]}
    assert x_train.tolist() == [expected[place] for place in order]
    assert y_train.tolist() == order.tolist()


MISTAKES = [
    ("cifar100.load_data", {"label_mode": "rough"}, "label_mode must be 'fine' or 'coarse'"),
    ("california_housing.load_data", {"version": "huge"}, "version must be 'large' or 'small'"),
    ("california_housing.load_data", {"test_split": 1}, "test_split"),
    ("boston_housing.load_data", {"test_split": -0.1}, "test_split"),
    ("imdb.load_data", {"maxlen": 1}, "maxlen=1 keeps no text"),
    ("reuters.load_data", {"maxlen": 1}, "maxlen=1 keeps no text"),
    ("imdb.load_data", {"nb_words": 10}, "no argument 'nb_words'"),
]


@pytest.mark.parametrize(("name", "given", "words"), MISTAKES, ids=lambda value: str(value))
def test_mistakes(name, given, words, cached):
    room, function = name.split(".")
    with pytest.raises((ValueError, TypeError), match=words):
        getattr(getattr(datasets, room), function)(**given)


def test_without_a_connection(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setitem(sources.SOURCES, "mnist.npz", sources.Source("http://127.0.0.1:9/mnist.npz", "0" * 64))
    with pytest.raises(OSError, match="Without a connection") as caught:
        datasets.mnist.load_data()
    assert str(tmp_path / "datasets" / "mnist.npz") in str(caught.value)


# --- nothing in a file is run ---------------------------------------------------------------------------------------


class Call:
    """Pickled as a call of a function with arguments."""

    def __init__(self, function, *args, state=None):
        self.call = (function, args) if state is None else (function, args, state)

    def __reduce__(self):
        return self.call


def array_with(state):
    return Call(np.array(0).__reduce__()[0], np.ndarray, (0,), b"b", state=state)


OBJECTS = np.dtype(object)
HOSTILE = {
    "os.system": Call(os.system, "touch hacked"),
    "eval": Call(eval, "open('hacked', 'w')"),
    "a call of a call": Call(getattr, Call(__import__, "os"), "getpid"),
    "in a list": [Call(os.system, "touch hacked")],
    "in a dictionary": {b"data": Call(os.system, "touch hacked")},
    "a type of NumPy": Call(np.ndarray, (10**12,)),
    "a reader of NumPy": Call(np.fromfile, "/etc/passwd"),
    "numbers for objects": array_with((1, (1,), OBJECTS, False, b"\x01" * 8)),
    "objects that are no lists": array_with((1, (2,), OBJECTS, False, [1, 2])),
    "an array in an array": array_with((1, (1,), OBJECTS, False, [np.arange(3)])),
    "more numbers than there are": array_with((1, (10**12,), np.dtype("f8"), False, bytes(8))),
    "a shape below nothing": array_with((1, (-1,), np.dtype("f8"), False, bytes(8))),
    "a shape of texts": array_with((1, ("x",), np.dtype("f8"), False, bytes(8))),
    "records": array_with((1, (1,), np.dtype([("a", "O")]), False, bytes(8))),
    "a float of one byte": array_with(
        (1, (8,), Call(np.dtype, "f1", state=np.dtype("f8").__reduce__()[2]), False, bytes(8))
    ),
    "33 axes": array_with((1, (1,) * 65, np.dtype("u1"), False, bytes(1))),
    "no state": array_with(None),
    "half a state": array_with((1, (1,))),
    "no dtype": array_with((1, (1,), "f8", False, bytes(8))),
}


@pytest.mark.parametrize("protocol", [0, 2, 4])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_pickle_is_refused(name, protocol, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    content = pickle.dumps(HOSTILE[name], protocol)
    with pytest.raises(FileError) as caught:
        pickles.load_pickle(io.BytesIO(content), encoding="bytes")
    assert len(str(caught.value)) <= 300
    assert not Path("hacked").exists()


STATES = {
    "of a function": b"cnumpy\ndtype\n}b.",
    "of a type": b"cnumpy\nndarray\n(N}tb.",
    "attributes": b"cnumpy\ndtype\n(N(dS'kind'\nS'array'\nstb.",
}


@pytest.mark.parametrize("content", STATES.values(), ids=STATES)
def test_a_pickle_changes_no_function(content):
    with pytest.raises(FileError, match="changes a function"):
        pickles.load_pickle(io.BytesIO(content))


@pytest.mark.parametrize("protocol", [3, 4])
@pytest.mark.parametrize("dtype", ["<i8", ">f4", "u1", "?", "<f2"])
def test_arrays_are_read_as_numpy_reads_them(dtype, protocol):
    array = np.asfortranarray((RNG.normal(size=(3, 4)) * 50).astype(dtype))
    got = pickles.load_pickle(io.BytesIO(pickle.dumps(array, protocol)))
    assert (got.dtype, got.tolist()) == (array.dtype, array.tolist())


@pytest.mark.parametrize("content", [b"", b"x", FILES["mnist.npz"][:200], npz(x=np.array([{}], object))])
def test_a_file_that_is_none(content, tmp_path):
    path = tmp_path / "imdb.npz"
    path.write_bytes(content)
    with pytest.raises(FileError, match=r"^'imdb\.npz"):
        pickles.load_npz(str(path))


@pytest.mark.parametrize("content", [b"", idx(labels(3))[:20], gzip.compress(b"\0\0\x08\x01\0\0\0\x09abc")])
def test_a_damaged_file_of_fashion_mnist(content, cached, site, monkeypatch):
    name = "train-labels-idx1-ubyte.gz"
    monkeypatch.setitem(sources.SOURCES, name, sources.Source(site.add(name, content)))
    with pytest.raises(FileError, match=name):
        datasets.fashion_mnist.load_data()
