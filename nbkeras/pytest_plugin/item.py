"""A notebook as one test: its cells share a kernel, so that none of them can be run alone."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from nbkeras.pytest_plugin.comparison import Tolerance, differences
from nbkeras.pytest_plugin.execution import Stopped, execute
from nbkeras.pytest_plugin.failure import CellFailure, NotebookFailed
from nbkeras.pytest_plugin.outputs import shown
from nbkeras.pytest_plugin.rules import Rules, rules_of
from nbkeras.pytest_plugin.store import store, with_outputs_of

__all__ = ["UPDATED", "NotebookFile", "NotebookItem"]

UPDATED = "nbkeras stored"  # the property of a report that names the file


class NotebookFile(pytest.File):
    """A notebook."""

    def collect(self) -> Iterator["NotebookItem"]:
        yield NotebookItem.from_parent(self, name="cells")


class NotebookItem(pytest.Item):
    """The run of a notebook from its first cell to its last, and the comparison of all that it shows then."""

    def runtest(self) -> None:
        option = self.config.option
        stored = nbformat.reads(self.path.read_text(encoding="utf-8"), as_version=4)
        tolerance = Tolerance(option.nb_rtol, option.nb_atol)
        rules = [rules_of(cell, tolerance) for cell in stored.cells]
        executed = copy.deepcopy(stored)
        stopped = execute(executed, rules, self.path.parent, option.nb_timeout, option.nb_kernel)
        if option.nb_update:
            self._update(stored, executed, stopped)
            return
        failures = [*_compared(stored, executed, rules, stopped), *([stopped.failure] if stopped else [])]
        if failures:
            raise NotebookFailed(failures)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        if isinstance(excinfo.value, NotebookFailed):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, None, str]:
        return self.path, None, self.nodeid

    def _update(self, stored, executed, stopped):
        if stopped:
            raise NotebookFailed([stopped.failure], "nothing is stored, since the notebook did not run to its end")
        if store(self.path, with_outputs_of(stored, executed)):
            self.user_properties.append((UPDATED, self.nodeid.partition("::")[0]))


def _compared(
    stored: nbformat.NotebookNode, executed: nbformat.NotebookNode, rules: list[Rules], stopped: Stopped | None
) -> Iterator[CellFailure]:
    """What differs, cell by cell, up to the one that stopped the run."""
    end = stopped.index if stopped else len(stored.cells)
    for old, new, rule in zip(stored.cells[:end], executed.cells, rules):
        if rule.runs and rule.compares:
            lines = differences(shown(new.outputs), shown(old.outputs), rule.tolerance)
            if lines:
                yield CellFailure.of(new, "shows something else than is stored", lines)
