"""The diagram of a model: its layers as boxes in rows, and an SVG drawing of them."""

from collections.abc import Sequence
from dataclasses import dataclass

from nbkeras import tree
from nbkeras.layers import Layer
from nbkeras.models import Model
from nbkeras.naming import to_snake_case
from nbkeras.notebook.views.flow import flow
from nbkeras.notebook.views.html import picture, text
from nbkeras.notebook.views.layout import lay_out

__all__ = ["Box", "chosen", "diagram", "graph_of", "graph_svg", "is_chain"]

HEIGHT = 38.0
MARGIN = 6.0
ROOM = 860.0  # for the diagram of a chain: the width of an output in JupyterLab
FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"
INK = "#1b1b1b"
LINE = "#808080"  # on white and on black alike

# Family: fill and border of its boxes. Told apart by colour-blind readers, and by lightness alone.
COLORS = {
    "input": ("#f2f2f2", "#808080"),
    "convolution": ("#d5e8f7", "#0072B2"),
    "dense": ("#fde3d0", "#D55E00"),
    "recurrent": ("#d3efe5", "#009E73"),
    "attention": ("#f4dcea", "#CC79A7"),
    "model": ("#e5e0f5", "#6a51a3"),
    "other": ("#fafafa", "#a0a0a0"),
}
KINDS = {
    "Conv": "convolution",
    "Dense": "dense",
    "Embedding": "dense",
    "LSTM": "recurrent",
    "GRU": "recurrent",
    "RNN": "recurrent",
    "Bidirectional": "recurrent",
    "Attention": "attention",
}


@dataclass
class Box:
    """One call of a layer or an op: what it is, its name where somebody chose one, and the shape it gives."""

    kind: str
    name: str
    shape: str
    family: str
    reads: list[int]

    @property
    def title(self) -> str:
        return f"{self.kind} {self.name}".rstrip()


def graph_of(model: Model) -> list[Box]:
    """The boxes of a functional or sequential model in order of execution; none for one defined by its `call`."""
    if model.graph is None:
        return []
    tensors = model.graph.input_tensors
    nodes = [*(tensor.node for tensor in tensors), *model.graph.nodes]
    place = {id(tensor): index for index, node in enumerate(nodes) for tensor in node.output_tensors}
    place.update({id(tensor): index for index, tensor in enumerate(tensors)})
    return [_box(node, place, index < len(tensors)) for index, node in enumerate(nodes)]


def is_chain(boxes: Sequence[Box]) -> bool:
    """Whether each box reads the one before it and no other."""
    return all(box.reads == [index] for index, box in enumerate(boxes[1:]))


def graph_svg(boxes: Sequence[Box]) -> str:
    """The boxes as an SVG drawing without scripts: a chain in lines, other graphs from top to bottom."""
    widths = [max(7.2 * len(box.title), 6.4 * len(box.shape)) + 24 for box in boxes]
    if is_chain(boxes):
        layout = flow(widths, HEIGHT, ROOM)
        lines = [_polyline(path) for path in layout.paths]
    else:
        edges = [(source, target) for target, box in enumerate(boxes) for source in dict.fromkeys(box.reads)]
        layout = lay_out(widths, HEIGHT, edges)
        lines = [_curve(path) for path in layout.paths]
    width, height = layout.width + 2 * MARGIN, layout.height + 2 * MARGIN
    drawn = [_draw(box, center, size) for box, center, size in zip(boxes, layout.centers, widths)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="{-MARGIN:.0f} {-MARGIN:.0f} {width:.0f} {height:.0f}" style="{FONT}">'
        f"{''.join(lines)}{''.join(drawn)}</svg>"
    )


def diagram(model: Model) -> str:
    """The diagram of a model as an image, in a frame that scrolls; nothing for a model without a graph."""
    boxes = graph_of(model)
    if not boxes:
        return ""
    return f'<div style="overflow:auto;max-height:640px">{picture(graph_svg(boxes), described(model, boxes))}</div>'


def described(model: Model, boxes: Sequence[Box]) -> str:
    """The diagram in words, for readers who do not see it."""
    if is_chain(boxes):
        return f"Diagram of {model.name}: {', '.join(box.title for box in boxes)}"
    steps = [
        box.title if not box.reads else f"{box.title} of {' and '.join(boxes[index].title for index in box.reads)}"
        for box in boxes
    ]
    return f"Diagram of {model.name}: {'; '.join(steps)}"


def chosen(name: str, kind: str) -> str:
    """A name that somebody chose, or nothing for an automatic one such as `dense_2`."""
    stem, _, number = name.rpartition("_")
    automatic = to_snake_case(kind)
    return "" if name == automatic or (stem == automatic and number.isdigit()) else name


def _box(node, place, is_input):
    operation = node.operation
    shapes = [tensor.shape for tensor in tree.flatten(node.outputs)]
    shape = " ".join("×".join("?" if size is None else str(size) for size in shape[1:]) or "scalar" for shape in shapes)
    if is_input:
        return Box("Input", chosen(operation.name, "input_layer"), shape, "input", [])
    is_layer = isinstance(operation, Layer)
    kind = type(operation).__name__ if is_layer else operation.function.__name__
    reads = [place[id(tensor)] for tensor in node.input_tensors]
    return Box(kind, chosen(operation.name, kind), shape, _family(operation, kind), reads)


def _family(operation, kind):
    if isinstance(operation, Model):
        return "model"
    return next((family for word, family in KINDS.items() if word in kind), "other")


def _draw(box, center, width):
    x, y = center
    fill, border = COLORS[box.family]
    name = f' <tspan font-weight="normal">{text(box.name)}</tspan>' if box.name else ""
    return (
        f'<rect x="{x - width / 2:.1f}" y="{y - HEIGHT / 2:.1f}" width="{width:.1f}" height="{HEIGHT:.0f}" rx="6" '
        f'fill="{fill}" stroke="{border}"/>'
        f'<text x="{x:.1f}" y="{y - 3:.1f}" text-anchor="middle" font-size="12" font-weight="600" fill="{INK}">'
        f"{text(box.kind)}{name}</text>"
        f'<text x="{x:.1f}" y="{y + 12:.1f}" text-anchor="middle" font-size="11" fill="{INK}">{text(box.shape)}</text>'
    )


def _polyline(path):
    """Straight lines through the points, the last of them an arrow to the right or downwards."""
    (before, _), (x, y) = path[-2:]
    points = "L".join(f"{x:.1f} {y:.1f}" for x, y in path)
    return _arrow(f"M{points}", [(-6, -3.5), (-6, 3.5)] if before < x else [(-3.5, -6), (3.5, -6)], x, y)


def _curve(path):
    """A line through the points, vertical at each of them, with an arrowhead at the end."""
    (x, y), *rest = path
    d = f"M{x:.1f} {y:.1f}"
    for next_x, next_y in rest:
        middle = (y + next_y) / 2
        bend = f"C{x:.1f} {middle:.1f} {next_x:.1f} {middle:.1f} {next_x:.1f} {next_y:.1f}"
        d += f"V{next_y:.1f}" if abs(next_x - x) < 0.05 else bend
        x, y = next_x, next_y
    return _arrow(d, [(-3.5, -6), (3.5, -6)], x, y)


def _arrow(d, barbs, x, y):
    """The path `d`, which ends at a point, with an arrowhead there."""
    (a, b), (e, f) = barbs
    head = f"M{x + a:.1f} {y + b:.1f}L{x:.1f} {y:.1f}L{x + e:.1f} {y + f:.1f}"
    return f'<path d="{d}{head}" fill="none" stroke="{LINE}" stroke-width="1.3"/>'
