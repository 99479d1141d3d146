"""How the time per step grows with the work: one point per fresh process, nbkeras beside one Keras backend.

A cost that grows as the work does has a `growth` (the exponent between two sizes) that rises towards that of the work
and stays there. A kink is a step that grows faster than the work, and faster than the peer's.
"""

import math
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from tests.benchmarks.libraries import OURS, open_library
from tests.benchmarks.report import duration
from tests.benchmarks.runner import in_a_process, paired
from tests.benchmarks.worker import answer

BATCHES = 8
LEAST_SECONDS = (1.0, 0.2)  # of one measurement, and with --quick
MARGIN = 0.3  # of a growth: what leaves a cache costs more, once


def dense_network(keras, features, width, depth):
    layers = keras.layers
    hidden = [layers.Dense(width, activation="relu") for _ in range(depth)]
    return keras.Sequential([keras.Input((features,)), *hidden, layers.Dense(1)])


def recurrent_network(keras, length):
    layers = keras.layers
    return keras.Sequential([keras.Input((length, 16)), layers.LSTM(32), layers.Dense(1)])


def attention_network(keras, length):
    layers = keras.layers
    x = keras.Input((length, 32))
    pooled = layers.GlobalAveragePooling1D()(layers.MultiHeadAttention(num_heads=4, key_dim=8)(x, x))
    return keras.Model(x, layers.Dense(1)(pooled))


def embedding_network(keras, rows):
    layers = keras.layers
    body = [layers.Embedding(rows, 32), layers.GlobalAveragePooling1D(), layers.Dense(1)]
    return keras.Sequential([keras.Input((16,), dtype="int32"), *body])


class Axis(NamedTuple):
    """`exponent` is that of the work at large sizes."""

    title: str
    sizes: tuple[int, ...]
    network: Callable[[Any, int], Any]
    batch_size: Callable[[int], int] = lambda size: 32
    exponent: float = 1.0


AXES = {
    "batch": Axis(
        "rows in a batch, Dense 64-128-128-1",
        (8, 32, 128, 512, 2048, 8192),
        lambda keras, size: dense_network(keras, 64, 128, 2),
        lambda size: size,
    ),
    "width": Axis(
        "units of two dense layers, batch 32",
        (8, 32, 128, 512, 2048),
        lambda keras, size: dense_network(keras, 64, size, 2),
        exponent=2.0,
    ),
    "depth": Axis(
        "dense layers of 32 units, batch 32",
        (1, 4, 16, 64, 256),
        lambda keras, size: dense_network(keras, 32, 32, size),
    ),
    "length": Axis("time steps of an LSTM(32), batch 32", (8, 32, 128, 512), recurrent_network),
    "attention": Axis(
        "time steps of four heads of attention, batch 32", (16, 64, 256, 1024), attention_network, exponent=2.0
    ),
    "parameters": Axis(
        "rows of an Embedding(rows, 32), batch 32", (1_000, 10_000, 100_000, 1_000_000), embedding_network
    ),
}


def measure(library: str, axis: str, size: int, quick: bool, began: float | None) -> dict[str, Any]:
    """Seconds per step of `fit` on a few batches, repeated until the measurement is long enough."""
    keras = open_library(library).keras
    net = AXES[axis].network(keras, size)
    net.compile("adam", "mse")
    batch_size = AXES[axis].batch_size(size)
    x, y = data_for(net, BATCHES * batch_size)
    options = {"batch_size": batch_size, "verbose": 0}
    net.fit(x, y, **options)
    once = _seconds(lambda: net.fit(x, y, **options))
    epochs = math.ceil(LEAST_SECONDS[quick] / once) or 1
    seconds = _seconds(lambda: net.fit(x, y, epochs=epochs, **options))
    return {"times": {"": seconds / (epochs * BATCHES)}, "parameters": net.count_params()}


def data_for(net: Any, rows: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    shape = (rows, *net.input_shape[1:])
    is_tokens = str(net.inputs[0].dtype).startswith("int")
    x = rng.integers(0, 1_000, shape).astype("int32") if is_tokens else rng.normal(size=shape).astype("float32")
    return x, rng.normal(size=(rows, 1)).astype("float32")


def _seconds(function: Callable[[], Any]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def scaling(peer: str, axes: list[str], rounds: int, quick: bool, environment: dict[str, str]) -> Iterator[dict]:
    """One table per axis, as it is finished."""
    for axis in axes:
        points = [
            _point(peer, axis, size, rounds, quick, environment) for size in AXES[axis].sizes[: 3 if quick else None]
        ]
        yield {"axis": axis, "peer": peer, "points": points}


def _point(peer: str, axis: str, size: int, rounds: int, quick: bool, environment: dict[str, str]) -> dict[str, Any]:
    def one(library: str) -> dict[str, Any]:
        return in_a_process(library, environment, "scaling", axis=axis, size=size, quick=quick)

    return {"size": size, "results": paired([OURS, peer], rounds, one)}


def table(measured: dict[str, Any]) -> str:
    """Sizes down, libraries across, with the growth from the size before."""
    axis, peer = AXES[measured["axis"]], measured["peer"]
    lines = [f"{measured['axis']}: {axis.title}"]
    lines.append(f"  {'size':>9} {'parameters':>11} {OURS:>10} {'growth':>7} {peer:>17} {'growth':>7} {'ratio':>7}")
    before = None
    for point in measured["points"]:
        if any("error" in run for runs in point["results"].values() for run in runs):
            lines.append(f"  {point['size']:9,} failed")
            continue
        size, times = point["size"], [_median(point["results"][library]) for library in (OURS, peer)]
        growths = _growths(size, times, *before) if before else []
        before = (size, times)
        cells = [
            f"{duration(one):>{width}} {_shown(growths, i)}" for i, (one, width) in enumerate(zip(times, (10, 17)))
        ]
        parameters = point["results"][OURS][0]["parameters"]
        kink = "  kink" if growths and growths[0] > max(axis.exponent, growths[1]) + MARGIN else ""
        lines.append(f"  {size:9,} {parameters:11,} {' '.join(cells)} {times[1] / times[0]:7.2f}{kink}")
    return "\n".join(lines)


def _growths(size: int, times: list[float], size_before: int, times_before: list[float]) -> list[float]:
    step = math.log(size / size_before)
    return [math.log(now / then) / step for now, then in zip(times, times_before)]


def _shown(growths: list[float], place: int) -> str:
    return f"{growths[place]:7.2f}" if growths else f"{'':7}"


def _median(runs: list[dict]) -> float:
    return float(np.median([run["times"][""] for run in runs]))


if __name__ == "__main__":
    answer(measure)
