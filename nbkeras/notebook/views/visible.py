"""Text of which nothing is hidden: names from users and files may hold characters that a reader does not see."""

import re

__all__ = ["visible"]

# Control characters but for tabs and line ends, which would break a drawing or command a terminal; marks that turn the
# direction of reading or are not seen at all; halves of characters, which no file can hold; and what is no character.
HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    r"""`text` with an escape as Python writes it in the place of each such character.

    >>> visible("a\u202eb\x1b[2J")
    'a\\u202eb\\x1b[2J'
    """
    return HIDDEN.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)
