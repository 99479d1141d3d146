"""Writes HDF5: groups within groups, and arrays in them, one after another; equal content gives equal bytes.

The arrays come first in the file, so that all that points to them is known when it is written, and what describes them
comes after, each thing after those it points to.
"""

import struct
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from nbkeras.saving.hdf5_format import (
    ATTRIBUTE,
    DATASPACE,
    DATATYPE,
    FILL_VALUE,
    GROUP_HEADER,
    LAYOUT,
    SIGNATURE,
    SUPERBLOCK,
    SYMBOL,
    UNDEFINED,
    datatype,
)

__all__ = ["Group", "write"]

LEAF, NODE = 4, 16  # half the number of entries in a leaf and in a node of a group
SIMPLE = struct.pack("<BBBB4x", 1, 0, 0, 0)  # the dataspace of a scalar
TEXT = struct.pack("<BBBBI", 0x19, 0x01, 0x01, 0, 16) + datatype(np.dtype("u1"))  # UTF-8 of any length
BLOCK = 2**24  # bytes that are copied at once, where an array cannot be written as it lies


class Group(dict):  # type: ignore[type-arg]
    """Members of a group by name, arrays or groups, and the name that the group says it has."""

    title: str | None = None

    def make(self, path: str) -> "Group":
        """The group at `path`, made with all above it if it is not there."""
        group = self
        for name in filter(None, path.split("/")):
            group = group.setdefault(name, Group())
        return group


def write(root: Group, put: Callable[[Any], Any]) -> None:
    """Writes a file by calling `put` on one piece of it after another.

    Args:
        root: the groups and arrays. Arrays are of floats, integers or booleans.
        put: as `file.write`.
    """
    address = SUPERBLOCK.size + SYMBOL.size
    places = {}
    for array in _arrays(root):
        places[id(array)] = address
        address += _padded(array.nbytes)
    tail = _Tail(address, places, sorted(_titles(root)))
    entry = tail.group(root)
    end = address + len(tail.blocks)
    put(SUPERBLOCK.pack(SIGNATURE, 0, 0, 0, 0, 8, 8, LEAF, NODE, 0, 0, UNDEFINED, end, UNDEFINED))
    put(entry)
    for array in _arrays(root):
        _put_array(array, put)
    put(tail.blocks)


def _put_array(array: np.ndarray, put: Callable[[Any], Any]) -> None:
    flat = np.ascontiguousarray(array).reshape(-1).view(np.uint8)
    for start in range(0, len(flat), BLOCK):
        put(flat[start : start + BLOCK].data)
    put(bytes(_padded(array.nbytes) - array.nbytes))


def _arrays(group: Group) -> Iterator[np.ndarray]:
    for _, member in sorted(group.items()):
        if isinstance(member, Group):
            yield from _arrays(member)
        else:
            yield member


def _titles(group: Group) -> set[str]:
    found = {group.title} if group.title is not None else set()
    return found.union(*(_titles(member) for member in group.values() if isinstance(member, Group)))


