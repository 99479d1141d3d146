"""Models in DOT, the language of Graphviz."""

import html
import os
from typing import Any

from nbkeras.saving.atomic import replacing
from nbkeras.utils.model_plot_graph import Box, Diagram, Shown, diagram_of

__all__ = ["Dot", "model_to_dot"]

RANKDIRS = ("TB", "BT", "LR", "RL")


class Dot:
    """A graph in DOT.

    `pydot.graph_from_dot_data(dot.to_string())` makes it one of pydot's, and the program `dot` a picture.
    """

    def __init__(self, source: str) -> None:
        self.source = source

    def to_string(self) -> str:
        """The source."""
        return self.source

    __str__ = to_string

    def write(self, path: str | os.PathLike[str], prog: Any = None, format: str = "raw") -> bool:
        """Writes the source to a file.

        Args:
            prog: accepted for pydot's sake.
            format: `"raw"` or `"dot"`, the source; for pictures see `plot_model`.
        """
        if format not in ("raw", "dot"):
            raise ValueError(
                f"write writes the source, format 'raw' or 'dot', got {format!r}; plot_model draws pictures"
            )
        with replacing(path) as file:
            file.write(self.source.encode())
        return True


def model_to_dot(
    model: Any,
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    subgraph: bool = False,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **kwargs: Any,
) -> Dot:
    """A model in DOT, the language of Graphviz; neither Graphviz nor pydot is needed for it.

    Args:
        model: built.
        show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable: what a box tells.
        rankdir: where the arrows go: `"TB"` from the top to the bottom, `"BT"`, `"LR"` or `"RL"`.
        expand_nested: whether a model within shows its own layers, in a frame.
        dpi: of pictures that Graphviz makes of it.
        subgraph: whether it is to be put into another graph.
        splines: how Graphviz draws edges.

    Returns:
        An object with `to_string()` and `write(path)`.

    Raises:
        ValueError: if the model is not built, and for unknown arguments.

    Example:
        >>> model = nbkeras.Sequential([nbkeras.Input((8,)), nbkeras.layers.Dense(1, name="head")])
        >>> "head" in model_to_dot(model).to_string()
        True
    """
    check_keywords(kwargs, rankdir)
    shown = Shown(show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable)
    diagram = diagram_of(model, shown, expand_nested)
    if subgraph:
        return Dot("\n".join(_cluster(diagram, "", "")) + "\n")
    head = [
        "digraph {",
        f'  graph [rankdir={rankdir}, concentrate=true, dpi={int(dpi)}, splines="{_text(splines)}"];',
        '  node [shape=plain, fontname="Helvetica"];',
    ]
    return Dot("\n".join([*head, *_content(diagram, "", "  "), "}"]) + "\n")


def check_keywords(kwargs: dict[str, Any], rankdir: str) -> None:
    """Raises ValueError for arguments that plots do not have, and for another direction."""
    if kwargs.pop("layer_range", None) is not None:
        raise ValueError("layer_range is no argument of plots any more, as in Keras; plot a Model of a part instead")
    if kwargs:
        raise ValueError(f"plots have no argument {', '.join(map(repr, kwargs))}")
    if rankdir not in RANKDIRS:
        raise ValueError(f"rankdir must be one of {', '.join(RANKDIRS)}, got {rankdir!r}")


def _content(diagram: Diagram, path: str, indent: str) -> list[str]:
    """The nodes and edges of a diagram; `path` tells layers of one name in different models apart."""
    lines = []
    for box in diagram.boxes:
        if box.inside is not None:
            lines += _cluster(box.inside, f"{path}{box.name}/", indent)
        else:
            lines.append(f"{indent}{_quoted(path + box.name)} [label=<{_table(box)}>];")
    for source, target in diagram.edges:
        tail = _end(diagram.boxes[source], path, last=True)
        head = _end(diagram.boxes[target], path, last=False)
        lines.append(f"{indent}{_quoted(tail)} -> {_quoted(head)} [penwidth=2];")
    return lines


def _cluster(diagram: Diagram, path: str, indent: str) -> list[str]:
    start = f"{indent}subgraph {_quoted('cluster_' + (path or diagram.name))} {{"
    attributes = f"{indent}  graph [style=dashed, labeljust=l, label={_quoted(diagram.name)}];"
    return [start, attributes, *_content(diagram, path, indent + "  "), f"{indent}}}"]


def _end(box: Box, path: str, last: bool) -> str:
    """The box at which an edge begins or ends: of an expanded model its last or first."""
    while box.inside is not None:
        path += f"{box.name}/"
        box = box.inside.boxes[-1 if last else 0]
    return path + box.name


def _table(box: Box) -> str:
    """The label of a box: rows of text, as Graphviz has them, in HTML."""
    cells = [f'<td bgcolor="white">{_text(cell)}</td>' for cell in box.cells]
    if box.trainable is not None:
        color, word = ("forestgreen", "Trainable") if box.trainable else ("firebrick", "Non-trainable")
        cells.append(f'<td bgcolor="{color}"><font color="white">{word}</font></td>')
    span = f'colspan="{max(1, len(cells))}"'
    rows = [f'<tr><td {span} bgcolor="black"><font color="white"><b>{_text(box.title)}</b></font></td></tr>']
    if box.activation:
        rows.append(f'<tr><td {span} bgcolor="white">Activation: <b>{_text(box.activation)}</b></td></tr>')
    if cells:
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return f'<table border="0" cellborder="1" cellspacing="0" cellpadding="8">{"".join(rows)}</table>'


def _text(value: str) -> str:
    return html.escape(str(value))


def _quoted(name: str) -> str:
    escaped = name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
