"""Reads HDF5: arrays, as `hdf5_read` does, and attributes that are texts, in which older Keras kept what a model is.

A text has a fixed length and lies where it is named, or any length and lies in a heap.
"""

import struct
from math import prod
from typing import Any

from nbkeras.saving.errors import FileError
from nbkeras.saving.hdf5_format import ATTRIBUTE
from nbkeras.saving.hdf5_read import Reader, Stored

__all__ = ["read_with_texts"]

LARGEST = 2**24  # bytes of all texts
MOST = 2**17  # texts, and objects in all heaps
MOST_OBJECTS = 2**17  # groups and arrays: 5,000 layers with an optimizer take 70,000
FIXED, ANY_LENGTH = 3, 9  # classes of types
SMALLEST = 128  # bytes that a group or an array takes at least, with its entry


def read_with_texts(content: Any) -> tuple[dict[str, dict[str, Stored]], dict[str, dict[str, Any]]]:
    """The arrays of a file by group and name, and its texts by group and name: one, or a list.

    Raises:
        FileError: for anything else than groups, plain arrays and texts.
    """
    reader = _TextReader(content, most=min(64 + len(content) // SMALLEST, MOST_OBJECTS))
    try:
        return reader.groups(), reader.texts()
    except struct.error:
        raise FileError("is cut off or damaged: it points outside of itself") from None


class _TextReader(Reader):
    """Keeps where the attributes of each object are."""

    def __init__(self, content: Any, most: int) -> None:
        super().__init__(content, most)
        self._attributes: dict[str, list[int]] = {}
        self._left = LARGEST
        self._texts_left = self._objects_left = MOST
        self._heaps: dict[int, dict[int, tuple[int, int]]] = {}

    def _messages(self, address: int, path: str) -> dict[int, list[int]]:
        found = super()._messages(address, path)
        self._attributes[path] = found.get(ATTRIBUTE, [])
        return found

    def texts(self) -> dict[str, dict[str, Any]]:
        return {path: dict(self._attribute(at, path) for at in places) for path, places in self._attributes.items()}

    def _attribute(self, at: int, path: str) -> tuple[str, Any]:
        """The name and the value of an attribute; `None` for one that is no text."""
        version, _, *sizes = self._numbers("<BBHHH", at)
        if version not in (1, 2, 3):
            raise FileError("has an attribute of a kind that Keras does not write", path)
        start = at + (9 if version == 3 else 8)
        padded = [-(-size // 8) * 8 if version == 1 else size for size in sizes]
        name_at, type_at, space_at = (start + sum(padded[:place]) for place in range(3))
        name = bytes(self._part(name_at, sizes[0])).rstrip(b"\0").decode("utf-8", "replace")
        shape = self._attribute_shape(space_at, path)
        return name, self._value(type_at, start + sum(padded), shape, path)

    def _attribute_shape(self, at: int, path: str) -> tuple[int, ...]:
        version, _, _, kind = self._numbers("<4B", at)
        return (0,) if version == 2 and kind == 2 else self._shape(at, path)

    def _value(self, type_at: int, data_at: int, shape: tuple[int, ...], path: str) -> Any:
        head, bits, size = self._numbers("<BB2xI", type_at)
        kind, count = head & 0x0F, prod(shape)
        if kind in (FIXED, ANY_LENGTH):
            self._texts_left -= count
        if self._texts_left < 0:
            raise FileError(f"has attributes of more than {MOST:,} texts", path)
        if kind == FIXED:
            found = [bytes(self._part(data_at + place * size, size)).rstrip(b"\0") for place in range(count)]
        elif kind == ANY_LENGTH and bits & 0x0F == 1:
            found = [self._from_heap(data_at + 16 * place, path) for place in range(count)]
        else:
            return [] if not count else None
        try:
            texts = [text.decode("utf-8") for text in found]
        except UnicodeDecodeError:
            raise FileError("has an attribute that is no text", path) from None
        return texts if shape else texts[0]

    def _part(self, start: int, size: int) -> Any:
        self._left -= size
        if self._left < 0:
            raise FileError(f"has attributes of more than {LARGEST:,} bytes")
        return self.content[self._checked(start, size) : start + size]

    def _from_heap(self, at: int, path: str) -> bytes:
        length, heap, index = self._numbers("<IQI", at)
        if not length:
            return b""
        if heap not in self._heaps:
            self._heaps[heap] = dict(self._objects(heap, path))
        start, size = self._heaps[heap].get(index, (0, 0))
        if length > size:
            raise FileError("has a text that is not in the file", path)
        return bytes(self._part(start, length)).rstrip(b"\0")

    def _objects(self, heap: int, path: str) -> Any:
        """The number, the place and the size of each object in a heap."""
        signature, version, size = self._numbers("<4sB3xQ", heap)
        if signature != b"GCOL" or version != 1:
            raise FileError("has a damaged heap of texts", path)
        at, end = heap + 16, heap + size
        self._checked(heap, size)
        while at + 16 <= end:
            index, _, length = self._numbers("<HH4xQ", at)
            if not index:
                return
            self._objects_left -= 1
            if at + 16 + length > end or self._objects_left < 0:
                raise FileError("has a damaged heap of texts", path)
            yield index, (at + 16, length)
            at += 16 + -(-length // 8) * 8
