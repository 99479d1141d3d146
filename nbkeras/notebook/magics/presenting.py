"""Errors of a cell without the library's frames: one sentence, and the reader's own code if it took part."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from IPython.core.error import UsageError

from nbkeras.notation.errors import ModelError
from nbkeras.notation.report import is_ours, steps_of, users_frames

__all__ = ["presenting"]

ON_DATA = re.compile(r"\b([xy]|shape|rows|labels|inputs?)\b")


@contextmanager
def presenting(data: Mapping[str, Any] | None = None) -> Iterator[None]:
    """Lets an exception that the library raised in the block print as one sentence.

    The exception stays what it is, so that a cell can catch it; only IPython's picture of it changes. Exceptions that
    come from the reader's own code keep their traceback.

    Args:
        data: what the library knows as `x` and `y`, by the expressions that the reader wrote; a sentence on data is
            followed by their shapes.
    """
    try:
        yield
    except (UsageError, ModelError):
        raise
    except KeyboardInterrupt as error:
        setattr(error, "_render_traceback_", lambda: ["KeyboardInterrupt"])  # noqa: B010  (IPython looks for it)
        raise
    except Exception as error:
        steps = steps_of(error.__traceback__)
        if is_ours(steps) and isinstance(
            error, (TypeError, ValueError, RuntimeError, NotImplementedError, ImportError)
        ):
            lines = [*users_frames(steps), f"{type(error).__name__}: {_in_readers_names(str(error), data or {})}"]
            if data and ON_DATA.search(str(error)):
                lines += _shapes(data)
            setattr(error, "_render_traceback_", lambda: lines)  # noqa: B010  (IPython looks for it)
        raise


def _in_readers_names(text, data):
    """`text` with cells of the reader's own arrays: `X[3, 1]` for `x[3, 1]`."""
    for name, source in zip("xy", data):
        if source.isidentifier():
            text = re.sub(rf"\b{name}(?=\[\d)", source, text)
    return text


def _shapes(data):
    """A line that says which arrays of the reader's `x` and `y` are."""
    known = [
        f"{f'{name} has the' if source == name else f'{name} is {source}, of'} shape {tuple(value.shape)}"
        for name, (source, value) in zip("xy", data.items())
        if hasattr(value, "shape")
    ]
    return [f"  {'; '.join(known)}"] if known else []
