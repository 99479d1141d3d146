"""The line of a magic, cut into Python expressions and options."""

import pytest

from nbkeras.notebook.magics.arguments import split_expressions

LINES = {
    "": [],
    "net X y": ["net", "X", "y"],
    "  net   X  ": ["net", "X"],
    "net X[:, 1:] y": ["net", "X[:, 1:]", "y"],
    "net X / 255 y": ["net", "X / 255", "y"],
    "net X/ 255 y": ["net", "X/ 255", "y"],
    "net X /255 y": ["net", "X /255", "y"],
    "net (X, Z) {'a': y}": ["net", "(X, Z)", "{'a': y}"],
    "net 'a b' \"c 'd\"": ["net", "'a b'", '"c \'d"'],
    r"net 'it\'s' y": ["net", r"'it\'s'", "y"],
    "net f(X, 'a)b') y": ["net", "f(X, 'a)b')", "y"],
    "net X -y": ["net", "X", "(-y)"],
    "net X - y": ["net", "X - y"],
    "net X[y == 1] y[y == 1]": ["net", "X[y == 1]", "y[y == 1]"],
    "net a if b else c y": ["net", "a if b else c", "y"],
    "net a and not b": ["net", "a and not b"],
    "net lambda x: x + 1 y": ["net", "lambda x: x + 1", "y"],
    "net X y --epochs 3": ["net", "X", "y", "--epochs", "3"],
    "net X y --epochs 2 * n": ["net", "X", "y", "--epochs", "2 * n"],
    "net --epochs=2 * n X": ["net", "--epochs=2 * n", "X"],
    "net X --shuffle False --fresh": ["net", "X", "--shuffle", "False", "--fresh"],
    "net X --initial-epoch -1": ["net", "X", "--initial-epoch", "(-1)"],
    "net.loss < 0.1": ["net.loss < 0.1"],
    "0 <= net.loss <= 1 and n == 3": ["0 <= net.loss <= 1 and n == 3"],
    "net X y # and a comment": ["net", "X", "y"],
    "net X['#'] y": ["net", "X['#']", "y"],
    "-h": ["-h"],
}


@pytest.mark.parametrize(("line", "words"), LINES.items())
def test_split(line, words):
    assert split_expressions(line) == words


@pytest.mark.parametrize(
    ("line", "match"),
    [
        ("net X[ y", "brackets do not match in: X"),
        ("net 'a", "a quote ' is not closed in: 'a"),
        ("net X) y", "brackets"),
    ],
)
def test_unbalanced(line, match):
    with pytest.raises(ValueError, match=match):
        split_expressions(line)