def _padded(size: int) -> int:
    return -(-size // 8) * 8


def _pad(block: bytes) -> bytes:
    return block + bytes(_padded(len(block)) - len(block))


def _header(messages: list[tuple[int, bytes]]) -> bytes:
    """The header of an object."""
    blocks = [struct.pack("<HHB3x", kind, _padded(len(body)), 0) + _pad(body) for kind, body in messages]
    size = sum(map(len, blocks))
    return struct.pack("<BxHII4x", 1, len(messages), 1, size) + b"".join(blocks)


class _Tail:
    """The blocks that describe groups and arrays, which begin at `base`."""

    def __init__(self, base: int, places: dict[int, int], titles: list[str]) -> None:
        self.base = base
        self.blocks = bytearray()
        self._places = places
        self._titles: dict[str, bytes] = self._texts(titles) if titles else {}

    @property
    def end(self) -> int:
        return self.base + len(self.blocks)

    def add(self, block: bytes) -> int:
        """Appends a block and returns its address."""
        address = self.end
        self.blocks += _pad(block)
        return address

    def group(self, group: Group) -> bytes:
        """Appends a group after its members and returns the entry that leads to it."""
        heap, offsets = bytearray(8), []
        entries = []
        for name, member in sorted((name.encode(), member) for name, member in group.items()):
            offsets.append(len(heap))
            entry = self.group(member) if isinstance(member, Group) else self.array(member)
            entries.append(struct.pack("<Q", len(heap)) + entry[8:])
            heap += _pad(name + b"\0")
        node = self._nodes(0, self._leaves(entries, offsets))
        names = self.add(bytes(heap))
        names = self.add(struct.pack("<4sB3xQQQ", b"HEAP", 0, len(heap), 1, names))
        cache = struct.pack("<QQ", node, names)
        messages = [(GROUP_HEADER, cache)]
        if group.title is not None:
            messages.append((ATTRIBUTE, self._titles[group.title]))
        return SYMBOL.pack(0, self.add(_header(messages)), 1, cache)

    def array(self, array: np.ndarray) -> bytes:
        """Appends what describes an array and returns the entry that leads to it."""
        shape = struct.pack(f"<BBBx4x{array.ndim}Q", 1, array.ndim, 0, *array.shape)
        place = self._places[id(array)] if array.nbytes else UNDEFINED
        messages = [
            (DATASPACE, shape),
            (DATATYPE, datatype(array.dtype)),
            (FILL_VALUE, struct.pack("<4BI", 2, 2, 2, 1, 0)),
            (LAYOUT, struct.pack("<BBQQ", 3, 1, place, array.nbytes)),
        ]
        return SYMBOL.pack(0, self.add(_header(messages)), 0, bytes(16))

    def _leaves(self, entries: list[bytes], offsets: list[int]) -> list[tuple[int, int]]:
        """Appends the entries of a group, some in a leaf; the last name and the address of each leaf."""
        leaves = []
        for start in range(0, len(entries), 2 * LEAF):
            some = entries[start : start + 2 * LEAF]
            body = b"".join(some).ljust(2 * LEAF * SYMBOL.size, b"\0")
            leaves.append(
                (offsets[start + len(some) - 1], self.add(struct.pack("<4sBxH", b"SNOD", 1, len(some)) + body))
            )
        return leaves

    def _nodes(self, level: int, children: list[tuple[int, int]]) -> int:
        """Appends the tree of nodes over `children` and returns the address of its root."""
        batches = [children[start : start + 2 * NODE] for start in range(0, len(children), 2 * NODE)] or [[]]
        size = 24 + 8 * (4 * NODE + 1)
        first, start, nodes = 0, self.end, []
        for number, batch in enumerate(batches):
            left = start + (number - 1) * size if number else UNDEFINED
            right = start + (number + 1) * size if number + 1 < len(batches) else UNDEFINED
            head = struct.pack("<4sBBHQQQ", b"TREE", 0, level, len(batch), left, right, first)
            body = b"".join(struct.pack("<QQ", address, last) for last, address in batch)
            first = batch[-1][0] if batch else 0
            nodes.append((first, self.add((head + body).ljust(size, b"\0"))))
        return nodes[0][1] if len(nodes) == 1 else self._nodes(level + 1, nodes)

    def _texts(self, texts: list[str]) -> dict[str, bytes]:
        """Appends texts, which lie in a heap of their own, and returns by text the attribute `name` of that value."""
        encoded = [text.encode() for text in texts]
        objects = b"".join(
            struct.pack("<HH4xQ", number, 1, len(text)) + _pad(text) for number, text in enumerate(encoded, 1)
        )
        size = max(4096, 16 + len(objects) + 16)
        free = struct.pack("<HH4xQ", 0, 0, size - 16 - len(objects))
        heap = struct.pack("<4sB3xQ", b"GCOL", 1, size) + objects + free
        address = self.add(heap.ljust(size, b"\0"))
        head = struct.pack("<BxHHH", 1, 5, len(TEXT), len(SIMPLE)) + _pad(b"name\0") + _pad(TEXT) + SIMPLE
        return {
            text: head + struct.pack("<IQI", len(encoded[number - 1]), address, number)
            for number, text in enumerate(texts, 1)
        }
