"""A model as the notebook shows it: the summary and the diagram."""

from nbkeras.models import Model
from nbkeras.models.summary import summarize
from nbkeras.notebook.graph_view import diagram_html, graph_of
from nbkeras.notebook.summary_view import summary_html, summary_text

__all__ = ["model_bundle"]


def model_bundle(model: Model, diagram: bool = True) -> dict[str, str]:
    """The summary of a model, and its diagram where it has a graph, as data by mime type."""
    summary = summarize(model)
    branched = is_branched(model)
    html = summary_html(summary, branched) + (diagram_html(model) if diagram else "")
    return {"text/plain": summary_text(summary, branched), "text/html": html}


def is_branched(model: Model) -> bool:
    """Whether the graph is more than a row of layers, each of which reads the one before it."""
    return any(box.reads != [index] for index, box in enumerate(graph_of(model)[1:]))
