"""From an exception inside a declaration to one sentence about the reader's line."""

import linecache
import os
import re
import sysconfig
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, NamedTuple

from nbkeras.notation import cures
from nbkeras.notation.declaration import Declaration
from nbkeras.notation.errors import ModelError
from nbkeras.notation.suite import Statement, Suite

__all__ = ["is_ours", "reporting", "steps_of", "users_frames", "without_library"]

LIBRARY = str(Path(__file__).parents[1]) + os.sep
INSTALLED = ("<frozen ", *(sysconfig.get_path(name) + os.sep for name in ("stdlib", "purelib", "platlib")))

TITLE = re.compile(r"^(?P<kind>\w+) '[^']*':? (?=expects |cannot |with )")  # which the quoted line says
# Python's own words on a call's arguments, without the suggestion that Python 3.13 adds to them.
PYTHONS = re.compile(r"^(?P<name>\w+)(\.__init__)?\(\) (?P<rest>.*?)(?:\. Did you mean '\w+'\?)?$")
UNKNOWN = re.compile(r"(?:has no|unexpected keyword) argument '(?P<word>\w+)'")

SHAPES = re.compile(r"expects (?:inputs? )?(?:of )?shape \((?P<wanted>[^)]*)\), got (?P<got>\([^)]*\))")

Step = tuple[FrameType, int]


class Known(NamedTuple):
    """What is known of a declaration that failed."""

    suite: Suite
    declaration: Declaration
    scope: Mapping[str, Any]


@contextmanager
def reporting(suite: Suite, declaration: Declaration, scope: Mapping[str, Any], line: int = 0) -> Iterator[None]:
    """Turns an exception of the block into a `ModelError` at the line of the suite that was running.

    `line` is that line where the block runs something else on the suite's behalf, as its `compile(…)`.
    """
    try:
        yield
    except ModelError:
        raise
    except Exception as error:
        steps = steps_of(error.__traceback__)
        inside = [index for index, (frame, _) in enumerate(steps) if frame.f_globals is scope]
        below = steps[inside[-1] + 1 :] if inside else steps
        line = steps[inside[-1]][1] if inside else line
        statement = suite.at(line) if line else None
        message = sentence(error, is_ours(below), statement, Known(suite, declaration, scope))
        report = ModelError(message, statement, suite.lines)
        report.frames = users_frames(below)
        raise report.with_traceback(error.__traceback__) from None


def steps_of(traceback: TracebackType | None) -> list[Step]:
    """The frames of a traceback, outermost first, each with its line."""
    steps = []
    while traceback is not None:
        steps.append((traceback.tb_frame, traceback.tb_lineno))
        traceback = traceback.tb_next
    return steps


def without_library(traceback: TracebackType | None) -> TracebackType | None:
    """A traceback without the frames of the library and of what is installed."""
    if traceback is None:
        return None
    rest = without_library(traceback.tb_next)
    if traceback.tb_frame.f_code.co_filename.startswith((LIBRARY, *INSTALLED)):
        return rest
    return TracebackType(rest, traceback.tb_frame, traceback.tb_lasti, traceback.tb_lineno)


def users_frames(steps: list[Step]) -> list[str]:
    """The frames that run code of the reader's own, as lines to print; those of libraries are left out."""
    lines = []
    for frame, line in steps:
        code = frame.f_code
        if not code.co_filename.startswith((LIBRARY, *INSTALLED)):
            source = linecache.getline(code.co_filename, line, frame.f_globals).strip()
            lines.append(f"  in {code.co_name}, line {line}: {source}")
    return lines


def sentence(error: Exception, ours: bool, statement: Statement | None, known: "Known") -> str:
    """What is wrong and what cures it, without the line; `ours` says that the library found the mistake."""
    text = str(error)
    if isinstance(error, NameError) and error.name:
        return f"the name '{error.name}' is not defined{cures.for_name(error.name, statement, known.scope)}"
    of_numpy = cures.for_numpy(text, statement)
    if of_numpy:
        return of_numpy
    pythons = PYTHONS.match(text) if isinstance(error, TypeError) else None
    if pythons:
        text = f"{pythons['name']}() {pythons['rest']}"
    elif not (ours and isinstance(error, (TypeError, ValueError))):
        cure = cures.for_operand(text, known.scope) or cures.for_call(text, statement, known.scope)
        return f"{type(error).__name__}: {text}{cure}"
    unknown = UNKNOWN.search(text)
    if unknown and ";" not in text:
        return text + cures.for_parameter(unknown["word"], statement, known.scope)
    return with_origin(TITLE.sub("", text), known)


def with_origin(text: str, known: "Known") -> str:
    """A message on shapes, with the line that the tensor came from and the cure."""
    found = SHAPES.search(text)
    if found is None or "…" in found["wanted"]:
        return text
    tensor = known.declaration.last_of_shape(found["got"])
    text = f"expects ({found['wanted']}), got {found['got']}"
    if tensor is None:
        return text
    cure = cures.for_shape(found["wanted"].count(",") + 1, tensor, known.declaration, known.suite)
    line = known.declaration.lines.get(id(tensor))
    origin = f" from {known.suite.at(line)}" if line else ""
    return text + origin + (f"; {cure}" if cure else "")


def is_ours(steps):
    """Whether the library raised an exception, itself or in code that it called of other packages."""
    files = [frame.f_code.co_filename for frame, _ in steps]
    files = [file for file in files if file.startswith(LIBRARY) or not file.startswith(INSTALLED)]
    return bool(files) and files[-1].startswith(LIBRARY)
