"""The magics: each parses its line, calls the engine once, and shows a view."""

from collections.abc import Callable
from typing import Any

from nbkeras.notebook.magics.declare import DeclareMagics
from nbkeras.notebook.magics.expect import ExpectMagics
from nbkeras.notebook.magics.explain import ExplainMagics
from nbkeras.notebook.magics.fit import FitMagics
from nbkeras.notebook.magics.measure import MeasureMagics
from nbkeras.notebook.magics.runs import RunsMagics
from nbkeras.notebook.magics.session import Session
from nbkeras.notebook.magics.setup import SetupMagics
from nbkeras.notebook.magics.step import StepMagics
from nbkeras.notebook.magics.watch import WatchMagics

__all__ = ["FAMILIES", "Session", "functions"]

FAMILIES = [
    DeclareMagics,
    FitMagics,
    RunsMagics,
    MeasureMagics,
    ExplainMagics,
    ExpectMagics,
    SetupMagics,
    StepMagics,
    WatchMagics,
]


def functions() -> dict[str, Callable[..., Any]]:
    """All magics by their names as a reader writes them, `%%model`, `%fit` and so on."""
    signs = {"cell": "%%", "line": "%"}
    return {
        signs[kind] + name: getattr(family, method)
        for family in FAMILIES
        for kind, names in family.magics.items()
        for name, method in names.items()
    }
