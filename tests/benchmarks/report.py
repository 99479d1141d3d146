"""The tables that the suite prints."""

import statistics
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.benchmarks.libraries import KERAS, LIBRARIES, OURS, PEERS, PLAIN
from tests.benchmarks.machine import is_quiet
from tests.benchmarks.targets import BEST_KERAS, LIMITS, TARGETS, WHEEL
from tests.benchmarks.workloads import WORKLOADS

Results = Mapping[str, list[dict]]


def header(facts: Mapping[str, Any]) -> str:
    settings = " ".join(f"{name}={value}" for name, value in facts["settings"].items())
    lines = [
        f"{facts['processor']}, {facts['cores']} cores, {facts['system']}, "
        f"Python {facts['python']}, NumPy {facts['numpy']}, load {facts['load']} {settings}".rstrip()
    ]
    for name, text in facts["configurations"].items():
        lines.append(f"{name}: {', '.join(' '.join(line.split()) for line in text.splitlines())}")
    if not is_quiet(facts):
        lines.append("Other programs are running on this machine: these figures are provisional.")
    return "\n".join(lines)


def missing(names: Iterable[str]) -> str:
    return "\n".join(f"{name} is not installed: pip install {LIBRARIES[name].install}" for name in names)


def sizes(installed: Mapping[str, Mapping[str, Any]]) -> str:
    """Installed MB of each library, its own and with all that it requires."""
    lines = [f"{'installed':17} {'own MB':>8} {'total MB':>9}  versions"]
    lines += [
        f"{name:17} {size['own']:8.1f} {size['total']:9.0f}  {size['versions']}" for name, size in installed.items()
    ]
    return "\n".join(lines)


def workload_table(name: str, environment: str, results: Results) -> str:
    """Median, min–max and ratio of each library; one block for each timing."""
    row = WORKLOADS[name]
    lines = [f"{name}  {row.title}  [{environment} environment]"]
    checks = dict.fromkeys(check for run in _good(results) for check in run["checks"])
    titles = "".join(f" {check:>9}" for check in checks)
    lines.append(f"  {'':17} {'median':>9} {'min–max':>19} {'ratio':>7} {'cold s':>7} {'RSS MB':>7}{titles}")
    for timing in dict.fromkeys(timing for run in _good(results) for timing in run["times"]):
        if timing:
            lines.append(f"  {timing}")
        ours = median_time(results.get(OURS, []), timing)
        lines += [_line(library, runs, timing, ours, checks) for library, runs in results.items() if _ran(runs, timing)]
    return "\n".join(lines)


def _line(library: str, runs: list[dict], timing: str, ours: float | None, checks: Iterable[str]) -> str:
    times = _times(runs, timing)
    median = statistics.median(times)
    spread = f"{duration(min(times))}–{duration(max(times))}" if len(times) > 1 else ""
    ratio = f"{median / ours:7.2f}" if ours else f"{'':7}"
    colds = [run["cold"] for run in runs if "cold" in run]
    cold = f"{statistics.median(colds):7.2f}" if colds else f"{'':7}"
    memory = median_memory(runs)
    held = f"{memory:7.0f}" if memory else f"{'':7}"
    numbers = "".join(f" {runs[0]['checks'].get(check, float('nan')):9.5f}" for check in checks)
    return f"  {library:17} {duration(median):>9} {spread:>19} {ratio} {cold} {held}{numbers}"


def duration(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} µs"


def summary(measured: Iterable[tuple[str, str, Results]]) -> str:
    """Every ratio peer / nbkeras that has a target, beside it; above 1, nbkeras is the faster one."""
    lines = [f"{'ratio to nbkeras':28} {'peer':37} {'plain':>7} {'target':>7}   {'native':>7} {'target':>7}"]
    for name, environment, results in measured:
        for timing in dict.fromkeys(timing for run in _good(results) for timing in run["times"]):
            for peer, goals in TARGETS.get(f"{name} {timing.split()[0]}" if timing else name, {}).items():
                if rival := rival_of(peer, results, timing):
                    title = f"{name} {timing} [{environment}]".replace("  ", " ")
                    who = f"{peer} ({rival})" if peer == BEST_KERAS else peer
                    lines.append(f"{title:28} {who:37} {_judged(rival, results, timing, goals)}".rstrip())
    return "\n".join(lines)


def _judged(rival: str, results: Results, timing: str, goals: tuple[float, float | None]) -> str:
    """The ratios of the peer to nbkeras on NumPy alone and with native kernels, each with its target."""
    theirs = median_time(results[rival], timing) or 0.0
    cells, below = [], []
    for column, library, goal in zip(("plain", "native"), columns(results), goals):
        ours = median_time(results.get(library, []), timing)
        ratio = theirs / ours if ours else None
        cells.append(f"{_number(ratio)} {_number(goal if ratio else None)}")
        below += [column] if ratio and goal and ratio < goal else []
    return "   ".join(cells) + (f"  below: {', '.join(below)}" if below else "")


def columns(results: Results) -> tuple[str, str]:
    """The rows that stand for nbkeras on NumPy alone and with native kernels, the latter "" where there are none."""
    return (PLAIN, OURS) if PLAIN in results else (OURS, "")


def _number(value: float | None) -> str:
    return f"{'':7}" if value is None else f"{value:7.2f}" if value < 100 else f"{value:7.0f}"


def limits(measured: Iterable[tuple[str, str, Results]], wheel: float) -> str:
    """What nbkeras takes of what it may take at most, and its peak memory beside that of the leanest peer."""
    lines = [f"{'nbkeras at most':46} {'measured':>9} {'limit':>9}", _limit("wheel MB", wheel, WHEEL)]
    for name, environment, results in measured:
        others = [median_memory(runs) for library, runs in results.items() if library in PEERS]
        peers = [memory for memory in others if memory]
        for library in filter(None, columns(results)):
            ours = results.get(library, [])
            for (workload, what), limit in LIMITS.items():
                value = median_time(ours, "") if what == "s" else median_memory(ours)
                if workload == name and value is not None:
                    lines.append(_limit(f"{name} {library} {what} [{environment}]", value, limit))
            if peers and (memory := median_memory(ours)):
                title = f"{name} {library} MB, the leanest peer [{environment}]"
                lines.append(_limit(title, memory, min(peers)))
    return "\n".join(lines)


def _limit(title: str, value: float, limit: float) -> str:
    return f"{title:46} {value:9.3g} {limit:9.3g}{'' if value <= limit else '  above'}"


def rival_of(peer: str, results: Results, timing: str) -> str | None:
    """The row that a target means; of Keras, its fastest backend here."""
    medians = {library: median_time(runs, timing) for library, runs in results.items()}
    among = [name for name in (KERAS if peer == BEST_KERAS else (peer,)) if medians.get(name)]
    return min(among, key=medians.__getitem__, default=None)


def median_time(runs: list[dict], timing: str) -> float | None:
    times = _times(runs, timing)
    return statistics.median(times) if times else None


def median_memory(runs: list[dict]) -> float | None:
    memory = [run["memory"] for run in runs if "memory" in run]
    return statistics.median(memory) if memory else None


def _times(runs: list[dict], timing: str) -> list[float]:
    return [run["times"][timing] for run in runs if timing in run.get("times", {})]


def _ran(runs: list[dict], timing: str) -> bool:
    return bool(_times(runs, timing))


def _good(results: Results) -> Iterator[dict]:
    return (run for runs in results.values() for run in runs if "times" in run)
