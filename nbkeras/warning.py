"""Warnings that point at the reader's line, not at one of ours."""

import sys
import warnings
from pathlib import Path
from typing import Any

__all__ = ["forget", "is_ours", "warn", "warn_at"]

_LIBRARIES = (str(Path(__file__).parent), "site-packages", "dist-packages")
_told: dict[str, dict[Any, Any]] = {}  # by file, what Python notes there so as not to say it twice of one line


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warns as if at the line from which the call came into this package, or into another that called back."""
    frame = sys._getframe(1)
    while frame.f_back is not None and any(part in frame.f_code.co_filename for part in _LIBRARIES):
        frame = frame.f_back
    warn_at(message, category, frame.f_code.co_filename, frame.f_lineno, frame.f_globals.get("__name__"))


def warn_at(message: str, category: type[Warning], filename: str, line: int, module: str | None = None) -> None:
    """Warns as if at a line of a file; `module` is its name for filters of warnings."""
    told = category(message)
    told.__dict__["is_ours"] = True
    registry = _told.setdefault(filename, {})
    warnings.warn_explicit(told, category, filename, line, module or filename, registry)  # no module: no warning


def is_ours(warning: Warning | str) -> bool:
    """Whether this package gave a warning."""
    return getattr(warning, "is_ours", False)


def forget() -> None:
    """Lets each warning be given again: in a notebook a line runs many times, and may be cured only in part."""
    _told.clear()
