"""Tables as plain text."""

from collections.abc import Iterable, Sequence

__all__ = ["columns"]


def columns(rows: Sequence[Sequence[str]], numeric: Iterable[int] = (), indent: str = "") -> str:
    """Rows of cells as lines with aligned columns, two spaces apart; columns in `numeric` are aligned right.

    >>> print(columns([["a", "1"], ["long", "10"]], numeric=[1]))
    a      1
    long  10
    """
    right = set(numeric)
    widths = [max(map(len, cells)) for cells in zip(*rows)]
    lines = (
        "  ".join(
            cell.rjust(width) if index in right else cell.ljust(width)
            for index, (cell, width) in enumerate(zip(row, widths))
        )
        for row in rows
    )
    return "\n".join((indent + line).rstrip() for line in lines)
