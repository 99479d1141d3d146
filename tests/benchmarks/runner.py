"""Measurements in processes of their own, the libraries taking turns."""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import threading
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


def environment_of(library: str, environment: Mapping[str, str]) -> dict[str, str]:
    """What the processes of a library get."""
    own = {**environment, **ON_THE_CPU, **LIBRARIES[library].environment}
    own.pop("PYTHONDONTWRITEBYTECODE", None)  # peers were installed with their bytecode
    return own


class Process:
    """A process that measures one library: `python -m tests.benchmarks.MODULE`.

    Where a task fails, the process ends.
    """

    def __init__(self, library: str, environment: Mapping[str, str], module: str = "measure"):
        self.errors = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed at the end
        self.process = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", f"tests.benchmarks.{module}", json.dumps([library, time.time()])],
            env=environment_of(library, environment),
            cwd=CHECKOUT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
        )

    def close(self) -> None:
        """Ends the process, which waits for another task."""
        with self.errors, contextlib.suppress(BrokenPipeError), self.process:
            pass

    def is_running(self) -> bool:
        return self.process.poll() is None

    def run(self, **task: Any) -> dict[str, Any]:
        """What the process measured, or why it failed under `error`."""
        late = threading.Timer(TIME_LIMIT, self.process.kill)
        late.start()
        try:
            self.process.stdin.write(json.dumps(task) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except BrokenPipeError:
            line = ""
        finally:
            late.cancel()
        return json.loads(line) if line else {"error": self._why()}

    def _why(self) -> str:
        status = self.process.wait()
        self.errors.seek(0)
        last = (self.errors.read().strip().splitlines() or [f"exit status {status}"])[-1]
        return f"took longer than {TIME_LIMIT} s" if status == -9 else last


def in_a_process(library: str, environment: Mapping[str, str], module: str = "measure", **task: Any) -> dict[str, Any]:
    """What a fresh process measured, or why it failed under `error`."""
    with contextlib.closing(Process(library, environment, module)) as process:
        return process.run(**task)


class Kept:
    """One process for each library, which stays for all tasks: libraries that start slowly start once."""

    def __init__(self) -> None:
        self.processes: dict[str, Process] = {}

    def __enter__(self) -> "Kept":
        return self

    def __exit__(self, *error: Any) -> None:
        for process in self.processes.values():
            process.close()

    def run(self, library: str, environment: Mapping[str, str], **task: Any) -> dict[str, Any]:
        """As `in_a_process`."""
        process = self.processes.get(library) or Process(library, environment)
        if not process.is_running():  # its last task failed
            process.close()
            process = Process(library, environment)
        self.processes[library] = process
        return process.run(**task)


def configuration(library: str, environment: Mapping[str, str]) -> str:
    """What `nbkeras.show_config()` prints in the processes of `library`, a row of nbkeras."""
    command = [sys.executable, "-W", "ignore", "-c", "import nbkeras; nbkeras.show_config()"]
    environment = environment_of(library, environment)
    return subprocess.run(command, env=environment, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout


def paired(libraries: Iterable[str], rounds: int, one: Callable[[str], dict[str, Any]]) -> dict[str, list[dict]]:
    """The measurements of each library, taken A B C, A B C, …; a library that failed is not tried again."""
    results: dict[str, list[dict]] = {library: [] for library in libraries}
    for _ in range(rounds):
        for library, runs in results.items():
            if not any("error" in run for run in runs):
                runs.append(one(library))
    return results
