"""A file is the old one or the new one, whole, whatever happens while it is written."""

import errno
import signal
import subprocess
import sys

import pytest

from nbkeras.saving import atomic
from nbkeras.saving.atomic import replacing

OLD, NEW = b"old" * 1000, b"new" * 3000


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "file.bin"
    path.write_bytes(OLD)
    return path


def names(path):
    return sorted(entry.name for entry in path.parent.iterdir())


def test_it_replaces(path):
    with replacing(path) as file:
        file.write(NEW)
        assert path.read_bytes() == OLD
    assert path.read_bytes() == NEW
    assert names(path) == ["file.bin"]


def test_it_makes_a_file_with_the_usual_permissions(tmp_path):
    plain = tmp_path / "plain"
    plain.write_bytes(b"")
    with replacing(tmp_path / "new") as file:
        file.write(NEW)
    assert (tmp_path / "new").stat().st_mode == plain.stat().st_mode


def test_it_follows_a_link(path):
    link = path.with_name("link")
    link.symlink_to(path.name)
    with replacing(link) as file:
        file.write(NEW)
    assert link.is_symlink()
    assert path.read_bytes() == NEW


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "no space"), KeyboardInterrupt(), ValueError()], ids=repr)
def test_an_error_leaves_the_old_file(path, error):
    def write():
        with replacing(path) as file:
            file.write(NEW)
            raise error

    with pytest.raises(type(error), match=rf"no space: '{path}'" if isinstance(error, OSError) else None):
        write()
    assert path.read_bytes() == OLD
    assert names(path) == ["file.bin"]


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_failing_system_call_leaves_the_old_file(path, call, monkeypatch):
    def fails(*args):
        raise OSError(errno.EIO, "input/output error")

    monkeypatch.setattr(atomic.os, call, fails)
    with pytest.raises(OSError, match="input/output"), replacing(path) as file:
        file.write(NEW)
    monkeypatch.undo()
    assert path.read_bytes() == OLD
    assert names(path) == ["file.bin"]


WRITER = """
import sys
from nbkeras.saving.atomic import replacing
with replacing(sys.argv[1]) as file:
    file.write(b"n" * 100)
    print("writing", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def writer(path):
    """Another process that is in the middle of writing the file."""
    process = subprocess.Popen([sys.executable, "-c", WRITER, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"writing\n"
    yield process
    process.kill()
    process.communicate()


def test_what_a_killed_process_left_is_swept(path, writer):
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    assert path.read_bytes() == OLD
    assert len(names(path)) == 2
    with replacing(path) as file:
        file.write(NEW)
    assert names(path) == ["file.bin"]


def test_what_another_process_writes_is_left_alone(path, writer):
    with replacing(path) as file:
        file.write(NEW)
    assert len(names(path)) == 2
    writer.communicate()
    assert writer.returncode == 0
    assert path.read_bytes() == b"n" * 100
    assert names(path) == ["file.bin"]
