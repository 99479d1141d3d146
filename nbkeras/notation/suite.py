"""The source of a declaration, parsed once; lines are counted as the reader's editor counts them."""

import ast
import inspect
import linecache
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from nbkeras.notation.errors import ModelError

__all__ = ["Statement", "Suite"]

LONGEST = 60


@dataclass(frozen=True)
class Statement:
    """A statement as messages quote it: its line, its text, and where the text stands in that line."""

    line: int
    text: str = ""
    column: int = 0
    width: int = 0
    node: ast.stmt | None = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        return f"line {self.line}, {self.text}" if self.text else f"line {self.line}"


class Suite:
    """A Python suite that declares a model.

    Args:
        text: the source from what the editor calls line 1 on.
        filename: the name that tracebacks and `linecache` know it by.
        body: the parsed statements of the suite, somewhere in the text.
    """

    def __init__(self, text: str, filename: str, body: Sequence[ast.stmt]):
        self.text = text
        self.filename = filename
        self.lines = text.splitlines()
        self.body = list(body)
        self._quotes = self._quote_all()
        self._starts = sorted(self._quotes)

    @classmethod
    def of_cell(cls, head: str, body: str, filename: str) -> "Suite":
        """The suite of a cell: `body`, below the lines of `head` (the magic's own, at least).

        Raises:
            ModelError: where the body is not Python.
        """
        text = head + body
        try:
            tree = ast.parse("\n" * head.count("\n") + body, filename)
        except SyntaxError as error:
            raise not_python(error, text.splitlines()) from None
        return cls(text, filename, tree.body)

    @classmethod
    def of_function(cls, function: Callable[..., Any]) -> "Suite":
        """The suite that is the body of a function, with the line numbers of its file.

        Raises:
            ModelError: where the source is not at hand, or the function has parameters.
        """
        if inspect.signature(function).parameters:
            cure = "let it read variables of the file, and give parameters to a block, a def inside it"
            raise ModelError(f"{function.__name__} declares a model and so takes no parameters; {cure}")
        filename = function.__code__.co_filename
        text = "".join(linecache.getlines(filename, function.__globals__))
        for node in ast.walk(ast.parse(text, filename)):
            if isinstance(node, ast.FunctionDef) and _is_source(node, function):
                return cls(text, filename, node.body)
        raise ModelError(f"{function.__name__} declares a model, and its source is needed; there is none in {filename}")

    def at(self, line: int) -> Statement:
        """The innermost statement that runs at `line`."""
        index = bisect_right(self._starts, line) - 1
        return self._quotes[self._starts[index]] if index >= 0 else Statement(line)

    def _quote_all(self):
        """Statements by line; where several share one, the whole line stands for them."""
        quotes = {}
        for statement in self.body:
            for node in ast.walk(statement):
                if isinstance(node, ast.stmt):
                    line = node.lineno
                    quotes[line] = self._whole_line(line) if line in quotes else self._quote(node)
        return quotes

    def _quote(self, node):
        """A compound statement is quoted by its header, a label by what it labels."""
        if hasattr(node, "body"):
            return self._whole_line(node.lineno, node)
        quoted = node.annotation if isinstance(node, ast.AnnAssign) and node.value is None else node
        line = self.lines[node.lineno - 1]
        start = len(line.encode()[: quoted.col_offset].decode())
        text = self._source(quoted)
        return Statement(node.lineno, _shorten(text), start, len(text.splitlines()[0]), node)

    def _source(self, node):
        """The text of a node. (`ast.get_source_segment` splits all of the source into lines for each.)"""
        lines = [line.encode() for line in self.lines[node.lineno - 1 : node.end_lineno]]
        lines[-1] = lines[-1][: node.end_col_offset]
        lines[0] = lines[0][node.col_offset :]
        return b"\n".join(lines).decode()

    def _whole_line(self, number, node=None):
        line = self.lines[number - 1]
        text = line.strip().removesuffix(":")
        return Statement(number, _shorten(text), len(line) - len(line.lstrip()), len(text), node)


def not_python(error: SyntaxError, lines: Sequence[str]) -> ModelError:
    """The error of a suite that Python cannot read, at the place that Python names."""
    number = error.lineno or 1
    text = lines[number - 1].strip() if number <= len(lines) else ""
    column = max((error.offset or 1) - 1, 0)
    return ModelError(f"not valid Python: {error.msg}", Statement(number, _shorten(text), column, 1), lines)


def _is_source(node, function):
    """Whether `node` is the `def` that `function` was made from."""
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return node.name == function.__name__ and first == function.__code__.co_firstlineno


def _shorten(text):
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
