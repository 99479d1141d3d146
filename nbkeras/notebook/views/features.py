"""The attributions of features, or of the steps of a series: a table with bars for and against."""

from collections.abc import Sequence

import numpy as np

from nbkeras.notebook.views.columns import columns
from nbkeras.notebook.views.explained import Words
from nbkeras.notebook.views.formats import metric, plural
from nbkeras.notebook.views.html import table, text
from nbkeras.notebook.views.signed import signed, signed_bar, signed_picture

__all__ = ["features_block"]

MOST = 20  # rows of the table


def features_block(
    inputs: Sequence[np.ndarray], attributions: Sequence[np.ndarray], inputs_names: Sequence[str], words: Words
) -> tuple[list[str], str]:
    """The largest attributions, the largest first, and what the others come to.

    Args:
        inputs: of one example, one array for each input of the model: (features,) or (steps, features).
        attributions: of the same shapes, or (steps,) where all features of a step are taken together.
        inputs_names: the names of the inputs, where there are several.
    """
    rows = _rows(inputs, attributions, inputs_names, words)
    rows.sort(key=lambda row: -abs(row[2]))
    shown, others = rows[:MOST], rows[MOST:]
    high = max((abs(value) for *_, value in shown), default=0) or 1.0
    both = any(value < 0 for *_, value in shown)
    valued = any(value for _, value, _ in shown)  # a step of several features has no value of its own
    header = ["feature", "value", "attribution", ""] if valued else ["", "attribution", ""]
    numeric = [1, 2] if valued else [1]
    cells = [[name, *([value] if valued else []), signed(share)] for name, value, share in shown]
    bars = [signed_bar(row[2] / high, both=both) for row in shown]
    lines = columns([header, *([*row, bar] for row, bar in zip(cells, bars))], numeric)
    pictured = [[*map(text, row), _bar(share, high, both)] for row, (*_, share) in zip(cells, shown)]
    rest = [f"and {plural(len(others), 'other')} of at most {metric(abs(others[0][2]))} in size"] if others else []
    legend = "<p>blue, to the right: for; orange, to the left: against</p>" if both else ""
    below = f"<p>{text(rest[0])}</p>" if rest else ""
    return [*lines.split("\n"), *rest], table(header, pictured, numeric) + below + legend


def _rows(inputs, attributions, inputs_names, words):
    """Name, value and attribution of every feature."""
    rows, first = [], 0
    for name, x, values in zip(inputs_names, inputs, attributions):
        prefix = f"{name}: " if name else ""
        rows += [
            (prefix + _name(index, x.shape, values.shape, words, first), _value(x, index), float(values[index]))
            for index in np.ndindex(values.shape)
        ]
        first += x.shape[-1] if x.ndim else 1
    return rows


def _name(index, shape, places, words, first):
    """The name of a place; `first` is the number of the input's first feature among those of all inputs."""
    if len(shape) < 2:
        return words.feature(index[0] if index else 0, first)
    steps = ", ".join(map(str, index[: len(shape) - 1]))
    several = len(places) == len(shape) and shape[-1] > 1
    return f"step {steps}, {words.feature(index[-1], first)}" if several else f"step {steps}"


def _value(x, index):
    found = x[index]
    return metric(float(found)) if np.size(found) == 1 else ""


def _bar(value, high, both):
    return signed_picture(value / high, "for" if value > 0 else "against" if value < 0 else "neither", both)
