"""Completion in `%%model` cells and on the lines of magics: layers, keyword arguments, options, models, metrics."""

import inspect
import re
import string
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from nbkeras.models import Model
from nbkeras.notation.cures import parameters
from nbkeras.notation.declaration import Declaration
from nbkeras.notation.names import library
from nbkeras.notebook.training.record import Record

__all__ = ["Completer"]

MAGIC = re.compile(r"(?:[\w\s,]+=)?\s*(%%?\w+)")
WORD_CHARACTERS = f"{string.ascii_letters}{string.digits}_."
OPTION = re.compile(r"(?<!\S)--[\w-]*$")
LABEL = re.compile(r"^\s*(?:def\s+)?(\w+)\s*(?:\(.*\))?(?::|=(?!=))", re.MULTILINE)
CALLEE = re.compile(r"([\w.]+)\s*$")


class Completer:
    """Finds what can stand at the cursor.

    Args:
        namespace: the reader's variables.
        magics: the magics as they are written, `%fit` and so on: functions with a parser.
        record_of: gives the record of a model.
    """

    def __init__(
        self, namespace: Mapping[str, Any], magics: Mapping[str, Any], record_of: Callable[[Model], Record | None]
    ):
        self.namespace = namespace
        self.magics = magics
        self.record_of = record_of

    def complete(self, text: str) -> tuple[str, list[str]]:
        """What may follow `text`, a cell up to the cursor: the beginning that is there, and whole words for it.

        >>> completer.complete("%%model net\\\\nInput((8,))\\\\nDense(8, activ")
        ('activ', ['activation=', 'activity_regularizer='])
        """
        head, newline, body = text.partition("\n")
        if newline and head.lstrip().startswith("%%model"):
            return self._in_declaration(body)
        line = text.rpartition("\n")[2]
        magic = MAGIC.match(line)
        return self._in_magic(magic[1], line) if magic and magic[1] in self.magics else ("", [])

    def _in_declaration(self, body):
        token = _word(body)
        if _in_string_or_comment(body):
            return token, []
        scope = {**dict.fromkeys(LABEL.findall(body)), **library(), **Declaration().scope()}
        owner, dot, start = token.rpartition(".")
        if dot:
            return token, [f"{owner}.{name}" for name in _members(_resolve(owner, scope)) if name.startswith(start)]
        found = _starting(token, _keywords(body, scope)) if token or _callee(body) else []
        return token, found + _starting(token, [*scope, *self.namespace] if token else [])

    def _in_magic(self, magic, line):
        option = OPTION.search(line)
        if option:
            parser = self.magics[magic].parser
            known = [name for action in parser._actions for name in action.option_strings if name.startswith("--")]
            return option[0], _starting(option[0], known)
        token = _word(line)
        models = [name for name, value in self.namespace.items() if isinstance(value, Model)]
        owner, dot, _ = token.partition(".")
        if magic == "%expect" and dot and owner in models:
            record = self.record_of(self.namespace[owner])
            return token, _starting(token, [f"{owner}.{name}" for name in (record.last if record else {})])
        if magic in ("%%model", "%nbkeras") or "." in token:
            return token, []
        is_first = magic != "%expect" and len(line[: len(line) - len(token)].partition(magic)[2].split()) == 0
        return token, _starting(token, models if is_first else self.namespace if token else [])


def _word(text: str) -> str:
    """The dotted name, or the beginning of one, that a text ends in."""
    return text[len(text.rstrip(WORD_CHARACTERS)) :]


def _starting(start: str, names: Iterable[str]) -> list[str]:
    """The public names that begin so, each once."""
    return [name for name in dict.fromkeys(names) if name.startswith(start) and not name.startswith("_")]


def _keywords(body, scope):
    """The keyword arguments of the call that the cursor is in."""
    function = _resolve(_callee(body), scope)
    if function is None:
        return []
    try:
        return [f"{name}=" for name in parameters(function)]
    except (TypeError, ValueError):  # some built-in functions do not tell
        return []


def _callee(body):
    """The name of the function whose parentheses the end of `body` is in; `""` outside of any."""
    depth = 0
    for place in range(len(body) - 1, -1, -1):
        if body[place] in ")]}":
            depth += 1
        elif body[place] in "([{":
            if depth:
                depth -= 1
                continue
            found = CALLEE.search(body[:place]) if body[place] == "(" else None
            return found[1] if found else ""
    return ""


def _resolve(dotted, scope):
    root, *rest = dotted.split(".") if dotted else [""]
    value = scope.get(root)
    for name in rest:
        value = getattr(value, name, None)
    return value


def _members(value):
    """The public names in a module."""
    return [name for name in dir(value) if not name.startswith("_")] if inspect.ismodule(value) else []


def _in_string_or_comment(body):
    """Whether the end of `body` is inside quotes or a comment; good enough for a line at a time."""
    line = body.rpartition("\n")[2]
    quote = ""
    for character in line:
        if quote:
            quote = "" if character == quote else quote
        elif character in "'\"":
            quote = character
        elif character == "#":
            return True
    return bool(quote)
