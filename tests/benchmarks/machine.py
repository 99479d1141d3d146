"""What the figures were taken on."""

import os
import platform
from importlib import metadata
from typing import Any

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NBKERAS_NUM_THREADS", "NBKERAS_NATIVE")


def machine() -> dict[str, Any]:
    """The processor, the cores that this process may use, the versions, and what could disturb."""
    return {
        "processor": processor(),
        "cores": cores(),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "numpy": metadata.version("numpy"),
        "load": round(os.getloadavg()[0], 2) if hasattr(os, "getloadavg") else None,
        "settings": {name: os.environ[name] for name in THREADS if os.environ.get(name)},
    }


def cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def processor() -> str:
    if os.path.exists("/proc/cpuinfo"):
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            lines = dict.fromkeys(line.split(":", 1)[1].strip() for line in file if line.startswith("model name"))
        return ", ".join(lines) or platform.machine()
    return platform.processor() or platform.machine()


def is_quiet(facts: dict[str, Any]) -> bool:
    return facts["load"] is None or facts["load"] < 0.5
