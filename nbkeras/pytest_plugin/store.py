"""New outputs are stored in a notebook, or the notebook stays as it is."""

import copy
import os
import shutil
import tempfile
from collections.abc import Iterable
from pathlib import Path

import nbformat
from nbformat import NotebookNode

__all__ = ["store", "with_outputs_of"]


def with_outputs_of(stored: NotebookNode, executed: NotebookNode) -> NotebookNode:
    """A copy of a notebook with the outputs and numbers of its executed cells, and nothing else changed."""
    notebook = copy.deepcopy(stored)
    for cell, run in zip(notebook.cells, executed.cells):
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = _joined(run.outputs), run.execution_count
    return notebook


def store(path: Path, notebook: NotebookNode) -> bool:
    """Writes a notebook unless its file says the same, in one step: an interrupted run leaves the file as it was.

    Returns:
        Whether it was written.
    """
    text = nbformat.writes(notebook).rstrip("\n") + "\n"
    if path.read_text(encoding="utf-8") == text:
        return False
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.stem}-", suffix=".ipynb")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        shutil.copymode(path, name)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
    return True


def _joined(outputs: Iterable[NotebookNode]) -> list[NotebookNode]:
    """Outputs, with neighbouring pieces of one stream in one, as Jupyter stores them."""
    joined: list[NotebookNode] = []
    for output in outputs:
        last = joined[-1] if joined else None
        is_more = last is not None and output.output_type == last.output_type == "stream" and output.name == last.name
        if is_more:
            joined[-1] = NotebookNode({**last, "text": last.text + output.text})  # type: ignore[union-attr, dict-item]
        else:
            joined.append(output)
    return joined
