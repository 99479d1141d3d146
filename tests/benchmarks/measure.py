"""What one process measures: a workload in one library."""

import statistics
import sys
import time
from typing import Any

from tests.benchmarks.libraries import open_library
from tests.benchmarks.worker import answer
from tests.benchmarks.workloads import WORKLOADS, Workload, data, initial_weights


def measure(library: str, workload: str, quick: bool, began: float | None) -> dict[str, Any]:
    """Seconds under `times`, and the numbers that must be alike under `checks`.

    Of the first workload of a process, also the seconds since the process `began` under `cold`, and megabytes under
    `memory`.
    """
    row = WORKLOADS[workload]
    result = {"fit": fit, "predict": predict, "cold": cold}[row.kind](open_library(library), row, quick)
    done = result.pop("done", None)
    if began is None:
        return result
    if row.kind == "cold":
        result["times"] = {"": done - began}
    elif done is not None:
        result["cold"] = done - began
    return {**result, "memory": peak_memory()}


def cold(net: Any, row: Workload, quick: bool) -> dict[str, Any]:
    first, done = first_step(net, row, *data(row.model, row.size[0]))
    return {"times": {}, "done": done, "checks": {"first": first}}


def fit(net: Any, row: Workload, quick: bool) -> dict[str, Any]:
    """Seconds per step of `fit` as it is called by default, shuffled.

    Before it come one step and one epoch in the order of the rows, in which whatever compiles is compiled and whose
    losses the libraries must agree on.
    """
    rows, epochs = row.quick if quick else row.size
    x, y = data(row.model, rows)
    first, done = first_step(net, row, x, y)
    x, y = net.prepare(row.model, x, y)
    epoch = net.fit(x, y, row.batch_size, shuffle=False)[-1]
    start = time.perf_counter()
    final = net.fit(x, y, row.batch_size, epochs)[-1]
    per_step = (time.perf_counter() - start) / (epochs * -(-rows // row.batch_size))
    return {"times": {"": per_step}, "done": done, "checks": {"first": first, "epoch": epoch, "final": final}}


def first_step(net: Any, row: Workload, x: Any, y: Any) -> tuple[float, float]:
    """The loss of the first batch, and when its training step ended."""
    net.build(row.model, initial_weights(row.model))
    x, y = net.prepare(row.model, x[: row.batch_size], y[: row.batch_size])
    loss = net.fit(x, y, row.batch_size, shuffle=False)[-1]
    return loss, time.time()


def predict(net: Any, row: Workload, quick: bool) -> dict[str, Any]:
    """Seconds per call on one row, through the model itself and through Keras' `predict`."""
    times, checks = {}, {}
    for model in row.model.split():
        net.build(model, initial_weights(model))
        x, _ = net.prepare(model, *data(model, 1))
        checks[model] = float(net.call(x).ravel()[0])
        for way in ("predict", "call"):
            if hasattr(net, way):
                times[f"{way} {model}"] = seconds_per_call(getattr(net, way), x, 0.1 if quick else 0.5)
    return {"times": times, "checks": checks}


def seconds_per_call(function: Any, x: Any, budget: float) -> float:
    """The median of as many calls as fit into a budget of seconds, after three that do not count."""
    for _ in range(3):
        function(x)
    times = []
    while len(times) < 5 or sum(times) < budget:
        start = time.perf_counter()
        function(x)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def peak_memory() -> float:
    """The most memory this process ever held, in MB (10⁶ bytes).

    Linux's `ru_maxrss` also counts what the parent held when it forked; VmHWM does not.
    """
    if sys.platform == "linux":
        with open("/proc/self/status", encoding="utf-8") as status:
            kilobytes = next(line.split()[1] for line in status if line.startswith("VmHWM"))
        return int(kilobytes) * 1024 / 1e6
    if sys.platform == "win32":
        return float("nan")
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


if __name__ == "__main__":
    answer(measure)
