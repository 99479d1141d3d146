"""A training shown where there is text alone: a terminal, or the log of a script."""

import sys

__all__ = ["Terminal"]

CLEAR = "\r\x1b[K"  # to the beginning of the line, and the rest of it emptied


class Terminal:
    """One line, written over again and again where that is possible, and then the text of what remains."""

    def __init__(self) -> None:
        self.written = False

    def rewrite(self, bundle: dict[str, str]) -> None:
        """Shows the last line of a bundle's text in the place of the one before."""
        if sys.stdout.isatty():
            self.written = True
            print(CLEAR + bundle["text/plain"], end="", flush=True)

    def leave(self, bundle: dict[str, str]) -> None:
        """Prints a bundle's text for good."""
        print((CLEAR if self.written else "") + bundle["text/plain"])
        self.written = False
