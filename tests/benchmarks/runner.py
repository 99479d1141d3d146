"""Measurements in fresh processes, the libraries taking turns."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.benchmarks.libraries import LIBRARIES

# Some machines set these, which hold NumPy's matrix product below what the processor can do. A user's machine does not.
FORCED = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
ON_THE_CPU = {"JAX_PLATFORMS": "cpu", "CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3"}
CHECKOUT = Path(__file__).parents[2]
TIME_LIMIT = 900


def environments(which: str, user: Mapping[str, str] = os.environ) -> dict[str, dict[str, str]]:
    """The environments to run in, by name. Where nothing is forced, the user's environment is the clean one."""
    both = {"clean": {name: value for name, value in user.items() if name not in FORCED}, "user": dict(user)}
    if both["clean"] == both["user"]:
        return {"clean": both["clean"]}
    return both if which == "both" else {which: both[which]}


def in_a_process(library: str, environment: Mapping[str, str], module: str = "measure", **task: Any) -> dict[str, Any]:
    """Runs `python -m tests.benchmarks.MODULE` on a task; what it measured, or why it failed under `error`."""
    environment = {**environment, **ON_THE_CPU, "KERAS_BACKEND": LIBRARIES[library].backend}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # peers were installed with their bytecode
    task = {"library": library, **task, "began": time.time()}
    command = [sys.executable, "-W", "ignore", "-m", f"tests.benchmarks.{module}", json.dumps(task)]
    try:
        run = subprocess.run(
            command, env=environment, cwd=CHECKOUT, capture_output=True, text=True, check=False, timeout=TIME_LIMIT
        )
    except subprocess.TimeoutExpired:
        return {"error": f"took longer than {TIME_LIMIT} s"}
    if run.returncode:
        return {"error": (run.stderr.strip().splitlines() or [f"exit status {run.returncode}"])[-1]}
    return json.loads(run.stdout.splitlines()[-1])


def paired(libraries: Iterable[str], rounds: int, one: Callable[[str], dict[str, Any]]) -> dict[str, list[dict]]:
    """The measurements of each library, taken A B C, A B C, …; a library that failed is not tried again."""
    results: dict[str, list[dict]] = {library: [] for library in libraries}
    for _ in range(rounds):
        for library, runs in results.items():
            if not any("error" in run for run in runs):
                runs.append(one(library))
    return results
