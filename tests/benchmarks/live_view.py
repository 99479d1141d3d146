"""What the live view of `%fit` costs: training with it, and `model.fit(verbose=0)` without, by turns in one kernel.

    python -m tests.benchmarks.live_view [--quick] [--rounds 5]

The kernel is a real one in a process of its own, so that drawing, serialising and sending all count; this process is
the front end that receives. Each turn has a fresh model, warmed up by an epoch that is not timed. A percentage is the
median of the differences within the pairs.
"""

import argparse
import json
import math
import os
import statistics
import time
import timeit
from dataclasses import asdict, dataclass

import numpy as np
from IPython.core.getipython import get_ipython
from jupyter_client.manager import start_new_kernel

import nbkeras
from nbkeras import layers
from nbkeras.notebook.training.live import LiveView
from nbkeras.notebook.training.record import Record
from nbkeras.notebook.views.training import Progress

LIMIT = 5.0  # percent


def small():
    """Dense 10-8-1 on rows of 8 numbers, batches of 10: steps of 50 to 300 µs, nothing but overhead."""
    x = np.random.default_rng(0).normal(size=(7680, 8)).astype("float32")
    network = [layers.Dense(10, activation="relu"), layers.Dense(8, activation="relu"), layers.Dense(1)]
    return nbkeras.Sequential([nbkeras.Input((8,)), *network]), x, x[:, :1], 10


def large():
    """Two convolutions on 32 × 32 colour images, batches of 32: steps of about 10 ms."""
    x = np.random.default_rng(0).random(size=(960, 32, 32, 3)).astype("float32")
    convolutions = [layers.Conv2D(16, 3, activation="relu"), layers.MaxPooling2D(2), layers.Conv2D(32, 3)]
    network = [nbkeras.Input((32, 32, 3)), *convolutions, layers.Flatten(), layers.Dense(1)]
    return nbkeras.Sequential(network), x, x[:, 0, 0, :1], 32


WORKLOADS = {"small": small, "large": large}


@dataclass
class Turn:
    """One timed training: its seconds, its steps, and how often something was shown."""

    seconds: float
    steps: int
    shown: int = 0


def train(workload, live, seconds):
    """A training of about so many seconds, in the kernel."""
    model, x, y, batch_size = WORKLOADS[workload]()
    model.compile("adam", "mse", metrics=["mae"])
    model.fit(x, y, batch_size=batch_size, epochs=1, verbose=0)
    epochs = max(2, math.ceil(seconds / timeit.timeit(lambda: model.fit(x, y, batch_size, verbose=0), number=1)))
    shell = get_ipython()
    shell.user_ns |= {"model": model, "x": x, "y": y}
    began = time.perf_counter()
    if live:
        shell.run_line_magic("fit", f"model x y --batch-size {batch_size} --epochs {epochs}")
    else:
        model.fit(x, y, batch_size, epochs, verbose=0)
    print(json.dumps(asdict(Turn(time.perf_counter() - began, epochs * math.ceil(len(x) / batch_size)))))


def take_turn(client, workload, live, seconds):
    """The same, seen from here."""
    printed, shown = [], []

    def receive(message):
        kind, content = message["msg_type"], message["content"]
        if kind == "stream" and content["name"] == "stdout":
            printed.append(content["text"])
        shown.extend([kind] if kind in ("display_data", "update_display_data") else [])

    reply = client.execute_interactive(f"train({workload!r}, {live}, {seconds})", output_hook=receive)
    if reply["content"]["status"] != "ok":
        raise SystemExit("\n".join(reply["content"]["traceback"]))
    return Turn(**{**json.loads("".join(printed)), "shown": len(shown)})


def measure(client, workload, rounds, seconds):
    """A line of the report."""
    pairs = [[take_turn(client, workload, live, seconds) for live in (False, True)] for _ in range(rounds)]
    plain, live = ([1e6 * turn.seconds / turn.steps for turn in turns] for turns in zip(*pairs))
    costs = [100 * (with_view / without - 1) for without, with_view in zip(plain, live)]
    rate = statistics.median(turn.shown / turn.seconds for _, turn in pairs)
    middle = statistics.median(costs)
    print(
        f"{workload:8} {spread(plain, '9.1f')} {spread(live, '9.1f')} {rate:8.1f} {spread(costs, '+6.1f')}", flush=True
    )
    return middle


def spread(values, form):
    """Median, minimum and maximum."""
    return f"{statistics.median(values):{form}} ({min(values):{form.lstrip('+')}}–{max(values):{form.lstrip('+')}})"


def microseconds_per_batch():
    """What the view costs at the end of a batch after which it draws nothing."""
    view = LiveView(Record(), Progress("net"), None)
    calls = 100_000
    return min(timeit.repeat(lambda: view.on_train_batch_end(1, None), number=calls, repeat=5)) / calls * 1e6


def main():
    parser = argparse.ArgumentParser("python -m tests.benchmarks.live_view", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="two rounds of a second")
    parser.add_argument("--rounds", type=int, help="pairs of each workload, default 7")
    chosen = parser.parse_args()
    rounds, seconds = (2, 1.0) if chosen.quick else (7, 5.0)
    print(f"the view after a batch: {microseconds_per_batch():.2f} µs where it draws nothing")
    environment = {**os.environ, "NBKERAS_DISPLAY": "live"}
    manager, client = start_new_kernel(env=environment, extra_arguments=["--log-level=ERROR"])
    try:
        client.execute_interactive("%load_ext nbkeras\nfrom tests.benchmarks.live_view import train")
        print(f"{'':8} {'µs/step without the view':>31} {'with it':>31} {'shown/s':>8} {'cost in %':>24}")
        costs = [measure(client, name, chosen.rounds or rounds, seconds) for name in WORKLOADS]
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    print(f"at most {LIMIT:g} % are allowed: {'yes' if max(costs) <= LIMIT else 'no'}")


if __name__ == "__main__":
    main()
