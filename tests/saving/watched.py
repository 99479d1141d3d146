"""Loads every file of a folder and prints, as JSON, what Python's audit hooks saw by the name of the file.

A file may be opened for reading, and that is all. `python -m tests.saving.watched FOLDER --times` prints for each file
the seconds and the largest memory instead, as a report.
"""

import json
import sys
import time
import tracemalloc
from contextlib import suppress
from pathlib import Path

from nbkeras.saving import FileError, load_model
from tests.saving import hostile

WATCHED = ("import", "open", "exec", "compile", "os.", "socket.", "subprocess.", "shutil.", "ctypes.", "tempfile.")
HARMLESS = {"os.listdir", "os.scandir"}


def load(path):
    with suppress(FileError):
        load_model(path)


def watch(paths):
    """The events that each file caused, but for being opened."""
    seen = {path.name: [] for path in paths}
    now = [None]

    def hook(event, args):
        if now[0] is None or not event.startswith(WATCHED) or event in HARMLESS:
            return
        if event == "open" and str(args[0]) == str(now[0]) and "r" in str(args[1]):
            return
        seen[now[0].name].append(f"{event} {args}"[:200])

    sys.addaudithook(hook)
    for path in paths:
        load(path)  # what a refusal imports of the standard library is there afterwards
        now[0] = path
        load(path)
        now[0] = None
    return seen


def measure(paths):
    for path in paths:
        start = time.perf_counter()
        load(path)
        seconds = time.perf_counter() - start
        tracemalloc.start()
        load(path)
        yield path.name, seconds, tracemalloc.get_traced_memory()[1] / 2**20
        tracemalloc.stop()


def main():
    folder = Path(sys.argv[1])
    paths = sorted(folder.iterdir())
    with suppress(FileError):
        load_model(paths[0])
    if "--times" in sys.argv:
        for name, seconds, memory in sorted(measure(paths), key=lambda line: -line[1]):
            print(f"{name} {seconds:.3f} s {memory:.1f} MiB {hostile.ROWS[int(name[:3])].name}")
    else:
        json.dump(watch(paths), sys.stdout)


if __name__ == "__main__":
    main()
