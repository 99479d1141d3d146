"""Archives of data, unpacked whole or not at all: nothing outside of their folder, no links, no devices, no bombs."""

import os
import shutil
import stat
import tarfile
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from nbkeras.saving.errors import FileError, refusing
from nbkeras.utils.partial_file import locked

__all__ = ["unpack"]

LEAST_SIZE, GROWTH = 2**28, 100  # bytes that any archive may grow to, and how many times its size a larger one may
LEAST_COUNT, PLACE = 100_000, 256  # members that any may have, and bytes that each takes in a larger one at least
LARGEST_READ = 2**16  # bytes at once, also of what tar writes before a member, which it reads whole
DEEPEST, LONGEST_NAME = 100, 1000
FORMATS = ("tar", "zip")
COMPRESSED = {b"\x1f\x8b": "gzip", b"BZh": "bz2", b"\xfd7zXZ\0": "lzma"}


@dataclass(frozen=True)
class _Member:
    """A file or folder in an archive; `content` opens it."""

    name: str
    kind: str
    size: int
    content: Callable[[], Any]


def unpack(path: Path, folder: Path, archive_format: str | Sequence[str] | None = "auto") -> None:
    """Unpacks an archive into `folder`, beside what may be in it.

    Everything is unpacked to a temporary folder beside it first, so that an archive that is refused, damaged or
    interrupted leaves nothing.

    Args:
        path: of the archive.
        folder: exists afterwards.
        archive_format: `"tar"`, `"zip"`, some of them, or `"auto"`, both.

    Raises:
        FileError: a ValueError, for what is no archive of this format, and for one that is refused.
    """
    formats = _formats(archive_format)
    fresh = folder.with_name(f".{folder.name}.unpacking")
    with refusing(path.name), open(path, "rb") as file, locked(file):
        shutil.rmtree(fresh, ignore_errors=True)  # what a process left that was killed
        fresh.mkdir()
        try:
            for member in _checked(_members(file, formats), path.stat().st_size):
                with refusing(member=member.name):
                    _write(member, fresh)
            _move(fresh, folder)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)


def _formats(archive_format: str | Sequence[str] | None) -> Sequence[str]:
    chosen = FORMATS if archive_format == "auto" else archive_format or ()
    formats = [chosen] if isinstance(chosen, str) else list(chosen)
    if not formats or set(formats) - set(FORMATS):
        raise ValueError(f"archive_format must be 'auto', 'tar' or 'zip' for a file to unpack, got {archive_format!r}")
    return formats


def _members(file: BinaryIO, formats: Sequence[str]) -> Iterable[_Member]:
    """The members of an archive, in the first of the formats that it is in."""
    if "tar" in formats:
        stream: Any = _Stream(_decompressed(file))
        try:
            archive = tarfile.open(fileobj=stream, mode="r:")  # noqa: SIM115  (it holds nothing but the stream)
        except FileError:
            raise
        except Exception:  # of tar, or of what compresses it: then it may be a zip archive
            file.seek(0)
        else:
            return _of_tar(archive, stream)
    if "zip" in formats and zipfile.is_zipfile(file):
        return _of_zip(zipfile.ZipFile(file))
    raise FileError(f"is no archive of the format {' or '.join(formats)}")


# --- zip ------------------------------------------------------------------------------------------------------------


def _of_zip(archive: zipfile.ZipFile) -> list[_Member]:
    return [
        _Member(info.orig_filename, _kind_in_zip(info), info.file_size, partial(archive.open, info))
        for info in archive.infolist()
    ]


def _kind_in_zip(info: zipfile.ZipInfo) -> str:
    mode = info.external_attr >> 16
    if stat.S_ISLNK(mode):
        return "a link"
    if info.flag_bits & 0x1:
        return "encrypted"
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "a device"
    return "a folder" if info.is_dir() else "a file"


# --- tar ------------------------------------------------------------------------------------------------------------


