"""What is said of cells that failed."""

from collections.abc import Sequence
from dataclasses import dataclass

from nbformat import NotebookNode

__all__ = ["CellFailure", "NotebookFailed"]

LINES = 12  # of a cell's source


@dataclass(frozen=True)
class CellFailure:
    """A cell that failed.

    Attributes:
        title: which cell it is, by the number beside it, and what is wrong.
        source: its lines.
        details: the difference, or the traceback.
    """

    title: str
    source: Sequence[str]
    details: Sequence[str]

    @classmethod
    def of(cls, cell: NotebookNode, problem: str, details: Sequence[str]) -> "CellFailure":
        """The failure of a cell, which Jupyter numbers [ ] as long as it has not been run."""
        source = cell.source.splitlines()
        source = source if len(source) <= LINES else [*source[:LINES], "…"]
        return cls(f"cell [{cell.execution_count or ' '}] {problem}", source, details)

    def __str__(self) -> str:
        return "\n".join([self.title, *(f"  │ {line}" for line in self.source), *self.details])


class NotebookFailed(Exception):
    """Cells that failed, and a remark."""

    def __init__(self, failures: Sequence[CellFailure], remark: str = ""):
        super().__init__("\n\n".join([*map(str, failures), *([remark] if remark else [])]))
