"""A notebook is run: every cell in one kernel, as Jupyter does, up to the first that may not raise and does."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jupyter_client.kernelspec import NoSuchKernel
from nbclient import NotebookClient
from nbclient.exceptions import CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from nbkeras.pytest_plugin.failure import CellFailure, NotebookFailed
from nbkeras.pytest_plugin.rules import Rules

__all__ = ["Stopped", "execute"]

COLOUR = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True)
class Stopped:
    """Where a run ended early: the index of the cell, and why."""

    index: int
    failure: CellFailure


def execute(
    notebook: NotebookNode, rules: Sequence[Rules], folder: Path, seconds: int, kernel: str | None
) -> Stopped | None:
    """Runs the cells in place: their outputs are those that remain after all updates of displays.

    Args:
        notebook: to run; cells that are not run keep their outputs.
        rules: of each cell.
        folder: where the kernel works.
        seconds: how long a cell may take.
        kernel: its name; None takes the notebook's own.

    Returns:
        Where the run ended early; None where it did not.
    """
    client = NotebookClient(notebook, timeout=seconds, allow_errors=True, resources={"metadata": {"path": str(folder)}})
    if kernel:
        client.kernel_name = kernel
    try:
        with client.setup_kernel():
            running = [index for index, rule in enumerate(rules) if rule.runs]
            for number, index in enumerate(running, 1):
                notebook.cells[index].execution_count = number  # as the kernel will say, unless it dies before
                failure = _execute(client, notebook.cells[index], index, rules[index])
                if failure:
                    return Stopped(index, failure)
    except NoSuchKernel:
        failure = CellFailure(
            f"there is no kernel '{client.kernel_name}' here; --nb-kernel python3 takes another", [], []
        )
        raise NotebookFailed([failure]) from None
    return None


def _execute(client, cell, index, rule):
    cell.outputs = []
    try:
        client.execute_cell(cell, index)
    except CellTimeoutError:
        more = "--nb-timeout SECONDS allows more"
        return CellFailure.of(cell, f"took longer than {client.timeout} s; {more}", [])
    except DeadKernelError:
        return CellFailure.of(cell, "ended its kernel", [])
    error = next((output for output in cell.outputs if output.output_type == "error"), None)
    if error is None or rule.may_raise:
        return None
    return CellFailure.of(cell, f"raised {error.ename}", COLOUR.sub("", "\n".join(error.traceback)).splitlines())
