"""Permutation importance: a table of the features with what the model loses without each."""

from nbkeras.explain import Importance
from nbkeras.notebook.views.columns import columns
from nbkeras.notebook.views.explained import Words
from nbkeras.notebook.views.formats import metric, plural
from nbkeras.notebook.views.html import table, text
from nbkeras.notebook.views.signed import signed, signed_bar, signed_picture

__all__ = ["importance_block"]

NUMERIC = [1, 2]
MOST = 30


def importance_block(found: Importance, words: Words) -> tuple[list[str], str]:
    """The features, the most important first."""
    order = sorted(range(len(found.mean)), key=lambda feature: -found.mean[feature])[:MOST]
    high = max(map(abs, found.mean)) or 1.0
    both = any(found.mean[feature] < 0 for feature in order)
    repeated = plural(found.repeats, "shuffle")
    said = [f"{found.measure} {metric(found.score)} as it is; worse by this much after {repeated} of one feature"]
    left = len(found.mean) - len(order)
    said += [f"the {MOST} most important of {len(found.mean)} features"] if left else []
    header = ["feature", f"{found.measure} worse by", "std", ""]
    rows, pictured = [header], []
    for feature in order:
        value = float(found.mean[feature])
        cells = [words.feature(feature), signed(value), metric(float(found.std[feature]))]
        rows.append([*cells, signed_bar(value / high, both=both)])
        meaning = "the model needs it" if value > 0 else "the model does not need it"
        pictured.append([*map(text, cells), signed_picture(value / high, meaning, both)])
    html = f"<p>{'<br>'.join(map(text, said))}</p>{table(header, pictured, NUMERIC)}"
    return [*said, "", *columns(rows, NUMERIC).split("\n")], html
