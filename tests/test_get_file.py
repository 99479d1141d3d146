"""`utils.get_file`: against a server on this machine, with all that can go wrong on the way, and hostile archives."""

import bz2
import hashlib
import io
import os
import shutil
import subprocess
import sys
import tarfile
import threading
import tracemalloc
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import nbkeras as keras
from nbkeras.utils import archives, get_file
from nbkeras.utils.download import SPARE, DownloadError
from tests.local_server import serving

CONTENT = np.random.default_rng(0).bytes(300_000)
MD5, SHA256 = hashlib.md5(CONTENT).hexdigest(), hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def site(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with serving() as site:
        yield site


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path / "keras"


@pytest.fixture
def datasets(home):
    return home / "datasets"


def left(folder):
    """The names of all that is in a folder."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


# --- a file and its place -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [{}, {"file_hash": MD5}, {"file_hash": SHA256.upper()}, {"md5_hash": MD5}])
def test_a_file_is_fetched_once(site, datasets, given):
    origin = site.add("a.bin", CONTENT)
    paths = [get_file(origin=origin, **given) for _ in range(2)]
    assert paths == [str(datasets / "a.bin")] * 2
    assert (datasets / "a.bin").read_bytes() == CONTENT
    assert left(datasets) == ["a.bin"]
    assert len(site.asked) == 1


PLACES = {
    "a name": ({"fname": "b.bin"}, "keras/datasets/b.bin"),
    "a folder in the cache": ({"cache_subdir": "models/mine"}, "keras/models/mine/a.bin"),
    "a folder elsewhere": ({"cache_subdir": "{tmp}/there"}, "there/a.bin"),
    "another cache": ({"cache_dir": "{tmp}/cache"}, "cache/datasets/a.bin"),
    "a path as name": ({"fname": Path("b.bin")}, "keras/datasets/b.bin"),
}


@pytest.mark.parametrize(("given", "place"), PLACES.values(), ids=PLACES)
def test_the_place(site, home, tmp_path, given, place):
    given = {key: value.format(tmp=tmp_path) if isinstance(value, str) else value for key, value in given.items()}
    assert get_file(origin=site.add("a.bin", CONTENT), **given) == str(tmp_path / place)
    assert (tmp_path / place).read_bytes() == CONTENT


def test_a_file_on_this_machine(tmp_path, home):
    (tmp_path / "a b.bin").write_bytes(CONTENT)
    path = get_file("a.bin", origin=(tmp_path / "a b.bin").as_uri(), file_hash=SHA256)
    assert Path(path).read_bytes() == CONTENT


def test_force_download(site, datasets):
    origin = site.add("a.bin", CONTENT)
    get_file(origin=origin)
    site.add("a.bin", b"new")
    assert Path(get_file(origin=origin)).read_bytes() == CONTENT
    assert Path(get_file(origin=origin, force_download=True)).read_bytes() == b"new"


def test_a_file_with_another_hash_is_fetched_again(site, datasets, capsys):
    datasets.mkdir(parents=True)
    (datasets / "a.bin").write_bytes(b"old")
    get_file(origin=site.add("a.bin", CONTENT), file_hash=SHA256)
    assert (datasets / "a.bin").read_bytes() == CONTENT
    assert "is incomplete or outdated" in capsys.readouterr().out


def test_where_nothing_can_be_written(site, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    path = get_file(origin=site.add("a.bin", CONTENT), cache_dir=tmp_path / "file")
    assert path == str(tmp_path / ".keras" / "datasets" / "a.bin")
    assert (tmp_path / ".keras").stat().st_mode & 0o077 == 0


def test_a_folder_of_somebody_else_is_no_cache(site, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    (tmp_path / ".keras").symlink_to(tmp_path)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(PermissionError, match="another user's"):
        get_file(origin=site.add("a.bin", CONTENT), cache_dir=tmp_path / "file")


MISTAKES = {
    "no address": ({}, "needs origin"),
    "no name": ({"origin": "http://127.0.0.1/"}, "needs fname"),
    "a path": ({"fname": "../a", "origin": "http://127.0.0.1/a"}, "a name without folders"),
    "the folder above": ({"fname": "..", "origin": "http://127.0.0.1/a"}, "a name without folders"),
    "an address that ends above": ({"origin": "http://127.0.0.1/a/.."}, "a name without folders"),
    "an algorithm": ({"origin": "http://127.0.0.1/a", "hash_algorithm": "sha1"}, "hash_algorithm must be"),
    "a hash": ({"origin": "http://127.0.0.1/a", "file_hash": "abc"}, "32 hexadecimal digits"),
    "no protocol": ({"origin": "nowhere/a"}, "unknown url type"),
}


@pytest.mark.parametrize(("given", "words"), MISTAKES.values(), ids=MISTAKES)
def test_mistakes(home, given, words):
    with pytest.raises(ValueError, match=words):
        get_file(**given)


# --- what goes wrong on the way -------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [{"tag": '"v1"'}, {"file_hash": SHA256}], ids=["by its version", "by its hash"])
def test_a_connection_that_breaks_off_is_resumed(site, datasets, given):
    origin = site.add("a.bin", CONTENT, given.pop("tag", None))
    site.cuts["a.bin"] = [100_000, 50_000]
    assert Path(get_file(origin=origin, **given)).read_bytes() == CONTENT
    assert [asked[1] for asked in site.asked] == [None, "bytes=100000-", "bytes=150000-"]
    assert left(datasets) == ["a.bin"]


def test_without_version_and_hash_it_begins_anew(site, datasets):
    origin = site.add("a.bin", CONTENT)
    site.cuts["a.bin"] = [0]
    with pytest.raises(OSError, match="ended after 0 of 300,000 bytes"):
        get_file(origin=origin)
    site.cuts["a.bin"] = [100_000]
    assert Path(get_file(origin=origin)).read_bytes() == CONTENT
    assert [asked[1] for asked in site.asked] == [None, None, None]


def test_the_next_call_goes_on(site, datasets):
    origin = site.add("a.bin", CONTENT, '"v1"')
    site.cuts["a.bin"] = [100_000, 0]
    with pytest.raises(OSError, match="100,000 bytes have arrived, and the next call goes on"):
        get_file(origin=origin)
    assert not (datasets / "a.bin").exists()
    assert Path(get_file(origin=origin)).read_bytes() == CONTENT
    assert site.asked[-1] == ("a.bin", "bytes=100000-", '"v1"')
    assert left(datasets) == ["a.bin"]


def test_a_part_of_an_older_version_is_not_used(site, datasets):
    origin = site.add("a.bin", bytes(300_000), '"v1"')
    site.cuts["a.bin"] = [100_000, 0]
    with pytest.raises(OSError, match="could not fetch it"):
        get_file(origin=origin)
    site.add("a.bin", CONTENT, '"v2"')
    assert Path(get_file(origin=origin)).read_bytes() == CONTENT


def test_a_part_of_another_file_is_not_used(site, datasets):
    """A server without versions: the hash of the whole tells."""
    datasets.mkdir(parents=True)
    (datasets / ".a.bin.part").write_bytes(bytes(1000))
    assert Path(get_file(origin=site.add("a.bin", CONTENT), file_hash=SHA256)).read_bytes() == CONTENT
    assert [asked[1] for asked in site.asked] == ["bytes=1000-", None]


def test_a_part_that_is_too_long_is_not_used(site, datasets):
    datasets.mkdir(parents=True)
    (datasets / ".a.bin.part").write_bytes(bytes(400_000))
    assert Path(get_file(origin=site.add("a.bin", CONTENT), file_hash=SHA256)).read_bytes() == CONTENT


@pytest.mark.parametrize("lacking", ["ranges", "lengths"])
def test_a_server_that_knows_little(site, datasets, lacking):
    setattr(site, lacking, False)
    origin = site.add("a.bin", CONTENT, '"v1"')
    site.cuts["a.bin"] = [100_000] if lacking == "ranges" else []
    assert Path(get_file(origin=origin, file_hash=SHA256)).read_bytes() == CONTENT


@pytest.mark.parametrize("before", [None, b"old"])
def test_a_wrong_hash_keeps_nothing(site, datasets, before):
    datasets.mkdir(parents=True)
    if before:
        (datasets / "a.bin").write_bytes(before)
    with pytest.raises(ValueError, match=f"must have the sha256 hash {'0' * 64}.*has {SHA256}"):
        get_file(origin=site.add("a.bin", CONTENT), file_hash="0" * 64)
    assert left(datasets) == (["a.bin"] if before else [])
    assert not before or (datasets / "a.bin").read_bytes() == before


def test_a_file_that_is_not_there(site, datasets):
    with pytest.raises(OSError, match="404 Not Found") as caught:
        get_file(origin=f"{site.address}/none.bin")
    assert f"put it at '{datasets / 'none.bin'}'" in str(caught.value)
    assert left(datasets) == []


@pytest.mark.parametrize(
    ("lengths", "words"), [(True, "it has 300,000 bytes, and the disk"), (False, "bytes it goes on")]
)
def test_no_download_fills_the_disk(site, datasets, monkeypatch, lengths, words):
    def nearly_full(folder):
        return SimpleNamespace(free=SPARE + 200_000 - sum(path.stat().st_size for path in datasets.iterdir()))

    site.lengths = lengths
    monkeypatch.setattr(shutil, "disk_usage", nearly_full)
    with pytest.raises(DownloadError, match=words):
        get_file("big.bin", site.add("big.bin", CONTENT))
    assert left(datasets) == []
    assert len(site.asked) == 1


def test_without_a_connection(home):
    with pytest.raises(OSError, match=r"could not fetch it: .*Without a connection, fetch it elsewhere and put it at"):
        get_file(origin="http://127.0.0.1:9/a.bin")


def test_a_redirection_is_followed(site, datasets):
    origin = site.add("a.bin", CONTENT)
    site.moved["old/b.bin"] = origin
    assert get_file(origin=f"{site.address}/old/b.bin") == str(datasets / "b.bin")


@pytest.mark.parametrize("place", ["file:///etc/hostname", "/round"])
def test_a_redirection_to_nowhere(site, datasets, place):
    site.moved["round"] = place
    with pytest.raises(OSError, match="could not fetch it"):
        get_file(origin=f"{site.address}/round")
    assert left(datasets) == []


def test_an_interrupt_keeps_what_arrived(site, datasets, monkeypatch):
    origin = site.add("a.bin", CONTENT, '"v1"')

    def interrupted(self, current, *args, **kwargs):
        if current > 100_000:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("nbkeras.utils.download.Progbar.update", interrupted)
        with pytest.raises(KeyboardInterrupt):
            get_file(origin=origin)
    assert Path(get_file(origin=origin)).read_bytes() == CONTENT
    assert site.asked[-1][1] == f"bytes={2 * 2**16}-"


def test_two_at_once_fetch_it_once(site, datasets):
    origin = site.add("a.bin", CONTENT)
    threads = [threading.Thread(target=get_file, kwargs={"origin": origin}) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (datasets / "a.bin").read_bytes() == CONTENT
    assert left(datasets) == ["a.bin"]
    assert len(site.asked) == 1


def test_what_is_printed(site, datasets, capsys):
    origin = site.add("a.bin", CONTENT)
    get_file(origin=origin)
    first, second = capsys.readouterr().out.splitlines()
    assert first == f"Downloading data from {origin}"
    assert second.startswith("300000/300000 ━━━━━━━━━━━━━━━━━━━━ ")
    keras.config.disable_interactive_logging()
    try:
        get_file(origin=origin, force_download=True)
    finally:
        keras.config.enable_interactive_logging()
    assert capsys.readouterr().out == ""


# --- archives -------------------------------------------------------------------------------------------------------


def zipped(*members, method=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in members:
            archive.writestr(name, content)
    return file.getvalue()


def tarred(*members, mode="w:gz", form=tarfile.PAX_FORMAT):
    """An archive of pairs of a name, or a TarInfo, and its content."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode=mode, format=form) as archive:
        for info, content in members:
            info = tarfile.TarInfo(info) if isinstance(info, str) else info
            info.size = len(content) if info.isreg() else 0
            archive.addfile(info, io.BytesIO(content))
    return file.getvalue()


def entry(name, kind, target=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


FOLDER = entry("in", tarfile.DIRTYPE)
MEMBERS = [("in/a.txt", b"a" * 1000), ("in/deep/b.txt", b"b"), ("c.txt", b"")]
UNPACKED = ["c.txt", "in", "in/a.txt", "in/deep", "in/deep/b.txt"]
GOOD = {
    "zip": zipped(*MEMBERS),
    "a zip with folders": zipped(("in/", b""), *MEMBERS),
    "a stored zip": zipped(*MEMBERS, method=zipfile.ZIP_STORED),
    "tar": tarred(*MEMBERS, mode="w"),
    "tar.gz": tarred((FOLDER, b""), *MEMBERS),
    "tar.bz2": tarred(*MEMBERS, mode="w:bz2"),
    "tar.xz": tarred(*MEMBERS, mode="w:xz"),
    "an old tar": tarred(*MEMBERS, form=tarfile.USTAR_FORMAT),
    "a tar with dots": tarred(*((f"./{name}", content) for name, content in MEMBERS)),
}


@pytest.mark.parametrize("content", GOOD.values(), ids=GOOD)
def test_an_archive_is_unpacked(site, datasets, content):
    origin = site.add("data.tgz", content)
    for _ in range(2):
        folder = Path(get_file(origin=origin, extract=True))
        assert left(folder) == UNPACKED
        assert (folder / "in" / "a.txt").read_bytes() == b"a" * 1000
    assert len(site.asked) == 1


# As Keras names them: (fname, the archive, the folder).
NAMES = [
    ("data.tar.gz", "data.tar.gz", "data_extracted"),
    ("data", "data_archive", "data"),
    (None, "file.tgz_archive", "file.tgz"),
]


@pytest.mark.parametrize(("fname", "archive", "folder"), NAMES)
def test_the_names_of_what_is_unpacked(site, datasets, fname, archive, folder):
    assert get_file(fname, site.add("file.tgz", GOOD["tar.gz"]), untar=True) == str(datasets / folder)
    assert sorted(path.name for path in datasets.iterdir()) == sorted([archive, folder])


def test_files_beside_what_is_unpacked_stay(site, datasets):
    (datasets / "data" / "in").mkdir(parents=True)
    (datasets / "data" / "in" / "mine.txt").write_text("mine")
    (datasets / "data" / "in" / "a.txt").write_text("old")
    get_file("data", site.add("x.zip", GOOD["zip"]), extract=True)
    assert left(datasets / "data") == [*UNPACKED, "in/mine.txt"]
    assert (datasets / "data" / "in" / "a.txt").read_bytes() == b"a" * 1000


def test_nothing_is_unpacked_through_a_link(site, datasets, tmp_path):
    (datasets / "data").mkdir(parents=True)
    (tmp_path / "outside").mkdir()
    (datasets / "data" / "in").symlink_to(tmp_path / "outside")
    with pytest.raises(ValueError, match="through a link"):
        get_file("data", site.add("x.zip", GOOD["zip"]), extract=True)
    assert left(tmp_path / "outside") == []


def test_the_format_that_was_asked_for(site, datasets):
    origin = site.add("x", GOOD["zip"])
    assert left(Path(get_file("data", origin, extract=True, archive_format=["tar", "zip"]))) == UNPACKED
    for wanted, words in {
        "tar": "no archive of the format tar",
        None: "archive_format must be",
        "7z": "must be",
    }.items():
        with pytest.raises(ValueError, match=words):
            get_file("data", origin, extract=True, archive_format=wanted)


def linked_zip():
    info = zipfile.ZipInfo("in/link")
    info.external_attr = 0o120777 << 16
    return zipped((info, "/etc/passwd"))


def encrypted_zip():
    content = bytearray(zipped(*MEMBERS))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def damaged(content, place):
    changed = bytearray(content)
    changed[place] ^= 0xFF
    return bytes(changed)


def long_header(kind, size):
    """A header before a member, as of a long name, that says it has `size` bytes, and zeros in their place."""
    info = tarfile.TarInfo("x")
    info.type, info.size = kind, size
    return bz2.compress(info.tobuf(tarfile.GNU_FORMAT) + bytes(2**20))


def sparse():
    info = tarfile.TarInfo("in/sparse")
    info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": str(2**60)}
    return tarred((info, b"0\n".ljust(512, b"\0")))


def of_size(size):
    info = tarfile.TarInfo("in/a")
    info.size = size
    return info.tobuf(tarfile.GNU_FORMAT)


HOSTILE = {
    "zip: above": (zipped(("../a", b"x")), "leads out of the archive"),
    "zip: above, deep": (zipped(("in/../../a", b"x")), "leads out of the archive"),
    "zip: absolute": (zipped(("/tmp/a", b"x")), "leads out of the archive"),
    "zip: of Windows": (zipped(("in\\..\\..\\a", b"x")), "leads out of the archive"),
    "zip: a drive": (zipped(("C:/a", b"x")), "leads out of the archive"),
    "zip: the last of many": (zipped(*MEMBERS, ("../a", b"x")), "leads out of the archive"),
    "zip: a link": (linked_zip(), "is a link"),
    "zip: encrypted": (encrypted_zip(), "is encrypted"),
    "zip: a zero in a name": (zipped(("aXb", b"")).replace(b"aXb", b"a\0b"), "cannot be shown"),
    "zip: a name that rings": (zipped(("a\x1b[2Jb", b"")), "cannot be shown"),
    "zip: a file that is a folder": (zipped(("a", b"x"), ("a/b", b"x")), "Error"),
    "zip: a deep name": (zipped(("a/" * 200 + "b", b"x")), "too deep"),
    "zip: a damaged member": (damaged(zipped(("a", b"x" * 99), method=zipfile.ZIP_STORED), 60), "Bad CRC-32"),
    "zip: a bomb": (zipped(*((f"{i}", bytes(2**17)) for i in range(17))), "as a bomb does"),
    "zip: many members": (zipped(*((f"{i}", b"") for i in range(101))), "as a bomb does"),
    "tar: above": (tarred(("../a", b"x")), "leads out of the archive"),
    "tar: above, by a long name": (tarred(("../" * 60 + "a", b"x")), "leads out of the archive"),
    "tar: absolute": (tarred(("/tmp/a", b"x")), "leads out of the archive"),
    "tar: a link": (tarred((entry("l", tarfile.SYMTYPE, "/etc"), b""), ("l/a", b"x")), "is a link"),
    "tar: a link inside": (tarred(("a", b"x"), (entry("l", tarfile.SYMTYPE, "a"), b"")), "is a link"),
    "tar: a hard link": (tarred((entry("l", tarfile.LNKTYPE, "/etc/passwd"), b"")), "is a link"),
    "tar: a device": (tarred((entry("d", tarfile.CHRTYPE), b"")), "is a device"),
    "tar: a pipe": (tarred((entry("d", tarfile.FIFOTYPE), b"")), "is a device"),
    "tar: twice": (tarred(("a", b"x"), ("a", b"y")), "is there twice"),
    "tar: cut off": (GOOD["tar"][:700], "Error"),
    "tar: cut off between members": (GOOD["tar"][:1536] + b"x" * 512, "cut off or damaged"),
    "tar: cut off, compressed": (tarred(("a", CONTENT))[:200_000], "Error"),
    "tar: an exabyte": (of_size(2**60), "as a bomb does"),
    "tar: less than nothing": (of_size(-512), ""),
    "tar: a sparse exabyte": (sparse(), "as a bomb does"),
    "tar: a name of 1 MiB": (long_header(tarfile.GNUTYPE_LONGNAME, 2**20), "has a header of 1,048,576 bytes"),
    "tar: a header of 8 GiB": (long_header(tarfile.XHDTYPE, 2**33 - 1), "has a header of"),
    "tar: a bomb": (bz2.compress(of_size(2**26) + bytes(2**20)), "as a bomb does"),
    "a text": (b"once upon a time", "is no archive of the format tar or zip"),
    "nothing": (b"", "is no archive of the format tar or zip"),
    "compressed, but nothing inside": (bz2.compress(b"once"), "is no archive of the format tar or zip"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_archive_leaves_nothing(name, tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "LEAST_SIZE", 2**20)
    monkeypatch.setattr(archives, "LEAST_COUNT", 100)
    content, words = HOSTILE[name]
    archive = tmp_path / "x.tgz"
    archive.write_bytes(content)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"^'x\.tgz") as caught:
            archives.unpack(archive, tmp_path / "data")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    message = str(caught.value)
    assert words in message
    assert message.isprintable()
    assert len(message) <= 300
    assert peak < 64 * 2**20 + 2 * len(content)
    assert left(tmp_path) == ["x.tgz"]


def test_a_process_that_was_killed_leaves_nothing_for_long(site, datasets):
    (datasets / ".data.unpacking").mkdir(parents=True)
    (datasets / ".data.unpacking" / "half").write_text("x")
    assert left(Path(get_file("data", site.add("x.zip", GOOD["zip"]), extract=True))) == UNPACKED
    assert not (datasets / ".data.unpacking").exists()


def test_it_costs_nothing_until_it_is_used():
    script = "import sys, nbkeras; print(*{'urllib.request', 'tarfile', 'http.client', 'gzip'} & {*sys.modules})"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=os.environ)
    assert run.stdout.strip() == ""
