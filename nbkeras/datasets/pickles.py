"""Arrays that are stored as pickles, read without running anything that a pickle says.

A pickle names functions, calls them, and sets the state of what they return. Here the three names by which NumPy's
arrays are pickled lead to stand-ins that only note what they are given, and every other name is refused. The arrays are
made afterwards, of what was noted: NumPy's own way to set the state of a dtype or an array trusts what it is given.
What a pickle says of how much memory it needs is believed, as Python does before 3.15: no data set's pickle is read
before its hash is found to be the right one.
"""

import io
import pickle
import re
from math import prod
from typing import Any, BinaryIO

import numpy as np

from nbkeras.saving.errors import FileError, refusing

__all__ = ["load_npz", "load_pickle"]

ARRAY, DTYPE, TYPE = "array", "dtype", "type"
NAMES = {
    ("numpy.core.multiarray", "_reconstruct"): ARRAY,
    ("numpy._core.multiarray", "_reconstruct"): ARRAY,
    ("numpy", "dtype"): DTYPE,
    ("numpy", "ndarray"): TYPE,
}
PLAIN = re.compile(r"b1|[iu][1248]|f[248]|O8?")


class _Name:
    """What one of the names leads to: called, it gives a stand-in."""

    __slots__ = ("kind",)

    def __init__(self, kind: str) -> None:
        self.kind = kind

    def __call__(self, *given: Any) -> "_StandIn":
        if self.kind == TYPE:
            raise pickle.UnpicklingError("an array is made in another way than NumPy pickles one")
        return _StandIn(self.kind, given)

    def __setstate__(self, state: Any) -> None:
        raise pickle.UnpicklingError("it changes a function")


class _StandIn:
    """An array or a dtype that is to be made: what it is made of, and the state that it is to have."""

    __slots__ = ("given", "kind", "state")

    def __init__(self, kind: str, given: tuple[Any, ...]) -> None:
        self.kind, self.given, self.state = kind, given, None

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in NAMES:
            raise pickle.UnpicklingError(f"it names {module}.{name}, and only NumPy's arrays are read from a pickle")
        return _Name(NAMES[module, name])


def load_pickle(file: BinaryIO, encoding: str = "ASCII") -> Any:
    """The array in a pickle, or its dictionary with arrays as values.

    Args:
        file: open for reading.
        encoding: as of `pickle.load`: `"bytes"` for a pickle of Python 2.

    Raises:
        FileError: for a pickle of anything else.
    """
    try:
        found = _Unpickler(file, encoding=encoding).load()
    except RecursionError:
        raise
    except Exception as error:
        raise FileError(f"is no pickle of arrays: {error}") from None
    with refusing():
        return {key: _made(value) for key, value in found.items()} if isinstance(found, dict) else _made(found)


def load_npz(path: str) -> dict[str, Any]:
    """The arrays of an `.npz` file by name, those of objects read by `load_pickle`.

    Raises:
        FileError: for what is none, and for objects that are no lists of numbers.
    """
    import zipfile

    arrays = {}
    with refusing(path.rpartition("/")[2]), zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            with refusing(member=name):
                arrays[name.removesuffix(".npy")] = _load_npy(io.BytesIO(archive.read(name)))
    return arrays


def _load_npy(file: BinaryIO) -> Any:
    version = np.lib.format.read_magic(file)
    read_header = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    _, _, dtype = read_header(file)
    if dtype.hasobject:
        return load_pickle(file)
    file.seek(0)
    return np.lib.format.read_array(file, allow_pickle=False)


def _made(value: Any) -> Any:
    """The array that a stand-in stands for; anything else as it is."""
    if not isinstance(value, _StandIn):
        return value
    if value.kind != ARRAY or not isinstance(value.state, tuple) or len(value.state) != 5:
        raise FileError("holds an array that is not complete")
    _, shape, dtype, by_column, data = value.state
    dtype = _dtype(dtype)
    if not (isinstance(shape, tuple) and all(isinstance(size, int) and size >= 0 for size in shape)):
        raise FileError(f"holds an array of the shape {shape!r}")
    flat = _objects(data) if dtype.hasobject else _numbers(data, dtype)
    if len(flat) != prod(shape):
        raise FileError(f"holds an array of the shape {shape} with {len(flat):,} values")
    return flat.reshape(shape, order="F" if by_column else "C")


def _dtype(stand_in: Any) -> np.dtype:
    """The dtype, one of numbers or of objects, in the byte order of its state."""
    if not isinstance(stand_in, _StandIn) or stand_in.kind != DTYPE or not stand_in.given:
        raise FileError("holds an array without a dtype")
    name = stand_in.given[0]
    name = name.decode("ascii", "replace") if isinstance(name, bytes) else name
    state = stand_in.state
    order = state[1] if isinstance(state, tuple) and len(state) > 1 else "|"
    order = order.decode("ascii", "replace") if isinstance(order, bytes) else order
    if not isinstance(name, str) or not PLAIN.fullmatch(name) or order not in ("|", "<", ">", "="):
        raise FileError(f"holds an array of the dtype {name!r}, which is none of numbers or lists")
    return np.dtype(order + name)


def _numbers(data: Any, dtype: np.dtype) -> np.ndarray:
    if not isinstance(data, bytes) or len(data) % dtype.itemsize:
        raise FileError("holds an array whose numbers are damaged")
    return np.frombuffer(data, dtype).copy()


def _objects(data: Any) -> np.ndarray:
    if not isinstance(data, list) or not all(isinstance(value, list) and not _hides(value) for value in data):
        raise FileError("holds an array of objects that are no lists of numbers")
    flat = np.empty(len(data), object)
    for place, values in enumerate(data):  # at once, lists of one length would be taken for rows
        flat[place] = values
    return flat


def _hides(values: list[Any]) -> bool:
    """Whether anything in a list is no whole number."""
    return not {*map(type, values)} <= {int}
