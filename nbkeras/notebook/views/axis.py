"""An axis of a drawing: from values to places, and round numbers to mark it with."""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["HUGE", "Axis"]

DECADES = 2  # a range of positive values this wide is drawn in logarithms
CROWD = 0.1  # as is half as wide a one, of which more than half of the values lie in this part at the bottom
HUGE = 1e300  # what is larger is not drawn: differences would overflow


@dataclass
class Axis:
    """Maps values from `low`–`high` to places from `start`–`end`, linearly or in logarithms."""

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False

    @classmethod
    def around(cls, values: Iterable[float], start: float, end: float, logarithms: bool = True) -> "Axis":
        """An axis that holds all values below 1e300 in magnitude with a little room.

        In logarithms, if allowed, where values above 0 span two decades, or one if most of them lie in its first part:
        a loss that falls fast and then slowly.
        """
        finite = [value for value in values if abs(value) < HUGE] or [0.0, 1.0]
        low, high = min(finite), max(finite)
        logarithmic = logarithms and low > 0 and _is_crowded_below(finite, low, high)
        if logarithmic:
            low, high = math.log10(low), math.log10(high)
        room = 0.06 * (high - low) or abs(high) * 0.1 or 0.5
        return cls(low - room, high + room, start, end, logarithmic)

    def place(self, value: float) -> float:
        """Where a value lies."""
        if self.logarithmic:
            value = math.log10(value) if value > 0 else self.low
        share = (value - self.low) / (self.high - self.low) if self.high > self.low else 0.5
        return self.start + share * (self.end - self.start)

    def ticks(self, most: int = 5) -> list[float]:
        """About `most` round values inside the axis, one more at most."""
        if self.logarithmic:
            return self._decades(most)
        step = _round_step((self.high - self.low) / (most + 1))
        first = math.ceil(self.low / step - 1e-9)
        return [_clean(index * step, step) for index in range(first, math.floor(self.high / step + 1e-9) + 1)]

    def marks(self) -> list[tuple[float, str]]:
        """The ticks with their texts, which have equally many decimals where the axis is linear."""
        ticks = self.ticks()
        texts = [re.sub(r"e([+-])0*", r"e\1", f"{value:g}").replace("e+", "e") for value in ticks]
        if not self.logarithmic and "e" not in "".join(texts):
            decimals = max((len(text.partition(".")[2]) for text in texts), default=0)
            texts = [f"{value:,.{decimals}f}" for value in ticks]
        return list(zip(ticks, texts))

    def _decades(self, most):
        """Powers of ten, and values between them where there are few."""
        powers = range(math.ceil(self.low), math.floor(self.high) + 1)
        if len(powers) > 3:
            return [10.0**power for power in powers[:: math.ceil(len(powers) / (most + 1))]]
        between = (1, 3) if len(powers) == 3 else (1, 2, 5)
        ticks = [factor * 10.0**power for power in range(powers.start - 1, powers.stop) for factor in between]
        return [tick for tick in ticks if self.low <= math.log10(tick) <= self.high]


def _is_crowded_below(values, low, high):
    """Whether positive values are told apart better by their logarithms."""
    ratio = high / low
    if not 10 ** (DECADES / 2) < ratio <= 10**DECADES:
        return ratio > 10**DECADES
    bound = low + CROWD * (high - low)
    return sum(value < bound for value in values) > len(values) / 2


def _round_step(step):
    """The smallest of 1, 2, 5 times a power of ten that is not below `step`."""
    if step <= 0 or not math.isfinite(step):
        return 1.0
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step * (1 - 1e-9))


def _clean(value, step):
    digits = max(0, 1 - math.floor(math.log10(step)))
    return round(value, digits) + 0.0
