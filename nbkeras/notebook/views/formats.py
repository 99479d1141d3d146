"""Numbers as a reader wants them: rounded, short, and the same on every machine."""

import math

__all__ = ["bar", "count", "duration", "metric", "plural", "quantity", "size"]

EIGHTHS = " ▏▎▍▌▋▊▉"


def metric(value: float) -> str:
    """A measured number in three significant digits, or whole where it is large.

    >>> metric(0.98), metric(0.0621234), metric(24500.3), metric(1.2e-7), metric(float("nan"))
    ('0.980', '0.0621', '24,500', '1.20e-07', 'nan')
    """
    size = abs(value)
    if not math.isfinite(value) or value == 0:
        return f"{value:g}"
    if 1e-4 <= size < 1e9:
        return f"{value:,.{max(0, 2 - math.floor(math.log10(size)))}f}"
    return f"{value:.2e}"


def count(value: int) -> str:
    """A whole number with separators: `167,562`."""
    return f"{value:,}"


def quantity(value: float, unit: str = "") -> str:
    """A large number in thousands, millions …: `1.55 M`.

    >>> quantity(1553000), quantity(930, "FLOP"), quantity(0)
    ('1.55 M', '930 FLOP', '0')
    """
    for prefix in ("", "k", "M", "G", "T", "P"):
        if value < 999.5 or prefix == "P":
            break
        value /= 1000
    return f"{value:.3g} {prefix}{unit}".strip()


def size(count_of_bytes: int) -> str:
    """A size in memory: `655 kB`."""
    return quantity(count_of_bytes, "B")


def duration(seconds: float) -> str:
    """A time that is left or has passed: `0.25 s`, `4.2 s`, `42 s`, `3 min 20 s`, `2 h 5 min`."""
    if 0 < seconds < 9.95:
        return f"{max(seconds, 0.01):.2f} s" if seconds < 1 else f"{seconds:.1f} s"
    seconds = max(0, round(seconds))
    if seconds < 60:
        return f"{seconds} s"
    if seconds < 3600:
        return f"{seconds // 60} min {seconds % 60} s"
    return f"{seconds // 3600} h {seconds % 3600 // 60} min"


def plural(number: int, word: str, words: str = "") -> str:
    """A number of things: `1 epoch`, `3 batches`.

    >>> plural(1, "epoch"), plural(3, "batch", "batches")
    ('1 epoch', '3 batches')
    """
    return f"{number} {word if number == 1 else words or f'{word}s'}"


def bar(share: float, width: int = 10) -> str:
    """A share of 1 as a bar of block characters, at least an eighth where it is not nothing.

    >>> bar(0.25, 4), bar(0.0), bar(0.0001)
    ('█', '', '▏')
    """
    if not share:
        return ""
    eighths = max(1, math.floor(share * width * 8 + 0.5))
    return ("█" * (eighths // 8) + EIGHTHS[eighths % 8]).strip()
