"""Errors of a cell without the library's frames: one sentence, and the reader's own code if it took part."""

from collections.abc import Iterator
from contextlib import contextmanager

from IPython.core.error import UsageError

from nbkeras.notation.errors import ModelError
from nbkeras.notation.report import is_ours, steps_of, users_frames

__all__ = ["presenting"]


@contextmanager
def presenting() -> Iterator[None]:
    """Lets an exception that the library raised in the block print as one sentence.

    The exception stays what it is, so that a cell can catch it; only IPython's picture of it changes. Exceptions that
    come from the reader's own code keep their traceback.
    """
    try:
        yield
    except (UsageError, ModelError):
        raise
    except Exception as error:
        steps = steps_of(error.__traceback__)
        if is_ours(steps) and isinstance(error, (TypeError, ValueError, RuntimeError, NotImplementedError)):
            lines = [*users_frames(steps), f"{type(error).__name__}: {error}"]
            setattr(error, "_render_traceback_", lambda: lines)  # noqa: B010  (IPython looks for it)
        raise
