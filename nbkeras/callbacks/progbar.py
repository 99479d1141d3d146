"""A progress bar in a terminal."""

import logging
import os
import sys
import time
from collections.abc import Collection, Iterable
from typing import Any

import numpy as np

from nbkeras import config

__all__ = ["Progbar"]

logger = logging.getLogger("nbkeras")

BOLD, GREEN, GREY, PLAIN = "\x1b[1m", "\x1b[32m", "\x1b[37m", "\x1b[0m"


class Progbar:
    """A line that says how far a loop has come, how long it will take, and some values.

    Where the output is a terminal or a notebook the line is redrawn; elsewhere only the last one is printed.

    Args:
        target: the number of steps; `None` if unknown.
        width: of the bar.
        verbose: 1 redraws, 2 prints once at the end, 0 is silent.
        interval: seconds between two drawings, at least.
        stateful_metrics: names whose values are shown as they are; all others as means over the steps.
        stateless_metrics: names whose values are shown as means; all others as they are.
        unit_name: what a step is called.

    Example:
        >>> bar = Progbar(100)
        >>> for step in range(100):
        ...     bar.update(step + 1, [("loss", 1 / (step + 1))])
    """

    def __init__(
        self,
        target: int | None,
        width: int = 20,
        verbose: int = 1,
        interval: float = 0.05,
        stateful_metrics: Collection[str] | None = None,
        stateless_metrics: Collection[str] | None = None,
        unit_name: str = "step",
    ) -> None:
        if stateful_metrics is not None and stateless_metrics is not None:
            raise ValueError("Progbar takes stateful_metrics or stateless_metrics, not both")
        self.target = target
        self.width = width
        self.verbose = verbose
        self.interval = max(interval, 0.25) if _in_notebook() else interval  # browsers are slow
        self.unit_name = unit_name
        self._stateful = stateful_metrics
        self._stateless = stateless_metrics
        self._redraws = _redraws()
        self._values: dict[str, tuple[Any, int]] = {}  # sum or value, and over how many steps
        self._seen = 0
        self._start = time.perf_counter()
        self._after_first: float | None = None
        self._drawn_at = -np.inf
        self._drawn_width = 0

    def due(self) -> bool:
        """Whether `update` would draw now."""
        return self.verbose == 1 and time.perf_counter() - self._drawn_at >= self.interval

    def add(self, n: int, values: Iterable[tuple[str, Any]] | None = None) -> None:
        """Goes on by `n` steps."""
        self.update(self._seen + n, values)

    def update(
        self, current: int, values: Iterable[tuple[str, Any]] | None = None, finalize: bool | None = None
    ) -> None:
        """Says that `current` steps are done.

        Args:
            values: pairs of a name and a value.
            finalize: whether this is the last call; default when `current` reaches the target.
        """
        if finalize is None:
            finalize = self.target is not None and current >= self.target
        for name, value in values or ():
            self._take(name, value, current, finalize)
        self._seen = current
        now = time.perf_counter()
        pace = self._pace(current, now)
        if self.verbose == 1 and (finalize or (self._redraws and self.due())):
            self._draw(current, now, pace, finalize)
            self._drawn_at = now
        elif self.verbose == 2 and finalize and self.target:
            passed = "" if _static() else f" - {now - self._start:.0f}s - {_per_unit(pace, self.unit_name)}"
            _write(f"{self._count(current)}{passed}{self._told()}\n")

    def _take(self, name: str, value: Any, current: int, finalize: bool) -> None:
        if self._stateless is not None:
            averaged = name in self._stateless
        else:
            averaged = name not in (self._stateful or ())
        if finalize or not averaged:
            self._values[name] = (value, 1)
        else:
            steps = max(current - self._seen, 1)
            total, count = self._values.get(name, (0.0, 0))
            self._values[name] = (total + value * steps, count + steps)

    def _pace(self, current: int, now: float) -> float:
        """Seconds for a step; the first one, which compiles and allocates, is left out once there are others."""
        if not current:
            return 0.0
        if current == 1:
            self._after_first = now
        if self._after_first is None or current == 1:
            return (now - self._start) / current
        return (now - self._after_first) / (current - 1)

    def _draw(self, current: int, now: float, pace: float, finalize: bool) -> None:
        parts = [(self._count(current), BOLD), (" ", "")]
        if self.target:
            done = min(self.width, self.width * current // self.target)
            parts += [("━" * done, GREEN), ("━" * (self.width - done), GREY), (" ", "")]
        if not _static():
            left = pace * (self.target - current) if self.target and not finalize else None
            parts.append((f"{now - self._start:.0f}s" if left is None else _duration(left), BOLD))
            parts.append((f" {_per_unit(pace, self.unit_name)}", ""))
        parts.append((self._told().removeprefix(" " if _static() else ""), ""))
        width = sum(len(text) for text, _ in parts)
        line = "".join(f"{style}{text}{PLAIN}" if style and self._redraws and text else text for text, style in parts)
        erase = "\r" if self._redraws else ""
        _write(erase + line + " " * (self._drawn_width - width) + ("\n" if finalize else ""))
        self._drawn_width = width

    def _count(self, current: int) -> str:
        if not self.target:
            return f"{current:>7}/Unknown"
        return f"{current:>{len(str(self.target))}}/{self.target}"

    def _told(self) -> str:
        return "".join(f" - {name}: {_number(total, count)}" for name, (total, count) in self._values.items())


def _number(total: Any, count: int) -> str:
    if isinstance(total, str):
        return total
    value = float(np.mean(total)) / max(1, count)
    return f"{value:.4f}" if abs(value) > 1e-3 else f"{value:.4e}"


def _per_unit(seconds: float, unit: str) -> str:
    if seconds >= 1 or seconds == 0:
        return f"{seconds:.0f}s/{unit}"
    return f"{seconds * 1e3:.0f}ms/{unit}" if seconds >= 1e-3 else f"{seconds * 1e6:.0f}us/{unit}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if seconds > 3600:
        return f"{hours}:{minutes:02}:{rest:02}"
    return f"{minutes}:{rest:02}" if seconds > 60 else f"{rest}s"


def _redraws() -> bool:
    """Whether what is written last can be written over: a terminal or a live notebook."""
    if _static():
        return False
    return getattr(sys.stdout, "isatty", bool)() or _in_notebook() or "PYCHARM_HOSTED" in os.environ


def _static() -> bool:
    """Whether the output is to be the same at every run: in a notebook under test."""
    under_test = "PYTEST_CURRENT_TEST" in os.environ and _in_notebook()
    return under_test or os.environ.get("NBKERAS_DISPLAY") == "static"


def _in_notebook() -> bool:
    ipython: Any = sys.modules.get("IPython")
    return ipython is not None and getattr(ipython.get_ipython(), "kernel", None) is not None


def _write(text: str) -> None:
    if not config.is_interactive_logging_enabled():
        logger.info(text.strip())
        return
    sys.stdout.write(text)
    sys.stdout.flush()
