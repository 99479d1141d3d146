"""Files from the network, kept where Keras keeps them, too."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from nbkeras.utils.archives import unpack
from nbkeras.utils.digest import Digest, expected_digest
from nbkeras.utils.download import download, say

__all__ = ["get_file"]


def get_file(
    fname: str | os.PathLike[str] | None = None,
    origin: str | None = None,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str = "datasets",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: str | Sequence[str] | None = "auto",
    cache_dir: str | os.PathLike[str] | None = None,
    force_download: bool = False,
) -> str:
    """The path of a file from the network, which is downloaded unless it is in the cache.

    The cache is that of Keras, `~/.keras/datasets`. A file appears there when it is complete and its hash is right; a
    download that broke off goes on at the next call. An archive is unpacked whole or not at all, and never writes
    outside of its folder: links, devices, names that lead out of it and archives that grow as bombs do are refused.

    Args:
        fname: the name in the cache; default the last part of the address. With `extract`, a name without a dot is
            that of the folder.
        origin: the address: `https://…`, `http://…`, `ftp://…` or `file://…`.
        untar: as `extract` with `archive_format="tar"`.
        md5_hash: as `file_hash` with `hash_algorithm="md5"`.
        file_hash: hexadecimal digits that the hash of the file must have. Give one: without it, whoever can change what
            the address leads to can change your data.
        cache_subdir: a folder in the cache, or an absolute path.
        hash_algorithm: `"md5"`, `"sha256"`, or `"auto"`, by the number of digits.
        extract: whether to unpack the file, an archive.
        archive_format: `"tar"` (also compressed by gzip, bzip2 or xz), `"zip"`, a list of them, or `"auto"`, both.
        cache_dir: default `$KERAS_HOME`, or `~/.keras`; where nothing can be written there, your temporary one.
        force_download: whether to download a file that is there.

    Returns:
        The path of the file, or of the folder with what was in the archive.

    Raises:
        DownloadError: an OSError, where the file does not arrive; it says where to put one that you have.
        ValueError: for another hash, an archive that is refused, and arguments that do not fit.

    Example:
        >>> path = get_file(origin="https://example.org/names.csv", file_hash="9b2c…")
    """
    if origin is None:
        raise ValueError("get_file needs origin, the address of the file, got None")
    if md5_hash is not None and file_hash is None:
        file_hash, hash_algorithm = md5_hash, "md5"
    digest = expected_digest(file_hash, hash_algorithm)
    name = _checked_name(fname, origin)
    archive, unpacked = _archive_names(name, given=bool(fname)) if extract or untar else (name, "")
    target = _cache(cache_dir) / cache_subdir / archive
    target.parent.mkdir(parents=True, exist_ok=True)
    if force_download or not _is_cached(target, digest):
        download(origin, target, digest, anew=force_download)
    if not unpacked:
        return str(target)
    folder = target.with_name(unpacked)
    unpack(target, folder, "tar" if untar else archive_format)
    return str(folder)


def _checked_name(fname: str | os.PathLike[str] | None, origin: str) -> str:
    """The name in the cache: one part of a path, which can lead nowhere else."""
    name = os.fspath(fname) if fname else urlsplit(origin).path.rpartition("/")[2]
    if not name:
        raise ValueError(f"get_file needs fname, the name of the file, since {origin!r} does not end in one")
    if Path(name).name != name or name == ".." or "\0" in name:  # on Windows `C:x` leads elsewhere, too
        raise ValueError(f"fname must be a name without folders, got {name!r}; cache_dir and cache_subdir say where")
    return name


def _archive_names(name: str, given: bool) -> tuple[str, str]:
    """The names of an archive and of the folder that it is unpacked to, as Keras chooses them."""
    if given and "." in name:
        return name, f"{name.partition('.')[0]}_extracted"
    return f"{name}_archive", name


def _is_cached(target: Path, digest: Digest | None) -> bool:
    if not target.exists():
        return False
    if digest is None or digest.fits(target):
        return True
    say(
        f"The file '{target}' is incomplete or outdated: its {digest.algorithm} hash is not {digest.digits}. "
        "It is downloaded again."
    )
    return False


def _cache(cache_dir: str | os.PathLike[str] | None) -> Path:
    """The folder of the cache, which exists and can be written."""
    given = cache_dir if cache_dir is not None else os.environ.get("KERAS_HOME") or "~/.keras"
    folder = Path(given).expanduser()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return _temporary_cache(folder)
    return folder if os.access(folder, os.W_OK) else _temporary_cache(folder)


def _temporary_cache(wanted: Path) -> Path:
    """Keras' second choice, if it is the user's own: what others can write to, others can change."""
    folder = Path(tempfile.gettempdir(), ".keras")
    folder.mkdir(mode=0o700, exist_ok=True)
    if hasattr(os, "getuid") and (folder.is_symlink() or folder.stat().st_uid != os.getuid()):
        raise PermissionError(
            f"get_file needs a cache that it can write to: '{wanted}' is none, and '{folder}' is another user's. "
            "Set KERAS_HOME or pass cache_dir"
        )
    return folder
