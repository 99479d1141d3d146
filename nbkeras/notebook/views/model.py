"""A model as the notebook shows it: the summary, the diagram, and what was probably meant otherwise."""

from nbkeras.models import Model
from nbkeras.models.summary import as_written, summarize
from nbkeras.notation import to_python
from nbkeras.notebook.views.diagram import SCROLLS, DiagramWriter, legend
from nbkeras.notebook.views.graph import graph_of, is_chain
from nbkeras.notebook.views.html import bundle, text
from nbkeras.notebook.views.summary import headline, summary_text
from nbkeras.notebook.views.summary_table import TableWriter

__all__ = ["model_bundle"]

WARNING = "border-left:4px solid #D55E00;padding-left:8px"
CODE = "overflow:auto;max-height:640px;white-space:pre;text-align:left"


def model_bundle(model: Model, with_diagram: bool = True, with_code: bool = False) -> dict[str, str]:
    """A model as data by mime type: its summary, and its diagram where it has a graph.

    Args:
        model: of any kind, built or not.
        with_diagram: whether the HTML has the diagram.
        with_code: whether the equal Keras code follows.

    Raises:
        ValueError: if code is wanted of a model that has no graph.
    """
    summary = summarize(model)
    summary.rows = as_written(summary.rows)
    branched = is_branched(model)
    plain = summary_text(summary, branched)
    shown = f'<div style="{SCROLLS}">{TableWriter(summary).html(summary.rows, branched)}</div>'
    drawn = DiagramWriter(summary).html(model, summary.rows) if with_diagram else ""
    if drawn:
        drawn = f'<div style="max-width:100%;margin-bottom:8px">{drawn}</div>'
        beside = f'<div style="display:flex;flex-wrap:wrap;gap:24px;align-items:flex-start">{shown}{drawn}</div>'
        shown = (beside if branched else drawn + shown) + legend()
    warnings = "".join(f'<p style="{WARNING}"><b>Warning:</b> {text(remark)}</p>' for remark in summary.remarks)
    html = f"<p>{text(headline(summary))}</p>{warnings}{shown}"
    if with_code:
        code = to_python(model)
        plain = f"{plain}\n\n{code.rstrip()}"
        html += f'<details open><summary>the same in Keras</summary><pre style="{CODE}">{text(code)}</pre></details>'
    return bundle(plain, html)


def is_branched(model: Model) -> bool:
    """Whether the graph is more than a row of layers, each of which reads the one before it."""
    return not is_chain(graph_of(model))
