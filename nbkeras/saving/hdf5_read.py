"""Reads HDF5: finds every array of a file and where its numbers lie, without reading one of them.

Only what Keras writes is understood: groups, and arrays of numbers that lie in one piece. All else (links, filters,
external and virtual data, other types) is refused by name, and so is whatever points outside of the file, to one place
twice, or to more than was expected. There is no C library in between, so a damaged file can do no more than be refused.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from nbkeras.saving.errors import FileError
from nbkeras.saving.hdf5_format import (
    CONTINUATION,
    DATASPACE,
    DATATYPE,
    DTYPES,
    EXTERNAL,
    FILTERS,
    GROUP_HEADER,
    LAYOUT,
    LINK,
    LINK_INFO,
    SIGNATURE,
    SUPERBLOCK,
    SYMBOL,
    UNDEFINED,
)

__all__ = ["Reader", "Stored", "read"]

LARGEST_HEADER = 2**16  # bytes that the headers of all objects may take, and HEADER more for each object
HEADER = 1024
MOST_MESSAGES, MESSAGES = 1000, 16  # parts that these headers may have, and more for each object
DEEPEST = 64  # groups in groups
LONGEST_PATH = 1000
LARGEST_NODE = 1024  # entries in a node or leaf of a group's tree; Keras writes up to 32
LINKS = {1: "a soft link", 64: "an external link"}  # by the kind in a link message


@dataclass(frozen=True)
class Stored:
    """An array in a file: its shape and dtype, and the first byte of its numbers."""

    path: str
    shape: tuple[int, ...]
    dtype: np.dtype
    start: int

    def values(self, content: bytes) -> np.ndarray:
        """The numbers, which lie in `content`, the whole file."""
        flat = np.frombuffer(content, self.dtype, prod(self.shape), self.start if prod(self.shape) else 0)
        return flat.reshape(self.shape)


def read(content: bytes, most: int) -> dict[str, dict[str, Stored]]:
    """The arrays of a file, by the path of their group and by their name.

    Args:
        content: the whole file, bytes or a memory map.
        most: groups and arrays that it may have.

    Raises:
        FileError: for anything else than groups and plain arrays.
    """
    try:
        return Reader(content, most).groups()
    except struct.error:
        raise FileError("is cut off or damaged: it points outside of itself") from None


class Reader:
    """One reading of a file; each place in it is visited once."""

    def __init__(self, content: bytes, most: int) -> None:
        self.content = content
        self.most = most
        self.seen: set[int] = set()  # addresses of headers, nodes and leaves
        self.header_bytes = self.messages = 0

    def groups(self) -> dict[str, dict[str, Stored]]:
        found: dict[str, dict[str, Stored]] = {}
        waiting = [("", self._root())]
        while waiting:
            path, address = waiting.pop()
            if path.count("/") > DEEPEST:
                raise FileError(f"has groups in more than {DEEPEST} groups", path)
            messages = self._messages(address, path)
            if GROUP_HEADER not in messages:
                self._refuse_links(messages, path)
                group, _, name = path.rpartition("/")
                found.setdefault(group, {})[name] = self._array(messages, path)
                continue
            tree, heap = self._numbers("<QQ", messages[GROUP_HEADER][0])
            names = self._names(heap, path)
            waiting += [(f"{path}/{name}".strip("/"), header) for name, header in self._members(tree, names, path)]
            self._check_count(len(waiting), path)
        return found

    def _root(self) -> int:
        if self.content[: len(SIGNATURE)] != SIGNATURE:
            raise FileError("is no HDF5 file: it does not begin as one")
        fields = SUPERBLOCK.unpack_from(self.content, 0)
        version, sizes, base, end = fields[1], fields[5:7], fields[10], fields[12]
        if version != 0 or sizes != (8, 8) or base != 0:
            raise FileError(f"is of HDF5's format {version}; Keras writes format 0, and only that is read")
        if end > len(self.content):
            raise FileError(f"is cut off: it has {len(self.content):,} bytes of {end:,}")
        self.leaf, self.node = 2 * fields[7], 2 * fields[8]
        if max(self.leaf, self.node) > LARGEST_NODE:
            raise FileError("has groups with a tree of a kind that Keras does not write")
        return SYMBOL.unpack_from(self.content, SUPERBLOCK.size)[1]

    def _numbers(self, form: str, start: int) -> Any:
        return struct.unpack_from(form, self.content, self._checked(start, struct.calcsize(form)))

    def _checked(self, start: int, size: int) -> int:
        if start + size > len(self.content):
            raise FileError("is cut off or damaged: it points outside of itself")
        return start

    def _visit(self, address: int, path: str) -> None:
        if address in self.seen:
            raise FileError("is there twice, under two names, or holds itself", path)
        self.seen.add(address)
        self._check_count(len(self.seen) // 4, path)  # each has a header, and a group nodes and leaves besides

    def _check_count(self, count: int, path: str) -> None:
        if count > self.most:
            raise FileError(f"has more than the {self.most:,} groups and arrays that are expected", path)

    def _messages(self, address: int, path: str) -> dict[int, list[int]]:
        """Where the messages in the header of an object begin, by their kind."""
        self._visit(address, path)
        version, _, _, size = self._numbers("<BxHII", address)
        if version != 1:
            raise FileError("has a header that Keras does not write", path)
        blocks = [(address + 16, size)]
        found: dict[int, list[int]] = {}
        for start, length in blocks:
            self.header_bytes += length
            if self.header_bytes > LARGEST_HEADER + HEADER * self.most:
                raise FileError("has headers much longer than Keras writes", path)
            at, end = self._checked(start, length), start + length
            while at + 8 <= end:
                kind, size, flags = self._numbers("<HHB", at)
                at += 8
                self.messages += 1
                if self.messages > MOST_MESSAGES + MESSAGES * len(self.seen):
                    raise FileError("has headers of more parts than Keras writes", path)
                if at + size > end or flags & 0x02:
                    raise FileError("has a damaged header", path)
                if kind == CONTINUATION:
                    offset, length = self._numbers("<QQ", at)
                    blocks.append((offset, max(length, 8)))
                found.setdefault(kind, []).append(at)
                at += size
        return found

    # --- groups -------------------------------------------------------------------------------------------------

    def _refuse_links(self, messages: dict[int, list[int]], path: str) -> None:
        """Refuses a group of the newer kind, which is the one that holds links."""
        for at in messages.get(LINK, []):
            _, flags, kind = self._numbers("<BBB", at)
            if flags & 0x08 and kind in LINKS:
                raise FileError(f"has {LINKS[kind]}, which no file of weights needs", path)
        if LINK in messages or LINK_INFO in messages:
            raise FileError("is a group of a kind that Keras does not write, which may hold links", path)

    def _names(self, heap: int, path: str) -> tuple[int, int]:
        """Where the names of a group's members, each ended by a zero, begin and end."""
        signature, size, _, start = self._numbers("<4s4xQQQ", heap)
        if signature != b"HEAP":
            raise FileError("has a damaged list of names", path)
        return self._checked(start, size), start + size

    def _members(self, tree: int, names: tuple[int, int], path: str) -> list[tuple[str, int]]:
        found: dict[str, int] = {}
        for leaf in self._leaves(tree, path):
            signature, count = self._numbers("<4s2xH", leaf)
            if signature != b"SNOD" or count > self.leaf:
                raise FileError("has a damaged list of members", path)
            for place in range(count):
                at = self._checked(leaf + 8 + place * SYMBOL.size, SYMBOL.size)
                offset, header, cache, _ = SYMBOL.unpack_from(self.content, at)
                name = self._name(names, offset, path)
                if cache == 2:
                    raise FileError("is a soft link, which no file of weights needs", f"{path}/{name}")
                if name in found:
                    raise FileError("is there twice", f"{path}/{name}")
                found[name] = header
            self._check_count(len(found), path)
        return list(found.items())

    def _name(self, names: tuple[int, int], offset: int, path: str) -> str:
        start, last = names[0] + offset, min(names[1], names[0] + offset + LONGEST_PATH)
        end = self.content.find(b"\0", start, last)
        try:
            name = self.content[start:end].decode("utf-8") if end > start else ""
        except UnicodeDecodeError:
            name = ""
        if not name or "/" in name or name in (".", ".."):
            raise FileError("has a member with a damaged name", path)
        if len(path) + len(name) > LONGEST_PATH:
            raise FileError("has names that are too long", path)
        return name

    def _leaves(self, tree: int, path: str) -> Iterator[int]:
        """The addresses of the leaves under a node, each node once."""
        waiting = [tree]
        while waiting:
            node = waiting.pop()
            self._visit(node, path)
            signature, kind, level, count = self._numbers("<4sBBH", node)
            if signature != b"TREE" or kind != 0 or count > self.node:
                raise FileError("has a damaged list of members", path)
            children = self._numbers(f"<{2 * count}Q", node + 32)[::2]
            if level:
                waiting += children
                self._check_count(len(waiting), path)
            else:
                for leaf in children:
                    self._visit(leaf, path)
                    yield leaf

    # --- arrays -------------------------------------------------------------------------------------------------

    def _array(self, messages: dict[int, list[int]], path: str) -> Stored:
        for kind, what in ((EXTERNAL, "lies in another file"), (FILTERS, "is compressed by an HDF5 filter")):
            if kind in messages:
                raise FileError(f"{what}, which Keras never writes; write the file anew with Keras", path)
        for kind in (DATASPACE, DATATYPE, LAYOUT):
            if len(messages.get(kind, ())) != 1:
                raise FileError("is neither a group nor an array", path)
        shape = self._shape(messages[DATASPACE][0], path)
        dtype = self._dtype(messages[DATATYPE][0], path)
        version, layout = self._numbers("<BB", messages[LAYOUT][0])
        if (version, layout) != (3, 1):
            what = "virtual" if layout == 3 else "not in one piece"
            raise FileError(f"is {what}, as Keras never writes an array; write the file anew with Keras", path)
        start, size = self._numbers("<QQ", messages[LAYOUT][0] + 2)
        if size != prod(shape) * dtype.itemsize:
            raise FileError(f"says it has shape {shape} of {dtype.name}, and {size:,} bytes", path)
        if size and (start == UNDEFINED or start + size > len(self.content)):
            raise FileError(f"says it has shape {shape}, but its {size:,} bytes are not in the file", path)
        return Stored(path, shape, dtype, start)

    def _shape(self, at: int, path: str) -> tuple[int, ...]:
        version, rank, _, kind = self._numbers("<4B", at)
        if version not in (1, 2) or rank > 32 or (version == 2 and kind == 2):
            raise FileError("has a shape that is none", path)
        return self._numbers(f"<{rank}Q", at + (8 if version == 1 else 4))

    def _dtype(self, at: int, path: str) -> np.dtype:
        for form, dtype in DTYPES.items():
            if self.content[at : at + len(form)] == form:
                return dtype
        raise FileError("is of a type that is none of floats, integers and booleans", path)
