"""A vocabulary as a text file, a token a line: what Keras keeps in the `assets` of a model file."""

__all__ = ["FILE_NAME", "fits_lines", "text_of", "tokens_of"]

FILE_NAME = "vocabulary.txt"


def text_of(tokens):
    """The bytes of the file."""
    return "\n".join(map(str, tokens)).encode()


def tokens_of(content):
    """The tokens in the bytes of a file, as texts; empty lines at the end are none.

    Raises:
        UnicodeDecodeError: for what is no UTF-8.
    """
    lines = content.decode().replace("\r\n", "\n").split("\n")
    while lines and lines[-1] == "":
        lines.pop()
    return lines


def fits_lines(tokens):
    """Whether a file gives back these tokens, in Keras too: none has a break of lines, and the last is not empty."""
    return not tokens or (tokens[-1] != "" and all(token.splitlines() == [token] for token in tokens if token != ""))
