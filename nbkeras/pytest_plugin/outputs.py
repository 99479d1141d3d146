"""The outputs of a cell as texts that can be compared: what differs in every run is left out of them."""

import json
import re
from collections.abc import Iterable
from functools import cache
from importlib import resources

from nbformat import NotebookNode

from nbkeras.notebook.views.html import BEGIN, END
from nbkeras.pytest_plugin.comparison import VARIES

__all__ = ["shown"]

# The bytes of a picture depend on fonts and on versions; a widget's view is the number of an object.
OPAQUE = re.compile(r"image/.*|application/pdf|application/vnd\.jupyter\.widget-view\+json")
MARKED = re.compile(f"{BEGIN}.*?{END}", re.DOTALL)
WHOLE = re.compile(r"(?<![\w.,])\d+(?![\w]|[.,]\d)")

# What differs in every run, and what stands in its place.
SANITIZERS = [
    (re.compile(r"\x1b\[[0-9;]*m"), ""),
    (re.compile(r"(data:[\w/+.-]+;base64,)[\w+/=]+"), r"\1…"),
    (re.compile(r"\b0x[0-9a-f]{6,}\b"), "0x…"),
    (re.compile(r"\S*ipykernel_\d+/\d+\.py"), "<cell>"),
    (re.compile(r"\r\n"), "\n"),
    (re.compile(r".*\r"), ""),  # what a progress bar wrote over
]


def shown(outputs: Iterable[NotebookNode]) -> dict[str, str]:
    """What a cell shows, by where: `stdout`, `stderr`, `error`, and `output 1, text/plain` and so on.

    Streams are joined, since how their pieces are cut and mixed is chance. Pictures have an empty text.
    """
    texts: dict[str, str] = {}
    number = 0
    for output in outputs:
        if output.output_type == "stream":
            texts[output.name] = texts.get(output.name, "") + output.text
        elif output.output_type == "error":
            texts["error"] = f"{output.ename}: {output.evalue}"
        else:
            number += 1
            for mime in sorted(output.data):
                texts[f"output {number}, {mime}"] = _text(mime, output.data[mime])
    return {place: _sanitized(text) for place, text in texts.items()}


def _text(mime, data):
    if OPAQUE.fullmatch(mime):
        return ""
    if not isinstance(data, str):
        return json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False)
    if mime == "text/html":
        return MARKED.sub(f"{BEGIN}{END}", data).replace("><", ">\n<")
    return data


def _sanitized(text):
    for pattern, replacement in SANITIZERS:
        text = pattern.sub(replacement, text)
    for pattern in _varying():
        text = pattern.sub(_marked, text)
    return text.strip("\n")


def _marked(match):
    """What varies, each line marked; its whole numbers, such as that of the best epoch, may be any."""
    compared = match[1] if match.re.groups else ""
    lines = match[0][len(compared) :].splitlines(keepends=True)
    return compared + "".join(VARIES + WHOLE.sub("#", line) if line.strip() else line for line in lines)


@cache
def _varying():
    """The text forms of what varies between machines, from the file for nbval."""
    lines = resources.files("nbkeras.notebook").joinpath("nbval.cfg").read_text(encoding="utf-8").splitlines()
    found = [line.partition(":")[2].strip() for line in lines if line.startswith("regex:")]
    return [re.compile(pattern) for pattern in found if BEGIN not in pattern]
