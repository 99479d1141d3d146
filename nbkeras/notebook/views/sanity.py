"""What the check with random weights found."""

import math
from collections.abc import Sequence

from nbkeras.explain import Stage, is_alike
from nbkeras.notebook.views.columns import columns
from nbkeras.notebook.views.formats import metric, plural
from nbkeras.notebook.views.html import table, text

__all__ = ["sanity_block"]

NUMERIC = [1, 2]
VERDICTS = {
    True: "the explanation does NOT change enough with random weights: it shows the input, or the architecture, more "
    "than what the model has learned; choose another method",
    False: "the explanation changes with random weights, as it must: it depends on what the model has learned",
    None: "it cannot be told whether the explanation changes: it is the same everywhere",
}


def sanity_block(stages: Sequence[Stage]) -> tuple[list[str], str]:
    """The stages as a table, and what follows from them."""
    head = "sanity check (Adebayo et al., 2018): rank correlation with the explanation where weights are random"
    header = ["random weights", "of values", "of sizes"]
    rows = [[_layers(stage), _number(stage.correlation), _number(stage.of_sizes)] for stage in stages]
    verdict = VERDICTS[is_alike(tuple(stages))]
    shown = table(header, [list(map(text, row)) for row in rows], NUMERIC)
    html = f"<p>{text(head)}</p>{shown}<p><b>{text(verdict)}</b></p>"
    return [head, *columns([header, *rows], NUMERIC).split("\n"), verdict], html


def _layers(stage):
    return f"{plural(stage.layers, 'layer')} from the top, down to {stage.down_to}"


def _number(value):
    return "–" if math.isnan(value) else metric(value)
