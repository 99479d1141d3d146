"""Completion in `%%model` cells and on the lines of magics: layers, arguments and their values, options, models."""

import inspect
import re
import string
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from nbkeras.models import Model
from nbkeras.notation.cures import parameters
from nbkeras.notation.declaration import Declaration
from nbkeras.notation.names import library
from nbkeras.notebook.completion.place import Place, place_of
from nbkeras.notebook.completion.values import names_for, parameter_at
from nbkeras.notebook.training.record import Record

__all__ = ["Completer", "Offer"]

MAGIC = re.compile(r"(?:[\w\s,]+=)?\s*(%%?\w+)")
WORD_CHARACTERS = f"{string.ascii_letters}{string.digits}_."
OPTION = re.compile(r"(?<!\S)--[\w-]*$")
OPTION_VALUE = re.compile(r"(?<!\S)(?P<option>--[\w-]+)(?:=|\s+)(?P<value>[\w-]*)$")
LABEL = re.compile(r"^\s*(?:def\s+)?(\w+)\s*(?:\(.*\))?(?::|=(?!=))", re.MULTILINE)

Names = Callable[[], Iterable[str]]


class Offer(NamedTuple):
    """What completion offers.

    Attributes:
        fragment: the beginning that is there already.
        words: whole words that begin so.
        alone: whether nothing but these can stand there, no name of Python's either.
    """

    fragment: str = ""
    words: list[str] = []  # noqa: RUF012  (nobody adds to it)
    alone: bool = False


class Completer:
    """Finds what can stand at the cursor.

    Args:
        namespace: the reader's variables.
        magics: the magics as they are written, `%fit` and so on: functions with a parser.
        record_of: gives the record of a model.
        names: by magic, what gives the names that it takes where others take a model, `%runs` those of runs.
    """

    def __init__(
        self,
        namespace: Mapping[str, Any],
        magics: Mapping[str, Any],
        record_of: Callable[[Model], Record | None],
        names: Mapping[str, Names] | None = None,
    ):
        self.namespace = namespace
        self.magics = magics
        self.record_of = record_of
        self.names = names or {}

    def complete(self, text: str) -> Offer:
        """What may follow `text`, a cell up to the cursor.

        >>> completer.complete("%%model net\\\\nInput((8,))\\\\nDense(8, activ")
        Offer(fragment='activ', words=['activation=', 'activity_regularizer='], alone=False)
        """
        head, newline, body = text.partition("\n")
        if newline and head.lstrip().startswith("%%model"):
            return self._in_declaration(body)
        line = text.rpartition("\n")[2]
        magic = MAGIC.match(line)
        if magic and magic[1] in self.magics:
            return self._in_magic(magic[1], line)
        return _values(place_of(text), self.namespace) or Offer()

    def _in_declaration(self, body):
        token, place = _word(body), place_of(body)
        scope = {**dict.fromkeys(LABEL.findall(body)), **library(), **Declaration().scope()}
        values = _values(place, {**self.namespace, **scope})
        if values or place.is_comment or place.quoted is not None:
            return values or Offer(token)
        owner, dot, start = token.rpartition(".")
        if dot:
            members = _starting(start, _members(_resolve(owner, scope)))
            return Offer(token, [f"{owner}.{name}" for name in members])
        names = [*scope, *self.namespace] if token else []
        return Offer(token, _starting(token, [*_keywords(place, scope), *names]))

    def _in_magic(self, magic, line):
        option = OPTION.search(line)
        if option:
            known = [name for name in _options(self.magics[magic]) if name.startswith("--")]
            return Offer(option[0], _starting(option[0], known), alone=True)
        values = self._option_values(magic, line)
        if values:
            return values
        token = _word(line)
        owner, dot, _ = token.partition(".")
        if magic == "%expect" and dot and owner in self._models():
            record = self.record_of(self.namespace[owner])
            return Offer(token, _starting(token, [f"{owner}.{name}" for name in (record.last if record else {})]))
        if magic in ("%%model", "%nbkeras") or "." in token:
            return Offer(token)
        before = line[: len(line) - len(token)].partition(magic)[2]
        return Offer(token, _starting(token, self._words(magic, before.split(), token)))

    def _words(self, magic, before, token):
        """What may be the word of a magic's line after the words `before`."""
        if magic in self.names:
            return self.names[magic]()
        if magic == "%watch" and before:
            return self._layers(before[0])
        if magic == "%expect" or before:
            return self.namespace if token else []
        return self._models()

    def _models(self):
        return [name for name, value in self.namespace.items() if isinstance(value, Model)]

    def _layers(self, name):
        """The names of the layers of a model of the reader's."""
        return [layer.name for layer in self.namespace[name].layers] if name in self._models() else []

    def _option_values(self, magic, line):
        """What an option may be given, if the line ends in one; `None` where it does not, or anything may be."""
        found = OPTION_VALUE.search(line)
        action = _options(self.magics[magic]).get(found["option"].replace("_", "-")) if found else None
        if found is None or action is None or action.nargs == 0:
            return None
        parameter = found["option"].removeprefix("--").replace("-", "_")
        known = list(map(str, action.choices)) if action.choices else names_for(parameter)
        if parameter == "layer":
            known = self._layers(next(iter(line.partition(magic)[2].split())))
        return Offer(found["value"], _starting(found["value"], known), alone=True) if known else None


def _options(magic):
    """The options of a magic, by the names that the parser knows them by."""
    return {name: action for action in magic.parser._actions for name in action.option_strings}


def _word(text: str) -> str:
    """The dotted name, or the beginning of one, that a text ends in."""
    return text[len(text.rstrip(WORD_CHARACTERS)) :]


def _starting(start: str, names: Iterable[str]) -> list[str]:
    """The public names that begin so, each once."""
    return [name for name in dict.fromkeys(names) if name.startswith(start) and not name.startswith("_")]


def _values(place: Place, scope: Mapping[str, Any]) -> Offer | None:
    """The names that an argument of the library's may have: within quotes, or with them after `loss=`."""
    after_keyword = place.quoted is None and place.is_empty and isinstance(place.argument, str)
    if place.quoted is None and not after_keyword:
        return None
    function = _resolve(place.callee, scope)
    if not str(getattr(function, "__module__", "")).startswith("nbkeras"):
        return None
    names = names_for(parameter_at(function, place.argument), function)
    if not names:
        return None
    if place.quoted is None:
        return Offer("", [f'"{name}"' for name in names])
    return Offer(place.quoted, _starting(place.quoted, names), alone=True)


def _keywords(place, scope):
    """The keyword arguments of the call that the cursor is in."""
    function = _resolve(place.callee, scope) if place.is_direct else None
    if function is None or isinstance(place.argument, str):
        return []
    try:
        return [f"{name}=" for name in parameters(function)]
    except (TypeError, ValueError):  # some built-in functions do not tell
        return []


def _resolve(dotted, scope):
    """What a dotted name stands for. No property is asked for: it might compute."""
    root, *rest = dotted.split(".") if dotted else [""]
    value = scope.get(root)
    for name in rest:
        find = getattr if inspect.ismodule(value) else inspect.getattr_static
        value = find(value, name, None)
    return value


def _members(value):
    """The public names in a module."""
    return [name for name in dir(value) if not name.startswith("_")] if inspect.ismodule(value) else []
