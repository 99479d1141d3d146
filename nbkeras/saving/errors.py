"""The one exception of reading files: which file, which part of it, and what is wrong with it."""

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["FileError", "readable", "refusing"]

LONGEST = 300  # characters of a message
LONGEST_NAME = 60  # of the file's name and of the member's in it


class FileError(ValueError):
    """A file that is not what it should be: damaged, of another model, or made to do harm.

    Attributes:
        file: the name of the file, without its folders.
        member: the part of it, `"config.json"` or `"model.weights.h5/layers/dense/vars/0"`; empty: all of it.
        reason: what is wrong, and what to do.
    """

    def __init__(self, reason: str, member: str = "", file: str = "") -> None:
        self.reason = readable(reason)
        self.member = readable(member)
        self.file = readable(file)
        places = [_shortened(place, LONGEST_NAME) for place in (self.file, self.member) if place]
        begin = f"'{' '.join(places)}': " if places else ""
        super().__init__(begin + _shortened(self.reason, LONGEST - len(begin)))


@contextmanager
def refusing(file: str = "", member: str = "") -> Iterator[None]:
    """Makes every error in the block a `FileError` of `file`, since what a file says can go wrong in any way.

    A `FileError` that names a part of `member` comes to name both.
    """
    try:
        yield
    except FileError as error:
        inside = "/".join(filter(None, (member, error.member)))
        raise FileError(error.reason, inside, error.file or file) from error.__cause__
    except RecursionError as error:
        raise FileError("is nested too deeply", member, file) from error
    except Exception as error:
        reason = str(error) if isinstance(error, (TypeError, ValueError)) else f"{type(error).__name__}: {error}"
        raise FileError(reason, member, file) from error


def readable(text: str) -> str:
    """`text` with escapes for all that a reader would not see: control characters, marks that turn the direction."""
    text = str(text)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text[:LONGEST])


def _shortened(text: str, length: int) -> str:
    if len(text) <= length:
        return text
    head = (length - 1) * 2 // 3
    return f"{text[:head]}…{text[head + 1 - length :]}"
