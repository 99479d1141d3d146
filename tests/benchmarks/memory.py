"""Does training again and again grow, and what does data on disk cost?

    python -m tests.benchmarks.memory [--fits 10000] [--gigabytes 1]

The first table trains one model so many times. The second one trains on a file, as a memory map and as an array that
was read from it, in a process each; the one with the map may hold 128 MB more than it does without data. Linux only.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time

import numpy as np

import nbkeras
from nbkeras import layers
from tests.benchmarks.runner import CHECKOUT

FEATURES = 1024
ALLOWED = 128 << 20  # bytes beside the data


def held(kind: str) -> float:
    """MB of this process: "VmRSS" in memory, "VmData" allocated."""
    with open("/proc/self/status", encoding="utf-8") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(kind)) * 1024 / 1e6


def network(features: int) -> nbkeras.Model:
    hidden = [layers.Dense(32, activation="relu"), layers.Dense(1)]
    model = nbkeras.Sequential([nbkeras.Input((features,)), *hidden])
    model.compile("adam", "mse", metrics=["mae"])
    return model


def fits(count: int) -> None:
    x = np.random.default_rng(0).normal(size=(320, 8)).astype("float32")
    model = network(8)
    print(f"{'calls of fit':>12} {'RSS MB':>8}")
    for done in range(1, count + 1):
        model.fit(x, x[:, :1], verbose=0)
        if done == count or done >= 100 and str(done).strip("0") == "1":
            print(f"{done:12,} {held('VmRSS'):8.1f}", flush=True)


def from_disk(path: str, way: str) -> None:
    """Prints the rows per second of an epoch, shuffled, and the MB allocated for it."""
    model = network(FEATURES)
    model.fit(np.zeros((512, FEATURES), "float32"), np.zeros((512, 1), "float32"), batch_size=128, epochs=2, verbose=0)
    x = np.memmap(path, "float32", "r").reshape(-1, FEATURES)
    y = np.zeros((len(x), 1), "float32")
    before = held("VmData")
    if way == "map":
        resource.setrlimit(resource.RLIMIT_DATA, (int(before * 1e6) + ALLOWED,) * 2)
    else:
        x = np.array(x)
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        model.fit(x, y, batch_size=128, verbose=0)
        seconds.append(time.perf_counter() - start)
    print(json.dumps({"rows": len(x) / min(seconds), "allocated": held("VmData") - before}))


def compare(gigabytes: float) -> None:
    rows = int(gigabytes * 1e9) // (4 * FEATURES)
    block = np.random.default_rng(0).normal(size=(1000, FEATURES)).astype("float32")
    with tempfile.NamedTemporaryFile(dir=os.environ.get("TMPDIR")) as file:
        for start in range(0, rows, 1000):
            block[: rows - start].tofile(file)
        file.flush()
        print(f"\n{gigabytes:g} GB, {'rows/s':>9} {'MB allocated':>13}")
        for way in ("array", "map"):
            command = [sys.executable, "-m", "tests.benchmarks.memory", "--from", file.name, way]
            run = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
            measured = json.loads(run.stdout)
            print(f"{way:6} {measured['rows']:9,.0f} {measured['allocated']:13.0f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser("python -m tests.benchmarks.memory", description=__doc__.splitlines()[0])
    parser.add_argument("--fits", type=int, default=10_000, help="how often to train one model")
    parser.add_argument("--gigabytes", type=float, default=1.0, help="of the data on disk")
    parser.add_argument("--from", nargs=2, metavar=("PATH", "WAY"), help=argparse.SUPPRESS)
    chosen = vars(parser.parse_args())
    if chosen["from"]:
        from_disk(*chosen["from"])
    else:
        fits(chosen["fits"])
        compare(chosen["gigabytes"])


if __name__ == "__main__":
    main()
