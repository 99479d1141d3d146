"""Warnings that point at the reader's line, not at one of ours."""

import sys
import warnings
from pathlib import Path

__all__ = ["warn"]

_LIBRARIES = (str(Path(__file__).parent), "site-packages", "dist-packages")


def warn(message, category=UserWarning):
    """Warns as if at the line from which the call came into this package, or into another that called back."""
    level, frame = 2, sys._getframe(1)
    while frame.f_back is not None and any(part in frame.f_code.co_filename for part in _LIBRARIES):
        level, frame = level + 1, frame.f_back
    warnings.warn(message, category, stacklevel=level)
