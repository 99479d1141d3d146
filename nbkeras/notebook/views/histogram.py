"""A histogram the size of a word: as a drawing, and in block characters for terminals and screen readers."""

from collections.abc import Sequence

from nbkeras.inspection import Statistics
from nbkeras.notebook.views.formats import metric
from nbkeras.notebook.views.html import picture

__all__ = ["histogram", "sparkline"]

WIDTH, HEIGHT = 100, 22
INK = "#7a7a7a"
BLOCKS = " ▁▂▃▄▅▆▇█"
CHARACTERS = 10


def histogram(statistics: Statistics, color: str) -> str:
    """The histogram as an image in one `color`, with a line at 0 where that is inside."""
    if not any(statistics.counts):
        return ""
    step = WIDTH / len(statistics.counts)
    tallest = max(statistics.counts)
    tops = (HEIGHT - (HEIGHT - 1) * count / tallest if count else HEIGHT for count in statistics.counts)
    outline = "".join(f"V{top:.0f}h{step:.3g}" for top in tops)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}">'
        f'<path d="M0 {HEIGHT}{outline}V{HEIGHT}z" fill="{color}"/>{_zero(statistics)}</svg>'
    )
    words = f"histogram from {metric(statistics.low)} to {metric(statistics.high)}"
    return picture(svg, words, "max-width:none;vertical-align:middle")


def sparkline(counts: Sequence[int], width: int = CHARACTERS) -> str:
    """The histogram in `width` characters, at least the lowest block where there is anything.

    >>> sparkline([0, 1, 2, 8], 4), sparkline([1, 1, 0, 0, 4, 4], 3)
    (' ▁▂█', '▂ █')
    """
    stride = len(counts) / width
    joined = [sum(counts[round(i * stride) : round((i + 1) * stride)]) for i in range(width)]
    tallest = max(joined) or 1
    return "".join(BLOCKS[max(1, round(8 * count / tallest))] if count else " " for count in joined)


def _zero(statistics):
    if not statistics.low < 0 < statistics.high:
        return ""
    x = -statistics.low / (statistics.high - statistics.low) * WIDTH
    return f'<path d="M{x:.1f} 0V{HEIGHT}" stroke="{INK}" stroke-dasharray="2"/>'
