"""What a long life asks of the engine: many models, many steps, large weights, long chains and long sequences.

    python -m tests.benchmarks.soak [models] [steps] [weights] [chain] [recurrence]

Each part runs in a process of its own and prints what it took. `tests.benchmarks.memory` has the rest: 10,000 fits, and
data larger than memory. Linux only.
"""

import argparse
import resource
import subprocess
import sys
import time

import numpy as np

import nbkeras
from nbkeras import layers
from tests.benchmarks.memory import held, network
from tests.benchmarks.report import duration
from tests.benchmarks.runner import CHECKOUT


def peak() -> float:
    """The most MB that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6


def models(count: int = 1_000, warm_up: int = 100) -> str:
    """Models made, compiled, trained and dropped."""
    x = np.ones((32, 8), "float32")
    for done in range(1, warm_up + count + 1):
        network(8).fit(x, x[:, :1], verbose=0)
        if done == warm_up:
            before = held("VmRSS")
    return f"{count:,} models grow by {held('VmRSS') - before:.1f} MB after the first {warm_up}"


def steps(count: int = 1_000_000) -> str:
    """One training of so many steps."""
    x = np.random.default_rng(0).normal(size=(1_000, 8)).astype("float32")
    model = network(8)
    model.fit(x, x[:, :1], batch_size=10, verbose=0, epochs=10)
    before, start = held("VmRSS"), time.perf_counter()
    history = model.fit(x, x[:, :1], batch_size=10, epochs=count // 100, verbose=0).history
    seconds = time.perf_counter() - start
    grown = f"{held('VmRSS') - before:.1f} MB with the history of {count // 100:,} epochs"
    return f"{count:,} steps take {duration(seconds)} and {grown}; the loss ends at {history['loss'][-1]:.2g}"


def weights(count: int = 100_000_000) -> str:
    """A few steps with Adam on so many weights, as multiples of their size."""
    units = int(count**0.5)
    model = nbkeras.Sequential([nbkeras.Input((units,)), layers.Dense(units, use_bias=False)])
    size = model.count_params() * 4 / 1e6
    without = held("VmRSS") - size
    model.compile("adam", "mse")
    x = np.ones((8, units), "float32")
    model.fit(x, x, batch_size=2, epochs=2, verbose=0)
    most, then = ((memory - without) / size for memory in (peak(), held("VmRSS")))
    return f"{count:,} weights with Adam: {most:.1f} × their size at most, {then:.1f} × then"


def chain(count: int = 5_000) -> str:
    """Models of so many layers: made, trained a step, copied by their configuration."""
    start = time.perf_counter()
    model = nbkeras.Sequential([nbkeras.Input((8,)), *[layers.Dense(8) for _ in range(count)]])
    model.compile("sgd", "mse")
    x = np.ones((4, 8), "float32")
    model.fit(x, x, epochs=3, verbose=0)
    copy = nbkeras.Sequential.from_config(model.get_config())
    copy.set_weights(model.get_weights())
    np.testing.assert_array_equal(copy.predict(x, verbose=0), model.predict(x, verbose=0))
    took = duration(time.perf_counter() - start)
    return f"a chain of {count:,} layers: made, trained and copied in {took}, {peak():.0f} MB at most"


def recurrence(inference: int = 100_000, training: int = 10_000) -> str:
    """An LSTM along so many steps."""
    model = nbkeras.Sequential([nbkeras.Input((None, 2)), layers.LSTM(16), layers.Dense(1)])
    model.compile("adam", "mse")
    start = time.perf_counter()
    outputs = model.predict(np.ones((1, inference, 2), "float32"), verbose=0)
    between = time.perf_counter()
    history = model.fit(np.ones((2, training, 2), "float32"), np.zeros((2, 1)), epochs=3, verbose=0).history["loss"]
    assert np.isfinite(outputs).all()
    assert history[-1] < history[0]
    predicted, trained = duration(between - start), duration(time.perf_counter() - between)
    return f"an LSTM: {inference:,} steps predicted in {predicted}, 3 × {training:,} trained in {trained}"


PARTS = {part.__name__: part for part in (models, steps, weights, chain, recurrence)}


def main() -> None:
    parser = argparse.ArgumentParser("python -m tests.benchmarks.soak", description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", metavar="PART", default=[*PARTS], help=", ".join(PARTS))
    chosen = parser.parse_args().parts
    if unknown := set(chosen) - set(PARTS):
        parser.error(f"no part is called {', '.join(sorted(unknown))}; choose from {', '.join(PARTS)}")
    if len(chosen) == 1:
        print(PARTS[chosen[0]](), flush=True)
        return
    for part in chosen:
        subprocess.run([sys.executable, "-m", "tests.benchmarks.soak", part], cwd=CHECKOUT, check=True)


if __name__ == "__main__":
    main()
