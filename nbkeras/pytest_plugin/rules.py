"""How a cell is tested: what its comments and tags say."""

import re
from dataclasses import dataclass, replace

from nbformat import NotebookNode

from nbkeras.pytest_plugin.comparison import Tolerance
from nbkeras.pytest_plugin.failure import CellFailure, NotebookFailed

__all__ = ["Rules", "rules_of"]

# nbval's words, so that a notebook serves both. Written as comment lines, or in lower case with hyphens as tags.
SKIPPED = {"NBVAL_SKIP"}
IGNORED = {"NBVAL_IGNORE_OUTPUT", "PYTEST_VALIDATE_IGNORE_OUTPUT"}
RAISING = {"NBVAL_RAISES_EXCEPTION"}
TAGS = {"raises-exception": "NBVAL_RAISES_EXCEPTION", "skip-execution": "NBVAL_SKIP"}  # those of Jupyter
OURS = re.compile(r"NBKERAS_(RTOL|ATOL)\s*[=:]\s*(\S+)")


@dataclass(frozen=True)
class Rules:
    """How a cell is tested.

    Attributes:
        runs: whether it is executed.
        compares: whether its outputs are compared.
        may_raise: whether an exception is one of its outputs.
        tolerance: of numbers in its outputs.
    """

    runs: bool
    compares: bool
    may_raise: bool
    tolerance: Tolerance


def rules_of(cell: NotebookNode, tolerance: Tolerance) -> Rules:
    """The rules of a cell; `tolerance` is that of the session.

    A line `# NBKERAS_RTOL = 0.05` in the cell, or its tag `nbkeras-rtol=0.05`, changes the relative tolerance, and
    with ATOL the absolute one.
    """
    if cell.cell_type != "code" or not cell.source.strip():
        return Rules(False, False, False, tolerance)
    words = [*_comments(cell.source), *_tags(cell)]
    for word in words:
        if match := OURS.fullmatch(word):
            tolerance = replace(tolerance, **{match[1].lower(): _number(match[2], cell)})
    return Rules(not SKIPPED & {*words}, not IGNORED & {*words}, bool(RAISING & {*words}), tolerance)


def _comments(source):
    lines = map(str.strip, source.splitlines())
    return [line.lstrip("#").strip() for line in lines if line.startswith("#")]


def _tags(cell):
    tags = cell.metadata.get("tags", [])
    return [TAGS.get(tag, tag.upper().replace("-", "_", 1 if "=" in tag else -1)) for tag in tags]


def _number(text, cell):
    try:
        return float(text)
    except ValueError:
        raise NotebookFailed([CellFailure.of(cell, f"states the tolerance {text!r}, which is no number", [])]) from None
