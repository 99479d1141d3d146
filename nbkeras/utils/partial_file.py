"""A download that is not complete: what has arrived, kept for the next attempt, and locked while one is under way."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

__all__ = ["Partial", "locked", "partial_of"]


class Partial:
    """The bytes of a file that have arrived so far, in `.NAME.part` beside it.

    Attributes:
        file: open for reading and writing.
        path: of that file.
    """

    def __init__(self, file: BinaryIO, path: Path) -> None:
        self.file = file
        self.path = path
        self._note = path.with_name(f"{path.name}.json")

    @property
    def size(self) -> int:
        """Bytes that have arrived."""
        return self.file.seek(0, os.SEEK_END)

    def version(self, origin: str) -> str:
        """By what the server of `origin` names the version of the file that these bytes are of; empty: not known."""
        try:
            note = json.loads(self._note.read_text("utf-8"))
            return str(note["version"]) if note["origin"] == origin else ""
        except (OSError, ValueError, KeyError, TypeError):
            return ""

    def begin(self, origin: str = "", version: str = "") -> None:
        """Forgets what has arrived, and notes what will."""
        self.file.truncate(0)
        self.file.seek(0)
        if version:
            self._note.write_text(json.dumps({"origin": origin, "version": version}), "utf-8")
        else:
            self._note.unlink(missing_ok=True)

    def finish(self, target: Path) -> None:
        """Puts the complete file in its place, in one step."""
        self.file.flush()
        os.fsync(self.file.fileno())
        if os.name == "nt":  # where no open file can be renamed
            self.file.close()
        os.replace(self.path, target)
        self._note.unlink(missing_ok=True)

    def discard(self) -> None:
        """Removes it."""
        self.begin()
        if os.name == "nt":
            self.file.close()
        self.path.unlink(missing_ok=True)


@contextmanager
def partial_of(target: Path) -> Iterator[Partial]:
    """The partial file of `target`, which no other process has at the same time; waits until it is free."""
    path = target.with_name(f".{target.name}.part")
    while True:
        with open(path, "ab+") as file, locked(file):
            if not _is_still(file, path):  # whoever had it has renamed or removed it
                continue
            partial = Partial(file, path)
            try:
                yield partial
            finally:
                if not file.closed and _is_still(file, path) and not partial.size:
                    partial.discard()
            return


@contextmanager
def locked(file: Any) -> Iterator[None]:
    """Holds the lock of an open file, where there are locks; waits for it. It ends with the process at the latest."""
    with suppress(ImportError, OSError):  # Windows and WebAssembly have none, and some network file systems
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX)
    yield


def _is_still(file: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), os.stat(path))
    except FileNotFoundError:
        return False
