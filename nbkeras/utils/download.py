"""Downloads that go on where they were cut off, are checked, and take the place of a file whole."""

import logging
import re
import shutil
import sys
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from nbkeras.callbacks import Progbar
from nbkeras.config import is_interactive_logging_enabled
from nbkeras.utils.digest import Digest
from nbkeras.utils.partial_file import Partial, partial_of

__all__ = ["DownloadError", "download", "say"]

ATTEMPTS = 10  # at connections that break off after some bytes
PATIENCE = 60  # seconds without a byte
CHUNK = 2**16
SPARE = 2**28  # bytes of the disk that stay free, whatever a server sends
UNSATISFIABLE = 416  # the status of a range that the file does not have


class DownloadError(OSError):
    """A file that did not arrive: no connection, no such file, or one that ended too early again and again."""


class _Incomplete(Exception):
    """A connection that ended before the file did."""


class _NoRoom(Exception):
    """A file that would fill the disk."""


def download(origin: str, target: Path, digest: Digest | None, anew: bool = False) -> None:
    """Fetches the file at `origin` to `target`.

    What arrived before a connection broke off is kept beside it, also for the next call, which asks the server for the
    rest: of the same version, by the name that the server gave it, or if the digest tells whether the parts fit.

    Args:
        origin: its address.
        target: where it comes to stand, when it is complete and has the digest.
        digest: what its hash must be.
        anew: whether to fetch a file that is there, and to forget what arrived earlier.

    Raises:
        DownloadError: where it does not arrive, or would fill the disk.
        ValueError: where it does not have the digest; then nothing of it is kept.
    """
    with partial_of(target) as partial:
        if not anew and target.exists() and (digest is None or digest.fits(target)):
            return  # another process fetched it while this one waited
        if anew or not (digest or partial.version(origin)):
            partial.begin()
        say(f"Downloading data from {origin}")
        continued = partial.size > 0
        _receive(origin, partial, target, digest)
        if digest and continued and not digest.fits(partial.path):
            partial.begin()  # the old part was of another file
            _receive(origin, partial, target, digest)
        if digest and (got := digest.of(partial.path)) != digest.digits:
            partial.discard()
            raise ValueError(
                f"'{target.name}' must have the {digest.algorithm} hash {digest.digits}, but what {origin} sends has "
                f"{got}: it is incomplete, damaged or another file. Nothing was kept; check the address and the hash"
            )
        partial.finish(target)


def say(line: str) -> None:
    """Prints a line, or sends it to the logger "nbkeras" where interactive logging is off."""
    if is_interactive_logging_enabled():
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    else:
        logging.getLogger("nbkeras").info(line)


def _receive(origin: str, partial: Partial, target: Path, digest: Digest | None) -> None:
    """Brings all bytes into `partial`, by as many connections as it takes."""
    bar: list[Progbar] = []
    for _ in range(ATTEMPTS):
        before = partial.size
        try:
            _connect(origin, partial, digest, bar)
            partial.file.flush()
            return
        except HTTPError as error:
            error.close()
            if error.code == UNSATISFIABLE and before:
                partial.begin()
                continue
            reason = f"the server says {error.code} {error.reason}"
            break
        except _NoRoom as error:
            partial.begin()
            reason = str(error)
            break
        except (_Incomplete, OSError, HTTPException) as error:
            reason = str(getattr(error, "reason", "")) or str(error) or type(error).__name__
            if partial.size == before:  # less is a new beginning
                break
    kept = f" {partial.size:,} bytes have arrived, and the next call goes on from there." if partial.size else ""
    raise DownloadError(
        f"get_file expects a file at {origin}, but could not fetch it: {reason}.{kept} Without a connection, fetch it "
        f"elsewhere and put it at '{target}'"
    )


def _connect(origin: str, partial: Partial, digest: Digest | None, bar: list[Progbar]) -> None:
    """Appends to `partial` what one connection gives."""
    version = partial.version(origin)
    headers = {"Range": f"bytes={partial.size}-"} if partial.size and (version or digest) else {}
    if headers and version:
        headers["If-Range"] = version
    with urlopen(Request(origin, headers=headers), timeout=PATIENCE) as response:
        if urlsplit(origin).scheme == "https" and urlsplit(response.url).scheme != "https" and digest is None:
            raise DownloadError(f"it leads to {response.url}, which is not encrypted, and no file_hash is given")
        size = _begin(response, partial, origin)
        _check_room(partial, size)
        if not bar:
            bar.append(Progbar(size, verbose=int(is_interactive_logging_enabled())))
        while piece := response.read(CHUNK):
            partial.file.write(piece)
            if size is None:
                _check_room(partial, size)
            if size is None or partial.size < size:
                bar[0].update(partial.size)
        if size is not None and partial.size != size:
            raise _Incomplete(f"the connection ended after {partial.size:,} of {size:,} bytes")
        bar[0].update(partial.size, finalize=True)


def _check_room(partial: Partial, size: int | None) -> None:
    """Raises `_NoRoom` where the rest of `size` bytes, or of a file of unknown size one more piece, fills the disk."""
    rest = CHUNK if size is None else size - partial.size
    free = shutil.disk_usage(partial.path.parent).free
    if rest > free - SPARE:
        told = f"it has {size:,} bytes" if size is not None else f"after {partial.size:,} bytes it goes on"
        raise _NoRoom(f"{told}, and the disk has {free:,} left, of which {SPARE:,} stay free")


def _begin(response: Any, partial: Partial, origin: str) -> int | None:
    """Makes `partial` ready for the body of a response; returns the size of the whole file, where that is said."""
    if response.status == 206:
        found = re.fullmatch(r"bytes (\d+)-(\d+)/(\d+|\*)", response.headers.get("Content-Range", "").strip())
        if not found or int(found[1]) != partial.size:
            partial.begin()
            raise _Incomplete("the server sent another part of the file than it was asked for")
        return None if found[3] == "*" else int(found[3])
    partial.begin(origin, _version(response.headers))
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isdecimal() else None


def _version(headers: Any) -> str:
    """By what the server tells versions of the file apart byte for byte."""
    tag = headers.get("ETag", "")
    return tag if tag and not tag.startswith("W/") else headers.get("Last-Modified", "")
