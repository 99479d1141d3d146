"""The line of a magic as Python expressions: `net X[:, 1:] y / 255 --validation-data (X_val, y_val)`.

Spaces separate expressions, except inside brackets and quotes and beside an operator.
"""

import re

__all__ = ["split_expressions"]

OPENING, CLOSING = "([{", ")]}"
OPTION = re.compile(r"--[A-Za-z]|-h$")
JOINING = {"and", "or", "in", "is", "if", "else"}
OPENING_WORDS = {"not", "lambda", *JOINING}
OPERATORS = "+-*/%@&|^<>=!"
SIGNS = "+-"  # a word that begins with one and goes on is a new expression: `y -1`


def split_expressions(line: str) -> list[str]:
    """The words of a line, in which each expression is one word and so is each option.

    Raises:
        ValueError: where a bracket or a quote is not closed.

    >>> split_expressions("net X[:, 1:] y / 255 --epochs 2 * n")
    ['net', 'X[:, 1:]', 'y / 255', '--epochs', '2 * n']
    """
    words: list[str] = []
    joined = False
    for word in _words(line):
        option = OPTION.match(word) is not None
        if words and not option and (joined or _goes_on(word)):
            words[-1] += f" {word}"
        else:
            words.append(word)
        joined = not option and _is_open(word)
    return [f"({word})" if word.startswith("-") and not OPTION.match(word) else word for word in words]


def _words(line):
    """The line cut at spaces outside brackets and quotes."""
    words: list[str] = []
    depth, quote, start = 0, "", 0
    for index, character in enumerate(line):
        if quote:
            if character == quote and line[index - 1] != "\\":
                quote = ""
        elif character in "'\"":
            quote = character
        elif character == "#" and not depth and line[start:index].strip() == "":
            return words
        elif character in OPENING:
            depth += 1
        elif character in CLOSING:
            depth -= 1
        elif character.isspace() and not depth:
            words.append(line[start:index])
            start = index + 1
    if quote:
        raise ValueError(f"a quote {quote} is not closed in: {line[start:].strip()}")
    if depth:
        raise ValueError(f"the brackets do not match in: {line[start:].strip()}")
    return [word for word in [*words, line[start:]] if word]


def _goes_on(word):
    """Whether a word continues the expression before it."""
    if word in JOINING or not word.strip(OPERATORS):
        return True
    return word[0] in OPERATORS and word[0] not in SIGNS


def _is_open(word):
    """Whether the expression that a word ends needs another word."""
    return word in OPENING_WORDS or word[-1] in OPERATORS + ",:"
