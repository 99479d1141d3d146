"""What a reader sees when a line of a declaration cannot be run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbkeras.notation.suite import Statement

__all__ = ["DeclarationWarning", "ModelError", "quoted"]


class DeclarationWarning(UserWarning):
    """A declaration that builds, and probably not what was meant."""


class ModelError(ValueError):
    """A declaration that cannot be built.

    In a notebook it prints as the lines of the cell around the mistake and one sentence, without a traceback; in a
    script as the same sentence. The exception of the line itself, if any, is its `__context__`.

    Attributes:
        message: what is wrong and what cures it.
        statement: the statement at fault, if one is.
    """

    def __init__(self, message: str, statement: Statement | None = None, lines: Sequence[str] = ()):
        self.message = message
        self.statement = statement
        self.lines = lines
        self.frames: list[str] = []  # of the reader's own functions below the line, ready to print
        super().__init__(f"{statement}: {message}" if statement else message)

    def _render_traceback_(self) -> list[str]:
        """IPython prints these lines in place of a traceback."""
        return [*quoted(self.statement, self.lines), *self.frames, str(self)]


def quoted(statement: Statement | None, lines: Sequence[str]) -> list[str]:
    """The statement's line and the one above it, numbered, with carets below the statement."""
    if statement is None or not 1 <= statement.line <= len(lines):
        return []
    digits = len(str(statement.line))
    shown = [
        f"{'→' if number == statement.line else ' '} {number:>{digits}} │ {lines[number - 1]}"
        for number in range(max(1, statement.line - 1), statement.line + 1)
    ]
    carets = " " * (digits + 2) + " │ " + " " * statement.column + "^" * max(statement.width, 1)
    return [*shown, carets]
