"""Numbers for and against as bars to the right and the left of a middle line."""

import math

from nbkeras.notebook.views.formats import metric
from nbkeras.notebook.views.html import picture

__all__ = ["AGAINST", "FOR", "signed", "signed_bar", "signed_picture"]

FOR, AGAINST, LINE = "#0072B2", "#D55E00", "#888888"
WIDTH, HEIGHT = 80, 12  # of one side, in pixels


def signed(value: float) -> str:
    """A number with its sign: `+0.412`, `−0.103`, `0`."""
    if not math.isfinite(value) or value == 0:
        return metric(value)
    return ("+" if value > 0 else "−") + metric(abs(value))


def signed_bar(share: float, width: int = 10, both: bool = True) -> str:
    """A share from -1 to 1 as block characters on the two sides of a line.

    Args:
        both: whether there is a left side; where nothing is negative there need not be.

    >>> signed_bar(0.5, 4), signed_bar(-0.5, 4), signed_bar(0.0, 4)
    ('    │██', '  ██│', '    │')
    """
    halves = min(2 * width, math.ceil(2 * width * abs(share) - 1e-9))
    blocks = "█" * (halves // 2)
    if share < 0:
        return ("▐" * (halves % 2) + blocks).rjust(width) + "│"
    return (" " * width if both else "") + "│" + blocks + "▌" * (halves % 2)


def signed_picture(share: float, words: str, both: bool = True) -> str:
    """The same as a picture: blue to the right is for, orange to the left is against.

    Args:
        both: as for `signed_bar`.
        words: what it says, for readers who do not see it.
    """
    middle = WIDTH if both else 1
    length = max(1.0, (WIDTH - 1) * min(1.0, abs(share))) if share else 0.0
    left = middle if share >= 0 else middle - length
    colour = FOR if share > 0 else AGAINST
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{middle + WIDTH}" height="{HEIGHT}">'
        f'<rect x="{left:.1f}" y="1" width="{length:.1f}" height="{HEIGHT - 2}" fill="{colour}"/>'
        f'<path d="M{middle} 0V{HEIGHT}" stroke="{LINE}"/></svg>'
    )
    return picture(svg, words, "max-width:none;vertical-align:middle")
