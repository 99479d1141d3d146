"""Kills processes with SIGKILL at random moments while they write files, and checks that each file is whole.

    python -m tests.saving.kill_saves --kills 500

Each process is a fork of this one, and writes one version after another of one kind of file until it is killed.
"""

import argparse
import os
import random
import signal
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.saving.saves import KINDS, first_versions

LONGEST = 0.03  # seconds that a process lives: some ten saves


def killed_while_writing(folder, name, seconds, version):
    write, _ = KINDS[name]
    child = os.fork()
    if child == 0:
        try:
            while True:
                version += 1
                write(folder / name, version)
        finally:
            os._exit(1)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status), f"writing {name} failed"


def leftovers(folder):
    return [path for path in folder.iterdir() if path.name not in KINDS]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    chance, left = random.Random(args.seed), Counter()
    with tempfile.TemporaryDirectory() as name_of_folder:
        folder = Path(name_of_folder)
        first_versions(folder)
        for kill in range(args.kills):
            name = list(KINDS)[kill % len(KINDS)]
            killed_while_writing(folder, name, chance.uniform(0, LONGEST), 10 * kill)
            left[name] += len(leftovers(folder))
            write, check = KINDS[name]
            check(folder / name)
            write(folder / name, 10 * kill + 9)
            check(folder / name)
            assert not leftovers(folder), leftovers(folder)
    print(f"{args.kills} kills, {sum(left.values())} in the midst of a file: every file was whole")


if __name__ == "__main__":
    main()
