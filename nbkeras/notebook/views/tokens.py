"""The attributions of tokens: a strip of the text, each token marked as for or against."""

import numpy as np

from nbkeras.notebook.views.columns import columns
from nbkeras.notebook.views.explained import Words
from nbkeras.notebook.views.formats import plural
from nbkeras.notebook.views.html import text
from nbkeras.notebook.views.signed import AGAINST, FOR, signed, signed_bar

__all__ = ["tokens_block"]

MOST = 200  # tokens of all strips together, about 25 KB
LISTED = 30  # tokens of the table
WEAK = 0.1  # a share of the largest attribution below which a token is not marked
TINTS = {FOR: "0,114,178", AGAINST: "213,94,0"}


def tokens_block(
    tokens: np.ndarray, attributions: np.ndarray, words: Words, examples: int = 1
) -> tuple[list[str], str]:
    """The tokens of an example (steps,) with their attributions, without padding at the ends that changes nothing.

    Args:
        examples: how many strips are shown together.
    """
    most = MOST // examples
    first, last = _ends(tokens, attributions)
    high = float(np.abs(attributions).max()) or 1.0
    all_rows = [(place, words.token(int(tokens[place])), float(attributions[place])) for place in range(first, last)]
    padding = len(tokens) - len(all_rows)
    remarks = [f"{plural(padding, 'token')} of padding left out"] if padding else []
    listed = sorted(sorted(all_rows, key=lambda row: -abs(row[2]))[:LISTED])
    if len(all_rows) > LISTED:
        remarks.append(f"the {LISTED} largest of {len(all_rows)} tokens")
    both = any(value < 0 for *_, value in listed)
    cells = [[str(p), word, signed(value), signed_bar(value / high, both=both)] for p, word, value in listed]
    lines = columns([["step", "token", "attribution", ""], *cells], [0, 2]).split("\n")
    strip = "".join(_marked(word, value, high) for _, word, value in all_rows[:most])
    cut = [f"the first {most} of {len(all_rows)} tokens"] if len(all_rows) > most else []
    legend = "blue, underlined, +: for; orange, with dots, −: against; numbers in units of the output"
    notes = "; ".join([legend, *cut, *remarks[: 1 if padding else 0]])
    return [*lines, *remarks], f'<div style="line-height:2.4">{strip}</div><p>{text(notes)}</p>'


def _ends(tokens, attributions):
    """Where the tokens begin and end that are not padding, which is 0."""
    kept = np.flatnonzero((tokens != 0) | (attributions != 0))
    return (int(kept[0]), int(kept[-1]) + 1) if len(kept) else (0, len(tokens))


def _marked(word, value, high):
    share = abs(value) / high
    if share < WEAK:
        return f'<span style="padding:1px 3px">{text(word)}</span> '
    colour, line = (FOR, "solid") if value > 0 else (AGAINST, "dotted")
    shade = f"background:rgba({TINTS[colour]},{0.45 * share:.2f});border-bottom:3px {line} {colour}"
    style = f"padding:1px 3px;white-space:nowrap;{shade}"
    return f'<span style="{style}">{text(word)} <small>{signed(value)}</small></span> '
