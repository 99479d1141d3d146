"""JSON of unknown origin: measured before it is parsed, so that no text takes more memory or stack than it should."""

import json
from collections import Counter
from typing import Any

import numpy as np

from nbkeras.saving.errors import FileError

__all__ = ["parse"]

DEEPEST = 200  # brackets in brackets; a model in a model in a model takes 5 for each
LARGEST = 48 * 2**20  # estimated bytes in memory: a chain of 5,000 layers takes 35 MB
BYTES_OF = {"{": 232, "[": 88, ",": 64}  # what CPython takes for a dictionary, a list, and one more value in them
LONGEST_NUMBER = 40  # digits: Python takes the square of their number to read an integer
CHUNK = 2**20


def parse(text: bytes, member: str) -> Any:
    """The value that `text` says.

    Raises:
        FileError: for what is no JSON, is too large or too deep, or names a key twice.
    """
    _check_size(text, member)
    try:
        return json.loads(text.decode("utf-8"), object_pairs_hook=_object, parse_int=_integer)
    except FileError as error:
        raise FileError(error.reason, member) from None
    except (ValueError, RecursionError) as error:
        raise FileError(f"is no JSON text: {error}", member) from None


def _check_size(text: bytes, member: str) -> None:
    size = len(text) * (1 if text.isascii() else 4)  # a text takes 4 bytes a character if one of them is beyond 65535
    depth, deepest, counts = _structure(text)
    size += sum(BYTES_OF[sign] * count for sign, count in counts.items())
    if size > LARGEST:
        raise FileError(f"would take {size / 2**20:.0f} MiB of memory, more than any configuration", member)
    if deepest > DEEPEST or depth:
        reason = f"is nested {deepest} levels deep" if deepest > DEEPEST else "ends within brackets: it is cut off"
        raise FileError(reason, member)


def _structure(text: bytes) -> tuple[int, int, dict[str, int]]:
    """Depth at the end, largest depth and number of signs, of what is not within quotes; without parsing."""
    if b"\\" in text:
        text = text.replace(b"\\\\", b"__").replace(b'\\"', b"__")
    depth = deepest = inside = 0
    counts = dict.fromkeys(BYTES_OF, 0)
    for start in range(0, len(text), CHUNK):
        signs = np.frombuffer(text, np.uint8, min(CHUNK, len(text) - start), start)
        quotes = np.cumsum(signs == ord('"'), dtype=np.int32) + inside
        inside = int(quotes[-1]) % 2
        signs = signs[quotes % 2 == 0]
        for sign in counts:
            counts[sign] += int(np.count_nonzero(signs == ord(sign)))
        opened = (signs == ord("[")) | (signs == ord("{"))
        closed = (signs == ord("]")) | (signs == ord("}"))
        depths = np.cumsum(opened.astype(np.int8) - closed.astype(np.int8), dtype=np.int32) + depth
        if len(depths):
            depth, deepest = int(depths[-1]), max(deepest, int(depths.max()))
    return depth, deepest, counts


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        (twice, _), *_ = Counter(name for name, _ in pairs).most_common(1)
        raise FileError(f"has the key '{twice}' twice in one object")
    return found


def _integer(digits: str) -> int:
    if len(digits) > LONGEST_NUMBER:
        raise FileError(f"has a number of {len(digits)} digits")
    return int(digits)
