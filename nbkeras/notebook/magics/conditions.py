"""The line of `%expect` as conditions: Python expressions, and besides them `a ~= b +- tolerance`.

Python has no operator `~=`. It is read as `==` whose place is remembered, so that Python's own parser gives it the
precedence of a comparison; `b +- tolerance` is a sum to Python, and is taken apart where it stands after a `~=`.
"""

import ast
from dataclasses import dataclass
from io import StringIO
from itertools import pairwise
from tokenize import COMMENT, OP, TokenError, generate_tokens

from IPython.core.error import UsageError

__all__ = ["APPROXIMATELY", "Condition", "conditions_of"]

APPROXIMATELY = "~="  # the name, in trees, of the function that compares: no variable can be called so
TOLERANCE = "+-"
OPENING, CLOSING = "([{", ")]}"


@dataclass(frozen=True)
class Condition:
    """What shall be true.

    Attributes:
        source: as the reader wrote it.
        tree: the expression; `a ~= b +- t` stands in it as a call of `APPROXIMATELY` with a, b and t, or None for t.
    """

    source: str
    tree: ast.expr


def conditions_of(line: str) -> list[Condition]:
    """The conditions of a line, which commas outside brackets separate.

    Raises:
        UsageError: where one is no Python expression, or uses `~=` or `+-` in another way.

    >>> [condition.source for condition in conditions_of("n > max(2, m), loss ~= 0.5 +- 0.1  # soon")]
    ['n > max(2, m)', 'loss ~= 0.5 +- 0.1']
    """
    return [_condition(piece) for piece in _pieces(line.strip())]


def _tokens(source):
    try:
        return list(generate_tokens(StringIO(source).readline))
    except (TokenError, SyntaxError):
        raise _mistake(source) from None


def _pieces(line):
    """The line cut at the commas outside brackets, without a comment at its end."""
    pieces = []
    depth, start, end = 0, 0, len(line)
    for token in _tokens(line):
        if token.type == COMMENT:
            end = token.start[1]
        elif token.type != OP:
            continue
        elif token.string in OPENING:
            depth += 1
        elif token.string in CLOSING:
            depth -= 1
        elif token.string == "," and not depth:
            pieces.append(line[start : token.start[1]])
            start = token.end[1]
    return [piece.strip() for piece in [*pieces, line[start:end]] if piece.strip()]


def _condition(source):
    pairs = [(one.string + two.string, one.start[1]) for one, two in pairwise(_tokens(source)) if one.end == two.start]
    columns = [column for pair, column in pairs if pair == APPROXIMATELY]
    python = source
    for column in columns:
        python = f"{python[:column]}=={python[column + 2 :]}"
    try:
        tree = ast.parse(python, mode="eval").body
    except SyntaxError:
        raise _mistake(python, source) from None
    reading = _Approximations(python, columns)
    tree = reading.visit(tree)
    if reading.tolerances != sum(pair == TOLERANCE for pair, _ in pairs):
        cure = "as in net.accuracy ~= 0.93 +- 0.02; a tolerance with operators goes in parentheses"
        raise UsageError(f"%expect: in {source!r}, '+-' must give the tolerance of a '~=', {cure}")
    return Condition(source, tree)


class _Approximations(ast.NodeTransformer):
    """Puts a call of `APPROXIMATELY` in the place of the comparisons at `columns` of the source."""

    def __init__(self, source, columns):
        self.source = source.encode()  # trees count in bytes
        self.columns = [len(source[:column].encode()) for column in columns]
        self.tolerances = 0

    def visit_Compare(self, node):
        gaps = [(one.end_col_offset, two.col_offset) for one, two in pairwise([node.left, *node.comparators])]
        self.generic_visit(node)
        if not any(start <= column < end for start, end in gaps for column in self.columns):
            return node
        if len(gaps) > 1:
            raise UsageError("%expect: '~=' compares two values; write a chain of comparisons as several conditions")
        function = ast.Name(APPROXIMATELY, ast.Load())
        call = ast.Call(function, [node.left, *self._bounds(node.comparators[0])], [])
        return ast.fix_missing_locations(ast.copy_location(call, node))

    def _bounds(self, node):
        """What is expected, and the tolerance."""
        match node:
            case ast.BinOp(expected, ast.Add(), ast.UnaryOp(ast.USub(), tolerance) as negative):
                start = negative.col_offset - 1
                if self.source[start : start + 2] == TOLERANCE.encode():
                    self.tolerances += 1
                    return expected, tolerance
        return node, ast.Constant(None)


def _mistake(python, source=None):
    """The error for what is no expression."""
    try:
        ast.parse(python, mode="eval")
        reason = "invalid syntax"
    except SyntaxError as error:
        reason = error.msg
    cure = "compare by == or ~=, and put commas between conditions"
    return UsageError(f"%expect: {source or python!r} is not a Python expression ({reason}); {cure}")
