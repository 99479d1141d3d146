"""A model as the notebook shows it: the summary and the diagram."""

from nbkeras.models import Model
from nbkeras.models.summary import summarize
from nbkeras.notebook.views.formats import count
from nbkeras.notebook.views.graph import diagram, graph_of, is_chain
from nbkeras.notebook.views.html import text
from nbkeras.notebook.views.summary import headline, summary_table, summary_text

__all__ = ["model_bundle"]


def model_bundle(model: Model, with_diagram: bool = True) -> dict[str, str]:
    """The summary of a model, and its diagram where it has a graph, as data by mime type."""
    summary = summarize(model)
    html = f"<p>{text(headline(summary))}</p>{_body(model, with_diagram)}"
    return {"text/plain": summary_text(summary, is_branched(model)), "text/html": html}


def is_branched(model: Model) -> bool:
    """Whether the graph is more than a row of layers, each of which reads the one before it."""
    return not is_chain(graph_of(model))


def _body(model, with_diagram):
    """The diagram, over the table or where there is room beside it, and the models inside, folded, below."""
    branched = is_branched(model)
    shown = f'<div style="overflow-x:auto">{summary_table(summarize(model), branched)}</div>'
    if with_diagram and branched:
        shown = f'<div style="display:flex;flex-wrap:wrap;gap:24px">{shown}{diagram(model)}</div>'
    elif with_diagram:
        shown = diagram(model) + shown
    inside = [layer for layer in model.layers if isinstance(layer, Model)]
    folded = [f"<details><summary>{_title(one)}</summary>{_body(one, with_diagram)}</details>" for one in inside]
    return shown + "".join(folded)


def _title(model):
    layers, parameters = len(model.layers), count(summarize(model).parameters)
    return text(f"inside {model.name}: {layers} layers, {parameters} parameters")
