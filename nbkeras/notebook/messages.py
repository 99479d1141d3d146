"""Warnings and errors of the library in cells: a warning in one line, an error with the reader's own lines alone.

Python prints a warning with the path of a temporary file and the line that IPython made of a magic, and an error with
a frame for each function of ours. `%tb` and `%debug` have all of them.
"""

import sys
import warnings
from types import TracebackType
from typing import Any, TextIO

from nbkeras.notation.report import is_ours, steps_of, without_library
from nbkeras.warning import forget
from nbkeras.warning import is_ours as is_our_warning

__all__ = ["add_messages", "remove_messages"]

KINDS = (TypeError, ValueError, RuntimeError, AttributeError, ImportError)
BEFORE_CELL = "pre_run_cell"


class Messages:
    """What a shell prints in place of Python's words.

    Args:
        shell: IPython's.
    """

    def __init__(self, shell: Any):
        self.shell = shell
        self.show_other = warnings.showwarning

    def begin_cell(self, *_: Any) -> None:
        """Lets a cell that runs again warn again."""
        forget()

    def show_warning(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        """As `warnings.showwarning`."""
        if is_our_warning(message):
            print(f"Warning: {message}", file=file or sys.stderr)
        else:
            self.show_other(message, category, filename, lineno, file, line)

    def show_error(
        self,
        shell: Any,
        kind: type[BaseException],
        error: BaseException,
        traceback: TracebackType | None,
        tb_offset: int | None = None,
    ) -> None:
        """As a handler of `shell.set_custom_exc`."""
        if not is_ours(steps_of(traceback)):
            shell.showtraceback((kind, error, traceback), tb_offset=tb_offset)
            return
        shell.showtraceback((kind, error, without_library(traceback)), tb_offset=0)
        sys.last_traceback = traceback  # what %tb and %debug show


def add_messages(shell: Any) -> None:
    """Lets the shell print the library's messages so."""
    remove_messages(shell)
    messages = Messages(shell)
    shell.events.register(BEFORE_CELL, messages.begin_cell)
    warnings.showwarning = messages.show_warning
    if not shell.custom_exceptions:  # there is one place for a handler, and another extension may have it
        shell.set_custom_exc(KINDS, messages.show_error)


def remove_messages(shell: Any) -> None:
    """Takes it back."""
    for callback in list(shell.events.callbacks[BEFORE_CELL]):
        messages = getattr(callback, "__self__", None)
        if isinstance(messages, Messages):
            shell.events.unregister(BEFORE_CELL, callback)
            if warnings.showwarning == messages.show_warning:
                warnings.showwarning = messages.show_other
    if shell.custom_exceptions is KINDS:
        shell.set_custom_exc((), None)
