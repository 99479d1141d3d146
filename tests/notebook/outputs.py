"""What becomes of outputs elsewhere: the drawings in HTML, and the text that nbval compares."""

import re
from base64 import b64decode
from pathlib import Path

import nbkeras

EVIL = "<script>alert('&')</script>"
CONFIG = Path(nbkeras.__file__).parent / "notebook" / "nbval.cfg"


def pictures(html):
    """The SVG drawings in HTML."""
    return [b64decode(data).decode() for data in re.findall(r'src="data:image/svg\+xml;base64,([^"]*)"', html)]


def sanitized(text):
    """An output without what `nbval.cfg` leaves out."""
    for regex, replace in re.findall(r"^regex: (.*)$\n^replace: (.*)$", CONFIG.read_text("utf-8"), re.MULTILINE):
        text = re.sub(regex, replace, text)
    return text
