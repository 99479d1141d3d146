"""The weights of an attention layer: a picture for each head, rows of queries over columns of keys."""

import numpy as np

from nbkeras import tree
from nbkeras.explain import AttentionMaps
from nbkeras.notebook.views.explained import Words
from nbkeras.notebook.views.fitted import fitted_image, resized
from nbkeras.notebook.views.formats import metric, plural
from nbkeras.notebook.views.heat import colours
from nbkeras.notebook.views.html import text

__all__ = ["attention_block"]

MOST = 16  # heads that are drawn in all, or one for each layer and example; the text describes all
CELLS = 64  # queries or keys of a picture; more are drawn as means
BYTES = 28_000  # of all pictures together
PAIRS = 3  # of a query and a key that are named


def attention_block(found: AttentionMaps, index: int, row: int, words: Words) -> tuple[list[str], str]:
    """The heads of one map for one example, in words and as pictures."""
    one = found.maps[index]
    weights = one.weights[row]
    heads, queries, keys = weights.shape
    name = _namer(found, row, words)
    title = f"{one.layer}: {plural(heads, 'head')}, {plural(queries, 'query', 'queries')}, {plural(keys, 'key')}"
    said = [f"head {head}: {_described(weights[head], name)}" for head in range(heads)]
    blocks = len(found.maps) * len(found.outputs)
    drawn = min(heads, max(1, MOST // blocks))
    most = BYTES // (drawn * blocks)
    shown = "".join(
        f'<div style="margin-right:16px;width:200px">{_drawing(weights[head], f"{one.layer}, {said[head]}", most)}'
        f"<div>{text(said[head])}</div></div>"
        for head in range(drawn)
    )
    left = f"; {heads - drawn} more heads are described in the text form" if heads > drawn else ""
    legend = f"rows: queries; columns: keys; yellow: the largest weight of a head; violet: 0{left}"
    html = f'<p><b>{text(title)}</b></p><div style="display:flex;flex-wrap:wrap">{shown}</div><p>{text(legend)}</p>'
    return [title, *(f"  {line}" for line in said)], html


def _namer(found, row, words):
    """What a place is called: the token there, if the layers see tokens, or its number."""
    leaves = tree.flatten(found.inputs)
    tokens = leaves[0][row] if len(leaves) == 1 and leaves[0].ndim == 2 and words.names is not None else None
    lengths = {size for one in found.maps for size in one.weights.shape[2:]}
    if tokens is None or lengths != {len(tokens)}:
        return str
    return lambda place: f"{place} {words.token(int(tokens[place]))}"


def _described(weights, name):
    """How widely the queries of a head look around, and the pairs with the largest weights."""
    seen = weights[weights.sum(1) > 0]
    logs = np.log(np.where(seen > 0, seen, 1))
    spread = float(np.exp(-(seen * logs).sum(1)).mean()) if len(seen) else 0.0
    largest = np.argsort(weights, axis=None)[::-1][:PAIRS]
    pairs = (np.unravel_index(place, weights.shape) for place in largest)
    named = ", ".join(f"{name(int(q))} → {name(int(k))} {metric(float(weights[q, k]))}" for q, k in pairs)
    return f"a query attends to about {metric(spread)} keys; most: {named}"


def _drawing(weights, alternative, most):
    if max(weights.shape) > CELLS:
        weights = resized(weights, *(min(size, CELLS) for size in weights.shape))
    high = float(weights.max()) or 1.0
    pixels = np.rint(colours(weights / high)).astype("uint8")
    return fitted_image(pixels, alternative, most, width=120)
