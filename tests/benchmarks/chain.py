"""Models of 250, 500 and 1,000 layers in a chain: what it takes to make, show, write, copy and train them.

To make a model of 1,000 layers, and to show its summary, takes less than a second each. Twice as many layers take twice
as long. The peer is measured at what needs no compilation.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from tests.benchmarks.libraries import OURS, open_library
from tests.benchmarks.report import duration
from tests.benchmarks.runner import in_a_process
from tests.benchmarks.worker import answer

SIZES = (250, 500, 1_000)
LIMIT = 1.0  # seconds
LIMITED = ("Sequential", "functional", "summary")


def sequential(keras: Any, size: int) -> Any:
    return keras.Sequential([keras.Input((8,)), *[keras.layers.Dense(8) for _ in range(size)]])


def functional(keras: Any, size: int) -> Any:
    x = first = keras.Input((8,))
    for _ in range(size):
        x = x + keras.layers.Dense(8)(x)
    return keras.Model(first, x)


def work(keras: Any, size: int, trains: bool) -> Iterator[tuple[str, Callable[[], Any]]]:
    """What is timed, in order."""
    yield "Sequential", lambda: sequential(keras, size)
    yield "functional", lambda: functional(keras, size)
    model, rows = functional(keras, size), np.ones((32, 8), "float32")
    yield "summary", lambda: model.summary(print_fn=lambda text, line_break=False: None)
    yield "to_json", model.to_json
    text = model.to_json()
    yield "model_from_json", lambda: keras.models.model_from_json(text)
    yield "clone_model", lambda: keras.models.clone_model(model)
    yield "call", lambda: model(rows, training=False)
    if trains:
        model.compile("sgd", "mse")
        for step in ("first step", "step that is recorded", "step that is proved", "step that is replayed"):
            yield step, lambda: model.fit(rows, rows, verbose=0)


def measure(library: str, size: int, began: float | None) -> dict[str, Any]:
    times = {}
    for name, function in work(open_library(library).keras, size, trains=library == OURS):
        start = time.perf_counter()
        function()
        times[name] = time.perf_counter() - start
    return {"times": times}


def measured(peer: str, environment: Mapping[str, str]) -> dict[str, Any]:
    """The seconds by size, and the peer's at the last one, or why it failed."""
    sizes = {size: in_a_process(OURS, environment, "chain", size=size) for size in SIZES}
    return {"sizes": sizes, "peer": peer, "rival": in_a_process(peer, environment, "chain", size=SIZES[-1])}


def table(found: dict[str, Any]) -> str:
    """Work down, sizes across, with the growth from the size before the last."""
    rival = found["rival"].get("times", {})
    lines = [f"{'a chain of layers':22} {''.join(f'{size:>10,}' for size in SIZES)} {'growth':>7} {found['peer']:>17}"]
    for name in found["sizes"][SIZES[-1]].get("times", ()):
        seconds = [found["sizes"][size]["times"][name] for size in SIZES]
        cells = "".join(f"{duration(one):>10}" for one in seconds)
        growth = math.log2(seconds[-1] / seconds[-2])
        mark = "  above a second" if name in LIMITED and seconds[-1] > LIMIT else ""
        theirs = duration(rival[name]) if name in rival else ""
        lines.append(f"{name:22} {cells} {growth:7.2f} {theirs:>17}{mark}".rstrip())
    if "error" in found["rival"]:
        lines.append(f"{found['peer']} failed: {found['rival']['error']}")
    return "\n".join(lines)


if __name__ == "__main__":
    answer(measure)
