"""The little HTML that views are made of. Everything that comes from a user or a file goes through `text`."""

from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape

from nbkeras.notebook.views.visible import visible

__all__ = ["bundle", "picture", "table", "text", "varying"]

BEGIN, END = "<!--nbkeras:live-->", "<!--/nbkeras:live-->"

# Styles stand at the elements: a notebook that is not trusted keeps those, and loses style sheets.
CELL = "padding:2px 8px;white-space:nowrap"


def text(value: object) -> str:
    """A value as text inside HTML, of which nothing acts and nothing is hidden."""
    return escape(visible(str(value)), quote=True)


def bundle(plain: str, html: str) -> dict[str, str]:
    """What a front end shows, as data by mime type: text of which nothing is hidden, and HTML made with `text`."""
    return {"text/plain": visible(plain), "text/html": html}


def varying(html: str) -> str:
    """HTML with marks around it, by which `nbval.cfg` leaves out of comparisons what differs between machines."""
    return f"{BEGIN}{html}{END}"


def picture(svg: str, alternative: str, style: str = "") -> str:
    """An SVG drawing as an image that survives every front end, trusted or not, with its alternative text."""
    data = b64encode(svg.encode()).decode()
    styled = f' style="{style}"' if style else ""
    return f'<img alt="{text(alternative)}"{styled} src="data:image/svg+xml;base64,{data}">'


def table(
    header: Sequence[str], rows: Iterable[Sequence[str]], numeric: Iterable[int] = (), light: bool = False
) -> str:
    """A table; the cells of `rows` are HTML, those of `header` text, and columns in `numeric` are aligned right.

    A `light` one leaves padding to the front end: a third of the bytes, where there are many rows.
    """
    right = set(numeric)
    sides = ["right" if index in right else "left" for index in range(len(header))]
    looks = [f'align="{side}"' if light else f'style="{CELL};text-align:{side}"' for side in sides]
    head = "".join(f"<th {look}>{text(name)}</th>" for name, look in zip(header, looks))
    body = "".join(
        "<tr>" + "".join(f"<td {look}>{cell}</td>" for cell, look in zip(row, looks)) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
