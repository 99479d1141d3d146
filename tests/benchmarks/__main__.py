"""`python -m tests.benchmarks`: every workload for nbkeras and each installed peer; README.md tells how to read it."""

import argparse
import json
import sys
from collections.abc import Iterator
from typing import Any

from tests.benchmarks import chain, report
from tests.benchmarks.checks import differences
from tests.benchmarks.installed import installed, size_of_wheel
from tests.benchmarks.libraries import KERAS, LIBRARIES, OURS, PEERS, PLAIN, is_installed
from tests.benchmarks.machine import machine
from tests.benchmarks.runner import Kept, configuration, environments, in_a_process, paired
from tests.benchmarks.scaling import AXES, scaling, table
from tests.benchmarks.workloads import WORKLOADS


def names_among(known):
    """An option's type: names of `known` with commas between."""

    def names(text: str) -> list[str]:
        chosen = text.split(",")
        for name in chosen:
            if name not in known:
                raise argparse.ArgumentTypeError(f"{name!r} is not one of {', '.join(known)}")
        return chosen

    return names


def options(arguments: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.benchmarks", description=__doc__)
    parser.add_argument("command", nargs="?", choices=["workloads", "scaling", "chain"], default="workloads")
    parser.add_argument("--quick", action="store_true", help="one short round, in two minutes")
    parser.add_argument("--only", type=names_among(WORKLOADS), default=[*WORKLOADS], metavar="W1,W2", help="workloads")
    parser.add_argument("--axes", type=names_among(AXES), default=[*AXES], metavar="batch,width", help="of scaling")
    parser.add_argument(
        "--peers",
        type=names_among(PEERS),
        metavar="keras-jax,torch",
        help="default: all; of scaling and chain, keras-jax",
    )
    parser.add_argument("--rounds", type=int, help="measurements of each, default 3, with --quick 1")
    parser.add_argument("--environment", choices=["clean", "user", "both"], help="default both, with --quick clean")
    parser.add_argument("--json", metavar="PATH", help="where to write all measurements")
    chosen = parser.parse_args(arguments)
    chosen.rounds = chosen.rounds or (1 if chosen.quick else 3)
    chosen.environment = chosen.environment or ("clean" if chosen.quick else "both")
    return chosen


def main() -> int:
    chosen = options()
    first = next(iter(environments(chosen.environment).values()))
    facts = {**machine(), "configurations": {name: configuration(name, first) for name in (OURS, PLAIN)}}
    print(report.header(facts), flush=True)
    if chosen.command == "scaling":
        measured, failures = run_scaling(chosen)
    elif chosen.command == "chain":
        measured, failures = run_chain(chosen, first)
    else:
        measured, failures = run_workloads(chosen, own_rows(facts["configurations"]))
    if chosen.json:
        with open(chosen.json, "w", encoding="utf-8") as file:
            json.dump({"machine": facts, "quick": chosen.quick, **measured}, file, indent=1)
    print(*failures, sep="\n")
    return 1 if failures else 0


def own_rows(configurations: dict[str, str]) -> list[str]:
    """nbkeras as it is installed and, where that has native kernels, without them."""
    return [OURS] if configurations[OURS] == configurations[PLAIN] else [OURS, PLAIN]


def run_workloads(chosen: argparse.Namespace, own: list[str]) -> tuple[dict[str, Any], list[str]]:
    peers = chosen.peers or PEERS
    present = [*own, *(name for name in peers if is_installed(name))]
    print(report.missing(name for name in peers if name not in present))
    sizes = {name: installed(LIBRARIES[name].modules) for name in present if name != PLAIN}
    print(report.sizes(sizes), flush=True)
    measured = list(measurements(chosen, present))
    print(f"\n{report.summary(measured)}\n\n{report.limits(measured, size_of_wheel(OURS))}")
    failures = [sentence for name, _, results in measured for sentence in differences(name, results)]
    runs = [{"workload": name, "environment": kind, "results": results} for name, kind, results in measured]
    return {"installed": sizes, "runs": runs}, failures


def measurements(chosen: argparse.Namespace, present: list[str]) -> Iterator[tuple[str, str, dict[str, list[dict]]]]:
    """What each library took for each workload.

    With --quick a library has one process for all of them, of which the cold start and the memory are the first one's.
    """
    first_cold = sorted(chosen.only, key=lambda name: WORKLOADS[name].kind != "cold")
    for kind, environment in environments(chosen.environment).items():
        with Kept() as kept:
            for name in first_cold if chosen.quick else chosen.only:

                def one(library: str, name=name, environment=environment) -> dict[str, Any]:
                    if sys.stderr.isatty():
                        print(f"{name} {library} …\033[K", end="\r", file=sys.stderr, flush=True)
                    measure = kept.run if chosen.quick else in_a_process
                    return measure(library, environment, workload=name, quick=chosen.quick)

                able = [library for library in present if name in LIBRARIES[library].workloads]
                results = paired(able, chosen.rounds, one)
                print(f"\n{report.workload_table(name, kind, results)}", flush=True)
                yield name, kind, results


def run_scaling(chosen: argparse.Namespace) -> tuple[dict[str, Any], list[str]]:
    peer = one_peer(chosen)
    tables = []
    for kind, environment in environments(chosen.environment).items():
        for measured in scaling(peer, chosen.axes, chosen.rounds, chosen.quick, environment):
            print(f"\n[{kind} environment] {table(measured)}", flush=True)
            tables.append({"environment": kind, **measured})
    points = [(one["axis"], point) for one in tables for point in one["points"]]
    failures = [
        f"{axis} {point['size']}: {library} failed: {run['error']}"
        for axis, point in points
        for library, runs in point["results"].items()
        for run in runs
        if "error" in run
    ]
    return {"scaling": tables}, failures


def run_chain(chosen: argparse.Namespace, environment: dict[str, str]) -> tuple[dict[str, Any], list[str]]:
    found = chain.measured(one_peer(chosen), environment)
    print(f"\n{chain.table(found)}")
    return {"chain": found}, [f"chain: {run['error']}" for run in found["sizes"].values() if "error" in run]


def one_peer(chosen: argparse.Namespace) -> str:
    """The backend of Keras that nbkeras is set beside."""
    peer = (chosen.peers or ["keras-jax"])[0]
    if peer not in KERAS or not is_installed(peer):
        raise SystemExit(f"{chosen.command} expects one installed backend of {', '.join(KERAS)}, got {peer}")
    return peer


if __name__ == "__main__":
    sys.exit(main())
