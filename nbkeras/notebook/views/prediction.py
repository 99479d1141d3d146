"""The first rows of predictions: classes with probabilities, or values, beside the inputs."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from nbkeras import tree
from nbkeras.notebook.views.columns import columns
from nbkeras.notebook.views.evaluation import Names
from nbkeras.notebook.views.formats import metric, plural
from nbkeras.notebook.views.html import bundle, table, text, varying
from nbkeras.notebook.views.inputs import Inputs

__all__ = ["prediction_bundle"]

VALUES = 8  # of a row
LIKELIEST = 3  # classes
TOLERANCE = 1e-3  # of the sum of probabilities
MOST_BYTES = 50_000

Array = np.ndarray[Any, Any]
Cells = tuple[list[str], list[list[str]]]


def prediction_bundle(
    model: str, outputs: Any, labels: Sequence[str], inputs: Inputs, names: Sequence[Names | None], rows: int
) -> dict[str, str]:
    """The first rows of a model's outputs as data by mime type.

    Args:
        model: its name.
        outputs: an array, or a structure of arrays.
        labels: a name for each output.
        inputs: what the model was given.
        names: for each output the name of a class by its number; `None`: no names were given.
        rows: how many are shown at most.
    """
    arrays = [np.asarray(array) for array in tree.flatten(outputs)]
    several = len(arrays) > 1
    shown = range(min(rows, len(arrays[0])))
    pictures = inputs.html(shown, MOST_BYTES // len(arrays)) if inputs else [""] * len(shown)
    words = [inputs.words(row) if inputs else "" for row in shown]
    plain, html = [], ""
    for label, array, name in zip(labels, arrays, names):
        head = _headline(model, label if several else "", array, len(shown))
        header, cells = _cells(array, shown, name)
        beside = ["row", *header, "inputs"]
        text_rows = [[str(row), *cell, word] for row, cell, word in zip(shown, cells, words)]
        html_rows = [[str(row), *map(text, cell), image] for row, cell, image in zip(shown, cells, pictures)]
        numeric = [0, *(range(1, len(beside) - 1) if array.dtype.kind == "f" and "class" not in header else [])]
        plain.append(f"{head}\n{columns([beside, *text_rows], numeric)}")
        shown_table = f'<div style="overflow-x:auto">{table(beside, html_rows, numeric)}</div>'
        html += f"<p>{text(head)}</p>{varying(shown_table)}"
    return bundle("\n\n".join(plain), html)


def _headline(model, output, array, shown):
    what = f"{model}, output {output}" if output else model
    first = "" if shown == len(array) else f"; the first {shown}"
    return f"{what}: predictions of shape {array.shape} for {plural(len(array), 'row')}{first}"


def _cells(array: Array, rows: Sequence[int], name: Names | None) -> Cells:
    """The header and the rows of an output."""
    flat = array.reshape(len(array), -1)
    if array.ndim <= 2 and name is not None and flat.shape[1] == 1:
        return ["class", "probability"], [_yes_or_no(float(flat[row, 0]), name) for row in rows]
    if array.ndim == 2 and flat.shape[1] > 1 and (name is not None or _are_probabilities(flat)):
        of = "probability" if _are_probabilities(flat) else "score"
        return ["class", of, "next"], [_class(flat[row], name or str) for row in rows]
    header = [str(i) for i in range(min(VALUES, flat.shape[1]))] if flat.shape[1] > 1 else ["value"]
    more = [" …"] if flat.shape[1] > VALUES else []
    return header + more, [[*(metric(float(v)) for v in flat[row, :VALUES]), *(["…"] * len(more))] for row in rows]


def _are_probabilities(array):
    return bool(np.all(array >= 0) and np.allclose(array.sum(axis=-1), 1, atol=TOLERANCE))


def _yes_or_no(p, name):
    return [name(int(p > 0.5)), f"{max(p, 1 - p):.3f}" if 0 <= p <= 1 else metric(p)]


def _class(values, name):
    """The likeliest class with its probability, and the next ones."""
    order = np.argsort(-values, kind="stable")[:LIKELIEST]
    first, *others = [(name(int(i)), f"{values[i]:.3f}") for i in order]
    return [*first, ", ".join(f"{called} ({value})" for called, value in others)]
