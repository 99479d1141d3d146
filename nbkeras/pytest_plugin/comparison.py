"""Texts are compared: words exactly, numbers within a tolerance."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import SequenceMatcher, unified_diff

__all__ = ["VARIES", "Tolerance", "differences"]

# Begins a line with the numbers of a training, which other machines reach a little differently: the validation loss of
# the tutorial on sequences was met within 4 % of the stored one.
VARIES = "≈ "
WIDER = 10  # times, is the relative tolerance in such a line

# A number that stands alone: not the 2 of conv2d, nor a part of 1.2.3 or of 640x480.
NUMBER = re.compile(r"(?<![\w.])[-+]?(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?(?!\w|\.\d)")
WIDTH, LINES, NUMBERS = 160, 60, 3  # of what is told of a difference


@dataclass(frozen=True)
class Tolerance:
    """How much two numbers may differ; whole ones (counts, shapes, classes) may not.

    Attributes:
        rtol: relative to the larger one.
        atol: absolute.
    """

    rtol: float
    atol: float

    def admits(self, one: str, two: str) -> bool:
        """Whether two numbers, as text, are the same within the tolerance.

        >>> Tolerance(0.01, 0).admits("0.870", "0.871"), Tolerance(0.01, 0).admits("1000", "1001")
        (True, False)
        """
        a, b = _value(one), _value(two)
        if _is_whole(one) and _is_whole(two):
            return a == b
        return abs(a - b) <= max(self.atol, self.rtol * max(abs(a), abs(b)))


def differences(new: Mapping[str, str], stored: Mapping[str, str], tolerance: Tolerance) -> list[str]:
    """How texts differ from those stored for the same places, in lines to be read; none where they agree."""
    lines: list[str] = []
    for place in dict.fromkeys([*stored, *new]):
        if place not in new or place not in stored:
            sign, kind, texts = ("-", "is missing", stored) if place in stored else ("+", "is not stored", new)
            lines += [f"{place} {kind}", *(f"  {sign} {line}" for line in texts[place].splitlines())]
        elif found := list(_difference(new[place], stored[place], tolerance)):
            lines += [f"{place} differs (- stored, + new)", *(f"  {line}" for line in found)]
    cut = [line if len(line) <= WIDTH else f"{line[:WIDTH]}…" for line in lines]
    return cut if len(cut) <= LINES else [*cut[:LINES], f"… and {len(cut) - LINES} more lines"]


def _difference(new, stored, tolerance) -> Iterator[str]:
    """The lines that differ, and the first numbers that are too far apart."""
    ours, theirs = new.splitlines(), stored.splitlines()
    apart = _take_over(ours, theirs, tolerance)
    if ours == theirs:
        return
    for line in list(unified_diff(theirs, ours, lineterm="", n=1))[2:]:
        if not line.startswith("@@"):
            yield f"{line[0]} {line[1:]}"
    for one, two, allowed in apart[:NUMBERS]:
        yield f"{one} is stored, {two} is new: {_distance(one, two, allowed)}"


def _take_over(ours, theirs, tolerance):
    """Puts stored lines in the place of those that agree; returns the numbers too far apart, with what was allowed."""
    apart = []
    matcher = SequenceMatcher(None, *([_words(line) for line in lines] for lines in (theirs, ours)), autojunk=False)
    for start, our_start, length in matcher.get_matching_blocks():
        for their, our in zip(range(start, start + length), range(our_start, our_start + length)):
            pairs = zip(NUMBER.findall(theirs[their]), NUMBER.findall(ours[our]))
            allowed = _allowed(theirs[their], tolerance)
            far = [pair for pair in pairs if not allowed.admits(*pair)]
            apart += [(*pair, allowed) for pair in far]
            if not far:
                ours[our] = theirs[their]
    return apart


def _allowed(line, tolerance):
    return replace(tolerance, rtol=WIDER * tolerance.rtol) if line.startswith(VARIES) else tolerance


def _words(line):
    """A line without its numbers, and without the spaces that align them."""
    return " ".join(NUMBER.sub("\0", line).split())


def _distance(one, two, tolerance):
    if _is_whole(one) and _is_whole(two):
        return "whole numbers must be equal"
    a, b = _value(one), _value(two)
    share = abs(a - b) / max(abs(a), abs(b))
    return f"{100 * share:.3g} % apart, {100 * tolerance.rtol:.3g} % allowed"


def _value(number):
    return float(number.replace(",", ""))


def _is_whole(number):
    return number.lstrip("+-").replace(",", "").removesuffix(".").isdigit()
