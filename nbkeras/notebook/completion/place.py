"""Where the end of a Python text lies: in which call, at which of its arguments, inside quotes or not."""

import re
from dataclasses import dataclass

__all__ = ["Place", "place_of"]

# What can hide a bracket, and the brackets. A string that is not closed counts as one at the end of the text only.
TOKEN = re.compile(
    r"""
    (?P<comment>\#.*)
    | \"{3}(?:\\.|[^\\])*?\"{3} | '{3}(?:\\.|[^\\])*?'{3} | "(?:\\.|[^"\\\n])*" | '(?:\\.|[^'\\\n])*'
    | (?P<open>"[^"\n]*\Z | '[^'\n]*\Z)
    | (?P<opening>[(\[{])
    | (?P<closing>[)\]}])
    | (?P<comma>,)
    """,
    re.VERBOSE,
)
CALLEE = re.compile(r"([\w.]+)\s*$")
KEYWORD = re.compile(r"\s*(\w+)\s*=(?!=)")


@dataclass(frozen=True)
class Place:
    """What surrounds the end of a text.

    Attributes:
        callee: the dotted name of the function whose parentheses it is in; `""` outside of any.
        argument: which of its arguments: a number from 0, or a keyword; `None` for the key of a dictionary.
        is_direct: whether nothing but the call is open, no list or dictionary in it.
        is_empty: whether the argument has not begun.
        quoted: the text since the opening quote; `None` outside of quotes.
        is_comment: whether it is in a comment.
    """

    callee: str = ""
    argument: int | str | None = None
    is_direct: bool = False
    is_empty: bool = False
    quoted: str | None = None
    is_comment: bool = False


@dataclass
class Bracket:
    """A bracket that is open: the name before it, and the number and the beginning of the item after it."""

    kind: str
    callee: str
    start: int
    items: int = 0


def place_of(text: str) -> Place:
    """Where `text` ends.

    >>> place_of('Input((8,))\\ncompile("adam", metrics=["acc')
    Place(callee='compile', argument='metrics', is_direct=False, is_empty=False, quoted='acc', is_comment=False)
    """
    stack: list[Bracket] = []
    quoted = None
    for token in TOKEN.finditer(text):
        if token["opening"]:
            name = CALLEE.search(text, 0, token.start()) if token["opening"] == "(" else None
            stack.append(Bracket(token["opening"], name[1] if name else "", token.end()))
        elif token["closing"] and stack:
            stack.pop()
        elif token["comma"] and stack:
            stack[-1].start, stack[-1].items = token.end(), stack[-1].items + 1
        elif token["comment"] and token.end() == len(text):
            return Place(is_comment=True)
        elif token["open"]:
            quoted = token["open"][1:]
    return _in_call(text, stack, quoted)


def _in_call(text, stack, quoted):
    call = next((bracket for bracket in reversed(stack) if bracket.callee), None)
    if call is None:
        return Place(quoted=quoted)
    item = text[call.start :]
    keyword = KEYWORD.match(item)
    argument = keyword[1] if keyword else call.items
    begun = item[keyword.end() :] if keyword else item
    inner = stack[-1]
    is_key = inner.kind == "{" and ":" not in text[inner.start :]
    return Place(call.callee, None if is_key else argument, inner is call, not begun.strip(), quoted)
