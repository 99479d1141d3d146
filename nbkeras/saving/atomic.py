"""Files that are written whole or not at all.

What is written goes to a temporary file in the same folder, `.NAME.RANDOM.tmp`, reaches the disk, and then takes the
place of the old file in one step. Whatever happens in between, the old file or the new one is there, whole.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

__all__ = ["replacing"]


@contextmanager
def replacing(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """A new file to write to, which takes the place of `path` when the block ends without an error.

    Temporary files that processes left which ended while they wrote are removed.

    Args:
        path: the file; where it is a link, what it leads to. Its folder must exist.

    Example:
        >>> with replacing("scores.txt") as file:
        ...     file.write(b"0.93")
    """
    target = Path(os.path.realpath(path))
    _sweep(target)
    file, temporary = _temporary(target)
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            if os.name != "nt":  # Windows renames no open file; elsewhere the lock holds until the name is the new one
                os.replace(temporary, target)
        if os.name == "nt":
            os.replace(temporary, target)
    except BaseException as error:
        if isinstance(error, OSError) and error.errno == errno.ENOSPC and error.filename is None:
            error.filename = os.fspath(path)  # the system does not say which disk is full
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    _sync_folder(target.parent)


def _temporary(target: Path) -> tuple[BinaryIO, Path]:
    """A new file beside `target`, locked, with the permissions of any new file."""
    while True:
        path = target.with_name(f".{target.name}.{os.urandom(4).hex()}.tmp")
        file = open(path, "xb+")  # noqa: SIM115  (whoever asked for it closes it)
        if _lock(file) and path.exists():  # another process may have swept it before it was locked
            return file, path
        file.close()


def _sweep(target: Path) -> None:
    """Removes the temporary files of `target` that no process writes any more: the lock of each ended with it."""
    prefix = f".{target.name}."
    with os.scandir(target.parent) as entries:
        named = [entry for entry in entries if entry.name.startswith(prefix) and entry.name.endswith(".tmp")]
    for entry in named:
        if not entry.is_file(follow_symlinks=False):
            continue
        with suppress(OSError), open(entry.path, "rb+") as file:
            if not _lock(file):
                continue
        with suppress(OSError):  # on Windows, one that is still open
            os.unlink(entry.path)


def _lock(file: Any) -> bool:
    """Locks `file` for this process; False if another one holds it."""
    try:
        import fcntl
    except ImportError:  # Windows and WebAssembly have none
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # a file system without locks
        return True
    return True


def _sync_folder(folder: Path) -> None:
    """Brings the new name to the disk, where folders can be opened."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
