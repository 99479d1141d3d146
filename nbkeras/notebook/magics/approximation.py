"""`a ~= b +- tolerance`: whether numbers and arrays are near each other."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from IPython.core.error import UsageError

__all__ = ["Nearness", "nearness"]

RELATIVE = 0.01
ROUNDING = 1e-9  # 0.93 - 0.91 is 0.02 and 2e-17: a bound that is met exactly is met


@dataclass(frozen=True)
class Nearness:
    """How far numbers are from what is expected; true where that is allowed, and never for NaN.

    Attributes:
        distance: the largest difference between two elements.
        allowed: the largest one allowed.
    """

    distance: float
    allowed: float

    def __bool__(self) -> bool:
        return self.distance <= self.allowed * (1 + ROUNDING)


def nearness(measured: Any, expected: Any, tolerance: Any = None) -> Nearness:
    """Compares `measured` with `expected`, numbers or arrays of one shape, of which either may be one number.

    Args:
        tolerance: the largest difference allowed; without it, 1 % of the largest magnitude in `expected`.

    Raises:
        UsageError: for what are no numbers, for other shapes, and for an `expected` of zeros without a tolerance.
    """
    one, two = _numbers(measured), _numbers(expected)
    if one.shape != two.shape and one.ndim and two.ndim:
        raise UsageError(f"%expect: '~=' compares arrays of one shape, got {one.shape} and {two.shape}")
    allowed = _relative(two) if tolerance is None else _absolute(tolerance)
    with np.errstate(invalid="ignore"):  # the difference of two infinities
        differences = np.where(one == two, 0.0, np.abs(one - two))
    return Nearness(float(differences.max(initial=0.0)), allowed)


def _numbers(values):
    try:
        return np.asarray(values, dtype=float)
    except (TypeError, ValueError):
        raise UsageError(f"%expect: '~=' compares numbers and arrays, got {type(values).__name__}") from None


def _relative(expected):
    largest = float(np.abs(expected).max(initial=0.0))
    if not largest:
        raise UsageError("%expect: '~=' allows 1 % of the right side, which is nothing of 0; write ~= 0 +- 0.001")
    return RELATIVE * largest


def _absolute(tolerance):
    if np.ndim(tolerance) or not float(_numbers(tolerance)) >= 0:
        raise UsageError(f"%expect: after '+-' stands a number of at least 0, got {tolerance!r}")
    return float(tolerance)
