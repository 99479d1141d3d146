"""The diagram of a model in a notebook: a picture that scrolls, tells of a layer under the pointer, and folds out."""

from collections.abc import Hashable, Sequence

from nbkeras.models import Model
from nbkeras.models.summary import LayerSummary, ModelSummary
from nbkeras.notebook.views.drawing import FLOPS_COLOR, NAMESPACE, PARAMETERS_COLOR, draw
from nbkeras.notebook.views.formats import count, plural
from nbkeras.notebook.views.graph import described, fold, graph_of
from nbkeras.notebook.views.hover import hover
from nbkeras.notebook.views.html import picture, text
from nbkeras.notebook.views.likeness import UNFOLDED, likeness, rows_in

__all__ = ["SCROLLS", "DiagramWriter", "legend"]

MOST_BOXES = 300  # in the diagrams of one output: 0.8 KB each
SCROLLS = "overflow:auto;max-width:100%;max-height:640px"
KEY = (
    (PARAMETERS_COLOR, "upper bar: share of the parameters"),
    (FLOPS_COLOR, "lower bar: share of the floating-point operations"),
)


class DiagramWriter:
    """Writes diagrams of a model and the models in it, as many as an output can hold.

    Args:
        whole: the summary of the outermost model, of which the layers show their shares.
    """

    def __init__(self, whole: ModelSummary):
        self.whole = whole
        self.left = MOST_BOXES

    def html(self, model: Model, rows: Sequence[LayerSummary]) -> str:
        """The diagram, that of all its layers folded below where it has equal blocks, and those of the models in it.

        Empty for a model that its `call` defines and that has no models in it.

        Args:
            model: the outermost, or one inside.
            rows: of its summary.
        """
        boxes = graph_of(model, rows)
        return (self._diagrams(model, boxes, rows_in(rows) > UNFOLDED) if boxes else "") + self._inside(rows)

    def _diagrams(self, model, boxes, is_large):
        folded, frames = fold(boxes) if is_large else (boxes, [])
        shown = self._drawn(model, folded, frames)
        everything = self._drawn(model, boxes, []) if frames else ""
        if shown and everything:
            return shown + _details(f"all {count(len(boxes))} boxes of {model.name}, one by one", everything)
        left_out = f"The diagram of {model.name} is left out: it would have {count(len(folded))} boxes."
        return shown or everything or f"<p>{text(left_out)}</p>"

    def _drawn(self, model, boxes, frames):
        """A diagram; nothing where there is no room for it, or a frame would enclose what does not belong in it."""
        if len(boxes) > self.left:
            return ""
        drawing = draw(boxes, frames, self.whole)
        if not drawing.is_clean:
            return ""
        self.left -= len(boxes)
        return self._picture(drawing, boxes, described(model, boxes, frames))

    def _picture(self, drawing, boxes, alternative):
        """The drawing as an image, with what the pointer is told over each box.

        The text lies over the image as titles of empty elements, because those survive in a notebook that is not
        trusted: there, an image shows no titles from within, and JupyterLab drops the names of image maps.
        """
        over = "".join(_over(box, area, self.whole) for box, area in zip(boxes, drawing.areas) if box.row)
        size = f"width:{drawing.width:.0f}px;height:{drawing.height:.0f}px"
        image = picture(drawing.svg, alternative, f"display:block;max-width:none;{size}")
        return f'<div style="{SCROLLS}"><div style="position:relative;{size}">{image}{over}</div></div>'

    def _inside(self, rows):
        """The diagrams of the models among the layers, folded; one for several that are alike."""
        kinds: dict[Hashable, list[LayerSummary]] = {}
        for row in rows:
            if isinstance(row.operation, Model):
                kinds.setdefault(likeness(row), []).append(row)
        inner = [(alike, self.html(alike[0].operation, alike[0].nested)) for alike in kinds.values()]
        return "".join(_details(_title(alike), html) for alike, html in inner if html)


def legend() -> str:
    """What bars and borders in a diagram mean."""
    swatch = f'<svg xmlns="{NAMESPACE}" width="18" height="4"><rect width="18" height="4" fill="%s"/></svg>'
    bars = [f"{picture(swatch % color, '')} {text(meaning)}" for color, meaning in KEY]
    borders = "thick border: 25 % or more of either; dashed border: frozen"
    return f'<p style="font-size:85%">{"; ".join([*bars, borders])}</p>'


def _over(box, area, whole):
    place = f"left:{area.left:.0f}px;top:{area.top:.0f}px"
    size = f"width:{area.right - area.left:.0f}px;height:{area.bottom - area.top:.0f}px"
    return f'<span title="{text(hover(box.row, whole))}" style="position:absolute;{place};{size}"></span>'


def _details(title: str, html: str) -> str:
    return f"<details><summary>{text(title)}</summary>{html}</details>"


def _title(alike):
    first = alike[0]
    numbers = f"{plural(len(first.operation.layers), 'layer')}, {count(first.parameters)} parameters"
    others = f" and {plural(len(alike) - 1, 'model')} like it" if len(alike) > 1 else ""
    return f"inside {first.name}{others}: {numbers}"
