"""HDF5 as h5py writes and reads it."""

import io

import h5py
import numpy as np
import pytest

from nbkeras.saving import FileError
from nbkeras.saving.hdf5_read import read
from nbkeras.saving.hdf5_write import Group, write

DTYPES = ("f2", "f4", "f8", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "?")
SHAPES = ((), (1,), (3, 4), (0,), (2, 0, 3), (2, 3, 4, 5, 6))


def numbers(dtype, shape):
    return (np.arange(np.prod(shape, dtype=int)).reshape(shape) % 7).astype(dtype)


def written(root):
    file = io.BytesIO()
    write(root, file.write)
    return file.getvalue()


def group_of(arrays, title=None):
    root = Group()
    for path, value in arrays.items():
        group, _, name = path.rpartition("/")
        inner = root.make(group)
        inner.title = title
        inner[name] = value
    return root


def h5py_written(arrays):
    file = io.BytesIO()
    with h5py.File(file, "w") as opened:
        for path, value in arrays.items():
            opened[path] = value
    return file.getvalue()


def found(content, most=10_000):
    groups = read(content, most)
    return {
        f"{path}/{name}".strip("/"): s.values(content) for path, group in groups.items() for name, s in group.items()
    }


def assert_same(got, expected):
    assert got.keys() == expected.keys()
    for path, value in expected.items():
        assert got[path].dtype == value.dtype
        assert got[path].shape == value.shape
        np.testing.assert_array_equal(got[path], value)


EVERY = {f"a/{dtype.replace('?', 'b')}/{len(shape)}": numbers(dtype, shape) for dtype in DTYPES for shape in SHAPES}
CASES = {
    "nothing": {},
    "every dtype and shape": EVERY,
    "big-endian": {f"x/{dtype[1:]}": numbers(dtype, (2, 3)) for dtype in (">f2", ">f4", ">f8", ">i4", ">u2")},
    "in the root": {"0": numbers("f4", (2,)), "1": numbers("f4", (3,))},
    "8, 9, 256 and 257 in a group": {
        f"{count}/{i}": numbers("f4", (i % 3,)) for count in (8, 9, 256, 257) for i in range(count)
    },
    "9,000 in a group": {f"layers/dense_{i}/vars/0": numbers("f4", (1,)) for i in range(3000)},
    "groups in groups": {"/".join("abcdefghij" * 3): numbers("f4", (2,))},
    "names of other languages": {"schicht_ä/層/0": numbers("f4", (2,))},
}


@pytest.mark.parametrize("arrays", CASES.values(), ids=CASES)
def test_h5py_reads_what_is_written(arrays):
    with h5py.File(io.BytesIO(written(group_of(arrays))), "r") as file:
        got = {}
        file.visititems(lambda path, item: got.update({path: item[()]}) if isinstance(item, h5py.Dataset) else None)
    assert_same({path: np.asarray(value) for path, value in got.items()}, arrays)


@pytest.mark.parametrize("name", [name for name in CASES if name != "names of other languages"])
def test_what_h5py_writes_is_read(name):
    assert_same(found(h5py_written(CASES[name])), CASES[name])


@pytest.mark.parametrize("arrays", CASES.values(), ids=CASES)
def test_what_is_written_is_read(arrays):
    assert_same(found(written(group_of(arrays))), arrays)


def test_groups_say_their_names():
    content = written(group_of(CASES["8, 9, 256 and 257 in a group"], title="schicht ä"))
    with h5py.File(io.BytesIO(content), "r") as file:
        assert {dict(group.attrs)["name"] for group in file.values()} == {"schicht ä"}


def test_equal_content_gives_equal_bytes():
    forwards, backwards = dict(EVERY), dict(reversed(EVERY.items()))
    assert written(group_of(forwards)) == written(group_of(backwards))


def test_an_array_that_does_not_lie_in_one_piece():
    values = np.arange(12.0).reshape(3, 4).T[:, ::2]
    assert_same(found(written(group_of({"x": values}))), {"x": values})


@pytest.mark.parametrize("seed", range(40))
def test_damage_is_refused_or_harmless(seed):
    """Bytes that are changed at random, mostly in what describes the arrays, give an error or arrays, and end."""
    draw = np.random.default_rng(seed)
    content = bytearray(
        h5py_written({f"layers/dense_{i}/vars/{j}": numbers("f4", (2,)) for i in range(9) for j in "01"})
    )
    for _ in range(200):
        changed = bytearray(content)
        for place in draw.integers(0, len(content), draw.integers(1, 6)):
            changed[place] = draw.integers(256)
        if draw.random() < 0.3:
            changed = changed[: draw.integers(len(content))]
        try:
            found(bytes(changed), most=100)
        except FileError:
            continue
