"""Whatever happens while a file is written, the old one or the new one is there, whole."""

import signal
import subprocess
import sys
import warnings

import pytest

from tests.saving.faults import failing, full_disk
from tests.saving.interrupt_training import NAMES, interrupt
from tests.saving.saves import KINDS, first_versions

ATOMIC = [name for name in KINDS if name not in ("runs.sqlite", "events")]  # the others have records of their own


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def attempt(write, path):
    """Whether writing version 2 succeeded; what a callback says of it when it fails is not of interest here."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            write(path, 2)
        except OSError:
            return False
    return True


@pytest.mark.parametrize("name", ATOMIC)
def test_an_error_at_each_system_call(name, tmp_path):
    write, check = KINDS[name]
    path = tmp_path / name
    write(path, 1)
    old = path.read_bytes()
    with failing() as faults:
        attempt(write, path)
    new, calls = path.read_bytes(), len(faults.made)
    assert {"open", "write", "fsync", "replace", "close", "scandir"} <= set(faults.made)
    for number in range(calls):
        path.write_bytes(old)
        with failing(number) as faults:
            attempt(write, path)
        assert path.read_bytes() == old or check(path) == check_of(check, path, new)
    write(path, 1)
    assert names(tmp_path) == [name]


def check_of(check, path, content):
    """What `check` finds in `content`."""
    copy = path.with_name(f"copy_{path.name}")
    copy.write_bytes(content)
    try:
        return check(copy)
    finally:
        copy.unlink()


@pytest.mark.parametrize("name", KINDS)
def test_a_full_disk(name, tmp_path):
    write, check = KINDS[name]
    path = tmp_path / name
    write(path, 1)
    files = [path] if path.is_file() else sorted(path.iterdir())
    old, size = [file.read_bytes() for file in files], max(file.stat().st_size for file in files)
    for limit in (0, 1, size // 3, size - 1):
        with full_disk(limit):
            assert not attempt(write, path) or name == "runs.sqlite" or "kept" in name  # which says so, and goes on
        check(path)
        if name in ATOMIC and name != "log.csv":
            assert [file.read_bytes() for file in files] == old
    write(path, 3)
    check(path)


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # between `open` and `with` nobody can close the file
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("name", ["net.keras", "log.csv", "kept.weights.h5"])
def test_an_interrupt_at_any_moment(name, tmp_path):
    write, check = KINDS[name]
    path = tmp_path / name
    write(path, 1)

    def interrupt(number, frame):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        for tick in range(25):
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.0004 * (tick + 1))
                write(path, 1)
                signal.setitimer(signal.ITIMER_REAL, 0)
            except KeyboardInterrupt:
                pass
            check(path)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    write(path, 1)
    assert names(tmp_path) == [name]


def test_killed_at_random_moments():
    command = [sys.executable, "-W", "ignore", "-m", "tests.saving.kill_saves", "--kills", "40"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("40 kills, ")


def test_interrupts_leave_whole_steps():
    assert interrupt(count=2 * len(NAMES), seed=1)


def test_the_kinds_are_all_written(tmp_path):
    first_versions(tmp_path)
    assert names(tmp_path) == sorted(KINDS)
