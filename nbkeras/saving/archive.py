"""The zip archive that a `.keras` file is: read without extracting anything, written with the same bytes every time."""

import stat
import zipfile
from collections.abc import Callable
from typing import Any, BinaryIO

from nbkeras.saving.errors import FileError

__all__ = ["Archive", "add_member"]

LARGEST_DIRECTORY = 2**20  # bytes of the list of members: 10,000 of them
SMALL = 2**20  # bytes that a member may always have
EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip archive knows


class Archive:
    """The members of an archive, all checked by what the archive says of them before one is read.

    Args:
        file: open for reading.
        needed: names of members that must be there.

    Raises:
        FileError: for what is no zip archive, or one with members that no writer of models makes: twice of one name,
            outside of the archive, links, encrypted.
    """

    def __init__(self, file: BinaryIO, needed: tuple[str, ...]) -> None:
        guarded = _Guarded(file)
        try:
            self._zip = zipfile.ZipFile(guarded)
        except zipfile.BadZipFile as error:
            raise FileError(f"is no .keras file, which is a zip archive: {error}") from None
        guarded.most = None
        self._members: dict[str, zipfile.ZipInfo] = {}
        for info in self._zip.infolist():
            _check_member(info)
            if info.filename in self._members:
                raise FileError("is there twice", info.filename)
            self._members[info.filename] = info
        for name in needed:
            if name not in self._members:
                raise FileError("is not there; every .keras file has it", name)
        for name, info in self._members.items():
            if name not in needed:  # what is read has a limit of its own
                _check_growth(info)

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def read(self, name: str, most: int) -> bytes:
        """The content of a member.

        Args:
            name: of the member.
            most: bytes that it may have.
        """
        info = self._members[name]
        if info.file_size > most:
            raise FileError(f"has {info.file_size:,} bytes, where at most {most:,} are expected", name)
        try:
            with self._zip.open(info) as member:
                content = member.read(info.file_size)
                surplus = member.read(1)  # the end of the member, where its checksum is compared
        except zipfile.BadZipFile as error:
            raise FileError(f"is damaged: {error}", name) from None
        if len(content) != info.file_size or surplus:
            raise FileError(f"has not the {info.file_size:,} bytes that the archive says", name)
        return content

    def size(self, name: str) -> int:
        """Bytes of a member's content."""
        return self._members[name].file_size

    def growth(self, name: str) -> int:
        """Bytes that a member may have without more being read from the disk than written to memory, about."""
        return max(SMALL, 4 * self._members[name].compress_size)


class _Guarded:
    """A file of which no more than `most` bytes are read at once, while that is set: the list of members is one read.

    `zipfile` reads the list, however long, before anybody can look at its length.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.most: int | None = LARGEST_DIRECTORY

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def read(self, count: int = -1) -> bytes:
        if self.most is None:
            return self._file.read(count)
        if count > self.most:
            raise FileError(f"has a list of members of {count:,} bytes, where at most {self.most:,} are expected")
        return self._file.read(self.most if count < 0 else count)  # to the end only for the last 65,557 bytes


def _check_member(info: zipfile.ZipInfo) -> None:
    name = info.filename
    parts = name.replace("\\", "/").split("/")
    if not name.isprintable() or name != info.orig_filename:
        raise FileError("has a name with characters that cannot be shown", info.orig_filename)
    if "\\" in name or ":" in name or not parts[0] or ".." in parts:
        raise FileError("has a name that leads out of the archive", name)
    if stat.S_ISLNK(info.external_attr >> 16):
        raise FileError("is a link, which no .keras file needs", name)
    if info.flag_bits & 0x1:
        raise FileError("is encrypted", name)
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise FileError(f"is compressed by method {info.compress_type}; only deflated members are read", name)


def _check_growth(info: zipfile.ZipInfo) -> None:
    if info.file_size > max(SMALL, 100 * info.compress_size):
        reason = f"would grow from {info.compress_size:,} to {info.file_size:,} bytes, as a bomb does"
        raise FileError(reason, info.filename)


def add_member(archive: zipfile.ZipFile, name: str, write: Callable[[Any], None]) -> None:
    """Adds a member, uncompressed and without a date, by calling `write` on a file."""
    info = zipfile.ZipInfo(name, EPOCH)
    info.create_system = 3  # wherever it is written
    info.external_attr = 0o644 << 16
    with archive.open(info, "w", force_zip64=True) as member:
        write(member)