class _Stream:
    """A tar archive as `tarfile` reads it, of which no header can make it read more than a little at once."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.seek, self.tell = file.seek, file.tell

    def read(self, count: int) -> bytes:
        if not 0 <= count <= LARGEST_READ:
            raise FileError(f"has a header of {count:,} bytes, where 0 to {LARGEST_READ:,} are expected")
        return self._file.read(count)


def _decompressed(file: BinaryIO) -> Any:
    import importlib

    start = file.read(8)
    file.seek(0)
    for signature, module in COMPRESSED.items():
        if start.startswith(signature):
            return importlib.import_module(module).open(file, "rb")
    return file


def _of_tar(archive: Any, stream: _Stream) -> Iterator[_Member]:
    while (info := archive.next()) is not None:
        archive.members = []  # it would keep them all
        yield _Member(info.name, _kind_in_tar(info), info.size, partial(_content, archive, info))
    stream.seek(archive.offset)
    if stream.read(tarfile.BLOCKSIZE).strip(b"\0"):  # `tarfile` takes whatever it cannot read for the end
        raise FileError("is cut off or damaged")


def _content(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Any:
    return archive.extractfile(info)


def _kind_in_tar(info: tarfile.TarInfo) -> str:
    if info.issym() or info.islnk():
        return "a link"
    if info.isdir():
        return "a folder"
    return "a file" if info.isreg() else "a device"


# --- both -----------------------------------------------------------------------------------------------------------


def _checked(members: Iterable[_Member], size: int) -> Iterator[_Member]:
    """The members, all of a list of them checked before the first is written; of a stream, each in its turn."""
    most, most_members = max(LEAST_SIZE, GROWTH * size), max(LEAST_COUNT, size // PLACE)
    total = 0

    def check(number: int, member: _Member) -> _Member:
        nonlocal total
        with refusing(member=member.name):
            _check_name(member.name)
            if member.kind not in ("a file", "a folder"):
                raise FileError(f"is {member.kind}, which is not unpacked; unpack the archive yourself if you trust it")
            total += member.size
            if member.size < 0:
                raise FileError(f"has {member.size:,} bytes, which no file has")
            if total > most or number >= most_members:
                raise FileError(f"makes the archive grow to {total:,} bytes in {number + 1:,} members, as a bomb does")
        return member

    if isinstance(members, list):
        members = [check(number, member) for number, member in enumerate(members)]
        return iter(members)
    return (check(number, member) for number, member in enumerate(members))


def _check_name(name: str) -> None:
    parts = name.replace("\\", "/").split("/")
    if any(ord(sign) < 32 or ord(sign) == 127 for sign in name):
        raise FileError("has a name with characters that cannot be shown")
    drive = os.name == "nt" and ":" in name or len(parts[0]) == 2 and parts[0][1] == ":"
    if not parts[0] or ".." in parts or drive:
        raise FileError("has a name that leads out of the archive")
    if len(parts) > DEEPEST or len(name) > LONGEST_NAME:
        raise FileError("has a name that is too long, or folders too deep")


def _write(member: _Member, folder: Path) -> None:
    """Writes a member below `folder`, which holds nothing but what was written so, hence no link."""
    target = folder.joinpath(*PurePosixPath(member.name).parts)
    if member.kind == "a folder":
        target.mkdir(parents=True, exist_ok=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        file = open(target, "xb")  # noqa: SIM115  (to tell its error from those of reading)
    except FileExistsError:
        raise FileError("is there twice") from None
    left = member.size
    with file, member.content() as content:
        while piece := content.read(min(LARGEST_READ, left + 1)):
            left -= len(piece)
            if left < 0:
                break
            file.write(piece)
    if left:
        raise FileError(f"has not the {member.size:,} bytes that the archive says")


def _move(fresh: Path, folder: Path) -> None:
    """Brings what was unpacked to its place: in one step where there was nothing, else file by file."""
    if not folder.exists():
        os.rename(fresh, folder)
        return
    whole = Path(os.path.realpath(folder))
    for source in sorted(fresh.rglob("*")):
        target = whole / source.relative_to(fresh)
        if target.parent != Path(os.path.realpath(target.parent)):
            raise FileError(f"would be unpacked through a link at '{target.parent}'")
        if source.is_dir():
            target.mkdir(exist_ok=True)
        else:
            os.replace(source, target)
